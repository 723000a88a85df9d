//! Which database a URL means, and how every connection to it is set up.
//!
//! The scheme decides: SQLite takes any text for a path, so guessing could turn a dead Postgres into a new empty file.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::result::Error as DieselError;
use diesel::{Connection as _, PgConnection, SqliteConnection};

use crate::error::{StatementError, StoreError, connection_cause};

/// Which engine stands behind the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Postgres, or an engine that speaks its protocol.
    Postgres,
    /// The embedded one.
    Sqlite,
}

/// Where to connect, with everything that a connection needs to know.
#[derive(Clone)]
pub(crate) struct Target {
    place: Place,
    limits: Limits,
    protection: Protection,
}

/// How connections to Postgres are protected on their way (libpq's `sslmode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostgresTls {
    /// Not at all.
    Disable,
    /// Encrypted if the server offers it, whoever the server is.
    Prefer,
    /// Encrypted, and the server's certificate holds and names the host.
    VerifyFull,
}

/// The same, with the certificates to check against.
#[derive(Clone, Default)]
pub(crate) struct Protection {
    pub(crate) tls: Option<PostgresTls>,
    pub(crate) root_file: Option<PathBuf>,
}

#[derive(Clone)]
enum Place {
    Postgres(String),
    Sqlite(String),
}

/// How long a connection may take for what.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// To be made.
    pub(crate) connect: Duration,
    /// To answer a statement, or to be found dead.
    pub(crate) statement: Duration,
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Serves requests: statements are cut off.
    Requests,
    /// Does long work of its own: statements run as long as they must, but wait for locks only briefly.
    Upkeep,
}

/// What [`Target::connect`] makes.
pub(crate) enum RawConnection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl Target {
    pub(crate) fn parse(url: &str, limits: Limits) -> Result<Self, StoreError> {
        let place = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            if !is_unambiguous(url) {
                return Err(StoreError::Ambiguous);
            }
            Place::Postgres(url.to_owned())
        } else {
            let path = url.strip_prefix("sqlite:").ok_or(StoreError::Url)?;
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(StoreError::Url);
            }
            Place::Sqlite(path.to_owned())
        };
        Ok(Self { place, limits, protection: Protection::default() })
    }

    /// The same, with connections protected like this.
    pub(crate) fn protected(self, protection: Protection) -> Self {
        Self { protection, ..self }
    }

    pub(crate) const fn engine(&self) -> Engine {
        match self.place {
            Place::Postgres(_) => Engine::Postgres,
            Place::Sqlite(_) => Engine::Sqlite,
        }
    }

    /// Whether connecting would make a new file.
    pub(crate) fn lacks_file(&self) -> bool {
        match &self.place {
            Place::Postgres(_) => false,
            Place::Sqlite(path) => !Path::new(path).exists(),
        }
    }

    pub(crate) fn connect(&self, purpose: Purpose) -> Result<RawConnection, StatementError> {
        match &self.place {
            Place::Postgres(url) => PgConnection::establish(&with_parameters(url, &self.parameters(purpose)))
                .map(RawConnection::Postgres)
                .map_err(|error| StatementError::Connect(connection_cause(error))),
            Place::Sqlite(path) => self.open(path).map(RawConnection::Sqlite),
        }
    }

    /// The settings of libpq, so that a dead peer is noticed and a statement cut off. They come with the connection and
    /// no statement depends on them; whoever runs a pooler that refuses `options` writes an `options` of their own.
    fn parameters(&self, purpose: Purpose) -> Vec<(&'static str, String)> {
        let statement = self.limits.statement.as_millis();
        let options = match purpose {
            // Every statement of a request looks up few rows by their keys. A planner that thinks otherwise, because a
            // table is new or its statistics are old, joins by reading all of it. Nor does the right plan depend on the
            // key, so it is made once: making it costs more than carrying it out. Nor is it ever worth compiling: Postgres
            // has no statistics of a partitioned table that nobody analysed by hand, and takes every batch for ten grants,
            // each of them for half a percent of all. From some fifty thousand grants on it would compile each batch, each
            // time anew, for many times as long as that takes.
            Purpose::Requests => [
                &format!("statement_timeout%3D{statement}"),
                "enable_hashjoin%3Doff",
                "enable_mergejoin%3Doff",
                "enable_seqscan%3Doff",
                "jit%3Doff",
                "plan_cache_mode%3Dforce_generic_plan",
            ]
            .map(|setting| format!("-c%20{setting}"))
            .join("%20"),
            Purpose::Upkeep => format!("-c%20lock_timeout%3D{statement}"),
        };
        let mut parameters = vec![
            ("application_name", "grantor".to_owned()),
            ("connect_timeout", self.limits.connect.as_secs().max(1).to_string()),
            ("keepalives", "1".to_owned()),
            ("keepalives_idle", "5".to_owned()),
            ("keepalives_interval", "2".to_owned()),
            ("keepalives_count", "3".to_owned()),
            ("tcp_user_timeout", statement.to_string()),
            ("options", options),
        ];
        parameters.extend(self.protection.parameters());
        parameters
    }

    fn open(&self, path: &str) -> Result<SqliteConnection, StatementError> {
        create_private(path).map_err(|error| StatementError::Connect(error.into()))?;
        let mut connection =
            SqliteConnection::establish(path).map_err(|error| StatementError::Connect(connection_cause(error)))?;
        // The timeout first: without it, whoever opens the file at the same moment would make the rest fail.
        let timeout = format!("PRAGMA busy_timeout = {};", self.limits.statement.as_millis());
        let set_up = connection.batch_execute(&timeout).and_then(|()| {
            patiently(self.limits.statement, || connection.batch_execute("PRAGMA journal_mode = WAL;"))?;
            connection.batch_execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF;")
        });
        set_up.map_err(|error| StatementError::Connect(error.into()))?;
        Ok(connection)
    }
}

impl Protection {
    fn parameters(&self) -> impl Iterator<Item = (&'static str, String)> {
        let mode = self.tls.map(|tls| match tls {
            PostgresTls::Disable => "disable",
            PostgresTls::Prefer => "prefer",
            PostgresTls::VerifyFull => "verify-full",
        });
        let mode = mode.map(|mode| ("sslmode", mode.to_owned()));
        let root = self.root_file.as_deref().map(|path| ("sslrootcert", percent_encoded(path)));
        mode.into_iter().chain(root)
    }
}

/// A path as a value in a URL: every byte but letters, digits and what is never special is encoded.
fn percent_encoded(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let encode = |byte: &u8| if plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    path.as_os_str().as_bytes().iter().map(encode).collect()
}

/// Makes a database file that is not there for its owner alone: SQLite would let everybody read it. Its journal takes the
/// mode of the file. Where the file cannot be made, SQLite says why.
fn create_private(path: &str) -> std::io::Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Tries until it works or `limit` has passed: SQLite does not wait by itself where two processes change the journal
/// mode of a new file at the same moment.
fn patiently(limit: Duration, mut attempt: impl FnMut() -> Result<(), DieselError>) -> Result<(), DieselError> {
    let end = Instant::now() + limit;
    loop {
        match attempt() {
            Err(error) if error.to_string().contains("locked") && Instant::now() < end => {
                std::thread::sleep(Duration::from_millis(20));
            }
            done => return done,
        }
    }
}

/// Whether everybody reads the same address out of a URL. A password with `@` or `/` in it must be percent-encoded: else a
/// part of it would be taken for the host or the port, and shown in messages.
fn is_unambiguous(url: &str) -> bool {
    let after_scheme = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    let port_is_number = port.ends_with(']') || port.bytes().all(|byte| byte.is_ascii_digit());
    after_scheme.matches('@').count() <= 1 && port_is_number
}

/// Adds parameters to a URL, leaving those alone that it has already.
fn with_parameters(url: &str, parameters: &[(&str, String)]) -> String {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let is_set = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let mut full = url.to_owned();
    for (name, value) in parameters.iter().filter(|(name, _)| !is_set(name)) {
        full.push(if full.contains('?') { '&' } else { '?' });
        full.push_str(name);
        full.push('=');
        full.push_str(value);
    }
    full
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { connect: Duration::from_secs(2), statement: Duration::from_secs(5) };

    #[test]
    fn tls_is_libpqs_to_do() {
        let check = |tls, root_file: Option<&str>, expect: &[(&'static str, &str)]| {
            let protection = Protection { tls, root_file: root_file.map(PathBuf::from) };
            let expect: Vec<_> = expect.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            assert_eq!(protection.parameters().collect::<Vec<_>>(), expect);
        };
        check(None, None, &[]);
        check(Some(PostgresTls::Disable), None, &[("sslmode", "disable")]);
        check(Some(PostgresTls::Prefer), None, &[("sslmode", "prefer")]);
        let verified = [("sslmode", "verify-full"), ("sslrootcert", "/my%20ca%26.pem")];
        check(Some(PostgresTls::VerifyFull), Some("/my ca&.pem"), &verified);
    }

    #[test]
    fn the_scheme_decides() {
        let check = |url: &str, expect: Option<Engine>| {
            assert_eq!(Target::parse(url, LIMITS).ok().map(|target| target.engine()), expect, "{url}");
        };
        check("postgres://h/d", Some(Engine::Postgres));
        check("postgresql://h/d", Some(Engine::Postgres));
        check("sqlite:a.db", Some(Engine::Sqlite));
        check("sqlite:///a.db", Some(Engine::Sqlite));
        check("sqlite:", None);
        check("a.db", None);
        check("mysql://h/d", None);
        check("postgres://u:se%2Fcret@h:5432/d", Some(Engine::Postgres));
        check("postgres://u@[::1]:5432/d", Some(Engine::Postgres));
        check("postgres://u:se/cret@h/d", None);
        check("postgres://u:pa@ss@h/d", None);
        check("host=h user=u", None);
    }

    #[test]
    fn a_new_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("new.db");
        let target = Target::parse(&format!("sqlite:{}", file.display()), LIMITS).unwrap();
        assert!(target.lacks_file());
        for _start in 0..2 {
            assert!(target.connect(Purpose::Requests).is_ok());
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            assert!(!target.lacks_file());
        }
    }

    #[test]
    fn parameters_of_the_operator_win() {
        let parameters = [("connect_timeout", "2".to_owned()), ("keepalives", "1".to_owned())];
        let check = |url: &str, expect: &str| assert_eq!(with_parameters(url, &parameters), expect);
        check("postgres://h/d", "postgres://h/d?connect_timeout=2&keepalives=1");
        check("postgres://h/d?connect_timeout=9", "postgres://h/d?connect_timeout=9&keepalives=1");
        check("postgres://h/d?sslmode=require", "postgres://h/d?sslmode=require&connect_timeout=2&keepalives=1");
    }
}
