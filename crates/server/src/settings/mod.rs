//! What an operator decides, and where it is written: built-in defaults, under `grantor.toml` in the data directory,
//! under the environment (`GRANTOR__SECTION__KEY`, lists separated by commas), under the flags of the command.
//!
//! Durations are a number and a unit: `30s`, `5m`, `24h`, `180d`. A key that nobody knows stops the command, because a
//! slip would otherwise silently leave a default in force.

mod check;
mod database_url;
mod duration;
mod error;
mod layers;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread;

use grantor_application::Endpoints;
use grantor_crypto::PasswordSettings;
use grantor_domain::jwt::JwsAlgorithm;
use grantor_domain::resource::Audience;
use grantor_domain::token::lifetime::Lifetimes;
use grantor_store::StoreConfig;
use serde::Deserialize;

pub use database_url::DatabaseUrl;
pub use duration::HumanDuration;
pub use error::SettingsError;
pub(crate) use error::without_value;
pub use layers::{CONFIG_FILE, DATABASE_FILE, ENCRYPTION_SECRETS_FILE, Layers};

/// Everything that can be configured.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `iss`: scheme, host and port, without a trailing slash. `http` on loopback only.
    pub issuer: Option<String>,
    /// Where requests are answered.
    pub http: Http,
    /// Storage.
    pub database: Database,
    /// The key ring.
    pub keys: Keys,
    /// How long things live.
    pub lifetimes: LifetimeSettings,
    /// What is kept in memory.
    pub cache: Cache,
    /// The published keys.
    pub jwks: Jwks,
    /// How people's passwords are hashed (argon2id).
    pub passwords: Passwords,
    /// What is logged.
    pub log: Log,
    /// Where metrics are answered.
    pub metrics: Metrics,
    /// Where traces are sent.
    pub tracing: Tracing,
}

/// `[http]`: where requests are answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Paths of the token endpoint, each with and without a trailing slash; discovery names the first.
    pub token_paths: Vec<String>,
}

/// `[database]`: storage.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite:PATH` (in the file, relative to the data directory) or `postgres://…`.
    pub url: DatabaseUrl,
    /// Connections, and threads that use them; 8 for Postgres and 1 for SQLite where it is left out.
    pub pool_size: Option<u32>,
    /// How many statements may wait for a connection; one more is an outage.
    pub queue: usize,
    /// How long a request waits for storage, time in the queue included, before it is an outage.
    pub deadline: HumanDuration,
}

/// `[keys]`: the key ring.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// The file with the secrets that encrypt the keys in storage, one a line, the first current (in the configuration
    /// file, relative to the data directory).
    pub encryption_secret_file: PathBuf,
    /// What tokens can be signed with: ES256 and RS256 always, EdDSA and PS256 besides.
    pub algorithms: Vec<JwsAlgorithm>,
}

/// `[lifetimes]`: how long things live unless a client's own settings say otherwise.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LifetimeSettings {
    /// From a person's consent to the redemption of the code.
    pub authorization_code: HumanDuration,
    /// An access token.
    pub access_token: HumanDuration,
    /// An ID token.
    pub id_token: HumanDuration,
    /// A refresh token that is not used.
    pub refresh_idle: HumanDuration,
    /// A grant with refresh tokens, however often they are used.
    pub refresh_absolute: HumanDuration,
    /// How long a client that lost the answer may repeat a refresh. Longer than `database.deadline` by two seconds at
    /// least, or an outage could use it up.
    pub refresh_retry_window: HumanDuration,
    /// Bounds every grant, so that old tables can be dropped.
    pub grant_max: HumanDuration,
    /// A signed-in browser.
    pub session: HumanDuration,
    /// A person on the sign-in and consent pages.
    pub interaction: HumanDuration,
}

/// `[cache]`: what is kept in memory.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cache {
    /// How long cached clients serve while storage is away.
    pub max_stale: HumanDuration,
    /// How many clients are cached.
    pub clients: usize,
}

/// `[jwks]`: the published keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Jwks {
    /// How long others may cache the JWK set; a new key signs only after it has been published longer.
    pub max_age: HumanDuration,
}

/// `[passwords]`: how people's passwords are hashed (argon2id, RFC 9106). New parameters take hold at each person's next
/// sign-in.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Passwords {
    /// Memory of one hash.
    pub memory_kib: u32,
    /// Passes over it.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// How many hashes are computed at once; half the processors where it is left out.
    pub threads: Option<std::num::NonZeroUsize>,
}

/// `[log]`: what is logged, to standard error.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `text` or `json`.
    pub format: LogFormat,
    /// Which lines, in the syntax of tracing's `EnvFilter`: `info`, `warn,grantor_store=debug`. Where it is left out,
    /// `info` for a server and `warn` for every other command. The audit trail is logged unless the filter itself says
    /// otherwise: `grantor::audit=off`.
    pub filter: Option<String>,
}

/// `[metrics]`: where metrics are answered, in Prometheus' format.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Address and port of `/metrics`, which clients need not reach. Where it is left out, there are none.
    pub listen: Option<SocketAddr>,
}

/// `[tracing]`: where traces of requests are sent, by OTLP over HTTP. Only in a build with the feature `opentelemetry`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tracing {
    /// The collector, such as `http://127.0.0.1:4318`; traces go to `/v1/traces` below it. Where it is left out, there are
    /// none.
    pub otlp_endpoint: Option<String>,
    /// The share of requests that is traced, from 0 to 1, where the caller has not decided (`traceparent`).
    pub sample_ratio: f64,
}

/// What a log line looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    #[default]
    Text,
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8080)), token_paths: Endpoints::default().token }
    }
}

impl Default for Database {
    fn default() -> Self {
        let store = StoreConfig::new("");
        Self {
            url: DatabaseUrl::new(""),
            pool_size: store.pool_size,
            queue: store.queue,
            deadline: store.deadline.into(),
        }
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self { encryption_secret_file: PathBuf::new(), algorithms: vec![JwsAlgorithm::ES256, JwsAlgorithm::RS256] }
    }
}

impl Default for LifetimeSettings {
    fn default() -> Self {
        let lifetimes = Lifetimes::default();
        Self {
            authorization_code: lifetimes.authorization_code.into(),
            access_token: lifetimes.access_token.into(),
            id_token: lifetimes.id_token.into(),
            refresh_idle: lifetimes.refresh_idle.into(),
            refresh_absolute: lifetimes.refresh_absolute.into(),
            refresh_retry_window: lifetimes.refresh_retry_window.into(),
            grant_max: lifetimes.grant_max.into(),
            session: lifetimes.session.into(),
            interaction: lifetimes.interaction.into(),
        }
    }
}

impl Default for Cache {
    fn default() -> Self {
        Self { max_stale: HumanDuration::from_secs(300), clients: 10_000 }
    }
}

impl Default for Tracing {
    fn default() -> Self {
        Self { otlp_endpoint: None, sample_ratio: 1.0 }
    }
}

impl Default for Jwks {
    fn default() -> Self {
        Self { max_age: HumanDuration::from_secs(300) }
    }
}

impl Default for Passwords {
    fn default() -> Self {
        let settings = PasswordSettings::default();
        Self {
            memory_kib: settings.memory_kib,
            iterations: settings.iterations,
            parallelism: settings.parallelism,
            threads: None,
        }
    }
}

impl Settings {
    /// What the use cases are told.
    ///
    /// # Errors
    /// If there is no issuer.
    pub fn service(&self) -> Result<grantor_application::Settings, SettingsError> {
        let issuer = self.issuer.as_deref().ok_or(SettingsError::IssuerMissing)?;
        let issuer = Audience::parse(issuer)
            .map_err(|error| SettingsError::Unsafe { key: "issuer", problem: error.to_string() })?;
        let mut settings = grantor_application::Settings::new(issuer);
        settings.endpoints.token.clone_from(&self.http.token_paths);
        settings.lifetimes = self.lifetimes.to_lifetimes();
        settings.jwks_max_age = self.jwks.max_age.into();
        settings.cache_max_stale = self.cache.max_stale.into();
        settings.cache_capacity = self.cache.clients;
        Ok(settings)
    }

    /// What the store is told.
    #[must_use]
    pub fn store(&self) -> StoreConfig {
        let mut config = StoreConfig::new(self.database.url.expose());
        config.pool_size = self.database.pool_size;
        config.queue = self.database.queue;
        config.deadline = self.database.deadline.into();
        config
    }

    /// What the pool that hashes passwords is told. It answers within the deadline of storage.
    #[must_use]
    pub fn password_pool(&self) -> PasswordSettings {
        let default = PasswordSettings::default();
        let threads = self.passwords.threads.unwrap_or(default.threads);
        PasswordSettings {
            memory_kib: self.passwords.memory_kib,
            iterations: self.passwords.iterations,
            parallelism: self.passwords.parallelism,
            queue: default.queue / default.threads.get().max(1) * threads.get(),
            threads,
            deadline: self.database.deadline.into(),
        }
    }

    /// How many threads answer requests: one a processor.
    #[must_use]
    pub fn http_workers(&self) -> usize {
        thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
    }
}

impl LifetimeSettings {
    /// As the domain has them.
    #[must_use]
    pub fn to_lifetimes(&self) -> Lifetimes {
        Lifetimes {
            authorization_code: self.authorization_code.into(),
            access_token: self.access_token.into(),
            id_token: self.id_token.into(),
            refresh_idle: self.refresh_idle.into(),
            refresh_absolute: self.refresh_absolute.into(),
            refresh_retry_window: self.refresh_retry_window.into(),
            grant_max: self.grant_max.into(),
            session: self.session.into(),
            interaction: self.interaction.into(),
            ..Lifetimes::default()
        }
    }
}
