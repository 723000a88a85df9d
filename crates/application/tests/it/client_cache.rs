//! The cache of clients: what is changed is seen, what is unknown is remembered for a moment only, and nothing is served
//! for ever because a replica once looked away.

use std::time::Duration;

use grantor_domain::error::Reason;
use serde_json::json;

use crate::fixture::*;

/// Gives a client of the registry another secret, as an administrator would, somewhere else.
async fn change_secret(world: &World, id: &str) {
    let changed = client(id, json!({ "client_secret": "another-secret-of-more-than-thirty-two-octets" }));
    world.apply(json!({ "clients": [changed] })).await;
}

#[tokio::test]
async fn an_unknown_id_is_remembered_for_a_second() {
    let world = World::new().await;
    for (later, expect) in [(Duration::ZERO, 1), (SECOND - MILLISECOND, 0), (MILLISECOND, 1), (SECOND, 1)] {
        world.clock.advance(later);
        let calls = world.calls_of(async {
            assert_eq!(refused(client_credentials(&world.here, "nobody").await), Reason::ClientAuthenticationFailed);
        });
        assert_eq!(calls.await, expect, "{later:?}");
    }
}

#[tokio::test]
async fn a_client_made_elsewhere_is_known_at_once() {
    let world = World::new().await;
    world.apply(json!({ "clients": [client("new", json!({}))] })).await;
    issued(client_credentials(&world.here, "new").await);
}

#[tokio::test]
async fn a_client_asked_for_too_early_is_known_after_the_poll() {
    let world = World::new().await;
    assert_eq!(refused(client_credentials(&world.here, "new").await), Reason::ClientAuthenticationFailed);
    world.apply(json!({ "clients": [client("new", json!({}))] })).await;
    world.here.poll().await.unwrap();
    issued(client_credentials(&world.here, "new").await);
}

#[tokio::test]
async fn a_change_is_seen_after_the_poll() {
    let world = World::new().await;
    issued(client_credentials(&world.here, "web").await);
    change_secret(&world, "web").await;
    issued(client_credentials(&world.here, "web").await);
    world.here.poll().await.unwrap();
    assert_eq!(refused(client_credentials(&world.here, "web").await), Reason::ClientAuthenticationFailed);
}

#[tokio::test]
async fn a_change_is_seen_by_a_replica_that_was_away_for_long() {
    for away in [SECOND, 31 * SECOND, 2 * MINUTE, 3 * HOUR] {
        let world = World::new().await;
        issued(client_credentials(&world.here, "web").await);
        change_secret(&world, "web").await;
        // A pause, a partition: no poll comes through until long after the change.
        world.clock.advance(away);
        world.here.poll().await.unwrap();
        let outcome = client_credentials(&world.here, "web").await;
        assert_eq!(refused(outcome), Reason::ClientAuthenticationFailed, "{away:?}");
    }
}

#[tokio::test]
async fn a_poll_drops_only_what_was_changed() {
    let world = World::new().await;
    for client in ["web", "other"] {
        issued(client_credentials(&world.here, client).await);
    }
    change_secret(&world, "other").await;
    world.here.poll().await.unwrap();
    let calls = world.calls_of(async { issued(client_credentials(&world.here, "web").await) });
    assert_eq!(calls.await, 0);
}

#[tokio::test]
async fn a_change_is_acted_on_once() {
    let world = World::new().await;
    change_secret(&world, "other").await;
    world.here.poll().await.unwrap();
    issued(client_credentials(&world.here, "web").await);
    assert_eq!(refused(client_credentials(&world.here, "other").await), Reason::ClientAuthenticationFailed);
    for _ in 0..3 {
        world.clock.advance(SECOND);
        let calls = world.calls_of(async { world.here.poll().await.unwrap() });
        assert_eq!(calls.await, 1, "it reads the changes, and none of what was changed");
        let calls = world.calls_of(async {
            assert_eq!(refused(client_credentials(&world.here, "other").await), Reason::ClientAuthenticationFailed);
        });
        assert_eq!(calls.await, 0);
    }
    change_secret(&world, "web").await;
    world.here.poll().await.unwrap();
    assert_eq!(
        refused(client_credentials(&world.here, "web").await),
        Reason::ClientAuthenticationFailed,
        "a later one is"
    );
}
