//! The key ring over several replicas: made on one, known to all, and never gone before what it made has died.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor_application::admin::{KeyReport, Rotation};
use grantor_application::{Failure, Service};
use grantor_domain::error::Reason;
use grantor_domain::jwt::{JoseHeader, JwsAlgorithm};
use grantor_domain::time::Timestamp;
use grantor_ports::{Clock as _, KeyPurpose, KeyRecord, Keys as _};
use serde_json::json;

use crate::fixture::*;

const SIGN: KeyPurpose = KeyPurpose::Sign(JwsAlgorithm::ES256);

/// A signed access token of the client `web` itself.
async fn token(on: &Service) -> String {
    issued(client_credentials(on, "web").await).access_token
}

fn key_id(jwt: &str) -> String {
    JoseHeader::peek(jwt).unwrap().key_id.unwrap()
}

fn published(on: &Service) -> Vec<String> {
    let keys = on.jwks()["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// The key that this rotation made to sign.
async fn rotate(on: &Service, rotation: Rotation) -> KeyReport {
    on.rotate_keys(&[SIGN], rotation).await.unwrap().remove(0)
}

/// When the key with this `kid` retires.
async fn retires_at(on: &Service, key_id: &str) -> Option<Timestamp> {
    let keys = on.list_keys().await.unwrap();
    keys.into_iter().find(|key| key.key_id.as_deref() == Some(key_id)).unwrap().retires_at
}

#[tokio::test]
async fn everything_that_rotates_does_unless_purposes_are_named() {
    let world = World::new().await;
    let made = world.here.rotate_keys(&[], Rotation::Now).await.unwrap();
    let made: Vec<_> = made.iter().map(|key| (key.number, key.purpose)).collect();
    assert_eq!(made, [(7, KeyPurpose::RefreshMac), (8, KeyPurpose::Seal), (9, SIGN)]);
    let made = world.here.rotate_keys(&[KeyPurpose::Seal], Rotation::Now).await.unwrap();
    assert_eq!(made.iter().map(|key| (key.number, key.purpose)).collect::<Vec<_>>(), [(10, KeyPurpose::Seal)]);
}

#[tokio::test]
async fn a_published_key_signs_once_every_cache_has_it() {
    let world = World::new().await;
    let now = world.clock.now();
    let old = key_id(&token(&world.here).await);
    let made = rotate(&world.here, Rotation::Published).await;
    let new = made.key_id.clone().unwrap();
    let wait = made.activates_at.since(now);
    assert!(wait > world.here.settings().jwks_max_age, "{wait:?}");
    world.here.poll().await.unwrap();
    assert_eq!(published(&world.here), [old.clone(), new.clone()]);
    world.clock.advance(wait - MILLISECOND);
    assert_eq!(key_id(&token(&world.here).await), old);
    world.clock.advance(MILLISECOND);
    assert_eq!(key_id(&token(&world.here).await), new);
}

#[tokio::test]
async fn a_retired_key_stays_published_as_long_as_its_tokens_live() {
    let world = World::new().await;
    let life = Duration::from_secs(30 * 24 * 3600);
    assert!(life > world.here.settings().lifetimes.session);
    let long = client("long", json!({ "access_token_lifetime": life.as_secs() }));
    world.apply(json!({ "clients": [long] })).await;
    let made = rotate(&world.here, Rotation::Published).await;
    world.here.poll().await.unwrap();
    world.clock.set(made.activates_at.minus(MILLISECOND));
    let last = issued(client_credentials(&world.here, "long").await).access_token;
    let retires_at = retires_at(&world.here, &key_id(&last)).await.unwrap();
    world.clock.advance(life - SECOND);
    assert!(is_active(&world.here, &last).await, "until its very end");
    assert!(published(&world.here).contains(&key_id(&last)));
    world.clock.set(retires_at);
    assert_eq!(published(&world.here), [made.key_id.unwrap()]);
}

#[tokio::test]
async fn a_replica_that_is_cut_off_may_go_on_signing_with_the_old_key() {
    let world = World::new().await;
    let cut_off = world.replica().await;
    token(&cut_off).await;
    rotate(&world.here, Rotation::Now).await;
    world.here.poll().await.unwrap();
    // It serves what it has cached, with the keys that it has, until its cache is too old.
    world.clock.advance(cut_off.settings().cache_max_stale);
    world.storage.set_available(false);
    let last = token(&cut_off).await;
    world.storage.set_available(true);
    world.clock.advance(HOUR - SECOND);
    assert!(is_active(&world.here, &last).await);
    assert!(published(&world.here).contains(&key_id(&last)));
}

#[tokio::test]
async fn a_rotation_at_once_supersedes_one_that_waits() {
    let world = World::new().await;
    let waiting = rotate(&world.here, Rotation::Published).await;
    let urgent = rotate(&world.here, Rotation::Now).await;
    world.here.poll().await.unwrap();
    let urgent = urgent.key_id.unwrap();
    for later in [Duration::ZERO, SECOND, waiting.activates_at.since(world.clock.now()), HOUR, HOUR] {
        world.clock.advance(later);
        let token = token(&world.here).await;
        assert_eq!(key_id(&token), urgent, "{later:?}");
        assert!(is_active(&world.here, &token).await);
    }
}

#[tokio::test]
async fn a_token_of_a_key_just_made_verifies_elsewhere_at_once() {
    let world = World::new().await;
    let elsewhere = world.replica().await;
    world.here.allows_origin("api", "https://api.example").await;
    for _ in 0..3 {
        // Within one second: a look for one new key must not hide the next.
        world.clock.advance(100 * MILLISECOND);
        rotate(&elsewhere, Rotation::Now).await;
        elsewhere.poll().await.unwrap();
        let token = token(&elsewhere).await;
        assert!(!published(&world.here).contains(&key_id(&token)));
        assert!(is_active(&world.here, &token).await);
    }
}

#[tokio::test]
async fn racing_requests_all_find_the_new_key() {
    let world = World::new().await;
    let elsewhere = world.replica().await;
    world.clock.advance(SECOND);
    rotate(&elsewhere, Rotation::Now).await;
    elsewhere.poll().await.unwrap();
    let token = token(&elsewhere).await;
    let services = [world.here.clone()];
    let answers = race(&services, 10, |service| {
        let token = token.clone();
        async move { is_active(&service, &token).await }
    });
    assert_eq!(answers.await, [true; 10]);
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_once_a_second() {
    let world = World::new().await;
    let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": "nobody-made-this-key" });
    let token = token(&world.here).await;
    let (_, rest) = token.split_once('.').unwrap();
    let made_up = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()));
    world.here.allows_origin("api", "https://api.example").await;
    for (later, expect) in [(Duration::ZERO, 1), (SECOND - MILLISECOND, 0), (MILLISECOND, 1)] {
        world.clock.advance(later);
        let calls = world.calls_of(async {
            assert!(!is_active(&world.here, &made_up).await);
            assert_eq!(refused(userinfo(&world.here, &made_up).await), Reason::AccessTokenInvalid);
        });
        assert_eq!(calls.await, expect, "{later:?}");
    }
}

#[tokio::test]
async fn rotations_at_the_same_moment_both_happen() {
    let world = World::new().await;
    let elsewhere = world.replica().await;
    let (here, there) =
        tokio::join!(world.here.rotate_keys(&[SIGN], Rotation::Now), elsewhere.rotate_keys(&[SIGN], Rotation::Now),);
    let mut numbers = [here.unwrap()[0].number, there.unwrap()[0].number];
    numbers.sort_unstable();
    assert_eq!(numbers, [7, 8]);
    let tries = world.storage.calls().into_iter().filter(|call| *call == "Keys::rotate").count();
    assert_eq!(tries, 3, "one of them met the other");
}

#[tokio::test]
async fn a_rotation_is_seen_by_a_replica_that_was_away_for_long() {
    let world = World::new().await;
    let elsewhere = world.replica().await;
    let made = rotate(&elsewhere, Rotation::Now).await;
    world.clock.advance(10 * MINUTE);
    world.here.poll().await.unwrap();
    assert_eq!(key_id(&token(&world.here).await), made.key_id.unwrap());
}

/// A replica whose secrets file is older than a key: that is its own trouble, and no outage of storage.
#[tokio::test]
async fn a_key_that_cannot_be_read_excuses_no_replay_and_keeps_clients_cached() {
    let world = World::new().await;
    let first = refresh_token(&world.granted("web", "openid").await);
    issued(refresh(&world.here, "web", &first).await);
    let now = world.clock.now();
    let unreadable = KeyRecord {
        number: 99,
        purpose: KeyPurpose::Seal,
        secret_id: 1,
        wrapped: Vec::new(),
        public_jwk: String::new(),
        created_at: now,
        activates_at: now,
        retires_at: None,
    };
    assert!(world.storage.rotate(&[unreadable], &[], now).await.unwrap());
    for _second in 0..90 {
        world.clock.advance(SECOND);
        assert!(matches!(world.here.poll().await, Err(Failure::Defect(_))));
    }
    assert_eq!(refused(refresh(&world.here, "web", &first).await), Reason::RefreshTokenReused);
    let calls = world.calls_of(client_credentials(&world.here, "web")).await;
    assert_eq!(calls, 0, "still cached");
}
