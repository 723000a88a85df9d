//! `POST /oauth/revoke` (RFC 7009).

use super::support::{
    DEMO_A, DEMO_B, DEMO_C, client_token, is_active, jwt, password_tokens, refresh, refresh_spa, spa_tokens, userinfo,
    verdict,
};
use crate::harness::Server;

const FAILED: &str = "401 invalid_client client-authentication-failed";

#[tokio::test]
async fn rfc_7009_2_1_revoking_an_access_token_ends_it_alone() {
    let server = Server::start().await;
    let http = &server.http;
    let tokens = password_tokens(http, DEMO_B, "contacts.read openid").await;
    let second = refresh(http, DEMO_B, &tokens.member("refresh_token")).await;
    let answer = http.post_as("/oauth/revoke", DEMO_B, &[("token", &tokens.member("access_token"))]).await;
    assert_eq!((verdict(&answer).as_str(), answer.text.as_str()), ("200", ""));
    assert!(!is_active(http, &tokens.member("access_token")).await, "a revoked JWT is inactive at once");
    let told = userinfo(http, &tokens.member("access_token")).await;
    assert_eq!(verdict(&told), "401 invalid_token access-token-invalid");
    assert!(is_active(http, &second.member("access_token")).await);
    assert_eq!(verdict(&refresh(http, DEMO_B, &second.member("refresh_token")).await), "200");
    let again = http.post_as("/oauth/revoke", DEMO_B, &[("token", &tokens.member("access_token"))]).await;
    assert_eq!(verdict(&again), "200");
    let token_id = &jwt::claims(&tokens.member("access_token"))["jti"];
    let revoked = server.audit("token.revoked");
    assert!(revoked.len() == 2 && revoked.iter().all(|event| event["token_id"] == *token_id), "{revoked:?}");
}

#[tokio::test]
async fn rfc_7009_2_1_revoking_a_refresh_token_ends_the_grant() {
    let server = Server::start().await;
    let http = &server.http;
    // The newest refresh token, and one that was spent long ago: both name the grant.
    for newest in [true, false] {
        let first = password_tokens(http, DEMO_B, "contacts.read").await;
        let second = refresh(http, DEMO_B, &first.member("refresh_token")).await;
        let revoked = if newest { &second } else { &first };
        let form = [("token", revoked.member("refresh_token")), ("token_type_hint", "access_token".to_owned())];
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(verdict(&http.post_as("/oauth/revoke", DEMO_B, &form).await), "200", "the hint is advisory");
        for answer in [&first, &second] {
            assert!(!is_active(http, &answer.member("access_token")).await);
            let refused = refresh(http, DEMO_B, &answer.member("refresh_token")).await;
            assert_eq!(verdict(&refused), "400 invalid_grant refresh-token-invalid");
        }
    }
    let revoked = server.audit("grant.revoked");
    assert!(revoked.len() == 2 && revoked.iter().all(|event| event["by"] == "client"), "{revoked:?}");
}

#[tokio::test]
async fn rfc_7009_2_opaque_tokens_and_a_clients_own_are_revoked_alike() {
    let server = Server::start().await;
    let opaque = password_tokens(&server.http, DEMO_C, "identify").await.member("access_token");
    let machine = client_token(&server.http, DEMO_A).await;
    for (client, token) in [(DEMO_C, opaque), (DEMO_A, machine)] {
        assert!(is_active(&server.http, &token).await);
        assert_eq!(verdict(&server.http.post_as("/oauth/revoke", client, &[("token", &token)]).await), "200");
        assert!(!is_active(&server.http, &token).await);
    }
}

#[tokio::test]
async fn rfc_7009_2_1_a_public_client_revokes_its_own() {
    let server = Server::start().await;
    let tokens = spa_tokens(&server, "openid").await;
    let (access, refresh_token) = (tokens.member("access_token"), tokens.member("refresh_token"));
    for token in [&access, &refresh_token] {
        let form = [("client_id", "demo-spa"), ("token", token.as_str())];
        assert_eq!(verdict(&server.http.post("/oauth/revoke", &form).await), "200");
    }
    assert!(!is_active(&server.http, &access).await);
    let refused = refresh_spa(&server.http, &refresh_token).await;
    assert_eq!(verdict(&refused), "400 invalid_grant refresh-token-invalid");
}

#[tokio::test]
async fn rfc_7009_2_1_nobody_revokes_what_is_anothers() {
    let server = Server::start().await;
    let tokens = password_tokens(&server.http, DEMO_B, "contacts.read").await;
    let foreign = async |token: &str| verdict(&server.http.post_as("/oauth/revoke", DEMO_A, &[("token", token)]).await);
    assert_eq!(foreign(&tokens.member("access_token")).await, "400 unauthorized_client token-of-another-client");
    foreign(&tokens.member("refresh_token")).await;
    assert!(is_active(&server.http, &tokens.member("access_token")).await);
    assert_eq!(verdict(&refresh(&server.http, DEMO_B, &tokens.member("refresh_token")).await), "200");
}

#[tokio::test]
async fn rfc_7009_2_2_unknown_tokens_are_as_good_as_revoked_but_the_client_must_be_proven() {
    let server = Server::start().await;
    for token in ["x", "gat_AAAA", "grt_AAAA", "a.b.c", "\0", &"x".repeat(60_000)] {
        let answer = server.http.post_as("/oauth/revoke", DEMO_A, &[("token", token)]).await;
        assert_eq!(verdict(&answer), "200", "{token}");
    }
    let post = async |form: &[(&str, &str)]| verdict(&server.http.post("/oauth/revoke", form).await);
    assert_eq!(post(&[("token", "x")]).await, FAILED);
    assert_eq!(post(&[("token", "x"), ("client_id", "demo-a")]).await, FAILED);
    assert_eq!(post(&[("token", "x"), ("client_id", "nobody")]).await, FAILED);
    assert_eq!(post(&[("client_id", "demo-spa")]).await, "400 invalid_request parameter-missing");
}
