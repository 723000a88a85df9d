//! What holds through every proxy: the server is what its issuer says, the pages work, addresses cannot be forged, and
//! no secret stands in the proxy's log.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::proxy::{Place, Proxy};
use crate::harness::{Authorization, Database, Http, Https, Person, Server, ServerOptions, VERIFIER};

/// A machine, an application and a person.
const CONTENTS: &str = r#"
[[clients]]
client_id = "machine"
client_secret = "a-secret-of-machine-and-nobody-else"
grant_types = ["client_credentials", "password"]
scope = "read"

[[clients]]
client_id = "application"
token_endpoint_auth_methods = ["none"]
application_type = "web"
grant_types = ["authorization_code", "refresh_token"]
redirect_uris = ["https://app.example/callback"]
scope = "openid"

[[users]]
subject = "bob"
username = "bob"
password = "a-password-of-bob"
"#;

/// `machine` and its secret, as `client_secret_basic` sends them.
const MACHINE: (&str, &str) = ("Authorization", "Basic bWFjaGluZTphLXNlY3JldC1vZi1tYWNoaW5lLWFuZC1ub2JvZHktZWxzZQ==");

const CALLBACK: &str = "https://app.example/callback";

/// What stands in a query that a request below has, and nowhere else.
const IN_QUERY: &str = "somebody-to-hint-at";

/// Another address than the proxy's, as seen by the proxy.
const CLIENT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Starts the proxy before a server, and checks all of it.
pub(crate) async fn check(start: impl FnOnce(Place, u16) -> Proxy) {
    let place = Place::new();
    let https = Arc::new(Https::new(place.https, &place.authority, CLIENT));
    let mut server = Server::start_with(ServerOptions {
        database: Some(Arc::new(Database::create())),
        issuer: Some(https.base()),
        settings: vec![("DATABASE__MIGRATE", "true".to_owned())],
        config: Some("[http]\ntrusted_proxies = [\"127.0.0.1\"]\n".to_owned()),
        ..ServerOptions::default()
    })
    .await;
    server.apply(CONTENTS);
    let proxy = start(place, server.port());
    names_the_issuer(&https).await;
    gives_tokens(&https).await;
    tells_who_asks(&https, &server).await;
    bounds_what_is_sent(&https, &server).await;
    sends_people_to_https(&proxy, &https).await;
    assert_eq!(https.negotiate(&["h2", "http/1.1"]).await, "h2");

    let request = Authorization::of("application", CALLBACK, "openid").with("login_hint", IN_QUERY);
    let code = signs_in(&https, &request).await;
    server.stop().await;
    assert_eq!(https.get(&request.path()).await.status, 502, "nobody is there to answer");
    keeps_secrets_out_of_its_log(&proxy, &code);
}

async fn names_the_issuer(https: &Https) {
    let discovery = https.get("/.well-known/openid-configuration").await;
    assert_eq!(discovery.member("issuer"), https.base());
    assert_eq!(discovery.member("token_endpoint"), format!("{}/oauth/token", https.base()));
    assert!(discovery.header("strict-transport-security").contains("max-age="), "{discovery:?}");
}

async fn gives_tokens(https: &Https) {
    let answer = https.post("/oauth/token", &[MACHINE], &[("grant_type", "client_credentials")]).await;
    assert_eq!(answer.outcome(), "200", "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
}

/// Failed sign-ins are recorded with the address of whoever is connected to the proxy, whatever they write themselves.
async fn tells_who_asks(https: &Https, server: &Server) {
    let forged = [
        MACHINE,
        ("X-Forwarded-For", "203.0.113.9"),
        ("x-forwarded-for", "127.0.0.1, 127.0.0.1"),
        ("Forwarded", "for=203.0.113.10;proto=http;host=evil.example"),
        ("X-Real-IP", "203.0.113.11"),
    ];
    let form = [("grant_type", "password"), ("username", "bob"), ("password", "wrong")];
    assert_eq!(https.post("/oauth/token", &forged, &form).await.outcome(), "400 invalid_grant");
    let recorded = server.database.as_ref().unwrap().sql("SELECT DISTINCT address FROM attempts");
    assert_eq!(recorded, CLIENT.to_string());
}

/// Up to a point Grantor refuses a body itself, and says so as the protocol does; beyond it the proxy ends it. Metrics
/// are for nobody.
async fn bounds_what_is_sent(https: &Https, server: &Server) {
    let (long, endless) = ("x".repeat(66 * 1024), "x".repeat(150 * 1024));
    let refused = https.post("/oauth/token", &[MACHINE], &[("x", &long)]).await;
    assert_eq!(refused.outcome(), "413 invalid_request", "{refused:?}");
    let refused = https.post("/oauth/token", &[MACHINE], &[("x", &endless)]).await;
    // Caddy 2.6 calls it a bad gateway when it lets go in the middle of a request, unless Grantor had answered by then.
    assert!(matches!(refused.status, 413 | 502), "{refused:?}");
    let (ours, its) = (server.http.get("/nowhere").await, https.get("/nowhere").await);
    assert_eq!((its.status, &its.text), (ours.status, &ours.text), "what is not there Grantor says");
    let metrics = https.get("/metrics").await;
    assert!(metrics.status == 404 && metrics.text != its.text, "the proxy says so: {metrics:?}");
}

async fn sends_people_to_https(proxy: &Proxy, https: &Https) {
    let http = Http::new(format!("http://localhost:{}", proxy.place.http));
    let sent = http.get("/livez").await;
    assert!(matches!(sent.status, 301 | 308), "{sent:?}");
    // Caddy takes it that the world reaches its https port as 443.
    let to = [format!("{}/livez", https.base()), "https://localhost/livez".to_owned()];
    assert!(to.iter().any(|to| sent.header("location") == to), "{sent:?}");
}

/// The pages, with cookies that are bound to this host, up to tokens.
async fn signs_in(https: &Arc<Https>, request: &Authorization) -> String {
    let person = Person::over_tls(Arc::clone(https), "bob", "a-password-of-bob");
    let told = person.authorize(request).await;
    assert_eq!((told.uri.as_str(), told.parameter("iss")), (CALLBACK, https.base().as_str()), "{told:?}");
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "application"),
        ("code", told.parameter("code")),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(https.post("/oauth/token", &[], &form).await.outcome(), "200");
    let page = person.open(https.get(&request.clone().with("prompt", "login").path()).await.header("location")).await;
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"), "{page:?}");
    told.parameter("code").to_owned()
}

fn keeps_secrets_out_of_its_log(proxy: &Proxy, code: &str) {
    let logs = proxy.logs();
    for seen in ["/oauth/authorize", "/oauth/token", "/login", "502", &CLIENT.to_string()] {
        assert!(logs.contains(seen), "{seen} is worth a line: {logs}");
    }
    for secret in ["?", IN_QUERY, "code_challenge", "request=", "Basic ", "__Host-", code] {
        assert!(!logs.contains(secret), "{secret}: {logs}");
    }
}
