//! `grant_type=refresh_token` (RFC 6749 §6, RFC 9700 §4.14.2): rotation, retry and replay, narrowing.

use serde_json::json;

use super::super::support::{
    CALLBACK_A, CALLBACK_SPA, Credentials, DEMO_A, DEMO_B, DEMO_C, SPA_SCOPE, code, is_active, is_active_to, jwt, of_a,
    password_tokens, patience, redeem, redeem_spa, refresh, refresh_spa, spa_tokens, userinfo, verdict, without_pkce,
};
use crate::harness::{Answer, Authorization, Server};

const INVALID: &str = "400 invalid_grant refresh-token-invalid";
const REUSED: &str = "400 invalid_grant refresh-token-reused";

/// Alice's tokens for `demo-a`.
async fn tokens_of_a(server: &Server, scope: &str) -> Answer {
    let answer = redeem(&server.http, DEMO_A, CALLBACK_A, &code(server, &of_a(scope)).await).await;
    assert_eq!(verdict(&answer), "200");
    answer
}

#[tokio::test]
async fn rfc_9700_4_14_2_rotation_gives_a_successor_each_time() {
    let server = Server::start().await;
    let first = spa_tokens(&server, SPA_SCOPE).await;
    let mut seen = vec![first.member("refresh_token")];
    for _generation in 0..3 {
        let answer = refresh_spa(&server.http, seen.last().unwrap()).await;
        assert_eq!(verdict(&answer), "200");
        assert_eq!(
            answer.members(),
            ["access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"]
        );
        assert_eq!(answer.member("scope"), SPA_SCOPE);
        assert!(is_active(&server.http, &answer.member("access_token")).await);
        let successor = answer.member("refresh_token");
        assert!(successor.starts_with("grt_") && !seen.contains(&successor), "{successor}");
        seen.push(successor);
    }
    assert!(is_active(&server.http, &first.member("access_token")).await, "a refresh ends no access token");
}

#[tokio::test]
async fn a_retry_inside_the_window_gets_the_same_successor() {
    let server = Server::start().await;
    let first = spa_tokens(&server, "openid").await.member("refresh_token");
    let answer = refresh_spa(&server.http, &first).await;
    for _retry in 0..3 {
        let again = refresh_spa(&server.http, &first).await;
        assert_eq!(verdict(&again), "200");
        assert_eq!(again.member("refresh_token"), answer.member("refresh_token"));
        assert_ne!(again.member("access_token"), answer.member("access_token"));
    }
    let next = refresh_spa(&server.http, &answer.member("refresh_token")).await;
    assert_eq!(verdict(&next), "200");
}

#[tokio::test]
async fn rfc_9700_4_14_2_replay_after_the_successor_was_used_revokes_the_grant_at_once() {
    let server = Server::start().await;
    let first = spa_tokens(&server, "openid").await;
    let second = refresh_spa(&server.http, &first.member("refresh_token")).await;
    let third = refresh_spa(&server.http, &second.member("refresh_token")).await;
    assert_eq!(server.audit("grant.replayed").len(), 0, "nobody is alarmed before");
    let replayed = refresh_spa(&server.http, &first.member("refresh_token")).await;
    assert_eq!(verdict(&replayed), REUSED);
    let [event] = &server.audit("grant.replayed")[..] else { panic!("{}", server.log()) };
    let found = ["credential", "client_id", "subject", "address"].map(|name| event[name].as_str().unwrap());
    assert_eq!(found, ["refresh_token", "demo-spa", "alice", "127.0.0.1"]);
    assert_eq!(event["reference"], replayed.member("reference"));
    for answer in [&first, &second, &third] {
        assert!(!is_active(&server.http, &answer.member("access_token")).await);
        assert_eq!(verdict(&refresh_spa(&server.http, &answer.member("refresh_token")).await), INVALID);
    }
}

#[tokio::test]
async fn rfc_6749_6_only_the_own_client_can_refresh_and_others_do_no_harm() {
    let server = Server::start().await;
    let tokens = tokens_of_a(&server, "view-user").await;
    let refresh_token = tokens.member("refresh_token");
    for foreign in [DEMO_B, DEMO_C] {
        assert_eq!(verdict(&refresh(&server.http, foreign, &refresh_token).await), INVALID);
    }
    assert_eq!(verdict(&refresh_spa(&server.http, &refresh_token).await), INVALID);
    let without_secret =
        [("grant_type", "refresh_token"), ("client_id", "demo-a"), ("refresh_token", refresh_token.as_str())];
    let answer = server.http.token(&without_secret).await;
    assert_eq!(verdict(&answer), "401 invalid_client client-authentication-failed");
    let own = refresh(&server.http, DEMO_A, &refresh_token).await;
    assert_eq!(verdict(&own), "200");
    // Neither does a spent token in other hands.
    assert_eq!(verdict(&refresh(&server.http, DEMO_B, &refresh_token).await), INVALID);
    assert_eq!(verdict(&refresh(&server.http, DEMO_A, &own.member("refresh_token")).await), "200");
}

#[tokio::test]
async fn rfc_6749_6_narrowing_holds_for_that_answer_alone_and_spends_nothing_when_refused() {
    let server = Server::start().await;
    let granted = "view-user detail-user openid";
    let mut current = tokens_of_a(&server, granted).await.member("refresh_token");
    for (scope, expect) in [
        ("server-operations", "400 invalid_scope scope-widened"),
        ("view-user server-operations", "400 invalid_scope scope-widened"),
        ("offline_access", "400 invalid_scope scope-widened"),
        ("view-user \u{7}", "400 invalid_scope scope-invalid"),
    ] {
        let answer = refresh_asking(&server, &current, ("scope", scope)).await;
        assert_eq!(verdict(&answer), expect, "{scope}");
    }
    let target = refresh_asking(&server, &current, ("resource", "https://api.example.test")).await;
    assert_eq!(verdict(&target), "400 invalid_target resource-not-allowed");
    // Nothing was spent: the same token still works, again and again narrowed or not.
    for (scope, expect) in [("view-user", "view-user"), ("", granted), ("openid view-user", "openid view-user")] {
        let answer = refresh_asking(&server, &current, ("scope", scope)).await;
        assert_eq!((verdict(&answer).as_str(), answer.member("scope").as_str()), ("200", expect));
        let claims = jwt::claims(&answer.member("access_token"));
        assert_eq!(claims["scope"], json!(expect));
        current = answer.member("refresh_token");
    }
    assert_eq!(refresh(&server.http, DEMO_A, &current).await.member("scope"), granted);
}

async fn refresh_asking(server: &Server, refresh_token: &str, asking: (&str, &str)) -> Answer {
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), asking];
    server.http.token_as(DEMO_A, &form).await
}

#[tokio::test]
async fn a_narrowed_retry_gets_the_same_successor_too() {
    let server = Server::start().await;
    let first = tokens_of_a(&server, "view-user detail-user").await.member("refresh_token");
    let answer = refresh_asking(&server, &first, ("scope", "view-user")).await;
    let again = refresh_asking(&server, &first, ("scope", "detail-user")).await;
    assert_eq!((verdict(&again).as_str(), again.member("scope").as_str()), ("200", "detail-user"));
    assert_eq!(again.member("refresh_token"), answer.member("refresh_token"));
}

#[tokio::test]
async fn the_fixed_policy_keeps_the_token() {
    let server = Server::start().await;
    let first = password_tokens(&server.http, DEMO_C, "identify").await;
    let refresh_token = first.member("refresh_token");
    for _time in 0..3 {
        let answer = refresh(&server.http, DEMO_C, &refresh_token).await;
        assert_eq!(answer.members(), ["access_token", "expires_in", "scope", "token_type"]);
        assert!(is_active_to(&server.http, DEMO_C, &answer.member("access_token")).await);
    }
}

#[tokio::test]
async fn core_12_2_a_fresh_id_token_has_the_old_sign_in_and_no_nonce() {
    let server = Server::start().await;
    let request = Authorization::of_spa("openid").with("nonce", "n-1");
    let code = code(&server, &request).await;
    let first = redeem_spa(&server.http, &code).await;
    patience::a_second().await;
    let second = refresh_spa(&server.http, &first.member("refresh_token")).await;
    let before = jwt::claims(&first.member("id_token"));
    let after = jwt::verified(&server.http, &second.member("id_token")).await;
    for claim in ["iss", "sub", "aud", "auth_time", "acr", "amr", "sid"] {
        assert_eq!(before[claim], after[claim], "{claim}");
    }
    assert_eq!((&before["nonce"], after.get("nonce")), (&json!("n-1"), None));
    assert!(after["iat"].as_i64() > before["iat"].as_i64());
    assert_eq!(after["at_hash"], json!(jwt::at_hash(&second.member("access_token"))));
    assert_eq!(verdict(&userinfo(&server.http, &second.member("access_token")).await), "200");
}

#[tokio::test]
async fn rfc_8707_2_2_resources_stay_with_the_grant_and_may_be_narrowed() {
    const CLIENT: Credentials = ("resources", "a-secret-that-nobody-guesses");
    let server = Server::start().await;
    server.apply(RESOURCES);
    // Authorization's parameters are a map, so one resource stands in the request and the other is the default.
    let request =
        without_pkce(Authorization::of("resources", CALLBACK_SPA, "read")).with("resource", "https://one.example");
    let tokens = redeem(&server.http, CLIENT, CALLBACK_SPA, &code(&server, &request).await).await;
    let refresh_token = tokens.member("refresh_token");
    let ask = async |resource: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", &refresh_token), ("resource", resource)];
        server.http.token_as(CLIENT, &form).await
    };
    assert_eq!(verdict(&ask("https://two.example").await), "400 invalid_target resource-not-allowed");
    assert_eq!(jwt::claims(&ask("https://one.example").await.member("access_token"))["aud"], "https://one.example");
    let answer = refresh(&server.http, CLIENT, &refresh_token).await;
    assert_eq!(jwt::claims(&answer.member("access_token"))["aud"], "https://one.example");
}

const RESOURCES: &str = r#"
[[clients]]
client_id = "resources"
client_secret = "a-secret-that-nobody-guesses"
grant_types = ["authorization_code", "refresh_token"]
redirect_uris = ["http://127.0.0.1:5173/callback"]
scope = "read"
resources = ["https://one.example", "https://two.example"]
require_pkce = false
"#;

#[tokio::test]
async fn rfc_6749_5_2_what_is_no_refresh_token_is_refused() {
    let server = Server::start().await;
    let tokens = spa_tokens(&server, "openid").await;
    let good = tokens.member("refresh_token");
    let last = if good.ends_with('A') { "B" } else { "A" };
    let damaged = format!("{}{last}", &good[..good.len() - 1]);
    for text in ["x", "grt_", "grt_AAAA", &damaged, &good[..good.len() - 1], &format!("{good}A"), &"grt_".repeat(5000)]
    {
        assert_eq!(verdict(&refresh_spa(&server.http, text).await), INVALID, "{text}");
    }
    let missing = server.http.token(&[("grant_type", "refresh_token"), ("client_id", "demo-spa")]).await;
    assert_eq!(verdict(&missing), "400 invalid_request parameter-missing");
    assert_eq!(verdict(&refresh_spa(&server.http, &good).await), "200");
}
