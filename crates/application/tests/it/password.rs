//! Checking a person's password: whatever is wrong looks the same and leaves a row, and what voids older sign-ins voids
//! one that is just being checked.

use grantor_domain::error::Reason;
use grantor_domain::new_password::WeakPassword;
use grantor_domain::time::Timestamp;
use grantor_domain::user::Username;
use grantor_ports::{Clock as _, PasswordHash, Users as _};

use crate::fixture::*;

async fn stored(world: &World, name: &str) -> PasswordHash {
    let username = Username::parse(name).unwrap();
    world.storage.by_username(&username).await.unwrap().unwrap().password.unwrap()
}

#[tokio::test]
async fn the_right_password_opens_a_grant_without_a_session() {
    let world = World::new().await;
    let answer = issued(password(&world.here, "legacy", " Alice ", &password_of("alice")).await);
    let token = claims(&answer.id_token.clone().unwrap());
    assert_eq!((token.text("sub"), token.has("sid")), (Some("alice"), false));
    assert!(is_active(&world.here, &answer.access_token).await);
    issued(refresh(&world.here, "legacy", &refresh_token(&answer)).await);
}

#[tokio::test]
async fn whatever_is_wrong_is_refused_alike_and_leaves_one_row() {
    let world = World::new().await;
    world.here.disable_user(&subject("bob")).await.unwrap();
    let right = password_of("bob");
    let wrong = [("nobody", "wrong"), ("alice", "wrong"), ("bob", &right), ("bob", "wrong"), ("line\nbreak", "wrong")];
    for (before, (name, typed)) in wrong.into_iter().enumerate() {
        assert_eq!(refused(password(&world.here, "legacy", name, typed).await), Reason::CredentialsInvalid, "{name}");
        let rows = world.storage.failed_attempts();
        assert_eq!(rows.len(), before + 1, "{name}");
        let row = &rows[before];
        assert_eq!((row.address.as_deref(), row.at), (Some("192.0.2.1"), world.clock.now()));
    }
    let rows = world.storage.failed_attempts();
    assert_eq!(rows[2].username_key, rows[3].username_key, "one name, one key");
    assert_ne!(rows[0].username_key, rows[1].username_key);
    issued(password(&world.here, "legacy", "alice", &password_of("alice")).await);
    let left = world.storage.failed_attempts();
    assert_eq!(left.len(), wrong.len() - 1, "a success leaves none, and what its owner mistyped there is forgiven");
}

#[tokio::test]
async fn a_stale_hash_is_made_anew_once() {
    let world = World::new().await;
    let rehashing = world.replica_hashing_with(password_pool(2)).await;
    let old = stored(&world, "alice").await;
    let signs_in = || password(&rehashing, "legacy", "alice", "alice-password");
    assert_eq!(refused(password(&rehashing, "legacy", "alice", "wrong").await), Reason::CredentialsInvalid);
    assert_eq!(stored(&world, "alice").await, old);
    let granted = issued(signs_in().await);
    let new = stored(&world, "alice").await;
    assert_ne!(new, old);
    issued(signs_in().await);
    assert_eq!(stored(&world, "alice").await, new);
    assert!(is_active(&world.here, &granted.access_token).await, "nobody is signed out by it");
}

#[tokio::test]
async fn a_new_password_ends_what_the_old_one_opened() {
    let world = World::new().await;
    let old = issued(password(&world.here, "legacy", "alice", &password_of("alice")).await);
    world.clock.advance(SECOND);
    assert!(world.here.set_password(&subject("alice"), secret("a-new-one-of-hers")).await.unwrap().unwrap());
    assert!(!is_active(&world.here, &old.access_token).await);
    assert_eq!(refused(refresh(&world.here, "legacy", &refresh_token(&old)).await), Reason::RefreshTokenInvalid);
    let again = password(&world.here, "legacy", "alice", &password_of("alice")).await;
    assert_eq!(refused(again), Reason::CredentialsInvalid);
    issued(password(&world.here, "legacy", "alice", "a-new-one-of-hers").await);
}

#[tokio::test]
async fn a_new_password_that_is_guessed_early_leaves_the_old_one() {
    let world = World::new().await;
    for (password, weak) in [("short", WeakPassword::TooShort(8)), ("alice2024", WeakPassword::Common)] {
        assert_eq!(world.here.set_password(&subject("alice"), secret(password)).await.unwrap(), Err(weak));
    }
    issued(password(&world.here, "legacy", "alice", &password_of("alice")).await);
    assert_eq!(world.here.set_password(&subject("nobody"), secret("short")).await.unwrap(), Ok(false));
}

/// Has alice's password changed while the old one is being checked, just before `call`.
fn change_password_before(world: &World, call: &'static str) {
    let (storage, clock) = (world.storage.clone(), world.clock.clone());
    world.storage.before(call, async move {
        clock.advance(SECOND);
        let changed = PasswordHash::new("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNo");
        let now: Timestamp = clock.now();
        storage.set_password(&subject("alice"), &changed, now).await.unwrap();
        clock.advance(SECOND);
    });
}

#[tokio::test]
async fn a_password_changed_while_the_old_one_was_checked_opens_no_grant() {
    let world = World::new().await;
    change_password_before(&world, "Grants::open");
    let outcome = password(&world.here, "legacy", "alice", &password_of("alice")).await;
    assert_eq!(refused(outcome), Reason::CredentialsInvalid);
}

#[tokio::test]
async fn a_sign_in_is_of_the_moment_its_password_was_read() {
    // Checking takes its time, and more in a queue: whoever knew the old password must not slip through meanwhile.
    for call in ["Users::rehash", "Grants::open"] {
        let world = World::new().await;
        let rehashing = world.replica_hashing_with(password_pool(2)).await;
        change_password_before(&world, call);
        let outcome = password(&rehashing, "legacy", "alice", &password_of("alice")).await;
        assert_eq!(refused(outcome), Reason::CredentialsInvalid, "{call}");
    }
    let world = World::new().await;
    let tab = Tab::open(&world.here);
    let next = tab.asks(&world.here, &request("web", "openid")).await;
    change_password_before(&world, "Sessions::open");
    let outcome = world.here.sign_in(&Tab::form(&next, "alice"), Some(&tab.browser), None).await.unwrap();
    assert!(matches!(outcome, grantor_application::SignInOutcome::Wrong { .. }), "{outcome:?}");
}
