//! The end of clients and users. Their names stay taken, so that nobody else can pose as them (RFC 9700 §4.15); whatever
//! they were given, or gave, ends with them. Each function is part of a transaction.

use grantor_domain::time::Timestamp;
use grantor_domain::token::lifetime::LifetimeClass;

use crate::changes::CLIENT;
use crate::connection::Connection;
use crate::error::StatementError;
use crate::statement::{Bind, by_bytes};
use crate::{batch, changes, grants, second_factors};

/// What was removed.
pub(crate) struct Removed {
    /// So many clients or users.
    pub(crate) objects: usize,
    /// So many grants ended with them.
    pub(crate) grants: u64,
}

/// Removes clients with their owners and the consents to them, ends their grants, and records it.
pub(crate) fn clients(connection: &mut Connection, ids: &[&str], now: Timestamp) -> Result<Removed, StatementError> {
    let objects = batch::execute_in(connection, "DELETE FROM clients WHERE id IN", &[], ids)?;
    disown(connection, CLIENT, ids)?;
    let grants = given_to_clients(connection, ids, now)?;
    changes::record_clients(connection, ids, now)?;
    Ok(Removed { objects, grants })
}

/// Ends the grants of clients, and forgets what people consented to for them, which sessions they are told of and that they
/// registered themselves. Says how many grants it ended.
pub(crate) fn given_to_clients(
    connection: &mut Connection,
    ids: &[&str],
    now: Timestamp,
) -> Result<u64, StatementError> {
    let ended = end_grants(connection, "client_id", ids, now)?;
    forget(connection, ids)?;
    Ok(ended)
}

/// Removes clients that were never given anything, and records it.
pub(crate) fn unused_clients(connection: &mut Connection, ids: &[&str], now: Timestamp) -> Result<(), StatementError> {
    batch::execute_in(connection, "DELETE FROM clients WHERE id IN", &[], ids)?;
    disown(connection, CLIENT, ids)?;
    forget(connection, ids)?;
    changes::record_clients(connection, ids, now)
}

fn forget(connection: &mut Connection, clients: &[&str]) -> Result<(), StatementError> {
    for table in ["consents", "logout_notices", "registrations", "session_clients"] {
        batch::execute_in(connection, &format!("DELETE FROM {table} WHERE client_id IN"), &[], clients)?;
    }
    Ok(())
}

/// Removes users with their owners, sessions, consents and second factors, and ends their grants: a later user of the same
/// subject is somebody else.
pub(crate) fn users(connection: &mut Connection, subjects: &[&str], now: Timestamp) -> Result<Removed, StatementError> {
    let objects = batch::execute_in(connection, "DELETE FROM users WHERE subject IN", &[], subjects)?;
    disown(connection, "user", subjects)?;
    let subject = by_bytes("subject", connection.engine());
    let grants = end_grants(connection, &subject, subjects, now)?;
    for table in ["consents", "sessions"].into_iter().chain(second_factors::TABLES) {
        batch::execute_in(connection, &format!("DELETE FROM {table} WHERE {subject} IN"), &[], subjects)?;
    }
    Ok(Removed { objects, grants })
}

fn disown(connection: &mut Connection, kind: &str, names: &[&str]) -> Result<(), StatementError> {
    batch::execute_in(connection, "DELETE FROM owners WHERE kind = ? AND name IN", &[kind.into()], names)
        .map(|_rows| ())
}

/// Reads both tables from end to end, once for some hundred names, unless they are subjects: no other column but the key has an
/// index.
fn end_grants(
    connection: &mut Connection,
    column: &str,
    names: &[&str],
    now: Timestamp,
) -> Result<u64, StatementError> {
    let mut ended = 0;
    for class in [LifetimeClass::Long, LifetimeClass::Short] {
        let update =
            format!("UPDATE {} SET revoked_at = ? WHERE revoked_at IS NULL AND {column} IN", grants::table(class));
        ended += batch::execute_in(connection, &update, &[Bind::from(now)], names)? as u64;
    }
    Ok(ended)
}
