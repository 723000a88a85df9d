//! Users by the batch: five statements at most, however many there are, in one transaction.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::sql_types::Text;
use grantor_ports::{ImportMode, Imported, UserCredentials};

use super::columns;
use crate::connection::{Connection, End};
use crate::error::StatementError;
use crate::statement::Statement;

#[derive(diesel::QueryableByName)]
struct NameRow {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(diesel::QueryableByName)]
struct UserNamesRow {
    #[diesel(sql_type = Text)]
    subject: String,
    #[diesel(sql_type = Text)]
    username: String,
}

/// Imports a batch. Says of each, in order, what became of them.
pub(super) fn import(
    connection: &mut Connection,
    users: &[UserCredentials],
    mode: ImportMode,
) -> Result<Vec<Imported>, StatementError> {
    // In one order everywhere, so that two imports of the same people wait for each other and never deadlock.
    let by_subject: BTreeMap<&str, &UserCredentials> =
        users.iter().map(|credentials| (credentials.user.subject.as_str(), credentials)).collect();
    if by_subject.is_empty() {
        return Ok(Vec::new());
    }
    connection.transaction(|connection| {
        let subjects: Vec<&str> = by_subject.keys().copied().collect();
        let claimed = claim_names(connection, &subjects, "NOTHING")?;
        let had: Vec<&str> = subjects.iter().copied().filter(|subject| !claimed.contains(*subject)).collect();
        let claimed_again = claim_names(connection, &had, OF_REMOVED_USER)?;
        let free = |subject: &str| claimed.contains(subject) || claimed_again.contains(subject);
        let inserted = insert_rows(connection, by_subject.iter().filter(|(subject, _)| free(subject)))?;
        let refused = claimed.iter().filter(|subject| !inserted.contains(*subject)).map(String::as_str);
        release_names(connection, &refused.collect::<Vec<_>>())?;
        let others = subjects.iter().copied().filter(|subject| !inserted.contains(*subject));
        let known = usernames(connection, &others.collect::<Vec<_>>())?;
        let outcome = |credentials: &UserCredentials| {
            let user = &credentials.user;
            let is_meant =
                by_subject.get(user.subject.as_str()).is_some_and(|meant| meant.user.username == user.username);
            if inserted.contains(user.subject.as_str()) && is_meant {
                Imported::Inserted
            } else if known.get(user.subject.as_str()).is_some_and(|username| username == user.username.as_str()) {
                Imported::Unchanged
            } else {
                Imported::NameTaken
            }
        };
        let outcomes = users.iter().map(outcome).collect();
        Ok(match mode {
            ImportMode::Commit => End::Commit(outcomes),
            ImportMode::Rehearse => End::Rollback(outcomes),
        })
    })
}

/// What is done about a subject that is taken: it is claimed if it was that of a user who was removed. Of those who are
/// there no row is written.
const OF_REMOVED_USER: &str = "UPDATE SET kind = excluded.kind WHERE principals.kind = excluded.kind \
                               AND NOT EXISTS (SELECT 1 FROM users WHERE users.subject = principals.name)";

/// Takes subjects in the namespace that users share with client ids, those that are taken as `conflict` says. Gives those
/// that it took.
fn claim_names(
    connection: &mut Connection,
    subjects: &[&str],
    conflict: &str,
) -> Result<HashSet<String>, StatementError> {
    if subjects.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = places("(?, 'user')", subjects.len());
    let insert = Statement::new(format!(
        "INSERT INTO principals (name, kind) VALUES {rows} ON CONFLICT (name) DO {conflict} RETURNING name"
    ));
    let claimed = connection.load::<NameRow>(&insert.bind_all(subjects.iter().copied()))?;
    Ok(claimed.into_iter().map(|row| row.name).collect())
}

/// Inserts users whose subjects are claimed. Gives the subjects of those whose username was free.
fn insert_rows<'a>(
    connection: &mut Connection,
    users: impl Iterator<Item = (&'a &'a str, &'a &'a UserCredentials)>,
) -> Result<HashSet<String>, StatementError> {
    let rows = users.map(|(_, credentials)| columns(credentials)).collect::<Result<Vec<_>, _>>()?;
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let insert = Statement::new(format!(
        "INSERT INTO users (subject, username, claims, password_hash, disabled_at, not_before) VALUES {} \
         ON CONFLICT DO NOTHING RETURNING subject AS name",
        places("(?, ?, ?, ?, ?, ?)", rows.len())
    ));
    let inserted = connection.load::<NameRow>(&insert.bind_all(rows.into_iter().flatten()))?;
    Ok(inserted.into_iter().map(|row| row.name).collect())
}

/// Gives back subjects that nobody ever had: a refused user takes no name.
fn release_names(connection: &mut Connection, subjects: &[&str]) -> Result<(), StatementError> {
    if subjects.is_empty() {
        return Ok(());
    }
    let delete = Statement::new(format!("DELETE FROM principals WHERE name IN ({})", places("?", subjects.len())));
    connection.execute(&delete.bind_all(subjects.iter().copied())).map(|_released| ())
}

/// The usernames of those who are users already, by subject.
fn usernames(connection: &mut Connection, subjects: &[&str]) -> Result<HashMap<String, String>, StatementError> {
    if subjects.is_empty() {
        return Ok(HashMap::new());
    }
    let select = Statement::new(format!(
        "SELECT subject, username FROM users WHERE subject IN ({})",
        places("?", subjects.len())
    ));
    let known = connection.load::<UserNamesRow>(&select.bind_all(subjects.iter().copied()))?;
    Ok(known.into_iter().map(|row| (row.subject, row.username)).collect())
}

fn places(one: &str, count: usize) -> String {
    vec![one; count].join(", ")
}
