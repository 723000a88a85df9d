//! A database that went back in time: a standby that had fallen behind takes over. Whoever holds the newest token is not
//! logged out for it, and once that token was used every older one is a replay again.

use grantor_application::admin::{RevokeTarget, Rotation};
use grantor_domain::error::Reason;
use grantor_ports::Clock as _;

use crate::fixture::*;

/// A grant that was refreshed three times since the standby heard of it: its tokens, oldest first.
async fn restored() -> (World, [String; 4]) {
    let world = World::new().await;
    let mut tokens = vec![refresh_token(&world.granted("web", "openid read").await)];
    world.storage.lag();
    // Keys made since are gone as well, those that authenticate and seal included.
    world.clock.advance(MINUTE);
    world.here.rotate_keys(&[], Rotation::Now).await.unwrap();
    world.here.poll().await.unwrap();
    for _ in 0..3 {
        world.clock.advance(MINUTE);
        tokens.push(refresh_token(&issued(refresh(&world.here, "web", tokens.last().unwrap()).await)));
    }
    world.storage.fail_over();
    (world, tokens.try_into().unwrap())
}

#[tokio::test]
async fn the_newest_token_works_and_then_every_older_one_is_a_replay() {
    for older in 0..3 {
        let (world, tokens) = restored().await;
        let replacement = world.replica().await;
        world.clock.advance(MINUTE);
        let answer = issued(refresh(&replacement, "web", &tokens[3]).await);
        assert!(is_active(&replacement, &answer.access_token).await);
        assert_eq!(refresh_token(&issued(refresh(&replacement, "web", &tokens[3]).await)), refresh_token(&answer));
        assert_eq!(refused(refresh(&replacement, "web", &tokens[older]).await), Reason::RefreshTokenReused, "{older}");
        let after = refresh(&replacement, "web", &refresh_token(&answer)).await;
        assert_eq!(refused(after), Reason::RefreshTokenInvalid);
    }
}

#[tokio::test]
async fn a_replica_that_runs_on_serves_it_too() {
    let (world, tokens) = restored().await;
    let answer = issued(refresh(&world.here, "web", &tokens[3]).await);
    issued(refresh(&world.here, "web", &refresh_token(&answer)).await);
}

#[tokio::test]
async fn a_code_sealed_under_a_key_that_was_lost_is_redeemed() {
    let world = World::new().await;
    world.storage.lag();
    world.clock.advance(MINUTE);
    world.here.rotate_keys(&[], Rotation::Now).await.unwrap();
    world.here.poll().await.unwrap();
    let code = world.code("web", "read").await;
    world.storage.fail_over();
    let replacement = world.replica().await;
    issued(redeem(&replacement, "web", &code).await);
}

#[tokio::test]
async fn everybody_can_be_signed_out_after_a_restore() {
    let (world, tokens) = restored().await;
    let now = world.clock.now();
    world.clock.advance(SECOND);
    assert_eq!(world.here.revoke_grants(&RevokeTarget::Before(now)).await.unwrap().unwrap(), 2, "users");
    assert_eq!(refused(refresh(&world.here, "web", &tokens[3]).await), Reason::RefreshTokenInvalid);
    issued(refresh(&world.here, "web", &refresh_token(&world.granted("web", "read").await)).await);
}
