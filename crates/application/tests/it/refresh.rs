//! Refreshing: a retry is answered with the same successor, a replay ends the grant, and neither an outage nor a request
//! that asks too much costs an honest client its tokens.

use std::time::Duration;

use grantor_application::admin::Rotation;
use grantor_domain::error::Reason;
use grantor_domain::grant::{TokenRequest, refresh_token::Parameters};
use grantor_ports::{KeyPurpose, Sessions as _};

use crate::fixture::*;

/// An installation, a refresh token of the first generation, and its successor, made just now.
async fn spent() -> (World, String, String) {
    let world = World::new().await;
    let first = refresh_token(&world.granted("web", "openid read").await);
    world.clock.advance(MINUTE);
    let second = refresh_token(&issued(refresh(&world.here, "web", &first).await));
    (world, first, second)
}

#[tokio::test]
async fn a_refresh_rotates() {
    let world = World::new().await;
    let granted = world.granted("web", "openid read").await;
    let answer = issued(refresh(&world.here, "web", &refresh_token(&granted)).await);
    assert_ne!(answer.refresh_token, granted.refresh_token);
    assert_eq!(answer.scope, granted.scope);
    let (before, after) = (claims(&granted.id_token.unwrap()), claims(&answer.id_token.unwrap()));
    for same in ["iss", "sub", "aud", "auth_time", "sid"] {
        assert_eq!(before.get(same), after.get(same), "{same}");
    }
    assert_eq!((before.text("nonce"), after.text("nonce")), (Some("nonce"), None), "Core §12.2");
    assert!(is_active(&world.here, &answer.access_token).await);
}

#[tokio::test]
async fn a_retry_inside_the_window_gets_the_same_successor() {
    let (world, first, second) = spent().await;
    for since in [Duration::ZERO, SECOND, WINDOW - SECOND] {
        world.clock.advance(since);
        let again = issued(refresh(&world.here, "web", &first).await);
        assert_eq!(refresh_token(&again), second);
        assert!(is_active(&world.here, &again.access_token).await);
    }
    issued(refresh(&world.here, "web", &second).await);
}

#[tokio::test]
async fn a_retry_gets_the_same_successor_although_the_key_was_rotated() {
    let (world, first, second) = spent().await;
    world.clock.advance(SECOND);
    world.here.rotate_keys(&[KeyPurpose::RefreshMac], Rotation::Now).await.unwrap();
    world.here.poll().await.unwrap();
    let elsewhere = world.replica().await;
    for service in [&world.here, &elsewhere] {
        assert_eq!(refresh_token(&issued(refresh(service, "web", &first).await)), second);
    }
    let third = refresh_token(&issued(refresh(&world.here, "web", &second).await));
    assert_eq!(refresh_token(&issued(refresh(&elsewhere, "web", &second).await)), third);
    issued(refresh(&elsewhere, "web", &third).await);
}

#[tokio::test]
async fn replay_after_the_window_revokes_the_grant() {
    let (world, first, second) = spent().await;
    world.clock.advance(WINDOW + MILLISECOND);
    assert_eq!(refused(refresh(&world.here, "web", &first).await), Reason::RefreshTokenReused);
    assert_eq!(refused(refresh(&world.here, "web", &second).await), Reason::RefreshTokenInvalid);
    assert_eq!(
        refused(refresh(&world.here, "web", &first).await),
        Reason::RefreshTokenInvalid,
        "nothing left to revoke"
    );
}

#[tokio::test]
async fn a_token_whose_successor_was_used_is_a_replay_at_once() {
    for steps in [1, 3] {
        let (world, first, mut newest) = spent().await;
        for _ in 0..steps {
            let answer = issued(refresh(&world.here, "web", &newest).await);
            newest = refresh_token(&answer);
        }
        let access = issued(refresh(&world.here, "web", &newest).await).access_token;
        assert!(is_active(&world.here, &access).await);
        assert_eq!(refused(refresh(&world.here, "web", &first).await), Reason::RefreshTokenReused);
        assert!(!is_active(&world.here, &access).await, "what was issued from the grant ends with it");
        assert_eq!(refused(refresh(&world.here, "web", &newest).await), Reason::RefreshTokenInvalid);
    }
}

#[tokio::test]
async fn racing_refreshes_get_one_successor_and_the_grant_lives() {
    let world = World::new().await;
    let first = refresh_token(&world.granted("web", "read").await);
    let services = [world.here.clone(), world.replica().await];
    let answers = race(&services, 10, |service| {
        let first = first.clone();
        async move { refresh_token(&issued(refresh(&service, "web", &first).await)) }
    });
    let answers = answers.await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    issued(refresh(&world.here, "web", &answers[0]).await);
}

/// Storage is away from five seconds after a refresh until two minutes later; then `later` passes.
async fn after_outage(later: Duration) -> (World, String, String) {
    let (world, first, second) = spent().await;
    world.clock.advance(5 * SECOND);
    world.storage.set_available(false);
    for _ in 0..3 {
        assert_unavailable("poll", world.here.poll().await);
        assert_unavailable("refresh", refresh(&world.here, "web", &first).await);
        world.clock.advance(40 * SECOND);
    }
    world.storage.set_available(true);
    world.here.poll().await.unwrap();
    world.clock.advance(later);
    (world, first, second)
}

#[tokio::test]
async fn an_outage_longer_than_the_window_does_not_eat_it() {
    for later in [Duration::ZERO, WINDOW] {
        let (world, first, second) = after_outage(later).await;
        assert_eq!(refresh_token(&issued(refresh(&world.here, "web", &first).await)), second);
        issued(refresh(&world.here, "web", &second).await);
    }
}

#[tokio::test]
async fn once_outage_and_window_are_over_it_is_a_replay() {
    let (world, first, second) = after_outage(WINDOW + MILLISECOND).await;
    assert_eq!(refused(refresh(&world.here, "web", &first).await), Reason::RefreshTokenReused);
    assert_eq!(refused(refresh(&world.here, "web", &second).await), Reason::RefreshTokenInvalid);
}

/// The service itself was away: restarted, or suspended. What it cannot know must not cost its clients.
#[tokio::test]
async fn a_restart_does_not_eat_the_window() {
    for (later, expect) in [(Duration::ZERO, true), (WINDOW, true), (WINDOW + MILLISECOND, false)] {
        let (world, first, second) = spent().await;
        world.clock.advance(10 * MINUTE);
        let restarted = world.replica().await;
        world.clock.advance(later);
        match refresh(&restarted, "web", &first).await {
            Ok(answer) => assert!(expect && refresh_token(&answer) == second, "{later:?}"),
            failed => assert!(!expect && refused(failed) == Reason::RefreshTokenReused, "{later:?}"),
        }
    }
}

#[tokio::test]
async fn a_suspended_process_does_not_eat_the_window() {
    let (world, first, second) = spent().await;
    world.here.poll().await.unwrap();
    world.clock.advance(10 * MINUTE);
    world.here.poll().await.unwrap();
    assert_eq!(refresh_token(&issued(refresh(&world.here, "web", &first).await)), second);
}

#[tokio::test]
async fn what_was_spent_long_before_an_outage_is_a_replay_after_it() {
    let (world, first, _second) = spent().await;
    world.clock.advance(WINDOW + MILLISECOND);
    world.storage.set_available(false);
    assert_unavailable("poll", world.here.poll().await);
    world.clock.advance(SECOND);
    world.storage.set_available(true);
    world.here.poll().await.unwrap();
    assert_eq!(refused(refresh(&world.here, "web", &first).await), Reason::RefreshTokenReused);
}

#[tokio::test]
async fn asking_too_much_spends_nothing() {
    let world = World::new().await;
    let first = refresh_token(&world.granted("web", "openid read").await);
    let asking = |scope: &'static str| refresh_asking(&world.here, "web", &first, Some(scope));
    assert_eq!(refused(asking("openid read write").await), Reason::ScopeWidened);
    assert_eq!(refused(asking("read \"").await), Reason::ScopeInvalid);
    let resource = Parameters {
        refresh_token: Some(secret(&first)),
        resource: vec!["https://elsewhere.example".to_owned()],
        ..Parameters::default()
    };
    let outcome = world.here.token(&call("web", TokenRequest::RefreshToken(resource))).await;
    assert_eq!(refused(outcome), Reason::ResourceNotAllowed);
    world.clock.advance(2 * WINDOW);
    issued(refresh(&world.here, "web", &first).await);
}

#[tokio::test]
async fn narrowing_holds_for_one_answer() {
    let world = World::new().await;
    let granted = world.granted("web", "openid read").await;
    let narrow = issued(refresh_asking(&world.here, "web", &refresh_token(&granted), Some("read")).await);
    assert_eq!(narrow.scope.to_string(), "read");
    let wide = issued(refresh(&world.here, "web", &refresh_token(&narrow)).await);
    assert_eq!(wide.scope, granted.scope);
}

#[tokio::test]
async fn fixed_tokens_stay_as_they_are() {
    let world = World::new().await;
    let first = refresh_token(&world.granted("legacy", "openid read").await);
    for _ in 0..3 {
        world.clock.advance(HOUR);
        let answer = issued(refresh(&world.here, "legacy", &first).await);
        assert_eq!(answer.refresh_token, None);
        assert!(is_active(&world.here, &answer.access_token).await);
    }
}

#[tokio::test]
async fn a_foreign_client_learns_nothing_and_ends_nothing() {
    let (world, first, second) = spent().await;
    world.clock.advance(2 * WINDOW);
    for token in [&first, &second] {
        assert_eq!(refused(refresh(&world.here, "other", token).await), Reason::RefreshTokenInvalid);
    }
    issued(refresh(&world.here, "web", &second).await);
}

#[tokio::test]
async fn garbage_costs_no_call() {
    let (world, first, _second) = spent().await;
    let forged = format!("{}_", &first[..first.len() - 1]);
    for token in [forged.as_str(), "", "grt_", "no token"] {
        let calls = world.calls_of(async {
            assert_eq!(refused(refresh(&world.here, "web", token).await), Reason::RefreshTokenInvalid);
        });
        assert_eq!(calls.await, 0, "{token}");
    }
}

#[tokio::test]
async fn a_disabled_user_is_refused_and_what_was_void_stays_void() {
    let (world, first, second) = spent().await;
    world.clock.advance(SECOND);
    assert!(world.here.disable_user(&subject("alice")).await.unwrap());
    assert_eq!(refused(refresh(&world.here, "web", &first).await), Reason::RefreshTokenInvalid);
    assert!(world.here.enable_user(&subject("alice")).await.unwrap());
    for token in [&first, &second] {
        assert_eq!(refused(refresh(&world.here, "web", token).await), Reason::RefreshTokenInvalid);
    }
    issued(refresh(&world.here, "web", &refresh_token(&world.granted("web", "read").await)).await);
}

#[tokio::test]
async fn only_offline_access_outlives_the_session() {
    let world = World::new().await;
    for (scope, outlives) in [("openid read", false), ("openid offline_access", true)] {
        let mut tab = Tab::open(&world.here);
        let code = tab.obtains_code(&world.here, &request("web", scope), "alice").await;
        let granted = issued(redeem(&world.here, "web", &code).await);
        world.storage.end(tab.session(), grantor_ports::Clock::now(&*world.clock).plus(HOUR), &[]).await.unwrap();
        assert_eq!(is_active(&world.here, &granted.access_token).await, outlives, "{scope}");
        assert_eq!(refresh(&world.here, "web", &refresh_token(&granted)).await.is_ok(), outlives, "{scope}");
    }
}

#[tokio::test]
async fn idle_and_absolute_lifetimes_end_a_grant() {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let world = World::new().await;
    let mut newest = refresh_token(&world.granted("web", "read").await);
    for _ in 0..6 {
        world.clock.advance(29 * DAY);
        newest = refresh_token(&issued(refresh(&world.here, "web", &newest).await));
    }
    // 174 days: the absolute end, after 180, comes before the next idle one.
    world.clock.advance(6 * DAY);
    assert_eq!(refused(refresh(&world.here, "web", &newest).await), Reason::RefreshTokenInvalid);
    let idle = refresh_token(&world.granted("web", "read").await);
    world.clock.advance(30 * DAY);
    assert_eq!(refused(refresh(&world.here, "web", &idle).await), Reason::RefreshTokenInvalid);
}
