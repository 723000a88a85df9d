//! What can go wrong with a statement, and what that means: a lost connection, a row that cannot be read, or anything
//! else. Whoever calls a port sees all of them as an outage ([`Unavailable`]) that carries its cause.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use diesel::result::{ConnectionError, DatabaseErrorKind, Error as DieselError};
use grantor_ports::{StorageFailure, Unavailable};

/// An error of any type, as a cause.
pub(crate) type Cause = Box<dyn Error + Send + Sync>;

/// Why a statement has no answer.
#[derive(Debug)]
pub(crate) enum StatementError {
    /// No connection could be made.
    Connect(Cause),
    /// A row holds what this version cannot read.
    Corrupt { table: &'static str, column: &'static str, id: String, source: Cause },
    /// The database refused the statement.
    Database(DieselError),
    /// Its deadline has passed.
    Late,
    /// The connection broke: nobody knows whether the statement took effect.
    Lost(DieselError),
    /// A migration failed, or the database knows one that this version does not.
    Migration(Cause),
    /// The work itself panicked; the panic hook has told where.
    Panicked,
    /// Something that must not be stored, for a reason the text gives.
    Refused(String),
    /// What it was done together with failed.
    Together(Arc<StatementError>),
}

impl StatementError {
    /// What it counts as.
    pub(crate) fn kind(&self) -> StorageFailure {
        match self {
            Self::Connect(_) => StorageFailure::Connect,
            Self::Corrupt { .. } | Self::Migration(_) | Self::Panicked | Self::Refused(_) => StorageFailure::Other,
            Self::Database(_) => StorageFailure::Database,
            Self::Late => StorageFailure::Deadline,
            Self::Lost(_) => StorageFailure::Lost,
            Self::Together(source) => source.kind(),
        }
    }

    /// As callers of a port see it.
    pub(crate) fn into_unavailable(self) -> Unavailable {
        Unavailable::because("storage", self)
    }
}

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(source) => write!(f, "no connection: {source}"),
            Self::Corrupt { table, column, id, source } => {
                write!(f, "corrupt row: table {table}, column {column}, id {id}: {source}")
            }
            Self::Database(source) => source.fmt(f),
            Self::Late => f.write_str("it was not done in time"),
            Self::Lost(source) => write!(f, "connection lost: {source}"),
            Self::Migration(source) => write!(f, "migration: {source}"),
            Self::Panicked => f.write_str("the work on storage panicked"),
            Self::Refused(reason) => f.write_str(reason),
            Self::Together(source) => source.fmt(f),
        }
    }
}

impl Error for StatementError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Connect(source) | Self::Corrupt { source, .. } | Self::Migration(source) => Some(source.as_ref()),
            Self::Database(source) | Self::Lost(source) => Some(source),
            Self::Late | Self::Panicked | Self::Refused(_) => None,
            Self::Together(source) => source.source(),
        }
    }
}

impl From<DieselError> for StatementError {
    fn from(error: DieselError) -> Self {
        if is_lost(&error) { Self::Lost(error) } else { Self::Database(error) }
    }
}

/// Whether the connection is of no more use. A server that turned read-only lost a failover: the next connection may
/// find the new primary.
fn is_lost(error: &DieselError) -> bool {
    use DatabaseErrorKind::{ClosedConnection, ReadOnlyTransaction, UnableToSendCommand};
    match error {
        DieselError::DatabaseError(kind, _) => {
            matches!(kind, ClosedConnection | ReadOnlyTransaction | UnableToSendCommand)
        }
        DieselError::BrokenTransactionManager => true,
        DieselError::RollbackErrorOnCommit { .. } => true,
        _ => false,
    }
}

/// Turns a failed attempt to connect into its cause, without what could show a password: libpq quotes an address that
/// it cannot read.
pub(crate) fn connection_cause(error: ConnectionError) -> Cause {
    match error {
        ConnectionError::BadConnection(text) if text.contains("URI") => "the database URL cannot be read".into(),
        ConnectionError::InvalidCString(_) | ConnectionError::InvalidConnectionUrl(_) => {
            "the database URL cannot be read".into()
        }
        other => other.into(),
    }
}

/// Why there can be no store at all.
#[derive(Debug)]
pub enum StoreError {
    /// The URL can be read in more than one way.
    Ambiguous,
    /// The operating system gave no thread.
    Thread(std::io::Error),
    /// The scheme of the URL is none of `postgres:`, `postgresql:` and `sqlite:`, or nothing follows it.
    Url,
    /// A size in the configuration is zero; the text names it.
    Zero(&'static str),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous => f.write_str(
                "the database URL can be read in more than one way: percent-encode what is special in user and password \
                 (@ is %40, / is %2F, : is %3A, # is %23, ? is %3F)",
            ),
            Self::Thread(error) => write!(f, "cannot start a thread for storage: {error}"),
            Self::Url => f.write_str("a database URL begins with postgres://, postgresql:// or sqlite:, then a path"),
            Self::Zero(name) => write!(f, "{name} of storage must not be zero"),
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Thread(error) => Some(error),
            Self::Ambiguous | Self::Url | Self::Zero(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_error_never_shows_the_url() {
        let quoted = "unexpected character in URI: \"postgres://a:secret@h:x/\"";
        assert!(!connection_cause(ConnectionError::BadConnection(quoted.to_owned())).to_string().contains("secret"));
    }

    #[test]
    fn corrupt_rows_are_named() {
        let error =
            StatementError::Corrupt { table: "users", column: "claims", id: "alice".to_owned(), source: "bad".into() };
        assert_eq!(error.to_string(), "corrupt row: table users, column claims, id alice: bad");
    }
}
