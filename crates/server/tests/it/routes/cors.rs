//! Which scripts may read which answers (Fetch §3.2).

use super::support::{CALLBACK_SPA, DEMO_A, DEMO_B, client_token, spa_code, spa_tokens, verdict};
use crate::harness::{Answer, Http, Server, VERIFIER, send};

/// Where `demo-spa` runs.
const OWN: &str = "http://127.0.0.1:5173";

/// Origins that are not its own, though some look like it.
const FOREIGN: [&str; 6] = [
    "https://evil.example",
    "null",
    "http://127.0.0.1",
    "http://127.0.0.1:5174",
    "https://127.0.0.1:5173",
    "http://127.0.0.1:5173.evil.example",
];

/// What a browser would let a script of `origin` do with the answer.
fn allows(answer: &Answer, origin: &str) -> bool {
    assert_eq!(answer.header("access-control-allow-credentials"), "", "no cookie of ours goes with these requests");
    let allowed = answer.header("access-control-allow-origin");
    allowed == "*" || allowed == origin
}

async fn post(http: &Http, path: &str, origin: &str, form: &[(&str, &str)]) -> Answer {
    send(http.request("POST", path).header("origin", origin).form(form)).await
}

async fn userinfo(http: &Http, origin: &str, token: &str) -> Answer {
    send(http.request("GET", "/oauth/userinfo").header("origin", origin).bearer_auth(token)).await
}

#[tokio::test]
async fn rfc_9700_2_6_public_documents_are_for_every_script() {
    let server = Server::start().await;
    for path in ["/oauth/jwks", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        for origin in [OWN, FOREIGN[0]] {
            let answer = send(server.http.request("GET", path).header("origin", origin)).await;
            assert!(allows(&answer, origin), "{path} {origin}");
        }
    }
}

#[tokio::test]
async fn rfc_9700_2_6_a_preflight_lets_the_request_be_made() {
    let server = Server::start().await;
    for path in [
        "/oauth/token",
        "/oauth/token/",
        "/oauth/userinfo",
        "/oauth/revoke",
        "/oauth/jwks",
        "/.well-known/openid-configuration",
    ] {
        let preflight = server.http.request("OPTIONS", path).header("origin", OWN);
        let preflight = preflight
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type");
        let answer = send(preflight).await;
        assert_eq!(answer.status, 204, "{path}");
        assert!(allows(&answer, OWN), "{path}");
        assert!(answer.header("access-control-allow-methods").contains("POST"), "{path}");
        assert_eq!(answer.header("access-control-allow-headers"), "authorization, content-type");
    }
    for path in ["/oauth/introspect", "/oauth/authorize", "/login", "/consent"] {
        let answer = send(server.http.request("OPTIONS", path).header("origin", OWN)).await;
        assert!(!allows(&answer, OWN), "{path} is not for scripts");
    }
}

#[tokio::test]
async fn rfc_9700_2_6_a_public_clients_own_origin_reads_success_and_failure() {
    let server = Server::start().await;
    let code = spa_code(&server, "openid").await;
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("client_id", "demo-spa"),
        ("code", "x"),
        ("redirect_uri", CALLBACK_SPA),
        ("code_verifier", VERIFIER),
    ];
    let refused = post(&server.http, "/oauth/token", OWN, &form).await;
    assert!(verdict(&refused).starts_with("400") && allows(&refused, OWN));
    form[2].1 = &code;
    let answer = post(&server.http, "/oauth/token", OWN, &form).await;
    assert!(verdict(&answer) == "200" && allows(&answer, OWN));
    assert!(answer.header("vary").to_lowercase().contains("origin"));
    let token = answer.member("access_token");
    let told = userinfo(&server.http, OWN, &token).await;
    assert!(verdict(&told) == "200" && allows(&told, OWN));
    let revoked = post(&server.http, "/oauth/revoke", OWN, &[("client_id", "demo-spa"), ("token", &token)]).await;
    assert!(verdict(&revoked) == "200" && allows(&revoked, OWN));
    let told = userinfo(&server.http, OWN, &token).await;
    assert_eq!(verdict(&told), "401 invalid_token access-token-invalid");
    assert!(allows(&told, OWN), "else a script cannot see that its token was revoked");
    assert!(told.header("access-control-expose-headers").contains("WWW-Authenticate"));
}

#[tokio::test]
async fn foreign_origins_read_nothing() {
    let server = Server::start().await;
    let tokens = spa_tokens(&server, "openid").await;
    for origin in FOREIGN {
        let form = [("grant_type", "refresh_token"), ("client_id", "demo-spa"), ("refresh_token", "x")];
        assert!(!allows(&post(&server.http, "/oauth/token", origin, &form).await, origin), "{origin}");
        let told = userinfo(&server.http, origin, &tokens.member("access_token")).await;
        assert!(verdict(&told) == "200" && !allows(&told, origin), "{origin}");
        let form = [("client_id", "demo-spa"), ("token", "x")];
        assert!(!allows(&post(&server.http, "/oauth/revoke", origin, &form).await, origin), "{origin}");
    }
}

#[tokio::test]
async fn confidential_clients_have_no_scripts() {
    let server = Server::start().await;
    for (client, origin) in [(DEMO_A, "http://127.0.0.1:3090"), (DEMO_B, "http://localhost:3000")] {
        let request = server.http.request("POST", "/oauth/token").basic_auth(client.0, Some(client.1));
        let request = request.header("origin", origin).form(&[("grant_type", "client_credentials")]);
        assert!(!allows(&send(request).await, origin), "{client:?}");
        let token = client_token(&server.http, client).await;
        assert!(!allows(&userinfo(&server.http, origin, &token).await, origin), "{client:?}");
    }
    let unknown = post(&server.http, "/oauth/token", OWN, &[("client_id", "nobody")]).await;
    assert!(!allows(&unknown, OWN));
}
