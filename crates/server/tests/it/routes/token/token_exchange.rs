//! `grant_type=urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693): what becomes of which token.

use serde_json::{Value, json};

use super::super::support::{
    ACCESS_TOKEN_TYPE, CALLBACK_B, Credentials, DEMO_API_AUDIENCE, DEMO_B, ID_TOKEN_TYPE, JWT_TYPE, REFRESH_TOKEN_TYPE,
    TOKEN_EXCHANGE, client_token, code, is_active, jwt, of_b, password_tokens, redeem, refresh, verdict, without_pkce,
};
use crate::harness::{Answer, Server};

/// A client that exchanges, with opaque access tokens, and takes ID tokens.
const OPAQUE: Credentials = ("opaque-exchange", "a-secret-that-nobody-guesses");
const CLIENTS: &str = r#"
[[clients]]
client_id = "opaque-exchange"
client_secret = "a-secret-that-nobody-guesses"
grant_types = ["password", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"]
scope = "contacts.read contacts.write openid"
access_token_format = "opaque"
audiences = ["urn:opaque-exchange"]

[clients.exchange]
audiences = ["https://api.example.test", "urn:other"]
impersonation = true
delegation = true
id_tokens = true
"#;

/// Exchanges with these parameters besides the grant type.
async fn exchange(server: &Server, client: Credentials, parameters: &[(&str, &str)]) -> Answer {
    let mut form = vec![("grant_type", TOKEN_EXCHANGE)];
    form.extend_from_slice(parameters);
    server.http.token_as(client, &form).await
}

/// The parameters of a subject token.
fn subject<'a>(token: &'a str, kind: &'a str) -> [(&'a str, &'a str); 2] {
    [("subject_token", token), ("subject_token_type", kind)]
}

/// The members of an answer that exchanged for an access token.
const MEMBERS: [&str; 5] = ["access_token", "expires_in", "issued_token_type", "scope", "token_type"];

#[tokio::test]
async fn rfc_8693_2_2_1_impersonation_gives_a_token_of_the_subject_for_the_audience() {
    let server = Server::start().await;
    let tokens = password_tokens(&server.http, DEMO_B, "contacts.read contacts.write").await;
    let access_token = tokens.member("access_token");
    let mut parameters = subject(&access_token, ACCESS_TOKEN_TYPE).to_vec();
    parameters.push(("audience", DEMO_API_AUDIENCE));
    let answer = exchange(&server, DEMO_B, &parameters).await;
    assert_eq!((verdict(&answer).as_str(), answer.members()), ("200", MEMBERS.map(str::to_owned).to_vec()));
    assert_eq!(answer.member("issued_token_type"), ACCESS_TOKEN_TYPE);
    assert_eq!(answer.member("token_type"), "Bearer");
    let before = jwt::claims(&access_token);
    let after = jwt::verified(&server.http, &answer.member("access_token")).await;
    for claim in ["iss", "sub", "client_id", "scope", "auth_time", "acr", "grants"] {
        assert_eq!(before[claim], after[claim], "{claim}");
    }
    assert_eq!((&after["aud"], after.get("act")), (&json!(DEMO_API_AUDIENCE), None));
    assert_ne!(before["jti"], after["jti"]);
    assert!(is_active(&server.http, &answer.member("access_token")).await);
}

#[tokio::test]
async fn rfc_8693_4_1_delegation_shows_who_acts_and_chains() {
    let server = Server::start().await;
    let user = password_tokens(&server.http, DEMO_B, "contacts.read").await.member("access_token");
    let actor = client_token(&server.http, DEMO_B).await;
    let delegate = async |token: &str| {
        let mut parameters = subject(token, ACCESS_TOKEN_TYPE).to_vec();
        parameters.extend([("actor_token", actor.as_str()), ("actor_token_type", ACCESS_TOKEN_TYPE)]);
        exchange(&server, DEMO_B, &parameters).await
    };
    let mut token = user;
    let mut expect = Value::Null;
    for depth in 1..=4 {
        let answer = delegate(&token).await;
        assert_eq!(verdict(&answer), "200", "{depth}");
        token = answer.member("access_token");
        expect = match expect {
            Value::Null => json!({ "sub": "demo-b", "client_id": "demo-b" }),
            prior => json!({ "sub": "demo-b", "client_id": "demo-b", "act": prior }),
        };
        assert_eq!(jwt::claims(&token)["act"], expect);
    }
    assert_eq!(jwt::claims(&token)["sub"], "alice");
    let told = server.http.introspect(DEMO_B, &token).await.json();
    assert_eq!((&told["active"], &told["act"]), (&json!(true), &expect));
    assert_eq!(verdict(&delegate(&token).await), "400 invalid_request subject-token-invalid", "the chain is too long");
}

#[tokio::test]
async fn rfc_8693_2_1_the_type_asked_for_is_the_type_given() {
    let server = Server::start().await;
    server.apply(CLIENTS);
    let check = async |client, requested: Option<&str>, expect: &str, is_jwt: bool| {
        let token = password_tokens(&server.http, client, "contacts.read").await.member("access_token");
        let mut parameters = subject(&token, ACCESS_TOKEN_TYPE).to_vec();
        parameters.extend(requested.map(|requested| ("requested_token_type", requested)));
        let answer = exchange(&server, client, &parameters).await;
        assert_eq!((verdict(&answer).as_str(), answer.member("issued_token_type").as_str()), ("200", expect));
        assert_eq!(answer.member("access_token").contains('.'), is_jwt, "{client:?} {requested:?}");
        assert!(is_active(&server.http, &answer.member("access_token")).await);
    };
    check(DEMO_B, None, ACCESS_TOKEN_TYPE, true).await;
    check(DEMO_B, Some(ACCESS_TOKEN_TYPE), ACCESS_TOKEN_TYPE, true).await;
    check(DEMO_B, Some(JWT_TYPE), JWT_TYPE, true).await;
    check(OPAQUE, None, ACCESS_TOKEN_TYPE, false).await;
    check(OPAQUE, Some(ACCESS_TOKEN_TYPE), ACCESS_TOKEN_TYPE, false).await;
    check(OPAQUE, Some(JWT_TYPE), JWT_TYPE, true).await;
}

#[tokio::test]
async fn rfc_8693_2_1_every_kind_of_subject_token_is_taken_as_what_it_is() {
    let server = Server::start().await;
    server.apply(CLIENTS);
    let opaque = password_tokens(&server.http, OPAQUE, "contacts.read openid").await;
    let (access, refresh_token) = (opaque.member("access_token"), opaque.member("refresh_token"));
    let id = opaque.member("id_token");
    let check = async |token: &str, kind: &str, expect: &str| {
        let answer = exchange(&server, OPAQUE, &subject(token, kind)).await;
        assert_eq!(verdict(&answer), expect, "{kind} {token}");
        if answer.status == 200 {
            let told = server.http.introspect(OPAQUE, &answer.member("access_token")).await.json();
            assert_eq!((&told["active"], &told["sub"]), (&json!(true), &json!("alice")));
            assert_eq!((&told["client_id"], &told["aud"]), (&json!("opaque-exchange"), &json!(server.issuer)));
        }
    };
    check(&access, ACCESS_TOKEN_TYPE, "200").await;
    check(&refresh_token, REFRESH_TOKEN_TYPE, "200").await;
    check(&id, ID_TOKEN_TYPE, "200").await;
    let invalid = "400 invalid_request subject-token-invalid";
    for (token, kinds) in [
        (&access, [JWT_TYPE, REFRESH_TOKEN_TYPE, ID_TOKEN_TYPE]),
        (&refresh_token, [ACCESS_TOKEN_TYPE, JWT_TYPE, ID_TOKEN_TYPE]),
        (&id, [ACCESS_TOKEN_TYPE, JWT_TYPE, REFRESH_TOKEN_TYPE]),
    ] {
        for kind in kinds {
            check(token, kind, invalid).await;
        }
    }
    assert_eq!(verdict(&refresh(&server.http, OPAQUE, &refresh_token).await), "200", "no exchange rotates");
    check(&refresh_token, REFRESH_TOKEN_TYPE, invalid).await;
}

#[tokio::test]
async fn id_tokens_need_a_policy() {
    let server = Server::start().await;
    let request = without_pkce(of_b("openid contacts.read"));
    let tokens = redeem(&server.http, DEMO_B, CALLBACK_B, &code(&server, &request).await).await;
    let refused = exchange(&server, DEMO_B, &subject(&tokens.member("id_token"), ID_TOKEN_TYPE)).await;
    assert_eq!(verdict(&refused), "400 invalid_request token-type-unsupported");
    let as_jwt = exchange(&server, DEMO_B, &subject(&tokens.member("access_token"), JWT_TYPE)).await;
    assert_eq!(verdict(&as_jwt), "200", "a JWT access token may be declared as what it is");
}

#[tokio::test]
async fn revoking_any_ancestor_ends_the_child() {
    let server = Server::start().await;
    let tokens = password_tokens(&server.http, DEMO_B, "contacts.read").await;
    let parent = tokens.member("access_token");
    let actor = client_token(&server.http, DEMO_B).await;
    let mut parameters = subject(&parent, ACCESS_TOKEN_TYPE).to_vec();
    let child = exchange(&server, DEMO_B, &parameters).await.member("access_token");
    let grandchild = exchange(&server, DEMO_B, &subject(&child, ACCESS_TOKEN_TYPE)).await.member("access_token");
    parameters.extend([("actor_token", actor.as_str()), ("actor_token_type", ACCESS_TOKEN_TYPE)]);
    let delegated = exchange(&server, DEMO_B, &parameters).await.member("access_token");

    revoke(&server, &actor).await;
    assert!(!is_active(&server.http, &delegated).await, "the actor's token was revoked");
    let refused = exchange(&server, DEMO_B, &parameters).await;
    assert_eq!(verdict(&refused), "400 invalid_request actor-token-invalid");
    assert!(is_active(&server.http, &grandchild).await);
    revoke(&server, &child).await;
    assert!(!is_active(&server.http, &grandchild).await, "its parent was revoked");
    assert!(is_active(&server.http, &parent).await, "but not its grandparent");

    let other = exchange(&server, DEMO_B, &subject(&parent, ACCESS_TOKEN_TYPE)).await.member("access_token");
    revoke(&server, &tokens.member("refresh_token")).await;
    for token in [&parent, &other] {
        assert!(!is_active(&server.http, token).await, "the grant was revoked");
    }
    let refused = exchange(&server, DEMO_B, &subject(&parent, ACCESS_TOKEN_TYPE)).await;
    assert_eq!(verdict(&refused), "400 invalid_request subject-token-invalid");
}

async fn revoke(server: &Server, token: &str) {
    let answer = server.http.post_as("/oauth/revoke", DEMO_B, &[("token", token)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}
