//! The words and flags of the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use grantor_domain::client::ClientId;
use grantor_domain::grant::GrantRef;
use grantor_domain::id::SessionId;
use grantor_domain::time::Timestamp;
use grantor_ports::KeyPurpose;

use crate::rfc3339;

/// An OAuth 2.x and OpenID Connect authorization server
///
/// `grantor dev` starts a server to develop with. Every other command administers the database of a server, running or
/// not: the configuration in the data directory says which.
#[derive(Debug, Parser)]
#[command(name = "grantor", version)]
pub struct Cli {
    /// Which server it is about.
    #[command(flatten)]
    pub storage: Storage,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Which server a command is about.
#[derive(Args, Clone, Debug)]
pub struct Storage {
    /// The data directory, with grantor.toml in it
    #[arg(long, value_name = "DIR", default_value = ".grantor", global = true, display_order = 100)]
    pub data_dir: PathBuf,
    /// Use this database, sqlite:PATH or postgres://…, instead of the configured one
    #[arg(long, value_name = "URL", global = true, display_order = 101)]
    pub database_url: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a server to develop with
    ///
    /// Makes what is missing: the data directory with its configuration and secrets, the database, its schema and keys,
    /// and a demo set of clients and users. Starting it again keeps everything, changes to the demo set included. Several
    /// of these with the same issuer, data directory and Postgres database are replicas of one service.
    Dev(DevArgs),
    /// Change the schema of the database
    Migrate {
        /// What to do with the migrations
        action: MigrateAction,
        /// Revert or redo on a server whose issuer is not on loopback, losing its users, clients, keys and grants
        #[arg(long)]
        lose_data: bool,
    },
    /// Create or update clients and users from a file
    ///
    /// Every entry is checked before the first is written; what is as the file says already is left alone. A new database
    /// gets its schema and keys first.
    Apply {
        /// A TOML file of clients and users, such as deploy/demo.toml
        #[arg(short, long, value_name = "FILE")]
        file: PathBuf,
        /// How to show it.
        #[command(flatten)]
        output: Output,
    },
    /// Look at the registered clients
    #[command(subcommand)]
    Client(ClientCommand),
    /// Disable and enable users, and set their passwords
    #[command(subcommand)]
    User(UserCommand),
    /// Look at the key ring and rotate keys
    #[command(subcommand)]
    Keys(KeysCommand),
    /// End grants, with every token that rests on them
    #[command(subcommand)]
    Grants(GrantsCommand),
    /// Write generated documentation
    #[command(subcommand, hide = true)]
    Docs(DocsCommand),
}

/// Flags of `dev`.
#[derive(Args, Debug)]
pub struct DevArgs {
    /// Listen here [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,
    /// The issuer, which clients and tokens name [default: http:// and the listen address]
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
}

/// How a command shows what it did.
#[derive(Args, Clone, Copy, Debug)]
pub struct Output {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What `migrate` can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MigrateAction {
    /// Apply every migration that is pending
    Run,
    /// Take back the newest one: what is in its tables is lost
    Revert,
    /// Take back the newest one and apply it again: what is in its tables is lost
    Redo,
    /// List which are applied and which pending
    Status,
}

/// What `client` can do.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// List every client
    List(#[command(flatten)] Output),
    /// Name what is legacy or weak about clients, with the section of the specification that warns against it
    Lint(#[command(flatten)] Output),
}

/// What `user` can do.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Refuse a user, and end whatever they authenticated before
    Disable(UserArgs),
    /// Let a user sign in again; what was ended stays ended
    Enable(UserArgs),
    /// Set a user's password, read from standard input, and end whatever they authenticated with the old one
    SetPassword(UserArgs),
}

/// Which user.
#[derive(Args, Debug)]
pub struct UserArgs {
    /// Their username or subject
    pub name: String,
    /// How to show it.
    #[command(flatten)]
    pub output: Output,
}

/// What `keys` can do.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// List every key, the secret parts left out
    List(#[command(flatten)] Output),
    /// Make successors of keys; running servers follow within seconds
    Rotate {
        /// Which keys, such as sign_es256 or refresh_mac [default: all but those that keep clients' secrets]
        #[arg(value_parser = purpose, value_name = "PURPOSE")]
        purposes: Vec<KeyPurpose>,
        /// Sign with the new key at once, instead of when everybody can have fetched it
        ///
        /// Whoever has cached the JWK set cannot verify new tokens until they fetch it again, and jwks.max_age says how long that takes.
        #[arg(long)]
        now: bool,
        /// How to show it.
        #[command(flatten)]
        output: Output,
    },
}

/// What `grants` can do.
#[derive(Debug, Subcommand)]
pub enum GrantsCommand {
    /// End grants, by exactly one of the flags
    Revoke {
        /// Which grants.
        #[command(flatten)]
        target: RevokeArgs,
        /// How to show it.
        #[command(flatten)]
        output: Output,
    },
}

/// Which grants to end.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub struct RevokeArgs {
    /// Those of this client
    #[arg(long, value_parser = client_id, value_name = "ID")]
    pub client: Option<ClientId>,
    /// Those of this user, by username or subject
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Those that were opened in this session (`sid`)
    #[arg(long, value_parser = session_id, value_name = "ID")]
    pub session: Option<SessionId>,
    /// This one, as logs name it: `l.` or `s.` and its identifier
    #[arg(long, value_parser = grant_ref, value_name = "REF")]
    pub grant: Option<GrantRef>,
    /// Everybody's that were authenticated before this time (RFC 3339, or `now`): after a restored backup
    #[arg(long, value_parser = moment, value_name = "TIME")]
    pub before: Option<Moment>,
}

/// A time on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// This one.
    At(Timestamp),
    /// When the command runs.
    Now,
}

/// What `docs` can write.
#[derive(Debug, Subcommand)]
pub enum DocsCommand {
    /// The page of the audit trail: docs/audit.md
    Audit,
    /// The page of error reasons: docs/errors.md
    Errors,
    /// The page of metrics: docs/metrics.md
    Metrics,
}

fn purpose(text: &str) -> Result<KeyPurpose, &'static str> {
    KeyPurpose::parse(text).ok_or(
        "known purposes are sign_es256, sign_rs256, sign_eddsa, sign_ps256, seal, refresh_mac, client_secret_hash and \
         client_secret_seal",
    )
}

fn client_id(text: &str) -> Result<ClientId, &'static str> {
    ClientId::parse(text).ok_or("a client id is 1 to 255 printable ASCII characters")
}

fn session_id(text: &str) -> Result<SessionId, &'static str> {
    SessionId::parse(text).ok_or("a session is a UUID, as `sid` in an ID token")
}

fn grant_ref(text: &str) -> Result<GrantRef, &'static str> {
    GrantRef::parse(text).ok_or("a grant is `l.` or `s.` and a UUID")
}

fn moment(text: &str) -> Result<Moment, &'static str> {
    match text {
        "now" => Ok(Moment::Now),
        _ => rfc3339::parse(text).map(Moment::At).ok_or("give a time such as 2026-01-31T12:00:00Z, or `now`"),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(words: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("grantor").chain(words.split(' ')))
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_xtask_runs_stays_understood() {
        for words in [
            "migrate run",
            "migrate revert --database-url postgres://h/d --data-dir there",
            "migrate redo",
            "migrate status",
            "apply -f deploy/demo.toml --database-url postgres://h/d --data-dir there",
        ] {
            parse(words).unwrap();
        }
        let cli = parse("migrate run --database-url sqlite:x --data-dir there").unwrap();
        assert_eq!(cli.storage.data_dir, PathBuf::from("there"));
        assert_eq!(cli.storage.database_url.as_deref(), Some("sqlite:x"));
    }

    #[test]
    fn a_wrong_word_is_a_usage_error() {
        for words in [
            "keys rotate sign_none",
            "grants revoke",
            "grants revoke --client a --user b",
            "grants revoke --before yesterday",
            "grants revoke --grant x.1",
            "grants revoke --session 1",
            "dev --listen here",
            "user set-password",
        ] {
            assert_eq!(parse(words).unwrap_err().exit_code(), 2, "{words}");
        }
    }

    #[test]
    fn grants_are_named_in_one_way() {
        let check = |words: &str, is: fn(&RevokeArgs) -> bool| {
            let Command::Grants(GrantsCommand::Revoke { target, .. }) = parse(words).unwrap().command else {
                panic!("{words} revokes grants");
            };
            assert!(is(&target), "{words}");
        };
        check("grants revoke --client demo-a", |target| target.client.is_some());
        check("grants revoke --user alice", |target| target.user.is_some());
        check("grants revoke --before now", |target| target.before == Some(Moment::Now));
        check("grants revoke --before 1970-01-01T00:00:01Z", |target| {
            target.before == Some(Moment::At(Timestamp::from_secs(1)))
        });
        check("grants revoke --grant l.0190f6d2-0000-7000-8000-000000000000", |target| target.grant.is_some());
    }
}
