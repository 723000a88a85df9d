//! The words and flags of the command line.

mod clients;
mod sessions;
mod users;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use grantor_domain::client::ClientId;
use grantor_domain::grant::GrantRef;
use grantor_domain::id::SessionId;
use grantor_domain::time::Timestamp;
use grantor_ports::KeyPurpose;

use crate::rfc3339;
use crate::settings::Place;

pub use clients::{
    ClientArgs, ClientCommand, CreateClientArgs, LintArgs, RegistrationTokenArgs, RotateSecretArgs, SettingsArgs,
    UpdateClientArgs,
};
pub use sessions::{EndSessionArgs, SessionCommand};
pub use users::{CreateUserArgs, ImportArgs, ListUsersArgs, UpdateUserArgs, UserArgs, UserCommand};

/// An OAuth 2.x and OpenID Connect authorization server
///
/// `grantor serve` is the server, `grantor dev` one to develop with. Every other command administers the database of a
/// server, running or not: the configuration says which.
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
    /// The configuration file; what it names by relative paths lies beside it
    #[arg(long, value_name = "FILE", global = true, conflicts_with = "data_dir", display_order = 99)]
    pub config: Option<PathBuf>,
    /// The data directory, with grantor.toml in it
    #[arg(long, value_name = "DIR", default_value = ".grantor", global = true, display_order = 100)]
    pub data_dir: PathBuf,
    /// Use this database, sqlite:PATH or postgres://…, instead of the configured one
    #[arg(long, value_name = "URL", global = true, display_order = 101)]
    pub database_url: Option<String>,
}

impl Storage {
    /// Where the configuration is.
    #[must_use]
    pub fn place(&self) -> Place {
        self.config.as_deref().map_or_else(|| Place::data_dir(&self.data_dir), Place::config_file)
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the server
    ///
    /// Reads the configuration file and refuses to start on anything that is unknown or unsafe; docs/configuration.md has
    /// every key. Needs a database whose schema is up to date (`grantor migrate run`, or database.migrate = true) and the
    /// secrets that encrypt its keys (`grantor keys generate-secret`). Told to stop (SIGTERM), it finishes the requests
    /// that it has begun.
    Serve,
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
        /// How to show it.
        #[command(flatten)]
        output: Output,
    },
    /// Check the configuration, or show it
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Make scopes, resources, exchange policies, clients and users as a file says
    ///
    /// Prints what differs and changes just that, in one transaction: all of it or nothing. What is as the file says is
    /// left alone, so applying it again changes nothing. What a file declares belongs to its `owner` ("apply" unless the
    /// file names another): a file of another owner cannot change or remove it. A new database gets its schema and keys
    /// first; an older schema is refused unless database.migrate = true. The secrets that encrypt the keys are made only
    /// together with the SQLite file of a new data directory.
    ///
    /// A client without client_secret keeps the secrets that it has. A user's password is set if it is not the stored one,
    /// which signs them out; a password_hash is only for users who have no password yet, because signing in may renew it.
    Apply(ApplyArgs),
    /// Register clients, look at them, change and delete them
    #[command(subcommand)]
    Client(ClientCommand),
    /// Make and import users, look at them, change them and let them in or not
    #[command(subcommand)]
    User(UserCommand),
    /// Look at the key ring, rotate keys, and change the secret that encrypts them
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Look at grants, and end them with every token that rests on them
    #[command(subcommand)]
    Grants(GrantsCommand),
    /// Look at the sessions of a user, and end them
    #[command(subcommand)]
    Session(SessionCommand),
    /// Write a script that completes the words of this command line
    ///
    /// For bash: grantor completions bash > /etc/bash_completion.d/grantor
    Completions {
        /// Whose script
        shell: clap_complete::Shell,
    },
    /// Write the manual: a page for each command
    Man {
        /// Into this directory, which is made if it is not there
        directory: PathBuf,
    },
    /// Write generated documentation
    #[command(subcommand, hide = true)]
    Docs(DocsCommand),
}

/// What `config` can do.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say whether `grantor serve` would start with this configuration, as far as can be told without a database
    Check(#[command(flatten)] Output),
    /// Show every key with its value, its default and where the value comes from; secrets are masked
    Print(#[command(flatten)] Output),
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

/// Flags of `apply`.
#[derive(Args, Debug)]
pub struct ApplyArgs {
    /// A TOML or JSON file, by its ending, such as deploy/demo.toml; `-` for standard input
    #[arg(short, long, value_name = "FILE")]
    pub file: PathBuf,
    /// Print what would change, and change nothing: a new database is taken for an empty one
    #[arg(long)]
    pub dry_run: bool,
    /// Also remove what the file's owner declared before and the file does not mention any more
    ///
    /// Removed clients and users lose their grants and remembered consents. Nobody but a client gets the name of a client
    /// again, and nobody but a user that of a user. The file must name its owner: all that name none share one. An exchange
    /// policy that was put on a client which is not in the file stays there until that client is updated or removed.
    #[arg(long)]
    pub prune: bool,
    /// How to show it.
    #[command(flatten)]
    pub output: Output,
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
    /// Retire a key that leaked: nothing it made is accepted any more
    ///
    /// Without --now, tells what that breaks and changes nothing. The key must have a successor in use: `keys rotate PURPOSE
    /// --now` makes one. Running servers follow within seconds. A backup of before that is restored later brings the key
    /// back: retire it again then.
    Retire {
        /// Its number, as `keys list` shows it
        number: u32,
        /// Retire it, whatever that breaks
        #[arg(long)]
        now: bool,
        /// How to show it.
        #[command(flatten)]
        output: Output,
    },
    /// Wrap every key under the current key-encryption secret, after a new one was put into the secrets file
    ///
    /// To change the secret: put the line of a new file (`keys generate-secret`) above the old one, give every server that
    /// file and restart it, and only then run this. A server that has the old line alone goes on with the keys that it
    /// has, but reads none that was made or wrapped since, and cannot start again. Nothing that was issued before is lost.
    ///
    /// Tells for each older secret whether a key still needs it, and until when. Run it again after that time: it removes
    /// what nothing can need any more, and says that the line can go. Keep a copy of the old file as long as you keep
    /// backups of the database from before.
    Rewrap(#[command(flatten)] Output),
    /// Print the content of a new secrets file, such as for keys.encryption_secret_file
    ///
    /// `umask 077; grantor keys generate-secret > encryption-secrets` makes a file for its owner alone. To change the
    /// secret of a server, put the new line above those that its file has, and see `keys rewrap`.
    GenerateSecret(#[command(flatten)] Output),
}

/// What `grants` can do.
#[derive(Debug, Subcommand)]
pub enum GrantsCommand {
    /// List grants, the newest first
    List {
        /// Which grants.
        #[command(flatten)]
        filter: ListArgs,
        /// Also those that have ended, as long as they are stored
        #[arg(long)]
        all: bool,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// Only those older than this one: the last of the page before
        #[arg(long, value_parser = grant_ref, value_name = "REF")]
        after: Option<GrantRef>,
        /// How to show it.
        #[command(flatten)]
        output: Output,
    },
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

/// Which grants to list.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub struct ListArgs {
    /// Those of this client
    #[arg(long, value_parser = client_id, value_name = "ID")]
    pub client: Option<ClientId>,
    /// Those of this user, by username or subject; sub:SUBJECT means the subject alone
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Those that were opened in this session (`sid`)
    #[arg(long, value_parser = session_id, value_name = "ID")]
    pub session: Option<SessionId>,
}

/// Which grants to end.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub struct RevokeArgs {
    /// Those of this client
    #[arg(long, value_parser = client_id, value_name = "ID")]
    pub client: Option<ClientId>,
    /// Those of this user, by username or subject; sub:SUBJECT means the subject alone
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
    /// The page of settings: docs/configuration.md
    Configuration,
    /// The page of error reasons: docs/errors.md
    Errors,
    /// The page of metrics: docs/metrics.md
    Metrics,
}

fn purpose(text: &str) -> Result<KeyPurpose, &'static str> {
    if KeyPurpose::parse(text) == Some(KeyPurpose::PairwiseSalt) {
        return Err("it is never rotated: every client that has pairwise subjects would take its users for strangers");
    }
    KeyPurpose::parse(text).ok_or(
        "known purposes are sign_es256, sign_rs256, sign_eddsa, sign_ps256, seal, refresh_mac, client_secret_hash and \
         client_secret_seal",
    )
}

fn key_value(text: &str) -> Result<(String, String), &'static str> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
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
        assert_eq!(cli.storage.place(), Place::data_dir(std::path::Path::new("there")));
        assert_eq!(cli.storage.database_url.as_deref(), Some("sqlite:x"));
    }

    #[test]
    fn a_wrong_word_is_a_usage_error() {
        for words in [
            "keys rotate sign_none",
            "grants revoke",
            "grants revoke --client a --user b",
            "grants list --client a --user b",
            "grants list --limit 0",
            "keys retire",
            "grants revoke --before yesterday",
            "grants revoke --grant x.1",
            "grants revoke --session 1",
            "dev --listen here",
            "user set-password",
            "serve --config grantor.toml --data-dir there",
            "completions basic",
            "user create",
            "user create --username a --claim name",
            "user list --limit 0",
            "client create --grant implicit",
            "client create --auth-method basic",
            "client show",
            "client rotate-secret a --finish --secret-stdin",
            "client rotate-secret a --finish --remove-old",
        ] {
            assert_eq!(parse(words).unwrap_err().exit_code(), 2, "{words}");
        }
    }

    #[test]
    fn a_configuration_file_may_stand_anywhere() {
        for words in ["serve --config a/b.toml", "--config a/b.toml config check"] {
            assert_eq!(parse(words).unwrap().storage.place(), Place::config_file(std::path::Path::new("a/b.toml")));
        }
    }

    #[test]
    fn settings_of_a_client_are_named_by_key() {
        let words = "client create --id a --name 42 --grant token_exchange --grant refresh_token --auth-method none \
                     --redirect-uri https://a.example/cb --scope openid --set first_party=true";
        let Command::Client(ClientCommand::Create(args)) = parse(words).unwrap().command else {
            panic!("{words} makes a client");
        };
        let mut set = args.settings.changes(&[]).set;
        set.sort();
        let exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
        let expect = [
            ("client_name", r#""42""#),
            ("first_party", "true"),
            ("grant_types", &format!(r#"["{exchange}","refresh_token"]"#)),
            ("redirect_uris", r#"["https://a.example/cb"]"#),
            ("scope", r#""openid""#),
            ("token_endpoint_auth_methods", r#"["none"]"#),
        ];
        assert_eq!(set, expect.map(|(key, value)| (key.to_owned(), value.to_owned())));
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
