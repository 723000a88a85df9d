//! Token exchange with tokens of others (RFC 8693 §2.1): another server's JWTs, found by its metadata, and a validator's word.

use grantor_testkit::{Site, http_answer};
use serde_json::json;

use super::super::support::{ACCESS_TOKEN_TYPE, DEMO_A, JWT_TYPE, TOKEN_EXCHANGE, client_token, jwt, verdict};
use crate::harness::{Answer, Server, ServerOptions};

const GATEWAY: (&str, &str) = ("gateway", "a-secret-that-nobody-guesses");
const TICKET: &str = "urn:example:ticket";

/// A server whose gateway trusts what `trust` says, and that may ask this machine.
async fn trusting(trust: &str) -> Server {
    let settings = vec![("OUTBOUND__PRIVATE_NETWORKS", "127.0.0.1".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    server.apply(&format!(
        "[[clients]]\nclient_id = \"gateway\"\nclient_secret = \"{}\"\ngrant_types = [\"{TOKEN_EXCHANGE}\"]\n\
         scope = \"server-operations\"\n[clients.exchange]\nimpersonation = true\n{trust}",
        GATEWAY.1
    ));
    server
}

async fn exchange(server: &Server, kind: &str, token: &str) -> Answer {
    let form = [("grant_type", TOKEN_EXCHANGE), ("subject_token", token), ("subject_token_type", kind)];
    server.http.token_as(GATEWAY, &form).await
}

/// The trust in another of our servers; its keys are where its metadata say, unless they are said to be elsewhere.
fn trust_in(theirs: &Server, keys: &str) -> String {
    format!(
        "[[clients.exchange.trusted_issuers]]\nissuer = \"{0}\"\naudiences = [\"{0}\"]\n{keys}\
         [clients.exchange.trusted_issuers.map]\nsubject_prefix = \"theirs/\"\nscope = \"server-operations\"\n\
         scope_claim = \"scope\"\n",
        theirs.issuer
    )
}

#[tokio::test]
async fn rfc_8693_2_1_another_servers_token_is_exchanged_where_the_policy_trusts_it() {
    let theirs = Server::start().await;
    let ours = trusting(&trust_in(&theirs, "")).await;
    let token = client_token(&theirs.http, DEMO_A).await;
    let answer = exchange(&ours, JWT_TYPE, &token).await;
    assert_eq!(
        (verdict(&answer), answer.member("issued_token_type")),
        ("200".to_owned(), ACCESS_TOKEN_TYPE.to_owned())
    );
    let claims = jwt::verified(&ours.http, &answer.member("access_token")).await;
    assert_eq!((&claims["sub"], &claims["iss"]), (&json!("theirs/demo-a"), &json!(ours.issuer)));
    let refused = "400 invalid_request subject-token-invalid";
    assert_eq!(verdict(&exchange(&ours, ACCESS_TOKEN_TYPE, &token).await), refused, "no token of ours");
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", signature.chars().rev().collect::<String>());
    assert_eq!(verdict(&exchange(&ours, JWT_TYPE, &forged).await), refused);
    let line = ours.audit("token.issued").pop().unwrap();
    assert_eq!((&line["subject"], &line["client_id"]), (&json!("theirs/demo-a"), &json!("gateway")));
}

#[tokio::test]
async fn rfc_8693_2_1_the_keys_of_a_trusted_issuer_may_be_named() {
    let theirs = Server::start().await;
    let named = |path: &str| format!("jwks_uri = \"{}\"\n", theirs.http.url(path));
    let token = client_token(&theirs.http, DEMO_A).await;
    let ours = trusting(&trust_in(&theirs, &named("/oauth/jwks"))).await;
    assert_eq!(verdict(&exchange(&ours, JWT_TYPE, &token).await), "200");
    let ours = trusting(&trust_in(&theirs, &named("/nothing-there"))).await;
    let nowhere = exchange(&ours, JWT_TYPE, &token).await;
    assert_eq!(nowhere.outcome(), "503 temporarily_unavailable", "their metadata are not asked instead");
}

#[tokio::test]
async fn rfc_8693_2_1_a_validator_decides_about_tokens_of_its_type_and_its_outage_is_one() {
    let site = Site::start(|request| {
        let active = request.contains("token=good") && request.contains("token_type_hint=urn%3Aexample%3Aticket");
        let answer = json!({ "active": active, "sub": "7", "exp": jwt::now() + 60 });
        if request.contains("token=away") { http_answer(503, "") } else { http_answer(200, &answer.to_string()) }
    });
    let server = trusting(&format!(
        "[[clients.exchange.validators]]\nsubject_token_type = \"{TICKET}\"\nurl = \"{}\"\n\
         [clients.exchange.validators.map]\nsubject_prefix = \"ticket/\"\nscope = \"server-operations\"\n",
        site.url("/check")
    ))
    .await;
    let answer = exchange(&server, TICKET, "good").await;
    assert_eq!(verdict(&answer), "200");
    assert!((50..=60).contains(&answer.json()["expires_in"].as_i64().unwrap()), "{}", answer.text);
    let claims = jwt::verified(&server.http, &answer.member("access_token")).await;
    assert_eq!(claims["sub"], "ticket/7");
    assert_eq!(verdict(&exchange(&server, TICKET, "bad").await), "400 invalid_request subject-token-invalid");
    assert_eq!(exchange(&server, TICKET, "away").await.outcome(), "503 temporarily_unavailable");
    let unknown = exchange(&server, "urn:example:other", "good").await;
    assert_eq!(verdict(&unknown), "400 invalid_request token-type-unsupported");
    assert!(!server.log().contains("token=good"));
}
