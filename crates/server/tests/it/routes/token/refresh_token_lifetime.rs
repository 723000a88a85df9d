//! `grant_type=refresh_token` as time passes: the retry window, the sliding and the absolute lifetime.

use std::time::Duration;

use super::super::support::{is_active, patience, refresh_spa, spa_tokens, verdict};
use crate::harness::{Server, ServerOptions};

/// The shortest window that the configuration allows goes with the shortest deadline.
const WINDOW: Duration = Duration::from_secs(4);

async fn start(settings: &[(&'static str, &str)]) -> Server {
    let mut settings: Vec<_> = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    settings.push(("DATABASE__DEADLINE", "1s".to_owned()));
    settings.push(("LIFETIMES__REFRESH_RETRY_WINDOW", format!("{}s", WINDOW.as_secs())));
    Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await
}

#[tokio::test]
async fn rfc_9700_4_14_2_replay_after_window_revokes_grant() {
    let server = start(&[]).await;
    let first = spa_tokens(&server, "openid").await;
    let second = refresh_spa(&server.http, &first.member("refresh_token")).await;
    patience::outlive(WINDOW).await;
    let replayed = refresh_spa(&server.http, &first.member("refresh_token")).await;
    assert_eq!(verdict(&replayed), "400 invalid_grant refresh-token-reused");
    for answer in [&first, &second] {
        assert!(!is_active(&server.http, &answer.member("access_token")).await);
        let refused = refresh_spa(&server.http, &answer.member("refresh_token")).await;
        assert_eq!(verdict(&refused), "400 invalid_grant refresh-token-invalid");
    }
}

#[tokio::test]
async fn a_retry_does_not_move_the_window() {
    let server = start(&[]).await;
    let first = spa_tokens(&server, "openid").await.member("refresh_token");
    assert_eq!(verdict(&refresh_spa(&server.http, &first).await), "200");
    patience::outlive(WINDOW / 2).await;
    assert_eq!(verdict(&refresh_spa(&server.http, &first).await), "200", "a retry");
    patience::outlive(WINDOW / 2).await;
    let replayed = refresh_spa(&server.http, &first).await;
    assert_eq!(verdict(&replayed), "400 invalid_grant refresh-token-reused");
}

#[tokio::test]
async fn rfc_9700_4_14_2_a_refresh_token_that_is_not_used_expires_and_each_use_starts_anew() {
    let server = start(&[("LIFETIMES__REFRESH_IDLE", "3s")]).await;
    let left_alone = spa_tokens(&server, "openid").await;
    let mut used = spa_tokens(&server, "openid").await.member("refresh_token");
    for _time in 0..2 {
        patience::outlive(Duration::from_millis(1600)).await;
        let answer = refresh_spa(&server.http, &used).await;
        assert_eq!(verdict(&answer), "200", "sliding");
        used = answer.member("refresh_token");
    }
    let expired = refresh_spa(&server.http, &left_alone.member("refresh_token")).await;
    assert_eq!(verdict(&expired), "400 invalid_grant refresh-token-invalid");
}

#[tokio::test]
async fn no_use_carries_a_grant_beyond_its_absolute_lifetime() {
    let server = start(&[
        ("LIFETIMES__REFRESH_ABSOLUTE", "3s"),
        ("LIFETIMES__ACCESS_TOKEN", "2s"),
        ("LIFETIMES__AUTHORIZATION_CODE", "3s"),
    ])
    .await;
    let tokens = spa_tokens(&server, "openid").await;
    patience::outlive(Duration::from_millis(1600)).await;
    let refreshed = refresh_spa(&server.http, &tokens.member("refresh_token")).await;
    assert_eq!(verdict(&refreshed), "200");
    let left = refreshed.json()["expires_in"].as_i64().unwrap();
    assert!((1..=2).contains(&left), "no access token outlives its grant: {left}");
    patience::outlive(Duration::from_millis(1400)).await;
    let refused = refresh_spa(&server.http, &refreshed.member("refresh_token")).await;
    assert_eq!(verdict(&refused), "400 invalid_grant refresh-token-invalid");
    assert!(!is_active(&server.http, &refreshed.member("access_token")).await);
}
