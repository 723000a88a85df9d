//! `POST /oauth/introspect` (RFC 7662): who sees what.

use serde_json::json;

use super::support::{
    ACCESS_TOKEN_TYPE, CALLBACK_C, Credentials, DEMO_A, DEMO_API, DEMO_API_AUDIENCE, DEMO_B, DEMO_C, TOKEN_EXCHANGE,
    client_token, code, is_active, is_active_to, of_c, password_tokens, patience, redeem, refresh, sorted, spa_tokens,
    userinfo, verdict,
};
use crate::harness::{Server, ServerOptions, send};

const FAILED: &str = "401 invalid_client client-authentication-failed";

#[tokio::test]
async fn rfc_7662_2_2_an_active_access_token_is_told_about() {
    let server = Server::start().await;
    let tokens = redeem(&server.http, DEMO_C, CALLBACK_C, &code(&server, &of_c("identify openid")).await).await;
    let answer = server.http.introspect(DEMO_C, &tokens.member("access_token")).await;
    assert_eq!(verdict(&answer), "200");
    let told = answer.json();
    assert_eq!(told["exp"].as_i64().unwrap() - told["iat"].as_i64().unwrap(), 3600);
    let _sorted = sorted();
    insta::assert_json_snapshot!(told, {
        ".iss" => "[issuer]", ".aud" => "[issuer]", ".iat" => "[time]", ".exp" => "[time]", ".jti" => "[id]",
        ".auth_time" => "[time]",
    }, @r#"
    {
      "acr": "urn:grantor:acr:password",
      "active": true,
      "aud": "[issuer]",
      "auth_time": "[time]",
      "client_id": "1000000042",
      "exp": "[time]",
      "iat": "[time]",
      "iss": "[issuer]",
      "jti": "[id]",
      "scope": "identify openid",
      "sub": "alice",
      "token_type": "Bearer"
    }
    "#);
    assert_eq!(told["iss"], json!(server.issuer));
}

#[tokio::test]
async fn rfc_7662_2_2_a_caller_sees_its_own_tokens_its_audiences_or_any() {
    const AUDIENCE: Credentials = ("audience", "a-secret-that-nobody-guesses");
    let server = Server::start().await;
    server.apply(
        "[[clients]]\nclient_id = \"audience\"\nclient_secret = \"a-secret-that-nobody-guesses\"\ngrant_types = []\n\
         audiences = [\"https://api.example.test\"]\n",
    );
    let http = &server.http;
    let own = password_tokens(http, DEMO_B, "contacts.read").await.member("access_token");
    let form = [
        ("grant_type", TOKEN_EXCHANGE),
        ("subject_token", own.as_str()),
        ("subject_token_type", ACCESS_TOKEN_TYPE),
        ("audience", DEMO_API_AUDIENCE),
    ];
    let for_api = http.token_as(DEMO_B, &form).await.member("access_token");
    let machine = client_token(http, DEMO_A).await;
    let opaque = password_tokens(http, DEMO_C, "identify").await.member("access_token");
    for (token, seen_by) in [
        (&own, [true, false, false, false, true]),
        (&for_api, [true, false, false, true, true]),
        (&machine, [false, true, false, false, true]),
        (&opaque, [false, false, true, false, true]),
    ] {
        for (caller, seen) in [DEMO_B, DEMO_A, DEMO_C, AUDIENCE, DEMO_API].into_iter().zip(seen_by) {
            let answer = http.introspect(caller, token).await;
            assert_eq!(answer.json()["active"], json!(seen), "{caller:?} {token}");
            if !seen {
                assert_eq!(answer.json(), json!({ "active": false }));
            }
        }
    }
}

#[tokio::test]
async fn rfc_7662_2_2_a_refresh_token_is_its_own_clients_alone_and_only_the_newest() {
    let server = Server::start().await;
    let http = &server.http;
    let first = password_tokens(http, DEMO_B, "contacts.read").await.member("refresh_token");
    let answer = http.introspect(DEMO_B, &first).await;
    assert_eq!(answer.members(), ["active", "client_id", "exp", "iat", "iss", "scope", "sub"]);
    assert_eq!((&answer.json()["active"], &answer.json()["sub"]), (&json!(true), &json!("alice")));
    for other in [DEMO_A, DEMO_API] {
        assert_eq!(http.introspect(other, &first).await.json(), json!({ "active": false }), "{other:?}");
    }
    let second = refresh(http, DEMO_B, &first).await.member("refresh_token");
    assert!(!is_active_to(http, DEMO_B, &first).await);
    assert!(is_active_to(http, DEMO_B, &second).await);
}

#[tokio::test]
async fn rfc_7662_2_1_the_caller_must_authenticate_and_send_a_token() {
    let server = Server::start().await;
    let token = client_token(&server.http, DEMO_A).await;
    let post = async |form: &[(&str, &str)]| verdict(&server.http.post("/oauth/introspect", form).await);
    assert_eq!(post(&[("token", &token)]).await, FAILED);
    assert_eq!(post(&[("token", &token), ("client_id", "demo-spa")]).await, FAILED, "a public client proves nothing");
    assert_eq!(post(&[("token", &token), ("client_id", DEMO_C.0)]).await, FAILED);
    assert_eq!(post(&[("token", &token), ("client_id", "demo-a"), ("client_secret", "demo-a-secret")]).await, "200");
    assert_eq!(verdict(&server.http.introspect(("demo-api", "wrong"), &token).await), FAILED);
    let bearer = server.http.request("POST", "/oauth/introspect").bearer_auth(&token).form(&[("token", &token)]);
    assert_eq!(verdict(&send(bearer).await), FAILED);
    let missing = server.http.post_as("/oauth/introspect", DEMO_API, &[("x", "y")]).await;
    assert_eq!(verdict(&missing), "400 invalid_request parameter-missing");
    let in_query = server.http.post_as(&format!("/oauth/introspect?token={token}"), DEMO_API, &[("x", "y")]).await;
    assert_eq!(verdict(&in_query), "400 invalid_request parameter-missing");
    let twice = server.http.post_as("/oauth/introspect", DEMO_API, &[("token", "a"), ("token", "b")]).await;
    assert_eq!(verdict(&twice), "400 invalid_request parameter-repeated");
}

#[tokio::test]
async fn rfc_7662_2_2_every_unknown_token_is_merely_inactive_and_the_hint_is_advisory() {
    let server = Server::start().await;
    for token in ["x", "gat_AAAA", "grt_AAAA", "gac_AAAA", "a.b.c", "e30.e30.", "\0", &"x".repeat(60_000)] {
        let answer = server.http.introspect(DEMO_API, token).await;
        assert_eq!((verdict(&answer).as_str(), answer.json()), ("200", json!({ "active": false })), "{token}");
    }
    let tokens = spa_tokens(&server, "openid").await;
    for hint in ["access_token", "refresh_token", "nonsense", ""] {
        let form =
            [("token", &*tokens.member("access_token")), ("token_type_hint", hint)].map(|(n, v)| (n, v.to_owned()));
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = server.http.post_as("/oauth/introspect", DEMO_API, &form).await;
        assert_eq!(answer.json()["active"], json!(true), "{hint}");
    }
}

#[tokio::test]
async fn rfc_7662_2_2_an_expired_token_is_inactive() {
    let settings = vec![("LIFETIMES__ACCESS_TOKEN", "1s".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let token = client_token(&server.http, DEMO_B).await;
    patience::a_second().await;
    assert!(!is_active(&server.http, &token).await);
    assert_eq!(verdict(&userinfo(&server.http, &token).await), "401 invalid_token access-token-invalid");
}
