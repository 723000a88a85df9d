//! What storage has under the names that a file mentions.

use std::collections::HashSet;

use diesel::sql_types::Text;
use grantor_domain::client::ClientId;
use grantor_domain::registry::{Owner, ResourceIdentifier};
use grantor_domain::scope::ScopeValue;
use grantor_domain::user::{Subject, Username};
use grantor_ports::{Mentioned, ObjectKind, Owned, Survey};

use super::registered::{RESOURCES, SCOPES};
use super::{clients, users};
use crate::batch;
use crate::connection::Connection;
use crate::error::StatementError;
use crate::row::RowName;
use crate::statement::Statement;

pub(super) fn survey(
    connection: &mut Connection,
    mentioned: &Mentioned,
    owner: &Owner,
) -> Result<Survey, StatementError> {
    let clients: Vec<&str> = mentioned.clients.iter().map(ClientId::as_str).collect();
    let resources: Vec<&str> = mentioned.resources.iter().map(ResourceIdentifier::as_str).collect();
    let scopes: Vec<&str> = mentioned.scopes.iter().map(ScopeValue::as_str).collect();
    let subjects: Vec<&str> = mentioned.subjects.iter().map(Subject::as_str).collect();
    let usernames: Vec<&str> = mentioned.usernames.iter().map(Username::as_str).collect();
    let mut found = users::find(connection, "subject", &subjects)?;
    let mut owned = owned(connection, owner)?;
    for (kind, names) in [
        (ObjectKind::Client, &clients),
        (ObjectKind::Resource, &resources),
        (ObjectKind::Scope, &scopes),
        (ObjectKind::User, &subjects),
    ] {
        owned.extend(owners_of(connection, kind, names, owner)?);
    }
    let known: HashSet<&str> = subjects.iter().copied().collect();
    let named = users::find(connection, "username", &usernames)?;
    found.extend(named.into_iter().filter(|named| !known.contains(named.user.subject.as_str())));
    Ok(Survey {
        principals: principals(connection, &[clients.as_slice(), subjects.as_slice()].concat())?,
        clients: clients::find(connection, &clients)?,
        resources: RESOURCES.find(connection, &resources)?,
        scopes: SCOPES.find(connection, &scopes)?,
        users: found,
        owned,
    })
}

#[derive(diesel::QueryableByName)]
struct KindRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    name: String,
}

fn principals(connection: &mut Connection, names: &[&str]) -> Result<Vec<(String, ObjectKind)>, StatementError> {
    let rows: Vec<KindRow> = batch::load_in(connection, "SELECT kind, name FROM principals WHERE name IN", names)?;
    let read = |KindRow { kind, name }: KindRow| {
        let row = RowName::text("principals", &name);
        let kind = row.check("kind", kind_of(&kind))?;
        Ok((name, kind))
    };
    rows.into_iter().map(read).collect()
}

#[derive(diesel::QueryableByName)]
struct OwnerRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    owner: String,
}

impl OwnerRow {
    /// None for a kind that only a newer version declares.
    fn read(self) -> Result<Option<Owned>, StatementError> {
        let Some(kind) = ObjectKind::parse(&self.kind) else { return Ok(None) };
        let row = RowName::text("owners", &self.name);
        let owner = row.check("owner", Owner::try_from(self.owner))?;
        Ok(Some(Owned { kind, name: self.name, owner }))
    }
}

/// Everything that the owner owns.
fn owned(connection: &mut Connection, owner: &Owner) -> Result<Vec<Owned>, StatementError> {
    let select = Statement::new("SELECT kind, name, owner FROM owners WHERE owner = ? ORDER BY kind, name");
    let rows = connection.load::<OwnerRow>(&select.bind(owner.as_str()))?;
    rows.into_iter().filter_map(|row| row.read().transpose()).collect()
}

/// Who else owns something of these names.
fn owners_of(
    connection: &mut Connection,
    kind: ObjectKind,
    names: &[&str],
    but: &Owner,
) -> Result<Vec<Owned>, StatementError> {
    let select = format!("SELECT kind, name, owner FROM owners WHERE kind = '{}' AND name IN", kind.as_str());
    let rows: Vec<OwnerRow> = batch::load_in(connection, &select, names)?;
    let others = rows.into_iter().filter(|row| row.owner != but.as_str());
    others.filter_map(|row| row.read().transpose()).collect()
}

fn kind_of(text: &str) -> Result<ObjectKind, &'static str> {
    ObjectKind::parse(text).ok_or("neither client nor user")
}
