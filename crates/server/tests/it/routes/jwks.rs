//! `/oauth/jwks` (RFC 7517 §5).

use super::support::{DEMO_A, client_token, is_active, jwt, refresh_spa, spa_tokens, verdict};
use crate::harness::{Server, ServerOptions, send};

#[tokio::test]
async fn discovery_3_the_set_holds_public_keys_alone_and_may_be_cached() {
    let server = Server::start().await;
    let answer = server.http.get("/oauth/jwks").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/jwk-set+json"));
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let jwks = answer.json();
    let keys = jwks["keys"].as_array().unwrap();
    let mut algorithms: Vec<_> = keys.iter().map(|key| key["alg"].as_str().unwrap()).collect();
    algorithms.sort_unstable();
    assert_eq!(algorithms, ["ES256", "RS256"]);
    for key in keys {
        let mut names: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        let expect: &[&str] = match key["kty"].as_str().unwrap() {
            "EC" => &["alg", "crv", "kid", "kty", "use", "x", "y"],
            _ => &["alg", "e", "kid", "kty", "n", "use"],
        };
        assert_eq!(names, expect);
        assert_eq!(key["use"], "sig");
    }
    let head = send(server.http.request("HEAD", "/oauth/jwks")).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

#[tokio::test]
async fn the_cache_time_is_a_setting() {
    let settings = vec![("JWKS__MAX_AGE", "2m".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    assert_eq!(server.http.get("/oauth/jwks").await.header("cache-control"), "public, max-age=120");
}

/// A rotation on the command line reaches the running server; what the old keys made stays good.
#[tokio::test]
async fn core_10_1_1_rotation_needs_no_restart_and_old_tokens_stay_good() {
    let server = Server::start().await;
    let tokens = spa_tokens(&server, "openid").await;
    let before = client_token(&server.http, DEMO_A).await;
    let output = server.run(&["keys", "rotate", "--now"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut after = before.clone();
    for _try in 0..50 {
        after = client_token(&server.http, DEMO_A).await;
        if jwt::header(&after)["kid"] != jwt::header(&before)["kid"] {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_ne!(jwt::header(&after)["kid"], jwt::header(&before)["kid"], "within seconds");
    for token in [&before, &after, &tokens.member("access_token")] {
        jwt::verified(&server.http, token).await;
        assert!(is_active(&server.http, token).await);
    }
    jwt::verified(&server.http, &tokens.member("id_token")).await;
    let refreshed = refresh_spa(&server.http, &tokens.member("refresh_token")).await;
    assert_eq!(verdict(&refreshed), "200");
}
