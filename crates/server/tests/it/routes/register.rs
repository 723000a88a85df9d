//! `/oauth/register` (RFC 7591, OpenID Connect Registration) and the address of each client below it (RFC 7592).

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::support::{page, patience, told, verdict, without_pkce};
use crate::harness::{Answer, Authorization, Database, Person, Server, ServerOptions, VERIFIER, send};

const CALLBACK: &str = "https://app.example/cb";

/// A server where clients may register themselves, on an empty database of its own.
async fn server(mode: &str, more: &[(&'static str, &str)]) -> Server {
    let mut settings = vec![("REGISTRATION__MODE", mode.to_owned())];
    settings.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await
}

fn metadata(change: Value) -> Value {
    let mut metadata = json!({
        "client_name": "An application",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
    });
    metadata.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    metadata
}

async fn register(server: &Server, change: Value) -> Answer {
    send(server.http.request("POST", "/oauth/register").json(&metadata(change))).await
}

/// Registers, and holds the answer to everything that RFC 7591 §3.2.1 asks of any.
async fn registered(server: &Server, change: Value) -> Value {
    let answer = register(server, change).await;
    assert_eq!((answer.status, answer.header("cache-control")), (201, "no-store"), "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/json");
    let body = answer.json();
    assert!(body["client_id_issued_at"].as_i64().unwrap() > 1_700_000_000);
    assert_eq!(body.get("client_secret").is_some(), body.get("client_secret_expires_at") == Some(&json!(0)));
    body
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_else(|| panic!("no {name} in {body}"))
}

/// What the client does at its own address.
async fn manage(server: &Server, body: &Value, method: &str, token: &str, update: Option<&Value>) -> Answer {
    let path = text(body, "registration_client_uri").strip_prefix(&server.issuer).unwrap();
    let request = server.http.request(method, path).bearer_auth(token);
    send(update.into_iter().fold(request, |request, update| request.json(update))).await
}

fn asking(body: &Value, scope: &str) -> Authorization {
    Authorization::of(Box::leak(text(body, "client_id").to_owned().into_boxed_str()), CALLBACK, scope)
}

async fn redeem(server: &Server, body: &Value, code: &str) -> Answer {
    let form =
        [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)];
    server.http.token_as((text(body, "client_id"), text(body, "client_secret")), &form).await
}

#[tokio::test]
async fn rfc_7591_3_a_client_registers_and_signs_people_in() {
    for on_postgres in [false, true] {
        let mut server = if on_postgres { Server::start_on_postgres().await } else { Server::start().await };
        assert_eq!(register(&server, json!({})).await.status, 404, "off unless an operator wants it");
        assert!(server.http.get("/.well-known/openid-configuration").await.json()["registration_endpoint"].is_null());
        server.stop().await;
        let mut options = server.options();
        options.settings.push(("REGISTRATION__MODE", "open".to_owned()));
        let server = Server::start_with(options).await;
        let discovered = server.http.get("/.well-known/openid-configuration").await.member("registration_endpoint");
        assert_eq!(discovered, format!("{}/oauth/register", server.issuer));
        let body = registered(&server, json!({ "logo_uri": "https://app.example/logo.png" })).await;
        let names =
            ["client_name", "logo_uri", "redirect_uris", "scope", "token_endpoint_auth_method", "response_types"];
        assert!(names.iter().all(|name| !body[name].is_null()), "all registered metadata: {body}");
        let alice = Person::alice(&server);
        let shown = alice.open(&asking(&body, "openid email").path()).await;
        let login = alice.open(shown.header("location")).await;
        assert!(login.text.contains("https://app.example/logo.png"));
        let asked = alice.submit(&login, &[("username", &alice.username), ("password", &alice.password)]).await;
        let consent = alice.open(asked.header("location")).await;
        assert!(consent.text.contains("This application registered itself."), "{}", consent.text);
        let code = alice.walk(asked).await.parameter("code").to_owned();
        let tokens = redeem(&server, &body, &code).await;
        assert_eq!(verdict(&tokens), "200");
        assert!(!tokens.member("id_token").is_empty() && !tokens.member("refresh_token").is_empty());
        assert!(server.audit("client.registration").iter().any(|event| event["client_id"] == body["client_id"]));
    }
}

#[tokio::test]
async fn rfc_7592_2_a_client_looks_after_itself() {
    let server = server("open", &[]).await;
    let body = registered(&server, json!({})).await;
    let token = text(&body, "registration_access_token");
    let read = manage(&server, &body, "GET", token, None).await;
    let mut expect = body.clone();
    for secret in ["client_secret", "client_secret_expires_at"] {
        expect.as_object_mut().unwrap().remove(secret);
    }
    assert_eq!((verdict(&read), read.json()), ("200".to_owned(), expect));
    let change =
        json!({ "client_id": body["client_id"], "client_secret": body["client_secret"], "client_name": "New" });
    let updated = manage(&server, &body, "PUT", token, Some(&metadata(change))).await;
    assert_eq!((verdict(&updated), updated.member("client_name")), ("200".to_owned(), "New".to_owned()));
    let wrong = manage(&server, &body, "PUT", token, Some(&metadata(json!({ "client_id": "another" })))).await;
    assert_eq!(verdict(&wrong), "400 invalid_client_metadata client-metadata-invalid");
    let refused = "401 invalid_token access-token-invalid";
    for method in ["GET", "PUT", "DELETE"] {
        let answer = manage(&server, &body, method, "another", Some(&metadata(json!({})))).await;
        assert_eq!(verdict(&answer), refused, "{method}");
        assert!(answer.header("www-authenticate").starts_with("Bearer "));
    }
    assert_eq!(manage(&server, &body, "POST", token, None).await.header("allow"), "GET, PUT, DELETE");
    let gone = manage(&server, &body, "DELETE", token, None).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    assert_eq!(verdict(&manage(&server, &body, "GET", token, None).await), refused);
    let alice = Person::alice(&server);
    let answer = alice.open(&asking(&body, "openid").path()).await;
    assert_eq!(page(&answer), "400 invalid_request", "the client is not known any more");
}

#[tokio::test]
async fn rfc_7591_3_2_2_what_is_wrong_is_told() {
    let server = server("open", &[("REGISTRATION__PER_ADDRESS", "1000")]).await;
    let uri = "400 invalid_redirect_uri registration-uri-invalid";
    let other = "400 invalid_client_metadata client-metadata-invalid";
    for (change, expect) in [
        (json!({ "redirect_uris": ["https://app.example/cb#fragment"] }), uri),
        (json!({ "redirect_uris": ["http://app.example/cb"] }), uri),
        (json!({ "redirect_uris": ["com.example.app:/cb"] }), uri),
        (json!({ "redirect_uris": [] }), uri),
        (json!({ "redirect_uris": 1 }), uri),
        (json!({ "logo_uri": "javascript:alert(1)" }), other),
        (json!({ "grant_types": ["password"] }), other),
        (json!({ "jwks_uri": "https://app.example/jwks", "jwks": { "keys": [] } }), other),
        (json!({ "subject_type": "pairwise", "redirect_uris": [CALLBACK, "https://b.example/cb"] }), other),
        (json!({ "userinfo_encrypted_response_alg": "RSA-OAEP" }), other),
    ] {
        assert_eq!(verdict(&register(&server, change.clone()).await), expect, "{change}");
    }
    let sent = async |kind: &str, body: String| {
        send(server.http.request("POST", "/oauth/register").header("content-type", kind).body(body)).await
    };
    for (kind, body) in [
        ("application/json", "[]"),
        ("application/json", "{"),
        ("application/json", "\u{fffd}"),
        ("text/plain", "{}"),
        ("application/x-www-form-urlencoded", "client_name=x"),
    ] {
        assert_eq!(verdict(&sent(kind, body.to_owned()).await), other, "{kind} {body}");
    }
    let large = format!("{{\"client_name\":\"{}\"}}", "x".repeat(64 * 1024));
    assert_eq!(sent("application/json", large).await.status, 413);
    let nested = format!("{{\"jwks\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
    assert_eq!(verdict(&sent("application/json", nested).await), other);
    assert_eq!(server.http.get("/oauth/register").await.header("allow"), "POST");
}

#[tokio::test]
async fn rfc_7591_3_an_initial_access_token_is_needed_where_the_operator_says_so() {
    let server = server("initial_token", &[]).await;
    assert_eq!(verdict(&register(&server, json!({})).await), "401 invalid_request access-token-missing");
    let made = server.run(&["client", "registration-token", "--lifetime", "1h"]);
    let token = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    assert!(token.starts_with("gri_"), "{token}");
    let with = async |token: &str, name: &str| {
        let request = server.http.request("POST", "/oauth/register").bearer_auth(token);
        send(request.json(&metadata(json!({ "client_name": name })))).await
    };
    assert_eq!(verdict(&with("gri_forged", "one").await), "401 invalid_token access-token-invalid");
    let first = with(&token, "one").await;
    assert_eq!(first.status, 201);
    assert_eq!(
        with(&token, "one").await.member("client_id"),
        first.member("client_id"),
        "the answer may have been lost"
    );
    assert_eq!(verdict(&with(&token, "two").await), "401 invalid_token access-token-invalid");
    assert!(!server.log().contains(&token));
    let refused = server.run(&["client", "registration-token", "--lifetime", "9000d"]);
    assert!(!refused.status.success() && refused.stdout.is_empty());
}

#[tokio::test]
async fn rfc_7591_3_an_address_that_registers_too_many_waits() {
    let server = server("open", &[("REGISTRATION__PER_ADDRESS", "2")]).await;
    for name in ["one", "two"] {
        registered(&server, json!({ "client_name": name })).await;
    }
    let answer = register(&server, json!({ "client_name": "three" })).await;
    assert_eq!(verdict(&answer), "429 access_denied registration-quota-reached");
    assert_eq!(answer.header("retry-after"), "3600");
}

#[tokio::test]
async fn rfc_7591_5_nobody_is_given_anothers_client_nor_fills_the_database() {
    let server = server("open", &[("REGISTRATION__PER_ADDRESS", "1000"), ("REGISTRATION__MAX_CLIENTS", "7")]).await;
    let quota = "429 access_denied registration-quota-reached";
    let mut ids = BTreeSet::new();
    for _alike in 0..5 {
        ids.insert(text(&registered(&server, json!({})).await, "client_id").to_owned());
    }
    assert_eq!(ids.len(), 5);
    assert_eq!(verdict(&register(&server, json!({})).await), quota, "five alike that nobody uses");
    for name in ["six", "seven"] {
        registered(&server, json!({ "client_name": name })).await;
    }
    assert_eq!(verdict(&register(&server, json!({ "client_name": "eight" })).await), quota);
}

#[tokio::test]
async fn a_client_that_nobody_uses_goes_and_one_that_was_used_stays() {
    let mut server = Server::start_with(ServerOptions {
        settings: vec![("REGISTRATION__MODE", "open".to_owned()), ("REGISTRATION__UNUSED_LIFETIME", "1h".to_owned())],
        database: Some(Arc::new(Database::create())),
        ..ServerOptions::default()
    })
    .await;
    let (used, unused) =
        (registered(&server, json!({})).await, registered(&server, json!({ "client_name": "B" })).await);
    Person::alice(&server).authorize(&asking(&used, "openid")).await;
    let reads = async |server: &Server, body: &Value| {
        let path = text(body, "registration_client_uri").rsplit_once("/oauth").unwrap().1;
        let token = text(body, "registration_access_token");
        send(server.http.request("GET", &format!("/oauth{path}")).bearer_auth(token)).await.status
    };
    assert_eq!((reads(&server, &used).await, reads(&server, &unused).await), (200, 200));
    assert!(server.stop().await.success());
    // As if it were three hours later: one is its lifetime, another the margin for clocks that differ.
    server.database.as_ref().unwrap().sql("UPDATE registrations SET expires_at = expires_at - 3 * 3600 * 1000");
    let server = Server::start_with(server.options()).await;
    patience::until("upkeep removes it", async || reads(&server, &unused).await == 401).await;
    assert_eq!(reads(&server, &used).await, 200);
    let request = asking(&unused, "openid").path();
    assert_eq!(page(&server.http.get(&request).await), "400 invalid_request");
}

#[tokio::test]
async fn rfc_9700_4_11_2_nobody_is_sent_where_nobody_vouches() {
    let server = server("open", &[]).await;
    let body = registered(&server, json!({ "client_name": "Bank" })).await;
    let alice = Person::alice(&server);
    let bad = asking(&body, "admin");
    let answer = alice.open(&bad.path()).await;
    assert_eq!(page(&answer), "400 invalid_scope");
    let link = "href=\"https://app.example/cb?error=invalid_scope&amp;";
    assert!(answer.text.contains("app.example") && answer.text.contains(link), "{}", answer.text);
    let german = alice.open(&bad.clone().with("ui_locales", "de").path()).await;
    let reason = "hat etwas angefragt, das hier nicht möglich ist: Die Anwendung verlangt eine Berechtigung";
    assert!(german.text.contains(reason), "{}", german.text);
    let posted = alice.open(&bad.clone().with("response_mode", "form_post").path()).await;
    assert_eq!(page(&posted), "400 invalid_scope");
    assert!(posted.text.contains("<form method=\"post\" action=\"https://app.example/cb\">"), "{}", posted.text);
    let silent = alice.authorize(&bad.clone().with("prompt", "none")).await;
    assert_eq!(told(&server, &silent), "invalid_scope scope-invalid");
    alice.authorize(&asking(&body, "openid")).await;
    assert_eq!(told(&server, &alice.authorize(&bad).await), "invalid_scope scope-invalid", "she means it");
}

#[tokio::test]
async fn an_operator_may_do_without_pkce_and_give_more() {
    let more = [("REGISTRATION__REQUIRE_PKCE", "false"), ("REGISTRATION__SCOPE", "openid letters.read")];
    let server = server("open", &more).await;
    let body = registered(&server, json!({ "scope": "openid letters.read admin" })).await;
    assert_eq!(text(&body, "scope"), "openid letters.read");
    let alice = Person::alice(&server);
    let code = alice.authorize(&without_pkce(asking(&body, "openid letters.read"))).await;
    assert_eq!(told(&server, &code), "code");
    let public = registered(&server, json!({ "token_endpoint_auth_method": "none" })).await;
    assert!(public.get("client_secret").is_none());
    let refused = alice.authorize(&without_pkce(asking(&public, "openid"))).await;
    assert_eq!(told(&server, &refused), "invalid_request code-challenge-required");
}
