//! `grant_type=urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693): what is refused, and what is never
//! exceeded.

use std::time::Duration;

use serde_json::json;

use super::super::support::{
    ACCESS_TOKEN_TYPE, Credentials, DEMO_API_AUDIENCE, DEMO_B, ID_TOKEN_TYPE, JWT_TYPE, REFRESH_TOKEN_TYPE,
    TOKEN_EXCHANGE, client_token, jwt, password_tokens, patience, spa_tokens, verdict,
};
use crate::harness::{Answer, Server, ServerOptions};

const CLIENTS: &str = r#"
[[clients]]
client_id = "audience"
client_secret = "a-secret-that-nobody-guesses"
grant_types = ["urn:ietf:params:oauth:grant-type:token-exchange"]
scope = "contacts.read"
audiences = ["https://api.example.test"]
access_token_lifetime = 100000

[clients.exchange]
audiences = ["urn:next"]
impersonation = true

[[clients]]
client_id = "delegation-only"
client_secret = "a-secret-that-nobody-guesses"
grant_types = ["client_credentials", "password", "urn:ietf:params:oauth:grant-type:token-exchange"]
scope = "contacts.read"
access_token_lifetime = 100

[clients.exchange]
delegation = true

[[clients]]
client_id = "for-demo-b"
client_secret = "a-secret-that-nobody-guesses"
grant_types = ["client_credentials"]
default_audience = "demo-b"

[[clients]]
client_id = "symmetric"
client_secret = "a-secret-that-is-long-enough-to-sign-with"
grant_types = ["password", "urn:ietf:params:oauth:grant-type:token-exchange"]
scope = "openid"
id_token_signed_response_alg = "HS256"

[clients.exchange]
impersonation = true
id_tokens = true
"#;
const AUDIENCE: Credentials = ("audience", "a-secret-that-nobody-guesses");
const DELEGATION_ONLY: Credentials = ("delegation-only", "a-secret-that-nobody-guesses");

const FOR_DEMO_B: Credentials = ("for-demo-b", "a-secret-that-nobody-guesses");
const SYMMETRIC: Credentials = ("symmetric", "a-secret-that-is-long-enough-to-sign-with");

const SUBJECT_INVALID: &str = "400 invalid_request subject-token-invalid";
const TYPE_UNSUPPORTED: &str = "400 invalid_request token-type-unsupported";
const MISSING: &str = "400 invalid_request parameter-missing";

async fn exchange(server: &Server, client: Credentials, parameters: &[(&str, &str)]) -> Answer {
    let mut form = vec![("grant_type", TOKEN_EXCHANGE)];
    form.extend_from_slice(parameters);
    server.http.token_as(client, &form).await
}

#[tokio::test]
async fn rfc_8693_2_2_2_requests_that_make_no_sense_are_refused() {
    let server = Server::start().await;
    let token = password_tokens(&server.http, DEMO_B, "contacts.read").await.member("access_token");
    let (t, k) = (("subject_token", token.as_str()), ("subject_token_type", ACCESS_TOKEN_TYPE));
    let check = async |parameters: &[(&str, &str)], expect: &str| {
        assert_eq!(verdict(&exchange(&server, DEMO_B, parameters).await), expect, "{parameters:?}");
    };
    check(&[], MISSING).await;
    check(&[t], MISSING).await;
    check(&[k], MISSING).await;
    check(&[t, ("subject_token_type", "access_token")], TYPE_UNSUPPORTED).await;
    check(&[t, ("subject_token_type", "urn:ietf:params:oauth:token-type:saml2")], TYPE_UNSUPPORTED).await;
    check(&[t, k, ("requested_token_type", REFRESH_TOKEN_TYPE)], TYPE_UNSUPPORTED).await;
    check(&[t, k, ("requested_token_type", "x")], TYPE_UNSUPPORTED).await;
    check(&[t, k, ("actor_token", "x")], MISSING).await;
    check(&[t, k, ("actor_token_type", ACCESS_TOKEN_TYPE)], MISSING).await;
    check(&[t, k, ("actor_token", "x"), ("actor_token_type", REFRESH_TOKEN_TYPE)], TYPE_UNSUPPORTED).await;
    check(
        &[t, k, ("actor_token", "x"), ("actor_token_type", ACCESS_TOKEN_TYPE)],
        "400 invalid_request actor-token-invalid",
    )
    .await;
    for garbage in ["x", "a.b.c", "gat_AAAA", "grt_AAAA", "gac_AAAA"] {
        check(&[("subject_token", garbage), k], SUBJECT_INVALID).await;
    }
    check(&[t, k], "200").await;
}

#[tokio::test]
async fn rfc_8693_2_2_2_only_allowed_audiences_are_given_and_all_that_are_asked() {
    let server = Server::start().await;
    let token = password_tokens(&server.http, DEMO_B, "contacts.read").await.member("access_token");
    let check = async |targets: &[(&str, &str)], expect: serde_json::Value| {
        let mut parameters = vec![("subject_token", token.as_str()), ("subject_token_type", ACCESS_TOKEN_TYPE)];
        parameters.extend_from_slice(targets);
        let answer = exchange(&server, DEMO_B, &parameters).await;
        let found = match answer.status {
            200 => jwt::claims(&answer.member("access_token"))["aud"].clone(),
            _ => json!(verdict(&answer)),
        };
        assert_eq!(found, expect, "{targets:?}");
    };
    check(&[], json!(server.issuer)).await;
    check(&[("audience", DEMO_API_AUDIENCE)], json!(DEMO_API_AUDIENCE)).await;
    check(&[("resource", DEMO_API_AUDIENCE)], json!(DEMO_API_AUDIENCE)).await;
    check(&[("resource", DEMO_API_AUDIENCE), ("audience", DEMO_API_AUDIENCE)], json!(DEMO_API_AUDIENCE)).await;
    let refused = || json!("400 invalid_target resource-not-allowed");
    check(&[("audience", "https://other.example.test")], refused()).await;
    check(&[("resource", "https://other.example.test")], refused()).await;
    check(&[("audience", DEMO_API_AUDIENCE), ("audience", "demo-a")], refused()).await;
    check(&[("audience", "https://api.example.test/")], refused()).await;
    check(&[("resource", "no-uri")], json!("400 invalid_target resource-invalid")).await;
}

#[tokio::test]
async fn scope_only_narrows() {
    let server = Server::start().await;
    let token = password_tokens(&server.http, DEMO_B, "contacts.read openid").await.member("access_token");
    let check = async |scope: &str, expect: &str| {
        let parameters =
            [("subject_token", token.as_str()), ("subject_token_type", ACCESS_TOKEN_TYPE), ("scope", scope)];
        let answer = exchange(&server, DEMO_B, &parameters).await;
        let found = if answer.status == 200 { answer.member("scope") } else { verdict(&answer) };
        assert_eq!(found, expect, "{scope}");
    };
    check("", "contacts.read openid").await;
    check("contacts.read", "contacts.read").await;
    check("contacts.write", "400 invalid_scope scope-widened").await;
    check("contacts.read contacts.write", "400 invalid_scope scope-widened").await;
    check("contacts\\read", "400 invalid_scope scope-invalid").await;
}

#[tokio::test]
async fn a_token_of_others_is_exchanged_only_by_whom_it_names() {
    let server = Server::start().await;
    server.apply(CLIENTS);
    let foreign = spa_tokens(&server, "openid").await.member("access_token");
    let parameters =
        |token: &str| [("subject_token", token.to_owned()), ("subject_token_type", ACCESS_TOKEN_TYPE.to_owned())];
    let exchanged = async |client, token: &str| {
        let parameters = parameters(token);
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        exchange(&server, client, &parameters).await
    };
    assert_eq!(verdict(&exchanged(DEMO_B, &foreign).await), SUBJECT_INVALID);
    let own = password_tokens(&server.http, DEMO_B, "contacts.read contacts.write").await.member("access_token");
    assert_eq!(verdict(&exchanged(AUDIENCE, &own).await), SUBJECT_INVALID);
    let for_audience = exchange(
        &server,
        DEMO_B,
        &[("subject_token", &own), ("subject_token_type", ACCESS_TOKEN_TYPE), ("audience", DEMO_API_AUDIENCE)],
    )
    .await;
    let answer = exchanged(AUDIENCE, &for_audience.member("access_token")).await;
    assert_eq!((verdict(&answer).as_str(), answer.member("scope").as_str()), ("200", "contacts.read"));
    let claims = jwt::claims(&answer.member("access_token"));
    assert_eq!((&claims["sub"], &claims["client_id"]), (&json!("alice"), &json!("audience")));
    // Its own tokens live longer than the one it comes from.
    assert_eq!(claims["exp"], jwt::claims(&for_audience.member("access_token"))["exp"]);
    let names_demo_b = client_token(&server.http, FOR_DEMO_B).await;
    assert_eq!(verdict(&exchanged(DEMO_B, &names_demo_b).await), "200", "the client itself is the audience");
}

#[tokio::test]
async fn an_id_token_that_its_client_could_have_signed_counts_for_nothing() {
    let server = Server::start().await;
    server.apply(CLIENTS);
    let id_token = password_tokens(&server.http, SYMMETRIC, "openid").await.member("id_token");
    assert_eq!(jwt::header(&id_token)["alg"], "HS256");
    let parameters = [("subject_token", id_token.as_str()), ("subject_token_type", ID_TOKEN_TYPE)];
    assert_eq!(verdict(&exchange(&server, SYMMETRIC, &parameters).await), SUBJECT_INVALID);
}

#[tokio::test]
async fn the_policy_says_who_may_impersonate_and_who_may_delegate() {
    let server = Server::start().await;
    server.apply(CLIENTS);
    let token = password_tokens(&server.http, DELEGATION_ONLY, "contacts.read").await.member("access_token");
    let actor = client_token(&server.http, DELEGATION_ONLY).await;
    let mut parameters = vec![("subject_token", token.as_str()), ("subject_token_type", ACCESS_TOKEN_TYPE)];
    let impersonated = exchange(&server, DELEGATION_ONLY, &parameters).await;
    assert_eq!(verdict(&impersonated), "400 unauthorized_client grant-type-not-allowed");
    parameters.extend([("actor_token", actor.as_str()), ("actor_token_type", JWT_TYPE)]);
    assert_eq!(verdict(&exchange(&server, DELEGATION_ONLY, &parameters).await), "200");
}

#[tokio::test]
async fn an_exchanged_token_ends_with_the_shortest_it_came_from() {
    let settings = vec![("LIFETIMES__ACCESS_TOKEN", "4s".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let token = password_tokens(&server.http, DEMO_B, "contacts.read").await.member("access_token");
    patience::a_second().await;
    let parameters = [("subject_token", token.as_str()), ("subject_token_type", ACCESS_TOKEN_TYPE)];
    let answer = exchange(&server, DEMO_B, &parameters).await;
    assert_eq!(jwt::claims(&answer.member("access_token"))["exp"], jwt::claims(&token)["exp"]);
    assert!(answer.json()["expires_in"].as_i64().unwrap() <= 3, "{}", answer.text);
    let later = client_token(&server.http, DEMO_B).await;
    let older_actor = [
        ("subject_token", later.as_str()),
        ("subject_token_type", ACCESS_TOKEN_TYPE),
        ("actor_token", token.as_str()),
        ("actor_token_type", ACCESS_TOKEN_TYPE),
    ];
    let delegated = exchange(&server, DEMO_B, &older_actor).await.member("access_token");
    assert_eq!(jwt::claims(&delegated)["exp"], jwt::claims(&token)["exp"], "the actor's ends first");
    patience::outlive(Duration::from_secs(3)).await;
    assert_eq!(verdict(&exchange(&server, DEMO_B, &parameters).await), SUBJECT_INVALID, "it has expired");
    let refused = exchange(&server, DEMO_B, &older_actor).await;
    assert!(verdict(&refused).starts_with("400 invalid_request "), "{}", refused.text);
}

#[tokio::test]
async fn public_clients_do_not_exchange() {
    let server = Server::start().await;
    let token = spa_tokens(&server, "openid").await.member("access_token");
    let form = [
        ("grant_type", TOKEN_EXCHANGE),
        ("client_id", "demo-spa"),
        ("subject_token", token.as_str()),
        ("subject_token_type", ACCESS_TOKEN_TYPE),
    ];
    assert_eq!(verdict(&server.http.token(&form).await), "400 unauthorized_client grant-type-not-allowed");
}
