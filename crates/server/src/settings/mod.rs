//! What an operator decides, and where it is written: built-in defaults, under the configuration file, under the
//! environment (`GRANTOR__SECTION__KEY`, lists separated by commas), under the flags of the command.
//!
//! Durations are a number and a unit: `30s`, `5m`, `24h`, `180d`. A key that nobody knows stops the command, because a
//! slip would otherwise silently leave a default in force. `sections` has every key with its text; the reference page
//! and `grantor config print` are made of the same.

mod branding;
mod check;
mod choices;
mod database_url;
mod duration;
mod error;
mod hidden_text;
mod key;
mod layers;
mod networks;
mod place;
mod reference;
mod sections;
mod serving;

use std::num::NonZeroUsize;
use std::thread;

use grantor_application::{Endpoints, RegistrationAccess, RegistrationSettings};
use grantor_crypto::PasswordSettings;
use grantor_domain::client::RegistrationPolicy;
use grantor_domain::grant::GrantType;
use grantor_domain::new_password::PasswordRules;
use grantor_domain::resource::Audience;
use grantor_domain::scope::ScopeSet;
use grantor_domain::throttle::{Limit, Throttle};
use grantor_domain::token::lifetime::Lifetimes;
use grantor_store::StoreConfig;
use serde::Deserialize;

pub use choices::{DatabaseTls, LogFormat, ProxyHeader, RegistrationMode};
pub use database_url::DatabaseUrl;
pub use duration::HumanDuration;
pub use error::SettingsError;
pub(crate) use error::without_value;
pub use hidden_text::HiddenText;
pub use key::Key;
pub use layers::{Layers, Source};
pub use networks::Networks;
pub use place::{CONFIG_FILE, Place};
pub(crate) use reference::page as reference_page;
pub use sections::{
    AccountSection, BrandingSection, Cache, Database, Http, Jwks, Keys, LifetimeSettings, Log, Metrics,
    OutboundSettings, Passwords, RegistrationSection, Scopes, SignInSection, Tls, Tracing,
};

/// The file of key-encryption secrets, unless the configuration names another.
pub const ENCRYPTION_SECRETS_FILE: &str = "encryption-secrets";

/// The embedded database, unless the configuration names another.
pub const DATABASE_FILE: &str = "grantor.db";

/// What the issuer is, for the reference.
const ISSUER: &str = " The address by which clients and tokens know the server: scheme, host and port, without a trailing\n \
     slash. `http` on loopback only. It never changes once tokens name it.\n";

/// Everything that can be configured.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `iss`: scheme, host and port, without a trailing slash. `http` on loopback only.
    pub issuer: Option<String>,
    /// Where requests are answered.
    pub http: Http,
    /// TLS of the server's own.
    pub tls: Tls,
    /// Storage.
    pub database: Database,
    /// The key ring.
    pub keys: Keys,
    /// How long things live.
    pub lifetimes: LifetimeSettings,
    /// What clients may ask for.
    pub scopes: Scopes,
    /// What is kept in memory.
    pub cache: Cache,
    /// The published keys.
    pub jwks: Jwks,
    /// Clients that register themselves.
    pub registration: RegistrationSection,
    /// Sign-ins that fail.
    pub sign_in: SignInSection,
    /// What people do on their own page.
    pub account: AccountSection,
    /// Requests to others.
    pub outbound: OutboundSettings,
    /// What people's passwords must be, and how they are hashed.
    pub passwords: Passwords,
    /// Whose the pages are.
    pub branding: BrandingSection,
    /// What is logged.
    pub log: Log,
    /// Metrics.
    pub metrics: Metrics,
    /// Traces.
    pub tracing: Tracing,
}

/// A section, for the reference.
pub(crate) struct Section {
    /// What it is about; empty for the keys outside any section.
    pub(crate) about: &'static str,
    /// Its keys.
    pub(crate) keys: Vec<Key>,
}

impl Settings {
    /// Every key with its value, section by section.
    pub(crate) fn sections(&self) -> Vec<Section> {
        let issuer = self.issuer.as_deref().and_then(key::quoted);
        let issuer = Key { name: "issuer", docs: ISSUER, kind: "address", value: issuer };
        vec![
            Section { about: "", keys: vec![issuer] },
            Section { about: Http::ABOUT, keys: self.http.keys() },
            Section { about: Tls::ABOUT, keys: self.tls.keys() },
            Section { about: Database::ABOUT, keys: self.database.keys() },
            Section { about: Keys::ABOUT, keys: self.keys.keys() },
            Section { about: LifetimeSettings::ABOUT, keys: self.lifetimes.keys() },
            Section { about: Scopes::ABOUT, keys: self.scopes.keys() },
            Section { about: Cache::ABOUT, keys: self.cache.keys() },
            Section { about: Jwks::ABOUT, keys: self.jwks.keys() },
            Section { about: RegistrationSection::ABOUT, keys: self.registration.keys() },
            Section { about: SignInSection::ABOUT, keys: self.sign_in.keys() },
            Section { about: AccountSection::ABOUT, keys: self.account.keys() },
            Section { about: OutboundSettings::ABOUT, keys: self.outbound.keys() },
            Section { about: Passwords::ABOUT, keys: self.passwords.keys() },
            Section { about: BrandingSection::ABOUT, keys: self.branding.keys() },
            Section { about: Log::ABOUT, keys: self.log.keys() },
            Section { about: Metrics::ABOUT, keys: self.metrics.keys() },
            Section { about: Tracing::ABOUT, keys: self.tracing.keys() },
        ]
    }

    /// Every key with its value.
    #[must_use]
    pub fn keys(&self) -> Vec<Key> {
        self.sections().into_iter().flat_map(|section| section.keys).collect()
    }

    /// What the use cases are told.
    ///
    /// # Errors
    /// If there is no issuer.
    pub fn service(&self) -> Result<grantor_application::Settings, SettingsError> {
        let issuer = self.issuer.as_deref().ok_or(SettingsError::IssuerMissing)?;
        let issuer = Audience::parse(issuer)
            .map_err(|error| SettingsError::Unsafe { key: "issuer", problem: error.to_string() })?;
        let mut settings = grantor_application::Settings::new(issuer);
        settings.endpoints = self.http.endpoints();
        settings.lifetimes = self.lifetimes.to_lifetimes();
        settings.advertised_scopes.clone_from(&self.scopes.advertised);
        settings.jwks_max_age = self.jwks.max_age.into();
        settings.cache_max_stale = self.cache.max_stale.into();
        settings.cache_capacity = self.cache.clients;
        settings.registration = self.registration.to_settings();
        settings.throttle = self.sign_in.to_throttle();
        let (min_length, refuse_common) = (self.passwords.min_length, self.passwords.refuse_common);
        settings.password_rules = PasswordRules { min_length, refuse_common };
        settings.editable_claims.clone_from(&self.account.editable_claims);
        settings.shared_addresses.clone_from(&self.sign_in.shared_addresses.0);
        Ok(settings)
    }

    /// What the store is told.
    #[must_use]
    pub fn store(&self) -> StoreConfig {
        let mut config = StoreConfig::new(self.database.url.expose());
        config.pool_size = self.database.pool_size;
        config.queue = self.database.queue;
        config.deadline = self.database.deadline.into();
        config.connect_timeout = self.database.connect_timeout.into();
        config.tls = self.database.tls.map(Into::into);
        config.tls_root_file.clone_from(&self.database.tls_root_file);
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
}

impl Http {
    /// How many threads answer requests: one a processor, unless it is said.
    #[must_use]
    pub fn worker_threads(&self) -> usize {
        self.workers.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
    }

    /// As the use cases have them.
    #[must_use]
    pub fn endpoints(&self) -> Endpoints {
        Endpoints {
            authorization: self.authorization_path.clone(),
            device_authorization: self.device_authorization_path.clone(),
            token: self.token_paths.clone(),
            jwks: self.jwks_path.clone(),
            userinfo: self.userinfo_path.clone(),
            introspection: self.introspection_path.clone(),
            logout: self.logout_path.clone(),
            registration: self.registration_path.clone(),
            revocation: self.revocation_path.clone(),
        }
    }
}

impl RegistrationSection {
    /// As the use cases have them; none if nobody may register a client. What [`Settings::check`] refuses is left out.
    #[must_use]
    pub fn to_settings(&self) -> Option<RegistrationSettings> {
        let access = match self.mode {
            RegistrationMode::Off => return None,
            RegistrationMode::InitialToken => RegistrationAccess::InitialToken,
            RegistrationMode::Open => RegistrationAccess::Open,
        };
        let policy = RegistrationPolicy {
            grant_types: self.grant_types.iter().filter_map(|text| GrantType::parse(text)).collect(),
            scope: ScopeSet::parse(&self.scope).unwrap_or_default(),
            require_pkce: self.require_pkce,
        };
        let (unused_lifetime, per_address, most) = (self.unused_lifetime.into(), self.per_address, self.max_clients);
        Some(RegistrationSettings { access, policy, unused_lifetime, per_address, most })
    }
}

impl SignInSection {
    /// As the domain has it.
    #[must_use]
    pub fn to_throttle(&self) -> Throttle {
        let limit = |failures: u32, longest_wait: HumanDuration| Limit { failures, longest_wait: longest_wait.into() };
        Throttle {
            name_here: limit(self.failures, self.longest_wait),
            name: limit(self.failures_of_name, self.longest_wait_of_name),
            here: limit(self.failures_of_address, self.longest_wait_of_address),
        }
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
