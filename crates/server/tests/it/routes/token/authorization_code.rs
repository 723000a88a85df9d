//! `grant_type=authorization_code` (RFC 6749 §4.1.3, RFC 7636, RFC 9700 §2.1.1).

use std::time::Duration;

use serde_json::json;

use super::super::support::{
    CALLBACK_A, CALLBACK_C, CALLBACK_SPA, DEMO_A, DEMO_B, DEMO_C, SPA_SCOPE, code, is_active, jwt, of_a, of_c,
    patience, redeem, redeem_spa, refresh_spa, sorted, spa_code, spa_tokens, userinfo, verdict, without_pkce,
};
use crate::harness::{Answer, Authorization, CHALLENGE, Server, ServerOptions, VERIFIER};

/// Redeems with these parameters besides `grant_type` and `code`, as `demo-a`.
async fn redeem_with(server: &Server, code: &str, parameters: &[(&str, &str)]) -> Answer {
    let mut form = vec![("grant_type", "authorization_code"), ("code", code)];
    form.extend_from_slice(parameters);
    server.http.token_as(DEMO_A, &form).await
}

const CODE_INVALID: &str = "400 invalid_grant code-invalid";
const CODE_REUSED: &str = "400 invalid_grant code-reused";
const VERIFIER_MISMATCH: &str = "400 invalid_grant code-verifier-mismatch";

#[tokio::test]
async fn core_3_1_3_3_a_code_gives_access_refresh_and_id_token() {
    let server = Server::start().await;
    let request = Authorization::of_spa(SPA_SCOPE).with("nonce", "n-0S6_WzA2Mj");
    let code = code(&server, &request).await;
    assert!(code.starts_with("gac_"), "{code}");
    let answer = redeem_spa(&server.http, &code).await;
    assert_eq!(verdict(&answer), "200");
    assert_eq!(answer.members(), ["access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"]);
    assert_eq!((answer.member("scope").as_str(), answer.member("token_type").as_str()), (SPA_SCOPE, "Bearer"));
    assert!(answer.member("refresh_token").starts_with("grt_"));
    let access = jwt::verified(&server.http, &answer.member("access_token")).await;
    let id = jwt::verified(&server.http, &answer.member("id_token")).await;
    assert_eq!(jwt::header(&answer.member("id_token"))["alg"], "RS256");
    assert_eq!(id["at_hash"], json!(jwt::at_hash(&answer.member("access_token"))));
    assert_eq!((&id["iss"], &access["iss"]), (&json!(server.issuer), &json!(server.issuer)));
    assert_eq!(id["exp"].as_i64().unwrap() - id["iat"].as_i64().unwrap(), 3600);
    assert_eq!((&access["sub"], &access["auth_time"], &access["acr"]), (&id["sub"], &id["auth_time"], &id["acr"]));
    assert_eq!((&access["aud"], &access["client_id"]), (&json!(server.issuer), &json!("demo-spa")));
    let _sorted = sorted();
    insta::assert_json_snapshot!(id, {
        ".iss" => "[issuer]", ".sub" => "[subject]", ".iat" => "[time]", ".exp" => "[time]",
        ".auth_time" => "[time]", ".at_hash" => "[hash]", ".sid" => "[id]",
    }, @r#"
    {
      "acr": "urn:grantor:acr:password",
      "amr": [
        "pwd"
      ],
      "at_hash": "[hash]",
      "aud": "demo-spa",
      "auth_time": "[time]",
      "exp": "[time]",
      "iat": "[time]",
      "iss": "[issuer]",
      "nonce": "n-0S6_WzA2Mj",
      "sid": "[id]",
      "sub": "[subject]"
    }
    "#);
}

#[tokio::test]
async fn core_3_1_2_1_without_openid_there_is_no_id_token_and_without_nonce_none_is_made_up() {
    let server = Server::start().await;
    let plain = redeem(&server.http, DEMO_A, CALLBACK_A, &code(&server, &of_a("view-user")).await).await;
    assert_eq!(plain.members(), ["access_token", "expires_in", "refresh_token", "scope", "token_type"]);
    assert_eq!(plain.member("scope"), "view-user");
    let id_token = spa_tokens(&server, "openid").await.member("id_token");
    assert!(jwt::claims(&id_token).get("nonce").is_none());
    assert!(jwt::claims(&id_token).get("email").is_none(), "scope claims go to UserInfo");
}

#[tokio::test]
async fn rfc_6749_4_1_2_reuse_revokes_everything_issued_from_the_code() {
    let server = Server::start().await;
    let code = spa_code(&server, SPA_SCOPE).await;
    let first = redeem_spa(&server.http, &code).await;
    let refreshed = refresh_spa(&server.http, &first.member("refresh_token")).await;
    let tokens = [first.member("access_token"), refreshed.member("access_token")];
    for token in &tokens {
        assert!(is_active(&server.http, token).await);
    }
    assert_eq!(verdict(&redeem_spa(&server.http, &code).await), CODE_REUSED);
    for token in &tokens {
        assert!(!is_active(&server.http, token).await);
        assert_eq!(verdict(&userinfo(&server.http, token).await), "401 invalid_token access-token-invalid");
    }
    for refresh_token in [first.member("refresh_token"), refreshed.member("refresh_token")] {
        let answer = refresh_spa(&server.http, &refresh_token).await;
        assert_eq!(verdict(&answer), "400 invalid_grant refresh-token-invalid");
    }
    assert_eq!(verdict(&redeem_spa(&server.http, &code).await), CODE_REUSED, "and stays used");
    let replayed = server.audit("grant.replayed");
    assert!(replayed.len() == 2 && replayed.iter().all(|event| event["credential"] == "authorization_code"));
    let [revoked] = &server.audit("grant.revoked")[..] else { panic!("it ended once: {}", server.log()) };
    assert_eq!((&revoked["by"], &revoked["grant"]), (&"replay".into(), &replayed[0]["grant"]));
    assert_eq!(server.audit("token.issued")[0]["grant"], revoked["grant"]);
}

#[tokio::test]
async fn rfc_6749_4_1_3_a_foreign_client_does_not_burn_a_code() {
    let server = Server::start().await;
    let code = code(&server, &of_a("view-user")).await;
    let foreign = redeem(&server.http, DEMO_B, CALLBACK_A, &code).await;
    assert_eq!(verdict(&foreign), CODE_INVALID);
    let own = redeem(&server.http, DEMO_A, CALLBACK_A, &code).await;
    assert_eq!(verdict(&own), "200");
    assert_eq!(verdict(&redeem(&server.http, DEMO_B, CALLBACK_A, &code).await), CODE_INVALID);
    assert!(is_active(&server.http, &own.member("access_token")).await, "nor does it revoke what the code gave");
}

#[tokio::test]
async fn rfc_7636_4_6_no_refused_attempt_burns_a_code() {
    let server = Server::start().await;
    let code = code(&server, &Authorization::of("demo-a", CALLBACK_A, "view-user")).await;
    let right = [("redirect_uri", CALLBACK_A), ("code_verifier", VERIFIER)];
    let check = async |parameters: &[(&str, &str)], expect: &str| {
        assert_eq!(verdict(&redeem_with(&server, &code, parameters).await), expect, "{parameters:?}");
    };
    check(&[right[1]], CODE_INVALID).await;
    for uri in ["http://127.0.0.1:3091/sso/auth/callback", "http://127.0.0.1:3090/sso/auth/callback/", "x"] {
        check(&[("redirect_uri", uri), right[1]], CODE_INVALID).await;
    }
    check(&[right[0]], VERIFIER_MISMATCH).await;
    check(&[right[0], ("code_verifier", "")], VERIFIER_MISMATCH).await;
    for verifier in ["short", &VERIFIER[1..], &VERIFIER.to_lowercase(), &"a".repeat(129), CHALLENGE] {
        check(&[right[0], ("code_verifier", verifier)], VERIFIER_MISMATCH).await;
    }
    check(&[right[0], right[1], ("resource", "https://api.example.test")], "400 invalid_target resource-not-allowed")
        .await;
    check(&right, "200").await;
    check(&right, CODE_REUSED).await;
}

#[tokio::test]
async fn rfc_9700_2_1_1_a_verifier_without_a_challenge_is_a_downgrade() {
    let server = Server::start().await;
    let code = code(&server, &of_a("view-user")).await;
    let with_verifier = [("redirect_uri", CALLBACK_A), ("code_verifier", VERIFIER)];
    let answer = redeem_with(&server, &code, &with_verifier).await;
    assert_eq!(verdict(&answer), "400 invalid_grant code-verifier-unexpected");
    assert_eq!(verdict(&redeem_with(&server, &code, &with_verifier[..1]).await), "200");
}

#[tokio::test]
async fn rfc_7636_4_6_plain_pkce_works_where_the_client_has_it() {
    let server = Server::start().await;
    let callback = CALLBACK_C;
    for method in [Some("plain"), None] {
        let request = of_c("identify").with("code_challenge", VERIFIER);
        let request = method.iter().fold(request, |request, method| request.with("code_challenge_method", method));
        let code = code(&server, &request).await;
        let mut form = vec![("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", callback)];
        let other = VERIFIER.replace('d', "e");
        form.push(("code_verifier", &other));
        assert_eq!(verdict(&server.http.token_as(DEMO_C, &form).await), VERIFIER_MISMATCH);
        *form.last_mut().unwrap() = ("code_verifier", VERIFIER);
        assert_eq!(verdict(&server.http.token_as(DEMO_C, &form).await), "200");
    }
}

#[tokio::test]
async fn rfc_6749_4_1_3_redirect_uri_may_be_left_out_where_the_request_left_it_out() {
    let server = Server::start().await;
    let request = of_a("view-user").without("redirect_uri");
    assert_eq!(verdict(&redeem_with(&server, &code(&server, &request).await, &[]).await), "200");
    let code = code(&server, &request).await;
    let wrong = redeem_with(&server, &code, &[("redirect_uri", "http://127.0.0.1:1/sso/auth/callback")]).await;
    assert_eq!(verdict(&wrong), CODE_INVALID);
    assert_eq!(verdict(&redeem_with(&server, &code, &[("redirect_uri", CALLBACK_A)]).await), "200");
}

#[tokio::test]
async fn rfc_6749_4_1_3_the_port_of_a_loopback_redirect_is_bound_too() {
    let server = Server::start().await;
    let other_port = "http://127.0.0.1:49152/callback";
    let request = Authorization::of_spa("openid").with("redirect_uri", other_port);
    let code = code(&server, &request).await;
    assert_eq!(verdict(&redeem_spa(&server.http, &code).await), CODE_INVALID);
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "demo-spa"),
        ("code", code.as_str()),
        ("redirect_uri", other_port),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(verdict(&server.http.token(&form).await), "200");
}

#[tokio::test]
async fn rfc_6749_5_2_what_is_no_code_is_refused() {
    let server = Server::start().await;
    let good = spa_code(&server, "openid").await;
    let last = if good.ends_with('A') { "B" } else { "A" };
    let damaged = format!("{}{last}", &good[..good.len() - 1]);
    for text in ["x", "gac_", "gac_AAAA", &damaged, &good[..good.len() - 1], &format!("{good}A"), &"gac_".repeat(5000)]
    {
        assert_eq!(verdict(&redeem_spa(&server.http, text).await), CODE_INVALID, "{text}");
    }
    let missing = server.http.token(&[("grant_type", "authorization_code"), ("client_id", "demo-spa")]).await;
    assert_eq!(verdict(&missing), "400 invalid_request parameter-missing");
    assert!(missing.member("error_description").ends_with(": code"), "{}", missing.text);
    assert_eq!(verdict(&redeem_spa(&server.http, &good).await), "200");
}

#[tokio::test]
async fn rfc_6749_4_1_2_an_expired_code_is_refused_and_its_late_reuse_revokes() {
    let settings = vec![("LIFETIMES__AUTHORIZATION_CODE", "2s".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let never_used = spa_code(&server, "openid").await;
    let used = spa_code(&server, "openid").await;
    let tokens = redeem_spa(&server.http, &used).await;
    assert_eq!(verdict(&tokens), "200");
    patience::outlive(Duration::from_secs(2)).await;
    assert_eq!(verdict(&redeem_spa(&server.http, &never_used).await), CODE_INVALID);
    let access_token = tokens.member("access_token");
    let form = [("grant_type", "authorization_code"), ("client_id", "demo-spa"), ("code", used.as_str())];
    assert_eq!(verdict(&server.http.token(&form).await), CODE_INVALID);
    assert!(is_active(&server.http, &access_token).await, "only who meets every binding may revoke");
    assert_eq!(server.audit("grant.replayed").len(), 0, "so far nothing was used twice");
    assert_eq!(verdict(&redeem_spa(&server.http, &used).await), CODE_INVALID);
    assert_eq!(server.audit("grant.replayed").len(), 1, "{}", server.log());
    assert!(!is_active(&server.http, &access_token).await);
    let refreshed = refresh_spa(&server.http, &tokens.member("refresh_token")).await;
    assert_eq!(verdict(&refreshed), "400 invalid_grant refresh-token-invalid");
}

#[tokio::test]
async fn rfc_8707_2_2_a_code_may_be_narrowed_to_some_of_its_resources() {
    let server = Server::start().await;
    server.apply(RESOURCES);
    let credentials = ("resources", "a-secret-that-nobody-guesses");
    let request = without_pkce(Authorization::of("resources", CALLBACK_SPA, "openid"));
    let request = request.with("resource", "https://one.example");
    let code = code(&server, &request).await;
    let form = |resource| {
        [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK_SPA),
            ("resource", resource),
        ]
    };
    let other = server.http.token_as(credentials, &form("https://two.example")).await;
    assert_eq!(verdict(&other), "400 invalid_target resource-not-allowed", "it was not authorized");
    let own = server.http.token_as(credentials, &form("https://one.example")).await;
    let claims = jwt::verified(&server.http, &own.member("access_token")).await;
    assert_eq!(claims["aud"], json!(["https://one.example", server.issuer]), "the issuer is there for UserInfo");
}

const RESOURCES: &str = r#"
[[clients]]
client_id = "resources"
client_secret = "a-secret-that-nobody-guesses"
grant_types = ["authorization_code"]
redirect_uris = ["http://127.0.0.1:5173/callback"]
scope = "openid"
resources = ["https://one.example", "https://two.example"]
require_pkce = false
"#;
