//! An authorization server in one file: the use cases in axum instead of actix-web, over the store in memory.
//!
//! `cargo run -p grantor-application --example embed_in_axum` listens on a free port of 127.0.0.1, plays a client against
//! it ([`self_test`]), prints what it was answered and fails at the first surprise. With an address behind `--`, for
//! example `127.0.0.1:8080`, it serves until Ctrl-C. For a look, not for use: a restart forgets everything.

mod self_test;

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, FromRequest, Request, State};
use axum::http::header::{CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use grantor_application::admin::ApplyOptions;
use grantor_application::{
    Failure, IntrospectionRequest, Ports, PresentedCredentials, Service, Settings, TokenAnswer, TokenCall, follow,
};
use grantor_crypto::{EncryptionSecrets, JwkSets, KeyRing, OsRandom, PasswordPool, PasswordSettings, initial_keys};
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::grant::{GrantType, TokenRequest, authorization_code, client_credentials, refresh_token};
use grantor_domain::jwt::JwsAlgorithm;
use grantor_domain::resource::Audience;
use grantor_domain::secret::Secret;
use grantor_domain::time::Timestamp;
use grantor_ports::{Clock, Keys as _};
use grantor_testkit::{FakeWeb, MemoryStore};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:0")).await?;
    let local = listener.local_addr()?;
    if !local.ip().is_loopback() {
        return Err("the secrets of this example are public: listen on a loopback address".into());
    }
    let issuer = format!("http://{local}");
    let store = Arc::new(MemoryStore::new());
    let service = Arc::new(service(&store, &issuer).await?);
    let file = serde_json::from_value(self_test::clients_and_users())?;
    service.apply(&file, ApplyOptions::default(), &|_progress| {}).await??;
    // Without it this process would never hear what others changed in the storage they share.
    tokio::spawn(follow(Arc::clone(&service)));

    let server = axum::serve(listener, router(Arc::clone(&service))).into_future();
    if address.is_some() {
        println!("serving as {issuer}");
        tokio::select! {
            served = server => served?,
            interrupted = tokio::signal::ctrl_c() => interrupted?,
        }
        return Ok(());
    }
    tokio::spawn(server);
    self_test::run(&issuer, &service, &store).await
}

/// The use cases over their ports. An own store takes the place of `MemoryStore` wherever that stands.
async fn service(store: &Arc<MemoryStore>, issuer: &str) -> Result<Service, Box<dyn Error>> {
    let random = Arc::new(OsRandom);
    let secrets = EncryptionSecrets::parse(&EncryptionSecrets::generate_file(&*random))?;
    let keys = initial_keys(&[JwsAlgorithm::ES256, JwsAlgorithm::RS256], &secrets, &*random, SystemClock.now())?;
    store.rotate(&keys, &[], SystemClock.now()).await?;
    let ring = Arc::new(KeyRing::new(secrets, keys, random.clone())?);
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
        users: store.clone(),
        client_keys: Arc::new(JwkSets),
        client_secrets: ring.clone(),
        key_ring: ring.clone(),
        pairwise_subjects: ring.clone(),
        passkeys: None,
        passwords: Arc::new(PasswordPool::start(&PasswordSettings::default(), random.clone())?),
        sealer: ring.clone(),
        signer: ring,
        clock: Arc::new(SystemClock),
        random,
    };
    Ok(Service::start(ports, Settings::new(Audience::parse(issuer)?)).await?)
}

/// The clock of the system.
struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port that everybody else takes the time from")]
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0).plus(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }
}

fn router(service: Arc<Service>) -> Router {
    let endpoints = service.settings().endpoints.clone();
    let mut router = Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route(&endpoints.jwks, get(jwks))
        .route(&endpoints.introspection, post(introspect));
    for path in &endpoints.token {
        router = router.route(path, post(token));
    }
    router.layer(DefaultBodyLimit::max(64 * 1024)).with_state(service)
}

/// The grants that [`token`] reads.
const GRANTS: [GrantType; 3] = [GrantType::AuthorizationCode, GrantType::ClientCredentials, GrantType::RefreshToken];

/// The metadata, less what this server does not mount: it must not promise what nobody answers.
async fn discovery(State(service): State<Arc<Service>>) -> Json<Map<String, Value>> {
    let mut document = service.discovery();
    for unmounted in ["authorization_endpoint", "revocation_endpoint", "userinfo_endpoint"] {
        document.remove(unmounted);
    }
    document.insert("grant_types_supported".to_owned(), json!(GRANTS.map(GrantType::as_str)));
    Json(document)
}

async fn jwks(State(service): State<Arc<Service>>) -> Json<Value> {
    Json(service.jwks())
}

async fn introspect(State(service): State<Arc<Service>>, mut fields: Fields) -> Result<Response, Failed> {
    let request = IntrospectionRequest { credentials: fields.credentials(), token: fields.secret("token") };
    Ok(not_stored(StatusCode::OK, service.introspect(&request).await?))
}

async fn token(State(service): State<Arc<Service>>, mut fields: Fields) -> Result<Response, Failed> {
    let credentials = fields.credentials();
    let grant_type = fields.take("grant_type").ok_or(Refusal::parameter(Reason::ParameterMissing, "grant_type"))?;
    let (scope, resource) = (fields.take("scope"), fields.take("resource").into_iter().collect());
    let request = match GrantType::parse(&grant_type).filter(|known| GRANTS.contains(known)) {
        Some(GrantType::AuthorizationCode) => TokenRequest::AuthorizationCode(authorization_code::Parameters {
            code: fields.secret("code"),
            redirect_uri: fields.take("redirect_uri"),
            code_verifier: fields.secret("code_verifier"),
            resource,
        }),
        Some(GrantType::ClientCredentials) => {
            TokenRequest::ClientCredentials(client_credentials::Parameters { scope, resource })
        }
        Some(GrantType::RefreshToken) => TokenRequest::RefreshToken(refresh_token::Parameters {
            refresh_token: fields.secret("refresh_token"),
            scope,
            resource,
        }),
        _ => return Err(Refusal::new(Reason::GrantTypeUnsupported).into()),
    };
    let path = service.settings().endpoints.token.first().cloned().unwrap_or_default();
    let answer = service.token(&TokenCall { credentials, request, path, address: None }).await?;
    Ok(not_stored(StatusCode::OK, rendered(answer)))
}

/// A successful response (RFC 6749 §5.1).
fn rendered(answer: TokenAnswer) -> Value {
    let mut body = json!({
        "access_token": answer.access_token, "token_type": "Bearer", "expires_in": answer.expires_in,
        "refresh_token": answer.refresh_token, "id_token": answer.id_token,
        "scope": (!answer.scope.is_empty()).then(|| answer.scope.to_string()),
    });
    body.as_object_mut().into_iter().for_each(|members| members.retain(|_, value| !value.is_null()));
    body
}

/// A failure on its way out: the domain says what the wire says, whatever the framework.
struct Failed(Failure);

impl<T: Into<Failure>> From<T> for Failed {
    fn from(failure: T) -> Self {
        Self(failure.into())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let (failure, wire) = (&self.0, self.0.reason().wire());
        // The cause is for the operator alone; it may be empty.
        eprintln!("{}: {} [{}]", wire.code.as_str(), failure.description(), failure.cause());
        let status = StatusCode::from_u16(wire.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({ "error": wire.code.as_str(), "error_description": failure.description() });
        let mut response = not_stored(status, body);
        match status {
            StatusCode::UNAUTHORIZED => {
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"example\""))
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"))
            }
            _ => None,
        };
        response
    }
}

/// "The authorization server MUST include … Cache-Control … no-store … Pragma … no-cache" (RFC 6749 §5.1).
fn not_stored(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")], Json(body)).into_response()
}

/// The parameters of a form, each once (RFC 6749 §3.2); one without a value counts as left out (§3.1). What may repeat,
/// `resource`, may not here, and credentials are read from the body alone.
struct Fields(HashMap<String, String>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Failed;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failed> {
        let form = Form::<Vec<(String, String)>>::from_request(request, state).await;
        let Form(pairs) = form.map_err(|rejection| {
            Refusal::new(match rejection {
                FormRejection::InvalidFormContentType(_) => Reason::MediaTypeUnsupported,
                FormRejection::BytesRejection(_) => Reason::BodyTooLarge,
                _ => Reason::ParameterEncodingInvalid,
            })
        })?;
        let mut fields = HashMap::new();
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            if fields.insert(name, value).is_some() {
                return Err(Refusal::new(Reason::ParameterRepeated).into());
            }
        }
        Ok(Self(fields))
    }
}

impl Fields {
    fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    fn secret(&mut self, name: &str) -> Option<Secret> {
        self.take(name).map(Secret::new)
    }

    fn credentials(&mut self) -> PresentedCredentials {
        PresentedCredentials {
            client_id: self.take("client_id"),
            client_secret: self.secret("client_secret"),
            ..PresentedCredentials::default()
        }
    }
}
