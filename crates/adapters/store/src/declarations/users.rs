//! Users that a plan writes.

use grantor_domain::time::Timestamp;
use grantor_ports::{UserCredentials, UserUpdate, UserWrite};

use super::clients::claim_names;
use super::registered::as_seen;
use crate::batch;
use crate::connection::Connection;
use crate::error::StatementError;
use crate::row::json;
use crate::statement::{Bind, Statement};
use crate::users::UserRow;

const SELECT: &str = "SELECT subject, username, claims, password_hash, disabled_at, not_before FROM users WHERE";

fn subject(credentials: &UserCredentials) -> &str {
    credentials.user.subject.as_str()
}

/// The users whose subject, or whose username, is one of these.
pub(super) fn find(
    connection: &mut Connection,
    column: &'static str,
    names: &[&str],
) -> Result<Vec<UserCredentials>, StatementError> {
    let rows: Vec<UserRow> = batch::load_in(connection, &format!("{SELECT} {column} IN"), names)?;
    rows.into_iter().map(UserRow::read).collect()
}

/// Writes what the plan wants; `false` if something is not as it saw it, or a name is taken.
pub(super) fn write(connection: &mut Connection, writes: &[UserWrite], now: Timestamp) -> Result<bool, StatementError> {
    let seen: Vec<&UserCredentials> = writes.iter().filter_map(UserWrite::seen).collect();
    let mut subjects: Vec<&str> = seen.iter().map(|credentials| subject(credentials)).collect();
    subjects.sort_unstable();
    batch::execute_in(connection, "UPDATE users SET not_before = not_before WHERE subject IN", &[], &subjects)?;
    if !as_seen(&seen, &find(connection, "subject", &subjects)?, subject) {
        return Ok(false);
    }
    let mut created = Vec::new();
    for write in writes {
        match write {
            UserWrite::Adopt(_) => {}
            UserWrite::Create(credentials) => created.push(credentials),
            UserWrite::Update(update) => change(connection, update, now)?,
        }
    }
    created.sort_unstable_by_key(|credentials| subject(credentials));
    create(connection, &created)
}

fn change(connection: &mut Connection, update: &UserUpdate, now: Timestamp) -> Result<(), StatementError> {
    let UserUpdate { seen, claims, password } = update;
    if let Some(claims) = claims {
        let update = Statement::new("UPDATE users SET claims = ? WHERE subject = ?");
        connection.execute(&update.bind(json(claims)?).bind(subject(seen)))?;
    }
    if let Some(hash) = password {
        connection.execute(&crate::users::new_password(&seen.user.subject, hash, now))?;
    }
    Ok(())
}

fn create(connection: &mut Connection, users: &[&UserCredentials]) -> Result<bool, StatementError> {
    let mut names: Vec<[Bind; 2]> = Vec::new();
    let mut rows: Vec<[Bind; 6]> = Vec::new();
    for credentials in users {
        let user = &credentials.user;
        names.push([user.subject.as_str().into(), "user".into()]);
        rows.push([
            user.subject.as_str().into(),
            user.username.as_str().into(),
            json(&user.claims)?.into(),
            credentials.password.as_ref().map(|hash| hash.expose().to_owned()).into(),
            user.disabled_at.into(),
            user.not_before.into(),
        ]);
    }
    Ok(claim_names(connection, &names)?
        && batch::insert(
            connection,
            "users (subject, username, claims, password_hash, disabled_at, not_before)",
            &rows,
            "ON CONFLICT DO NOTHING",
        )? == rows.len())
}
