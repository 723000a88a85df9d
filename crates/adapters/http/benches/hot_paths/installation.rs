//! What the requests are sent to: the server as it is wired for use, but with storage in memory, a clock that stands
//! still and random bytes that repeat themselves. The log's lines are made and thrown away.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use grantor_application::admin::ApplyOptions;
use grantor_application::{AUDIT_TARGET, Ports, Service, Settings};
use grantor_crypto::{EncryptionSecrets, JwkSets, KeyRing, PasswordPool, PasswordSettings, initial_keys};
use grantor_domain::jwt::JwsAlgorithm;
use grantor_domain::resource::Audience;
use grantor_domain::time::Timestamp;
use grantor_http::App;
use grantor_http::pages::Pages;
use grantor_ports::Keys as _;
use grantor_testkit::{FakeWeb, FixedClock, MemoryStore, SeededRandom};
use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// A client that may do everything, its secret and where its codes go.
pub(crate) const CLIENT: &str = "web";
pub(crate) const CLIENT_SECRET: &str = "web-secret-of-more-than-thirty-two-octets";
pub(crate) const REDIRECT_URI: &str = "https://web.example/cb";

/// A resource server that may introspect any token.
pub(crate) const RESOURCE_SERVER: &str = "api";
pub(crate) const RESOURCE_SERVER_SECRET: &str = "api-secret-of-more-than-thirty-two-octets";

/// The one user.
pub(crate) const USER: &str = "alice";
pub(crate) const PASSWORD: &str = "alice-password";

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

/// A server and its routes.
pub(crate) struct Installation {
    /// The use cases, for whatever comes before the requests.
    pub(crate) service: Arc<Service>,
    app: Data<App>,
}

impl Installation {
    /// A new one, with its clients and its user.
    pub(crate) async fn new() -> Self {
        throw_log_away();
        let service = Arc::new(service().await);
        let file = serde_json::from_value(declarations()).unwrap();
        service.apply(&file, ApplyOptions::default(), &|_progress| {}).await.unwrap().unwrap();
        let app = Data::new(App::new(Arc::clone(&service), Pages::embedded().unwrap()));
        Self { service, app }
    }

    /// What the routes work with.
    pub(crate) fn app(&self) -> Data<App> {
        self.app.clone()
    }
}

/// The lines that `grantor serve` writes by default are made here too: they are part of a request's price.
fn throw_log_away() {
    let filter = EnvFilter::new(format!("info,actix_server=warn,{AUDIT_TARGET}=info"));
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(io::sink);
    tracing_subscriber::registry().with(filter).with(lines).init();
}

async fn service() -> Service {
    let store = Arc::new(MemoryStore::new());
    let random = Arc::new(SeededRandom::new(1));
    let secrets = EncryptionSecrets::parse(&EncryptionSecrets::generate_file(&*random)).unwrap();
    let records = initial_keys(&[JwsAlgorithm::ES256], &secrets, &*random, NOW).unwrap();
    store.rotate(&records, &[], NOW).await.unwrap();
    let ring = Arc::new(KeyRing::new(secrets, records, random.clone()).unwrap());
    // Nothing counted here hashes a password.
    let cheap = PasswordSettings {
        memory_kib: 8,
        iterations: 1,
        threads: NonZeroUsize::MIN,
        deadline: Duration::from_secs(600),
        ..PasswordSettings::default()
    };
    let ports = Ports {
        attempts: store.clone(),
        changes: store.clone(),
        clients: store.clone(),
        consents: store.clone(),
        declarations: store.clone(),
        devices: store.clone(),
        fetch: Arc::new(FakeWeb::default()),
        grants: store.clone(),
        keys: store.clone(),
        logout_notices: store.clone(),
        registrations: store.clone(),
        replay_guard: store.clone(),
        second_factors: store.clone(),
        sessions: store.clone(),
        users: store,
        client_keys: Arc::new(JwkSets),
        client_secrets: ring.clone(),
        key_ring: ring.clone(),
        pairwise_subjects: ring.clone(),
        passkeys: None,
        passwords: Arc::new(PasswordPool::start(&cheap, random.clone()).unwrap()),
        sealer: ring.clone(),
        signer: ring,
        clock: Arc::new(FixedClock::at(NOW)),
        random,
    };
    Service::start(ports, Settings::new(Audience::parse("https://op.example").unwrap())).await.unwrap()
}

fn declarations() -> Value {
    json!({
        "clients": [
            {
                "client_id": CLIENT, "client_secret": CLIENT_SECRET,
                "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
                "redirect_uris": [REDIRECT_URI], "scope": "openid profile email offline_access read write",
                "id_token_signed_response_alg": "ES256",
            },
            {
                "client_id": RESOURCE_SERVER, "client_secret": RESOURCE_SERVER_SECRET, "grant_types": [],
                "redirect_uris": [], "audiences": ["https://api.example"], "introspect": "any",
                "id_token_signed_response_alg": "ES256",
            },
        ],
        "users": [{
            "subject": USER, "username": USER, "password": PASSWORD,
            "claims": { "name": "Alice of Wonderland", "email": "alice@example.test" },
        }],
    })
}
