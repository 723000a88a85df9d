//! Which settings are refused although each could be read: combinations that would make the service unsafe, or would
//! make it answer what nobody can use.

use std::collections::BTreeSet;
use std::time::Duration;

use grantor_domain::grant::GrantType;
use grantor_domain::jwt::JwsAlgorithm;
use grantor_domain::scope::{ScopeSet, ScopeValue};
use grantor_domain::user::StandardClaims;
use url::{Host, Url};

use super::{Http, HumanDuration, Settings, SettingsError};
use crate::traces;

/// How much longer than an outage is noticed a client must be able to repeat a refresh.
const RETRY_MARGIN: Duration = Duration::from_secs(2);

/// Longest life of a code, and longest time in which a spent refresh token is no replay.
const MAX_SHORT: Duration = Duration::from_secs(600);

/// Longest time for which others may cache the JWK set.
const MAX_JWKS_AGE: HumanDuration = HumanDuration::from_secs(24 * 3600);

/// Longest time that a request to others may take.
const MAX_OUTBOUND: HumanDuration = HumanDuration::from_secs(30);

/// Least memory of a password hash, in KiB (the weakest parameters that are still recommended for argon2id).
const MIN_PASSWORD_MEMORY: u32 = 7 * 1024;

/// Paths that answer something else whatever is configured.
const RESERVED: [&str; 10] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/account",
    "/assets/grantor.css",
    "/consent",
    "/device",
    "/language",
    "/livez",
    "/login",
    "/readyz",
];

/// What begins the path of something else.
const RESERVED_PREFIXES: [&str; 5] = ["/account/", "/assets/", "/device/", "/errors/", "/login/"];

/// What clients are signed for unless they ask for something else (access tokens; ID tokens, OpenID Connect Core §15.1).
const ALWAYS: [JwsAlgorithm; 2] = [JwsAlgorithm::ES256, JwsAlgorithm::RS256];

impl Settings {
    /// Refuses what would be unsafe or of no use.
    ///
    /// # Errors
    /// [`SettingsError::Unsafe`] names the key.
    pub fn check(&self) -> Result<(), SettingsError> {
        if let Some(issuer) = &self.issuer {
            check_issuer(issuer)?;
        }
        check_paths(&self.http)?;
        self.check_tls()?;
        self.check_scopes()?;
        self.check_algorithms()?;
        self.check_lifetimes()?;
        self.check_registration()?;
        self.check_account()?;
        self.check_tracing()?;
        self.branding.to_branding()?;
        self.check_sizes()
    }

    /// Whether the server says that it is for this machine alone: its issuer is on loopback.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.issuer.as_deref().is_some_and(|issuer| Url::parse(issuer).is_ok_and(|url| is_loopback(&url)))
    }

    fn check_tls(&self) -> Result<(), SettingsError> {
        match (&self.tls.certificate_file, &self.tls.key_file) {
            (Some(_), None) => {
                Err(SettingsError::unsafe_value("tls.key_file", "is missing beside tls.certificate_file"))
            }
            (None, Some(_)) => {
                Err(SettingsError::unsafe_value("tls.certificate_file", "is missing beside tls.key_file"))
            }
            _ => Ok(()),
        }
    }

    fn check_scopes(&self) -> Result<(), SettingsError> {
        let wrong = self.scopes.advertised.iter().find(|scope| ScopeValue::try_from((*scope).clone()).is_err());
        wrong.map_or(Ok(()), |scope| {
            let problem =
                format!("{scope:?} is no scope value: printable ASCII without spaces, quotes and backslashes");
            Err(SettingsError::unsafe_value("scopes.advertised", problem))
        })
    }

    fn check_account(&self) -> Result<(), SettingsError> {
        let wrong = self.account.editable_claims.iter().find(|claim| !StandardClaims::is_text(claim));
        wrong.map_or(Ok(()), |claim| {
            let problem =
                format!("{claim:?} is no standard claim, or none that is text (OpenID Connect Core section 5.1)");
            Err(SettingsError::unsafe_value("account.editable_claims", problem))
        })
    }

    fn check_registration(&self) -> Result<(), SettingsError> {
        let registration = &self.registration;
        let refuse = |key: &'static str, problem: String| Err(SettingsError::unsafe_value(key, problem));
        for text in &registration.grant_types {
            match GrantType::parse(text) {
                Some(GrantType::Password) => {
                    return refuse(
                        "registration.grant_types",
                        "password would hand people's passwords to anybody".to_owned(),
                    );
                }
                Some(GrantType::TokenExchange) => {
                    let problem = "token exchange needs a policy, which nobody gives a client that registers itself";
                    return refuse("registration.grant_types", problem.to_owned());
                }
                Some(_) => {}
                None => return refuse("registration.grant_types", format!("{text:?} is no grant type")),
            }
        }
        if ScopeSet::parse(&registration.scope).is_err() {
            return refuse("registration.scope", format!("{:?} is no list of scope values", registration.scope));
        }
        not_zero("registration.unused_lifetime", registration.unused_lifetime)
    }

    fn check_algorithms(&self) -> Result<(), SettingsError> {
        let refuse = |problem: String| Err(SettingsError::unsafe_value("keys.algorithms", problem));
        let algorithms = &self.keys.algorithms;
        if let Some(symmetric) = algorithms.iter().find(|algorithm| algorithm.is_symmetric()) {
            return refuse(format!("{symmetric} is for the secrets of clients: a key that verifies could forge"));
        }
        if let Some(missing) = ALWAYS.into_iter().find(|algorithm| !algorithms.contains(algorithm)) {
            return refuse(format!("{missing} is missing: clients get it unless they ask for something else"));
        }
        let distinct: BTreeSet<_> = algorithms.iter().collect();
        if distinct.len() == algorithms.len() { Ok(()) } else { refuse("an algorithm is there twice".to_owned()) }
    }

    fn check_lifetimes(&self) -> Result<(), SettingsError> {
        let lifetimes = &self.lifetimes;
        let max = lifetimes.grant_max;
        for (key, value) in [
            ("lifetimes.grant_max", max),
            ("lifetimes.authorization_code", lifetimes.authorization_code),
            ("lifetimes.access_token", lifetimes.access_token),
            ("lifetimes.id_token", lifetimes.id_token),
            ("lifetimes.refresh_idle", lifetimes.refresh_idle),
            ("lifetimes.refresh_absolute", lifetimes.refresh_absolute),
            ("lifetimes.refresh_retry_window", lifetimes.refresh_retry_window),
            ("lifetimes.session", lifetimes.session),
            ("lifetimes.interaction", lifetimes.interaction),
        ] {
            not_zero(key, value)?;
            if value > max {
                let problem = format!("{value} is longer than lifetimes.grant_max ({max}), which bounds every grant");
                return Err(SettingsError::unsafe_value(key, problem));
            }
        }
        for (key, value) in [
            ("lifetimes.authorization_code", lifetimes.authorization_code),
            ("lifetimes.refresh_retry_window", lifetimes.refresh_retry_window),
        ] {
            if Duration::from(value) > MAX_SHORT {
                let problem = format!("{value} is too long: at most 10m (RFC 6749 section 4.1.2 says so of codes)");
                return Err(SettingsError::unsafe_value(key, problem));
            }
        }
        let (window, deadline) = (lifetimes.refresh_retry_window, self.database.deadline);
        if Duration::from(window) > Duration::from(deadline).saturating_add(RETRY_MARGIN) {
            return Ok(());
        }
        let problem = format!(
            "{window} is too short: it must be longer than database.deadline ({deadline}) and two seconds, or a client \
             that waited for an outage could not repeat its refresh"
        );
        Err(SettingsError::unsafe_value("lifetimes.refresh_retry_window", problem))
    }

    fn check_tracing(&self) -> Result<(), SettingsError> {
        let tracing = &self.tracing;
        if !(0.0..=1.0).contains(&tracing.sample_ratio) {
            return Err(SettingsError::unsafe_value("tracing.sample_ratio", "must be from 0 to 1"));
        }
        let Some(endpoint) = &tracing.otlp_endpoint else { return Ok(()) };
        let refuse = |problem: String| Err(SettingsError::unsafe_value("tracing.otlp_endpoint", problem));
        if !traces::AVAILABLE {
            return refuse("this program was built without traces; build it with --features opentelemetry".to_owned());
        }
        let plain = |url: &Url| {
            url.scheme() == "http" && url.has_host() && url.username().is_empty() && url.password().is_none()
        };
        if Url::parse(endpoint).is_ok_and(|url| plain(&url)) {
            Ok(())
        } else {
            refuse(
                "is no address such as http://127.0.0.1:4318, without user and password (TLS is a local collector's)"
                    .to_owned(),
            )
        }
    }

    fn check_sizes(&self) -> Result<(), SettingsError> {
        for (key, value) in [
            ("database.connect_timeout", self.database.connect_timeout),
            ("database.deadline", self.database.deadline),
            ("http.keep_alive", self.http.keep_alive),
            ("outbound.timeout", self.outbound.timeout),
        ] {
            not_zero(key, value)?;
        }
        if self.outbound.timeout > MAX_OUTBOUND {
            let problem =
                format!("must be at most {MAX_OUTBOUND}: requests wait for it, and so does what is told later");
            return Err(SettingsError::unsafe_value("outbound.timeout", problem));
        }
        if self.jwks.max_age > MAX_JWKS_AGE {
            let problem =
                format!("must be at most {MAX_JWKS_AGE}: a new key signs only when it has been published longer");
            return Err(SettingsError::unsafe_value("jwks.max_age", problem));
        }
        if self.passwords.memory_kib < MIN_PASSWORD_MEMORY {
            let problem = format!("must be at least {MIN_PASSWORD_MEMORY}: it is in KiB, and less is quickly guessed");
            return Err(SettingsError::unsafe_value("passwords.memory_kib", problem));
        }
        for (key, zero) in [
            ("database.pool_size", self.database.pool_size == Some(0)),
            ("database.queue", self.database.queue == 0),
            ("cache.clients", self.cache.clients == 0),
            ("passwords.iterations", self.passwords.iterations == 0),
            ("passwords.parallelism", self.passwords.parallelism == 0),
        ] {
            if zero {
                return Err(SettingsError::unsafe_value(key, "must be at least 1"));
            }
        }
        let hashing = self.password_pool().check();
        hashing.map_err(|error| SettingsError::unsafe_value("passwords.memory_kib", error.to_string()))
    }
}

fn not_zero(key: &'static str, value: HumanDuration) -> Result<(), SettingsError> {
    let zero = value == HumanDuration::from_secs(0);
    if zero { Err(SettingsError::unsafe_value(key, "must be at least 1s")) } else { Ok(()) }
}

/// The issuer is compared as a string by every client (OpenID Connect Discovery §4.3), so only one way to write it
/// passes; and it is https (Core §2) except where nobody but this machine listens.
fn check_issuer(issuer: &str) -> Result<(), SettingsError> {
    let refuse = |problem: String| Err(SettingsError::unsafe_value("issuer", problem));
    let url = match Url::parse(issuer) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url,
        _ => return refuse(format!("{issuer:?} is no address such as https://id.example")),
    };
    let origin = url.origin().ascii_serialization();
    if origin != issuer {
        return refuse(format!(
            "{issuer:?} must be scheme, host and port alone, without path, query or trailing slash: write {origin:?}"
        ));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return refuse(format!(
            "{issuer:?} would send passwords and tokens over the network in the clear: name the https address that \
             clients use (http is for 127.0.0.1, [::1] and localhost)"
        ));
    }
    Ok(())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Each endpoint answers on a plain path that nothing else has.
fn check_paths(http: &Http) -> Result<(), SettingsError> {
    if http.token_paths.is_empty() {
        let problem = "must name at least one path, such as \"/oauth/token\"";
        return Err(SettingsError::unsafe_value("http.token_paths", problem));
    }
    let tokens = http.token_paths.iter().map(|path| ("http.token_paths", path));
    let others = [
        ("http.authorization_path", &http.authorization_path),
        ("http.device_authorization_path", &http.device_authorization_path),
        ("http.introspection_path", &http.introspection_path),
        ("http.jwks_path", &http.jwks_path),
        ("http.logout_path", &http.logout_path),
        ("http.registration_path", &http.registration_path),
        ("http.revocation_path", &http.revocation_path),
        ("http.userinfo_path", &http.userinfo_path),
    ];
    let mut taken = BTreeSet::new();
    for (key, path) in others.into_iter().chain(tokens) {
        let refuse = |problem: &str| Err(SettingsError::unsafe_value(key, format!("{path:?} {problem}")));
        let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte));
        let bare = path.trim_end_matches('/');
        if !path.starts_with('/') {
            return refuse("must begin with a slash");
        }
        if RESERVED.contains(&bare) || RESERVED_PREFIXES.iter().any(|prefix| path.starts_with(prefix)) {
            return refuse("is the address of something else");
        }
        if !plain || path.contains("//") || bare.is_empty() {
            return refuse("must be a plain path such as \"/oauth/token\"");
        }
        if !taken.insert(bare) {
            return refuse("is there twice (the token endpoint answers with and without a trailing slash)");
        }
        // There are the addresses at which clients manage their registrations (RFC 7592 §3).
        if bare.strip_prefix(http.registration_path.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/')) {
            return refuse("lies below http.registration_path");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut Settings), key: &str) {
        let mut settings = Settings { issuer: Some("https://id.example".to_owned()), ..Settings::default() };
        settings.check().unwrap();
        change(&mut settings);
        let error = settings.check().unwrap_err().to_string();
        assert!(error.starts_with(&format!("{key}: ")), "{error}");
    }

    #[test]
    fn pages_that_nobody_can_read_are_refused() {
        check(|settings| settings.branding.name = " ".to_owned(), "branding.name");
        check(|settings| settings.branding.accent_color = Some("#777777".to_owned()), "branding.accent_color");
        check(|settings| settings.branding.accent_color_dark = Some("green".to_owned()), "branding.accent_color_dark");
    }

    #[test]
    fn claims_that_people_cannot_type_are_not_theirs_to_change() {
        for claim in ["email_verified", "address", "sub", "role"] {
            check(|settings| settings.account.editable_claims = vec![claim.to_owned()], "account.editable_claims");
        }
    }

    #[test]
    fn an_unsafe_issuer_is_refused() {
        for issuer in [
            "http://id.example",
            "http://192.168.0.1:8080",
            "http://0.0.0.0:8080",
            "https://id.example/",
            "https://id.example/tenant",
            "https://id.example?x",
            "https://id.example#x",
            "https://user@id.example",
            "https://ID.example",
            "https://id.example:443",
            "ftp://id.example",
            "id.example",
            "",
        ] {
            check(|settings| settings.issuer = Some(issuer.to_owned()), "issuer");
        }
    }

    #[test]
    fn plain_http_is_for_loopback() {
        for issuer in ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:8080", "https://id.example:8443"] {
            check_issuer(issuer).unwrap();
        }
    }

    #[test]
    fn the_retry_window_outlasts_an_outage_that_a_request_waits_for() {
        check(
            |settings| settings.lifetimes.refresh_retry_window = HumanDuration::from_secs(7),
            "lifetimes.refresh_retry_window",
        );
        check(|settings| settings.database.deadline = HumanDuration::from_secs(28), "lifetimes.refresh_retry_window");
        let mut settings = Settings::default();
        settings.lifetimes.refresh_retry_window = HumanDuration::from_secs(8);
        settings.check().unwrap();
    }

    #[test]
    fn no_lifetime_is_zero_or_beyond_the_longest_grant() {
        let long = HumanDuration::parse("401d").unwrap();
        check(|settings| settings.lifetimes.refresh_absolute = long, "lifetimes.refresh_absolute");
        check(|settings| settings.lifetimes.refresh_idle = long, "lifetimes.refresh_idle");
        check(|settings| settings.lifetimes.access_token = long, "lifetimes.access_token");
        check(|settings| settings.lifetimes.session = long, "lifetimes.session");
        let hour = HumanDuration::from_secs(3600);
        check(|settings| settings.lifetimes.authorization_code = hour, "lifetimes.authorization_code");
        check(|settings| settings.lifetimes.refresh_retry_window = hour, "lifetimes.refresh_retry_window");
        let zero = HumanDuration::from_secs(0);
        check(|settings| settings.lifetimes.grant_max = zero, "lifetimes.grant_max");
        check(|settings| settings.lifetimes.id_token = zero, "lifetimes.id_token");
        check(|settings| settings.lifetimes.interaction = zero, "lifetimes.interaction");
    }

    #[test]
    fn token_paths_are_plain_and_distinct() {
        for paths in [
            &[][..],
            &["oauth/token"],
            &["/"],
            &["/a//b"],
            &["/{x}"],
            &["/a?b"],
            &["/a", "/a/"],
            &["/login/"],
            &["/login/account"],
            &["/errors/x"],
            &["/oauth/revoke/"],
        ] {
            let paths: Vec<_> = paths.iter().map(|path| (*path).to_owned()).collect();
            check(|settings| settings.http.token_paths = paths, "http.token_paths");
        }
    }

    #[test]
    fn tls_needs_both_files() {
        check(|settings| settings.tls.certificate_file = Some("c".into()), "tls.key_file");
        check(|settings| settings.tls.key_file = Some("k".into()), "tls.certificate_file");
    }

    #[test]
    fn no_two_endpoints_share_a_path() {
        check(|settings| settings.http.userinfo_path = "userinfo".to_owned(), "http.userinfo_path");
        check(|settings| settings.http.introspection_path = "/oauth/authorize".to_owned(), "http.introspection_path");
        check(|settings| settings.http.revocation_path = "/oauth/jwks".to_owned(), "http.revocation_path");
        check(|settings| settings.http.jwks_path = "/oauth/introspect".to_owned(), "http.jwks_path");
        check(|settings| settings.http.authorization_path = "/consent".to_owned(), "http.authorization_path");
        check(|settings| settings.http.logout_path = "/language".to_owned(), "http.logout_path");
        check(|settings| settings.http.jwks_path = "/oauth/register/keys".to_owned(), "http.jwks_path");
    }

    #[test]
    fn the_algorithms_that_clients_get_by_default_are_always_there() {
        use JwsAlgorithm::{ES256, EdDSA, HS256, RS256};
        for algorithms in
            [vec![], vec![ES256], vec![RS256, EdDSA], vec![ES256, RS256, HS256], vec![ES256, RS256, ES256]]
        {
            check(|settings| settings.keys.algorithms = algorithms, "keys.algorithms");
        }
    }

    #[test]
    fn nobody_registers_for_what_needs_trust() {
        for grant in ["password", "urn:ietf:params:oauth:grant-type:token-exchange", "implicit"] {
            let grants = vec!["authorization_code".to_owned(), grant.to_owned()];
            check(|settings| settings.registration.grant_types = grants, "registration.grant_types");
        }
        check(|settings| settings.registration.scope = "a\"b".to_owned(), "registration.scope");
        let zero = HumanDuration::from_secs(0);
        check(|settings| settings.registration.unused_lifetime = zero, "registration.unused_lifetime");
    }

    #[test]
    fn traces_need_a_build_that_has_them_and_an_address() {
        check(|settings| settings.tracing.sample_ratio = 1.5, "tracing.sample_ratio");
        check(|settings| settings.tracing.sample_ratio = f64::NAN, "tracing.sample_ratio");
        check(|settings| settings.tracing.otlp_endpoint = Some("collector".to_owned()), "tracing.otlp_endpoint");
        let mut settings = Settings::default();
        settings.tracing.otlp_endpoint = Some("http://127.0.0.1:4318".to_owned());
        let found = settings.check();
        assert_eq!(found.is_ok(), cfg!(feature = "opentelemetry"));
        assert!(found.is_ok() || found.unwrap_err().to_string().contains("--features opentelemetry"));
    }

    #[test]
    fn sizes_are_not_zero() {
        check(|settings| settings.database.queue = 0, "database.queue");
        check(|settings| settings.passwords.memory_kib = 19, "passwords.memory_kib");
        check(|settings| settings.database.pool_size = Some(0), "database.pool_size");
        check(|settings| settings.cache.clients = 0, "cache.clients");
        check(|settings| settings.passwords.iterations = 0, "passwords.iterations");
        check(|settings| settings.passwords.parallelism = 0, "passwords.parallelism");
        check(|settings| settings.jwks.max_age = HumanDuration::from_secs(86_401), "jwks.max_age");
        check(|settings| settings.scopes.advertised = vec!["a b".to_owned()], "scopes.advertised");
        let zero = HumanDuration::from_secs(0);
        check(|settings| settings.http.keep_alive = zero, "http.keep_alive");
        check(|settings| settings.database.connect_timeout = zero, "database.connect_timeout");
        check(|settings| settings.database.deadline = zero, "database.deadline");
    }
}
