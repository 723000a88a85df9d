//! Registered scopes and resources: each is one row of a JSON text.

use diesel::sql_types::Text;
use grantor_domain::registry::{RegisteredResource, RegisteredScope};
use grantor_domain::time::Timestamp;
use grantor_ports::Write;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::batch;
use crate::connection::Connection;
use crate::error::StatementError;
use crate::row::{RowName, json};
use crate::statement::{Bind, Statement};

/// A table of them.
pub(super) struct Table<T> {
    name: &'static str,
    key: &'static str,
    name_of: fn(&T) -> &str,
}

pub(super) const RESOURCES: Table<RegisteredResource> =
    Table { name: "resources", key: "identifier", name_of: |resource| resource.identifier.as_str() };

pub(super) const SCOPES: Table<RegisteredScope> =
    Table { name: "scopes", key: "name", name_of: |scope| scope.name.as_str() };

#[derive(diesel::QueryableByName)]
struct SettingsRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    settings: String,
}

impl<T: Clone + DeserializeOwned + PartialEq + Serialize> Table<T> {
    /// Every row.
    pub(super) fn all(&self, connection: &mut Connection) -> Result<Vec<T>, StatementError> {
        let rows = connection.load(&Statement::new(format!("{} ORDER BY {}", self.select(), self.key)))?;
        self.read(rows)
    }

    /// The rows of these names.
    pub(super) fn find(&self, connection: &mut Connection, names: &[&str]) -> Result<Vec<T>, StatementError> {
        let select = format!("{} WHERE {} IN", self.select(), self.key);
        let rows = batch::load_in(connection, &select, names)?;
        self.read(rows)
    }

    fn select(&self) -> String {
        format!("SELECT {} AS name, settings FROM {}", self.key, self.name)
    }

    fn read(&self, rows: Vec<SettingsRow>) -> Result<Vec<T>, StatementError> {
        rows.iter().map(|row| RowName::text(self.name, &row.name).json("settings", &row.settings)).collect()
    }

    /// Removes rows. Says how many there were.
    pub(super) fn remove(&self, connection: &mut Connection, names: &[&str]) -> Result<usize, StatementError> {
        batch::execute_in(connection, &format!("DELETE FROM {} WHERE {} IN", self.name, self.key), &[], names)
    }

    /// Writes what a plan wants; `false` if something is not as it saw it.
    pub(super) fn write(
        &self,
        connection: &mut Connection,
        writes: &[Write<T>],
        now: Timestamp,
    ) -> Result<bool, StatementError> {
        let seen: Vec<&T> = writes.iter().filter_map(Write::seen).collect();
        let mut names: Vec<&str> = seen.iter().map(|seen| (self.name_of)(seen)).collect();
        names.sort_unstable();
        let lock = format!("UPDATE {} SET updated_at = updated_at WHERE {} IN", self.name, self.key);
        batch::execute_in(connection, &lock, &[], &names)?;
        if !as_seen(&seen, &self.find(connection, &names)?, self.name_of) {
            return Ok(false);
        }
        let mut created = Vec::new();
        for write in writes {
            let wanted = write.wanted();
            match write {
                Write::Adopt(_) => {}
                Write::Create(_) => created.push([(self.name_of)(wanted).into(), json(wanted)?.into(), now.into()]),
                Write::Update { .. } => {
                    let update =
                        format!("UPDATE {} SET settings = ?, updated_at = ? WHERE {} = ?", self.name, self.key);
                    let update = Statement::new(update).bind(json(wanted)?).bind(now).bind((self.name_of)(wanted));
                    connection.execute(&update)?;
                }
            }
        }
        let into = format!("{} ({}, settings, updated_at)", self.name, self.key);
        let rows: &[[Bind; 3]] = &created;
        Ok(batch::insert(connection, &into, rows, "ON CONFLICT DO NOTHING")? == rows.len())
    }
}

/// Whether storage has just what a plan saw.
pub(super) fn as_seen<T: PartialEq>(seen: &[&T], found: &[T], name_of: impl Fn(&T) -> &str) -> bool {
    let found: std::collections::HashMap<&str, &T> = found.iter().map(|row| (name_of(row), row)).collect();
    found.len() == seen.len() && seen.iter().all(|seen| found.get(name_of(seen)).is_some_and(|found| found == seen))
}
