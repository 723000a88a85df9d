//! `/metrics`, on its own address: what it exposes, and that no client has a say in it.

use std::collections::{BTreeMap, BTreeSet};

use grantor_http::metrics::METRICS;

use crate::harness::{Answer, Authorization, Http, Person, Server, ServerOptions, free_port, send};
use crate::routes::support::{DEMO_A, DEMO_B, client_token, password_tokens, refresh_spa, spa_tokens};

/// A server that shows its metrics.
struct Measured {
    server: Server,
    metrics: Http,
}

/// The page of metrics, read as Prometheus reads it.
struct Page {
    types: BTreeMap<String, String>,
    series: BTreeMap<String, f64>,
}

async fn measured(database: bool) -> Measured {
    let address = format!("127.0.0.1:{}", free_port());
    let settings = vec![("METRICS__LISTEN", address.clone())];
    let database = database.then(|| std::sync::Arc::new(crate::harness::Database::create()));
    let server = Server::start_with(ServerOptions { settings, database, ..ServerOptions::default() }).await;
    Measured { server, metrics: Http::new(format!("http://{address}")) }
}

impl Measured {
    async fn page(&self) -> Page {
        Page::parse(&self.metrics.get("/metrics").await)
    }
}

impl Page {
    fn parse(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        let mut page = Self { types: BTreeMap::new(), series: BTreeMap::new() };
        for line in answer.text.lines() {
            if let Some(line) = line.strip_prefix("# TYPE ") {
                let (name, kind) = line.split_once(' ').unwrap();
                assert!(page.types.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} twice");
            } else if !line.starts_with("# HELP ") {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
                assert!(page.series.insert(series.to_owned(), value).is_none(), "{series} twice");
            }
        }
        page
    }

    /// The value of a series; zero if it is not there.
    fn value(&self, series: &str) -> f64 {
        self.series.get(series).copied().unwrap_or(0.0)
    }

    #[track_caller]
    fn check(&self, series: &str, expect: f64) {
        assert!((self.value(series) - expect).abs() < 1e-9, "{series}: {} instead of {expect}", self.value(series));
    }

    fn requests(&self, endpoint: &str, grant: &str, outcome: &str) -> f64 {
        let labels = format!("endpoint=\"{endpoint}\",grant=\"{grant}\",outcome=\"{outcome}\"");
        self.value(&format!("grantor_requests_total{{{labels}}}"))
    }
}

#[tokio::test]
async fn what_is_exposed_is_what_the_table_names() {
    let measured = measured(false).await;
    let page = measured.page().await;
    let expect: BTreeMap<_, _> =
        METRICS.iter().map(|metric| (metric.name.to_owned(), metric.kind.as_str().to_owned())).collect();
    assert_eq!(page.types, expect);
    for series in page.series.keys() {
        let name = series.split('{').next().unwrap();
        let base = ["_bucket", "_sum", "_count"].into_iter().find_map(|suffix| name.strip_suffix(suffix));
        let metric = METRICS.iter().find(|metric| metric.name == name || Some(metric.name) == base).unwrap();
        let labels: Vec<_> = series.split(['{', ',']).skip(1).map(|label| label.split('=').next().unwrap()).collect();
        assert!(labels.iter().all(|label| metric.labels.contains(label) || *label == "le"), "{series}");
    }
    page.check("grantor_storage_up", 1.0);
    page.check("grantor_storage_partitions{table=\"grants_long\"}", 0.0);
    page.check(&format!("grantor_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")), 1.0);
    for gauge in ["process_resident_memory_bytes", "process_open_fds", "grantor_storage_threads"] {
        assert!(page.value(gauge) >= 1.0, "{gauge}");
    }
    assert!(page.value("process_start_time_seconds") > 1.7e9);
    assert!(page.series.contains_key("grantor_key_age_seconds{purpose=\"sign_es256\"}"));
}

#[tokio::test]
async fn requests_are_counted_by_endpoint_grant_and_outcome() {
    let measured = measured(false).await;
    let http = &measured.server.http;
    client_token(http, DEMO_A).await;
    password_tokens(http, DEMO_B, "contacts.read").await;
    http.token_as((DEMO_A.0, "wrong"), &[("grant_type", "client_credentials")]).await;
    http.token_as(DEMO_A, &[("grant_type", "made-up")]).await;
    http.get("/nothing/here").await;
    http.get("/oauth/token").await;
    let large = "x".repeat(70_000);
    assert_eq!(http.post("/oauth/revoke", &[("token", &large)]).await.status, 413);
    http.get("/oauth/userinfo").await;
    http.get("/errors/code-reused").await;
    http.get("/oauth/jwks").await;
    let tokens = spa_tokens(&measured.server, "openid").await;
    refresh_spa(http, &tokens.member("refresh_token")).await;
    let person = Person::alice(&measured.server);
    let shown = person.open(&Authorization::of_spa("openid").path()).await;
    let shown = person.open(shown.header("location")).await;
    person.submit(&shown, &[("username", "alice"), ("password", "not-hers")]).await;
    let page = measured.page().await;
    for (endpoint, grant, outcome, expect) in [
        ("token", "client_credentials", "success", 1.0),
        ("token", "client_credentials", "invalid_client", 1.0),
        ("token", "password", "success", 1.0),
        ("token", "authorization_code", "success", 1.0),
        ("token", "refresh_token", "success", 1.0),
        ("token", "none", "unsupported_grant_type", 1.0),
        ("token", "none", "invalid_request", 1.0),
        ("revocation", "none", "invalid_request", 1.0),
        ("other", "none", "not_found", 1.0),
        ("userinfo", "none", "invalid_request", 1.0),
        ("error_page", "none", "success", 1.0),
        ("jwks", "none", "success", 1.0),
        ("sign_in", "none", "invalid_grant", 1.0),
        ("consent", "none", "success", 2.0),
        ("authorization", "none", "success", 2.0),
    ] {
        let found = page.requests(endpoint, grant, outcome);
        assert!((found - expect).abs() < 1e-9, "{endpoint} {grant} {outcome}: {found}");
    }
    page.check("grantor_requests_in_flight", 0.0);
    page.check("grantor_request_duration_seconds_count{endpoint=\"token\",grant=\"password\"}", 1.0);
    page.check("grantor_audit_events_total{event=\"token.issued\"}", 4.0);
    page.check("grantor_audit_events_total{event=\"sign_in.failed\"}", 1.0);
    page.check("grantor_audit_events_total{event=\"grant.replayed\"}", 0.0);
    assert!(page.value("grantor_client_cache_lookups_total{result=\"miss\"}") >= 3.0);
    assert!(page.value("grantor_client_cache_lookups_total{result=\"hit\"}") >= 1.0);
    let taken = page.value("grantor_storage_batch_size_count");
    assert!(taken >= 5.0 && page.value("grantor_storage_wait_seconds_count") >= taken - 1.0);
    assert!(page.value("grantor_storage_statements_total") >= taken);
}

#[tokio::test]
async fn no_client_has_a_say_in_what_is_exposed() {
    let measured = measured(false).await;
    let http = &measured.server.http;
    let mut series = BTreeSet::new();
    for round in 0..8 {
        let weird = format!("wEiRd{round}\"}} 1\nforged");
        http.token_as((&weird, &weird), &[("grant_type", &weird), ("scope", &weird)]).await;
        http.post("/oauth/token", &[("client_id", &weird), ("grant_type", "password"), ("username", &weird)]).await;
        http.get(&format!("/wEiRd/{round}?wEiRd={round}")).await;
        http.get(&format!("/errors/wEiRd{round}")).await;
        http.get(&format!("/oauth/authorize?client_id=wEiRd{round}&response_type=wEiRd")).await;
        send(http.request(&format!("WEIRD{round}"), "/oauth/token").header("user-agent", "wEiRd")).await;
        send(http.request("GET", "/oauth/userinfo").bearer_auth(format!("wEiRd{round}"))).await;
        let answer = measured.metrics.get("/metrics").await;
        assert!(!answer.text.to_lowercase().contains("weird") && !answer.text.contains("forged"), "{}", answer.text);
        let names: BTreeSet<_> = Page::parse(&answer).series.into_keys().collect();
        if round == 0 {
            series = names;
        } else {
            assert_eq!(names, series, "no request makes a series of its own");
        }
    }
}

#[tokio::test]
async fn they_have_an_address_of_their_own() {
    let measured = measured(false).await;
    assert_eq!(measured.server.http.get("/metrics").await.status, 404, "clients do not see them");
    for path in ["/", "/metrics/x", "/oauth/token"] {
        assert_eq!(measured.metrics.get(path).await.status, 404, "{path}");
    }
    let head = send(measured.metrics.request("HEAD", "/metrics")).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    let post = send(measured.metrics.request("POST", "/metrics")).await;
    assert_eq!((post.status, post.header("allow")), (405, "GET, HEAD"));
    let Measured { mut server, metrics } = measured;
    assert!(server.stop().await.success());
    assert!(metrics.try_get("/metrics").await.is_none(), "they end with the process");
}

#[tokio::test]
async fn a_taken_address_stops_the_start_and_says_so() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let settings = vec![("METRICS__LISTEN", taken.local_addr().unwrap().to_string())];
    let mut server = Server::spawn(ServerOptions { settings, ..ServerOptions::default() });
    assert!(!server.wait_until_ended().await.success());
    assert!(server.log().contains("metrics.listen"), "{}", server.log());
}

#[tokio::test]
async fn partitions_are_counted_on_postgres() {
    let measured = measured(true).await;
    // Upkeep begins at the start, beside the first requests.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let page = measured.page().await;
        let count = page.value("grantor_storage_partitions{table=\"grants_long\"}");
        if count >= 2.0 && page.value("grantor_storage_partitions{table=\"grants_short\"}") >= 2.0 {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{count}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
