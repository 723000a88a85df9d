//! Changing the key-encryption secret, and retiring a key that leaked: what must go on working does, what must not does
//! not.

use std::time::Duration;

use grantor_application::admin::{NeededSecret, NotRetired, Retirement, Rewrapped, Rotation};
use grantor_application::{Failure, Service};
use grantor_crypto::{EncryptionSecrets, KeyRing};
use grantor_domain::error::Reason;
use grantor_domain::jwt::JwsAlgorithm;
use grantor_ports::{KeyPurpose, Keys as _, NotOurs, Sealed, Sealer as _};
use grantor_testkit::SeededRandom;

use crate::fixture::*;

const SIGN: KeyPurpose = KeyPurpose::Sign(JwsAlgorithm::ES256);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn secrets(files: &[&str]) -> EncryptionSecrets {
    EncryptionSecrets::parse(&files.concat()).unwrap()
}

/// The old file, and one with a new secret.
fn files() -> (String, String) {
    (secrets_file(), EncryptionSecrets::generate_file(&SeededRandom::new(77)).to_string())
}

fn numbers(keys: &[grantor_application::admin::KeyReport]) -> Vec<u32> {
    keys.iter().map(|key| key.number).collect()
}

/// An access token of each kind and two refresh tokens, all of the time before.
struct Old {
    jwt: String,
    opaque: String,
    refresh: String,
    legacy: String,
}

impl Old {
    async fn issued(world: &World) -> Self {
        let (web, legacy) = (world.granted("web", "openid").await, world.granted("legacy", "openid").await);
        Self {
            refresh: refresh_token(&web),
            legacy: refresh_token(&legacy),
            jwt: web.access_token,
            opaque: legacy.access_token,
        }
    }

    /// Whether it is all still good, where `on` serves; the refresh token is kept unspent by a client that never rotates.
    async fn is_good(&self, on: &Service, what: &str) {
        assert!(is_active(on, &self.jwt).await, "{what}: the JWT");
        assert!(is_active(on, &self.opaque).await, "{what}: the opaque token");
        self.still_refreshes(on, what).await;
    }

    async fn still_refreshes(&self, on: &Service, what: &str) {
        let refreshed = refresh(on, "legacy", &self.legacy).await;
        assert!(refreshed.is_ok(), "{what}: the refresh token");
    }
}

#[tokio::test]
async fn a_secret_is_changed_without_anybody_noticing() {
    let world = World::new().await;
    let (old, new) = files();
    let (old_id, new_id) = (secrets(&[&old]).current_id(), secrets(&[&new]).current_id());
    let before = Old::issued(&world).await;

    // First every replica gets the file with both.
    let both = world.replica_with(secrets(&[&new, &old])).await;
    before.is_good(&both, "with both secrets").await;

    let Rewrapped { wrapped, made, removed, current, older } = both.rewrap_keys().await.unwrap();
    assert_eq!((numbers(&wrapped), numbers(&made), numbers(&removed)), (vec![1, 2, 5, 6], vec![7, 8], vec![]));
    assert!(wrapped.iter().chain(&made).all(|key| key.secret_id == new_id));
    assert_eq!((current, older.len()), (new_id, 1));
    let NeededSecret { secret_id, keys, until } = older[0].clone();
    assert_eq!((secret_id, keys), (old_id, vec![3, 4]));
    let until = until.unwrap();
    both.poll().await.unwrap();
    before.is_good(&both, "just wrapped anew").await;
    // New keys wait until every replica has read them, as in any rotation.
    assert!(made.iter().all(|key| key.activates_at.since(world.now()) > both.settings().jwks_max_age));
    let meanwhile = issued(refresh(&both, "web", &before.refresh).await);

    // One that was forgotten goes on with what it has in memory, and says so; it could not start again.
    assert!(matches!(world.here.poll().await, Err(Failure::Defect(_))));
    before.is_good(&world.here, "with the old secret alone").await;
    let records = world.storage.list().await.unwrap();
    let alone = |file: &str| KeyRing::new(secrets(&[file]), records.clone(), std::sync::Arc::new(SeededRandom::new(5)));
    assert!(alone(&old).is_err() && alone(&new).is_err(), "both secrets are needed");

    // Again: nothing more to do.
    world.storage.forget_calls();
    let again = both.rewrap_keys().await.unwrap();
    assert_eq!((again.wrapped, again.made, again.removed), (vec![], vec![], vec![]));
    assert_eq!(again.older, older);
    assert!(!world.storage.calls().contains(&"Keys::replace"));

    world.clock.set(made[0].activates_at);
    both.poll().await.unwrap();
    before.is_good(&both, "once the new keys are in use").await;
    let after = issued(refresh(&both, "web", &refresh_token(&meanwhile)).await);
    issued(client_credentials(&both, "web").await);

    // A month and a half later the refresh tokens of then, kept alive by use, are still good.
    let mut latest = refresh_token(&after);
    for _week in 0..6 {
        world.clock.advance(7 * DAY);
        both.poll().await.unwrap();
        before.still_refreshes(&both, "weeks later").await;
        latest = refresh_token(&issued(refresh(&both, "web", &latest).await));
    }

    world.clock.set(until.minus(MILLISECOND));
    assert_eq!(both.rewrap_keys().await.unwrap().removed, []);
    world.clock.set(until);
    let last = both.rewrap_keys().await.unwrap();
    assert_eq!(numbers(&last.removed), [3, 4]);
    assert_eq!(last.older, [NeededSecret { secret_id: old_id, keys: Vec::new(), until: None }]);

    // The old line can go.
    let only_new = world.replica_with(secrets(&[&new])).await;
    let granted = issued(client_credentials(&only_new, "web").await);
    assert!(is_active(&only_new, &granted.access_token).await);
}

#[tokio::test]
async fn a_rotation_meanwhile_is_not_lost() {
    let world = World::new().await;
    let (old, new) = files();
    let both = world.replica_with(secrets(&[&new, &old])).await;
    let elsewhere = both.clone();
    world.storage.before("Keys::replace", async move {
        elsewhere.rotate_keys(&[SIGN], Rotation::Now).await.unwrap();
    });
    let rewrapped = both.rewrap_keys().await.unwrap();
    assert_eq!((numbers(&rewrapped.wrapped), numbers(&rewrapped.made)), (vec![1, 2, 5, 6], vec![8, 9]));
    let keys = both.list_keys().await.unwrap();
    assert_eq!(numbers(&keys), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert!(keys[4].retires_at.is_some(), "the rotation's retirement counts");
}

#[tokio::test]
async fn what_was_set_aside_and_what_signed_long_ago_goes_too() {
    let world = World::new().await;
    world.here.rotate_keys(&[], Rotation::Published).await.unwrap();
    world.here.rotate_keys(&[], Rotation::Now).await.unwrap();
    assert_eq!(world.here.rewrap_keys().await.unwrap().removed, []);
    let lifetimes = &world.here.settings().lifetimes;
    world.clock.advance(lifetimes.grant_max + lifetimes.session + 3 * DAY);
    let rewrapped = world.here.rewrap_keys().await.unwrap();
    assert_eq!(numbers(&rewrapped.removed), [3, 4, 5, 7, 8, 9], "of each purpose the newest stays");
    assert_eq!((rewrapped.wrapped, rewrapped.made, rewrapped.older), (vec![], vec![], vec![]));
    assert_eq!(numbers(&world.here.list_keys().await.unwrap()), [1, 2, 6, 10, 11, 12]);
    world.here.poll().await.unwrap();
    issued(client_credentials(&world.here, "web").await);
}

#[tokio::test]
async fn a_leaked_key_that_signs_is_refused_at_once() {
    let world = World::new().await;
    let old = Old::issued(&world).await;
    let refused = world.here.retire_key(5, Retirement::Now).await.unwrap().unwrap_err();
    assert_eq!(refused, NotRetired::NoSuccessor(SIGN));
    assert!(refused.to_string().contains("keys rotate sign_es256 --now"), "{refused}");
    world.here.rotate_keys(&[SIGN], Rotation::Now).await.unwrap();
    world.here.retire_key(5, Retirement::Tried).await.unwrap().unwrap();
    world.here.poll().await.unwrap();
    old.is_good(&world.here, "only tried").await;
    world.here.retire_key(5, Retirement::Now).await.unwrap().unwrap();
    world.here.poll().await.unwrap();
    assert!(!is_active(&world.here, &old.jwt).await);
    assert_eq!(world.here.jwks()["keys"].as_array().unwrap().len(), 1, "it is not published any more");
    assert!(is_active(&world.here, &old.opaque).await, "what other keys made is good");
    issued(refresh(&world.here, "web", &old.refresh).await);
    assert_eq!(world.here.retire_key(5, Retirement::Now).await.unwrap().unwrap_err(), NotRetired::Retired(5));
}

#[tokio::test]
async fn a_leaked_key_that_seals_opens_nothing_any_more() {
    let world = World::new().await;
    let leaked = Old::issued(&world).await;
    let code = world.code("web", "openid").await;
    world.here.rotate_keys(&[KeyPurpose::Seal, KeyPurpose::RefreshMac], Rotation::Now).await.unwrap();
    world.here.poll().await.unwrap();
    leaked.is_good(&world.here, "before").await;
    for number in [3, 4] {
        world.here.retire_key(number, Retirement::Now).await.unwrap().unwrap();
    }
    world.here.poll().await.unwrap();
    assert!(!is_active(&world.here, &leaked.opaque).await);
    assert!(is_active(&world.here, &leaked.jwt).await);
    assert_eq!(refused(refresh(&world.here, "legacy", &leaked.legacy).await), Reason::RefreshTokenInvalid);
    assert_eq!(refused(redeem(&world.here, "web", &code).await), Reason::CodeInvalid);
    let anew = world.granted("web", "openid").await;
    issued(refresh(&world.here, "web", &refresh_token(&anew)).await);
    let again = world.here.retire_key(3, Retirement::Now).await.unwrap().unwrap_err();
    assert_eq!(again, NotRetired::Retired(3));
    let unknown = world.here.retire_key(99, Retirement::Now).await.unwrap().unwrap_err();
    assert_eq!(unknown, NotRetired::Unknown(99));

    // However long ago: whoever has the key could make more.
    world.clock.advance(world.here.settings().lifetimes.grant_max + 3 * DAY);
    assert_eq!(world.here.rewrap_keys().await.unwrap().removed, []);
    // Nor is it removed with the secret, whose line can go: a replica may have it still, or be given it back.
    let (old, new) = files();
    let both = world.replica_with(secrets(&[&new, &old])).await;
    let rewrapped = both.rewrap_keys().await.unwrap();
    let needing: Vec<_> = rewrapped.older.iter().flat_map(|secret| secret.keys.clone()).collect();
    assert_eq!(needing, [7, 8], "those that leaked need no secret");
    world.clock.set(rewrapped.older[0].until.unwrap());
    assert_eq!(numbers(&both.rewrap_keys().await.unwrap().removed), [7, 8]);
    let removable = NeededSecret { secret_id: secrets(&[&old]).current_id(), keys: Vec::new(), until: None };
    assert_eq!(both.rewrap_keys().await.unwrap().older, [removable]);
    let only_new = world.replica_with(secrets(&[&new])).await;
    assert_eq!(only_new.rewrap_keys().await.unwrap().removed, []);
    let records = world.storage.list().await.unwrap();
    let behind = KeyRing::new(secrets(&[&new, &old]), records, std::sync::Arc::new(SeededRandom::new(5))).unwrap();
    assert_eq!(behind.open_refresh_token(&leaked.legacy), Err(NotOurs::Invalid));
    assert_eq!(behind.open(Sealed::AccessToken, &leaked.opaque), Err(NotOurs::Invalid));
}

#[tokio::test]
async fn two_who_retire_the_last_two_keys_do_not_both_succeed() {
    let world = World::new().await;
    world.here.rotate_keys(&[SIGN], Rotation::Now).await.unwrap();
    let elsewhere = world.replica().await;
    world.storage.before("Keys::replace", async move {
        // Makes 8, and retires 7 in its favour.
        elsewhere.rotate_keys(&[SIGN], Rotation::Now).await.unwrap();
        elsewhere.retire_key(7, Retirement::Now).await.unwrap().unwrap();
    });
    world.here.retire_key(5, Retirement::Now).await.unwrap().unwrap();
    let keys = world.here.list_keys().await.unwrap();
    let live: Vec<_> = keys.iter().filter(|key| key.purpose == SIGN && key.retires_at.is_none()).collect();
    assert_eq!(live.iter().map(|key| key.number).collect::<Vec<_>>(), [8]);
    assert!(keys.iter().filter(|key| [5, 7].contains(&key.number)).all(|key| key.retires_at <= Some(world.now())));
}
