//! Every section of the configuration: its keys, their defaults, and what the reference says about each.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use grantor_application::Endpoints;
use grantor_crypto::PasswordSettings;
use grantor_domain::client::RegistrationPolicy;
use grantor_domain::jwt::JwsAlgorithm;
use grantor_domain::new_password::PasswordRules;
use grantor_domain::throttle::Throttle;
use grantor_domain::token::lifetime::Lifetimes;
use grantor_store::StoreConfig;

use super::key::section;
use super::{
    DATABASE_FILE, DatabaseTls, DatabaseUrl, ENCRYPTION_SECRETS_FILE, HiddenText, HumanDuration, LogFormat, Networks,
    ProxyHeader, RegistrationMode,
};

fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    texts.map(str::to_owned).collect()
}

section! {
    /// Where requests are answered, and who stands in front.
    Http in "http" {
        /// Address and port to listen on.
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)),
        /// Paths of the token endpoint, each with and without a trailing slash; discovery names the first. A client of
        /// a system that Grantor replaces keeps its path.
        token_paths: Vec<String> = Endpoints::default().token,
        /// Path of the authorization endpoint.
        authorization_path: String = Endpoints::default().authorization,
        /// Path of the device authorization endpoint (RFC 8628).
        device_authorization_path: String = Endpoints::default().device_authorization,
        /// Path of the introspection endpoint (RFC 7662).
        introspection_path: String = Endpoints::default().introspection,
        /// Path of the JWK set.
        jwks_path: String = Endpoints::default().jwks,
        /// Path of the logout that clients ask for (OpenID Connect RP-Initiated Logout).
        logout_path: String = Endpoints::default().logout,
        /// Path of the registration endpoint (RFC 7591), where `registration.mode` has one; the address of each client is below
        /// it.
        registration_path: String = Endpoints::default().registration,
        /// Path of the revocation endpoint (RFC 7009).
        revocation_path: String = Endpoints::default().revocation,
        /// Path of UserInfo.
        userinfo_path: String = Endpoints::default().userinfo,
        /// Addresses and networks of the proxies in front. From them, and from nobody else, the address of the client is
        /// taken out of `http.proxy_header`. Only that address: scheme and host are the issuer's, whatever a proxy says.
        trusted_proxies: Networks = Networks::default(),
        /// The header in which those proxies name the client. They must set it, or add to it, on every request.
        proxy_header: ProxyHeader = ProxyHeader::default(),
        /// How long a connection without requests stays open. Longer than the proxies in front keep theirs, or a request
        /// may meet one that is just being closed.
        keep_alive: HumanDuration = HumanDuration::from_secs(75),
        /// How long a server that is told to stop (SIGTERM) goes on as before, but says that it is not ready, and closes each
        /// connection after its answer: until whoever sends it requests has noticed. Interrupted at a terminal it does not
        /// wait.
        shutdown_delay: HumanDuration = HumanDuration::from_secs(3),
        /// How long it then goes on answering the requests that it has begun.
        shutdown_timeout: HumanDuration = HumanDuration::from_secs(30),
        /// Whether there is a playground at `/playground`: for developers, to try each request in the browser. It sends real
        /// requests, as whoever types a client's secret could anyway, and keeps nothing. `grantor dev` has one unless told
        /// otherwise.
        playground: bool = false,
        /// Threads that answer requests; one a processor where it is left out.
        workers: Option<NonZeroUsize> = None,
    }
}

section! {
    /// TLS of the server's own, where no proxy ends it. Both files together, or neither. A file that changes is read again
    /// within seconds, without a restart; one that cannot be used leaves the certificate before it in force, and says so
    /// in the log.
    Tls in "tls" {
        /// The certificate and those that lead to its root, in PEM.
        certificate_file: Option<PathBuf> = None,
        /// The certificate's private key, in PEM.
        key_file: Option<PathBuf> = None,
    }
}

section! {
    /// Storage.
    Database in "database" {
        /// `sqlite:PATH` (in the file, relative to its directory) or `postgres://USER:PASSWORD@HOST/NAME`. What is special
        /// in user and password is percent-encoded. Parameters of libpq may follow and win over everything here.
        url: DatabaseUrl = DatabaseUrl::new(format!("sqlite:{DATABASE_FILE}")),
        /// Whether a server that starts brings an older schema up to date by itself. Otherwise it refuses to start, and
        /// `grantor migrate run` does it.
        migrate: bool = false,
        /// How connections to Postgres are protected. Must be said where Postgres is on another machine.
        tls: Option<DatabaseTls> = None,
        /// The root certificates that the server's certificate must lead to, in PEM: those of your own authority, or the
        /// system's, such as `/etc/ssl/certs/ca-certificates.crt`.
        tls_root_file: Option<PathBuf> = None,
        /// Connections, and threads that use them; 8 for Postgres and 1 for SQLite where it is left out.
        pool_size: Option<u32> = StoreConfig::new("").pool_size,
        /// How many requests may wait for a connection; one more is an outage.
        queue: usize = StoreConfig::new("").queue,
        /// How long a request waits for storage, time in the queue included, before it is an outage.
        deadline: HumanDuration = StoreConfig::new("").deadline.into(),
        /// How long making a connection may take.
        connect_timeout: HumanDuration = StoreConfig::new("").connect_timeout.into(),
    }
}

section! {
    /// The key ring.
    Keys in "keys" {
        /// The file with the secrets that encrypt the keys in storage, one a line, the first current (in the configuration
        /// file, relative to its directory). `grantor keys generate-secret` writes one.
        encryption_secret_file: PathBuf = PathBuf::from(ENCRYPTION_SECRETS_FILE),
        /// The secrets themselves, for an environment that hands them over as `GRANTOR__KEYS__ENCRYPTION_SECRET`: the lines
        /// of such a file, separated by white space. Then no file is read.
        encryption_secret: Option<HiddenText> = None,
        /// What tokens can be signed with: ES256 and RS256 always, EdDSA and PS256 besides.
        algorithms: Vec<JwsAlgorithm> = vec![JwsAlgorithm::ES256, JwsAlgorithm::RS256],
    }
}

section! {
    /// How long things live, unless a client's own settings say otherwise.
    LifetimeSettings in "lifetimes" {
        /// From a person's consent to the redemption of the code.
        authorization_code: HumanDuration = Lifetimes::default().authorization_code.into(),
        /// An access token.
        access_token: HumanDuration = Lifetimes::default().access_token.into(),
        /// An ID token.
        id_token: HumanDuration = Lifetimes::default().id_token.into(),
        /// A refresh token that is not used.
        refresh_idle: HumanDuration = Lifetimes::default().refresh_idle.into(),
        /// A grant with refresh tokens, however often they are used.
        refresh_absolute: HumanDuration = Lifetimes::default().refresh_absolute.into(),
        /// How long a client that lost the answer may repeat a refresh. Longer than `database.deadline` by two seconds at
        /// least, or an outage could use it up.
        refresh_retry_window: HumanDuration = Lifetimes::default().refresh_retry_window.into(),
        /// Bounds every grant, so that old tables can be dropped.
        grant_max: HumanDuration = Lifetimes::default().grant_max.into(),
        /// A signed-in browser.
        session: HumanDuration = Lifetimes::default().session.into(),
        /// A person on the sign-in and consent pages.
        interaction: HumanDuration = Lifetimes::default().interaction.into(),
    }
}

section! {
    /// What clients may ask for.
    Scopes in "scopes" {
        /// Scope values that discovery lists, besides those of OpenID Connect and those that `grantor apply` registered.
        advertised: Vec<String> = Vec::new(),
    }
}

section! {
    /// What is kept in memory.
    Cache in "cache" {
        /// How long cached clients serve while storage is away.
        max_stale: HumanDuration = HumanDuration::from_secs(300),
        /// How many clients are cached.
        clients: usize = 10_000,
    }
}

section! {
    /// The published keys.
    Jwks in "jwks" {
        /// How long others may cache the JWK set; a new key signs only after it has been published longer.
        max_age: HumanDuration = HumanDuration::from_secs(300),
    }
}

section! {
    /// What people's passwords must be when they are set (NIST SP 800-63B §5.1.1.2), and how they are hashed (argon2id, RFC
    /// 9106). New parameters of the hash take hold at each person's next sign-in.
    Passwords in "passwords" {
        /// The fewest characters of a new one.
        min_length: u32 = PasswordRules::default().min_length,
        /// Whether new ones are refused that are common, or made of common words, names, dates or rows of keys.
        refuse_common: bool = PasswordRules::default().refuse_common,
        /// Memory of one hash, in KiB.
        memory_kib: u32 = PasswordSettings::default().memory_kib,
        /// Passes over it.
        iterations: u32 = PasswordSettings::default().iterations,
        /// Lanes.
        parallelism: u32 = PasswordSettings::default().parallelism,
        /// How many hashes are computed at once; half the processors where it is left out.
        threads: Option<NonZeroUsize> = None,
    }
}

section! {
    /// Clients that register themselves (RFC 7591, RFC 7592). Nobody vouches for them: people are told so.
    RegistrationSection in "registration" {
        /// Who may: nobody, whoever shows a token that `grantor client registration-token` made, or anybody.
        mode: RegistrationMode = RegistrationMode::default(),
        /// The grants that they may use; what they ask for besides they do not get.
        grant_types: Vec<String> = texts(RegistrationPolicy::default().grant_types.iter().map(|grant| grant.as_str())),
        /// What they may ask people for.
        scope: String = RegistrationPolicy::default().scope.to_string(),
        /// Whether those with a secret, too, need PKCE. Public ones always do.
        require_pkce: bool = RegistrationPolicy::default().require_pkce,
        /// When one goes that was never given a token.
        unused_lifetime: HumanDuration = HumanDuration::from_secs(24 * 3600),
        /// How many an address may register within an hour, where anybody may.
        per_address: u32 = 20,
        /// How many there may be.
        max_clients: u32 = 10_000,
    }
}

section! {
    /// Sign-ins that fail. Only failures count, each for a day, and each that is one too many makes whoever tries wait twice as
    /// long, from one second on. In a browser in which a name's owner signed in before, what others guess does not count.
    SignInSection in "sign_in" {
        /// How many failures make wait, of one name from one place: an address, or the 64 bits that one subscriber has of IPv6.
        failures: u32 = Throttle::default().name_here.failures,
        /// The longest wait after those.
        longest_wait: HumanDuration = Throttle::default().name_here.longest_wait.into(),
        /// How many failures of one name make wait, from wherever they come.
        failures_of_name: u32 = Throttle::default().name.failures,
        /// The longest wait after those. Keep it short: whoever knows a name can make its owner wait.
        longest_wait_of_name: HumanDuration = Throttle::default().name.longest_wait.into(),
        /// How many failures from one place make wait, under whatever names. Behind a proxy that `http.trusted_proxies` does
        /// not name, everybody comes from one place.
        failures_of_address: u32 = Throttle::default().here.failures,
        /// The longest wait after those.
        longest_wait_of_address: HumanDuration = Throttle::default().here.longest_wait.into(),
        /// Networks that many people sign in from: an application that asks for their passwords itself (the grant `password`),
        /// or the way out of an office. From there failures count by name alone.
        shared_addresses: Networks = Networks::default(),
    }
}

section! {
    /// The page on which people see what is known of them, set up second factors, and take back what they allowed.
    AccountSection in "account" {
        /// Whether there is that page, at `/account`.
        enabled: bool = true,
        /// Which of their standard claims people may change there: those that are text. Clients believe what they read of them, so
        /// that an address to be checked first is better left out.
        editable_claims: Vec<String> = texts(["name", "given_name", "family_name", "nickname"].into_iter()),
    }
}

section! {
    /// Requests that the server makes of others: for the keys of clients, and to tell them of a logout. Only public addresses
    /// are asked, by https.
    OutboundSettings in "outbound" {
        /// Networks that are asked though they are private, by plain http too: those of your own services, or the loopback
        /// address in a test. Whoever may register a client can have them asked.
        private_networks: Networks = Networks::default(),
        /// Certificates of roots to believe besides those of the system, in PEM.
        root_file: Option<PathBuf> = None,
        /// How long such a request may take.
        timeout: HumanDuration = HumanDuration::from_secs(5),
    }
}

section! {
    /// Whose the pages are that people see.
    BrandingSection in "branding" {
        /// What the service is called, above every page and in every title.
        name: String = "Grantor".to_owned(),
        /// A picture in the place of ours, SVG or PNG, of 256 KiB at most. It is read when the server starts.
        logo_file: Option<PathBuf> = None,
        /// The colour of buttons and links, such as `"#1c5c4a"`, where people see dark on light. White text on it must have a
        /// contrast of 4.5:1 at least (WCAG AA).
        accent_color: Option<String> = None,
        /// The same where people see light on dark, such as `"#8ed2b5"`; the text on it is nearly black.
        accent_color_dark: Option<String> = None,
        /// A directory with templates, a stylesheet and texts that replace ours or add a language ([pages.md](pages.md)). It is read
        /// when the server starts.
        directory: Option<PathBuf> = None,
    }
}

section! {
    /// What is logged, to standard error.
    Log in "log" {
        /// What a line looks like: one JSON object, or text for people.
        format: LogFormat = LogFormat::default(),
        /// Which lines, in the syntax of tracing's `EnvFilter`: `info`, `warn,grantor_store=debug`. Where it is left out,
        /// `info` for a server and `warn` for every other command. The audit trail is logged unless the filter itself says
        /// otherwise: `grantor::audit=off`.
        filter: Option<String> = None,
    }
}

section! {
    /// Metrics for Prometheus, on an address of their own.
    Metrics in "metrics" {
        /// Address and port on which `/metrics` answers; nothing listens where it is left out. Keep it where only the
        /// monitoring can reach it.
        listen: Option<SocketAddr> = None,
    }
}

section! {
    /// Traces of requests, sent by OTLP over HTTP. Only in a build with the feature `opentelemetry`.
    Tracing in "tracing" {
        /// The collector, such as `http://127.0.0.1:4318`; traces go to `/v1/traces` below it. Nothing is sent where it is
        /// left out.
        otlp_endpoint: Option<String> = None,
        /// The share of requests that is traced, from 0 to 1, where the caller has not decided (`traceparent`).
        sample_ratio: f64 = 1.0,
    }
}
