//! Who may use a grant: each condition of rotation, retry and search, one by one.
//!
//! Each grant here was rotated once before its condition fails, so that the present token (generation 1) shows whether
//! the update asks the condition, and the spent one (generation 0) whether the read after it does.

use std::sync::Arc;
use std::time::Duration;

use grantor_domain::client::RefreshPolicy;
use grantor_domain::grant::NewGrant;
use grantor_domain::grant::refresh_token::{GrantKey, Rotation};
use grantor_domain::time::Timestamp;
use grantor_domain::token::lifetime::LifetimeClass;
use grantor_domain::user::Subject;
use grantor_ports::RotateOutcome;

use super::fixture::{DAY, IDLE, SECOND, client, key_of, password, rotation_of};
use super::{UnderTest, race};

const INSTANT: Duration = Duration::from_millis(1);

async fn rotated_once(store: &UnderTest, grant: &NewGrant) {
    store.open(grant).await;
    let outcome = store.grants.rotate(&rotation_of(grant, 0, store.now)).await.unwrap();
    assert!(matches!(outcome, RotateOutcome::Rotated(_)), "{outcome:?}");
}

/// Alice and a grant of hers at generation 1.
async fn alices(store: &UnderTest) -> (Subject, NewGrant) {
    let alice = store.user("alice").await;
    let grant = store.grant(&alice);
    rotated_once(store, &grant).await;
    (alice, grant)
}

/// With this key and at this time nobody may use the grant, whichever token they hold.
async fn check_refused(store: &UnderTest, key: &GrantKey, now: Timestamp) {
    assert_eq!(store.grants.find(key, now).await.unwrap(), None);
    for presented in [0, 1, 7] {
        let rotation = Rotation { key: key.clone(), presented, policy: RefreshPolicy::Rotate, now, idle: IDLE };
        let outcome = store.grants.rotate(&rotation).await.unwrap();
        assert_eq!(outcome, RotateOutcome::Refused, "generation {presented}");
    }
}

/// Its holder may use the grant, which is still where the first rotation left it.
async fn check_usable(store: &UnderTest, grant: &NewGrant, now: Timestamp) {
    let found = store.grants.find(&key_of(grant), now).await.unwrap().expect("the grant is usable");
    assert_eq!(found.grant.generation, 1);
    let outcome = store.grants.rotate(&rotation_of(grant, 1, now)).await.unwrap();
    assert!(matches!(outcome, RotateOutcome::Rotated(_)), "{outcome:?}");
}

/// Another client's request is refused and burns nothing.
pub async fn a_foreign_client_is_refused(store: UnderTest) {
    let (_, grant) = alices(&store).await;
    check_refused(&store, &GrantKey { client_id: client("client-2"), ..key_of(&grant) }, store.now).await;
    check_usable(&store, &grant, store.now).await;
}

/// Another grant secret is refused and burns nothing.
pub async fn another_secret_is_refused(store: UnderTest) {
    let (_, grant) = alices(&store).await;
    check_refused(&store, &GrantKey { secret_hash: store.random.bytes(), ..key_of(&grant) }, store.now).await;
    check_usable(&store, &grant, store.now).await;
}

/// A grant bound to a sender's key is refused without it, or with another.
pub async fn another_sender_is_refused(store: UnderTest) {
    let alice = store.user("alice").await;
    let mut grant = store.grant(&alice);
    grant.terms.sender = Some("thumbprint-1".to_owned());
    rotated_once(&store, &grant).await;
    for sender in [None, Some("thumbprint-2".to_owned())] {
        check_refused(&store, &GrantKey { sender, ..key_of(&grant) }, store.now).await;
    }
    check_usable(&store, &grant, store.now).await;
}

/// A grant that never was is refused, also if its table would be the other.
pub async fn an_unknown_grant_is_refused(store: UnderTest) {
    let (alice, grant) = alices(&store).await;
    check_refused(&store, &key_of(&store.grant(&alice)), store.now).await;
    let mut elsewhere = key_of(&grant);
    elsewhere.reference.class = LifetimeClass::Short;
    check_refused(&store, &elsewhere, store.now).await;
}

/// From the moment of its idle expiry a grant is refused; just before it is not.
pub async fn an_idle_grant_is_refused(store: UnderTest) {
    let (_, grant) = alices(&store).await;
    check_refused(&store, &key_of(&grant), store.now.plus(IDLE)).await;
    check_usable(&store, &grant, store.now.plus(IDLE).minus(INSTANT)).await;
}

/// From the moment of its absolute expiry a grant is refused, however lately it was used.
pub async fn an_expired_grant_is_refused(store: UnderTest) {
    let alice = store.user("alice").await;
    let mut grant = store.grant(&alice);
    grant.terms.absolute_expires_at = store.now.plus(DAY);
    rotated_once(&store, &grant).await;
    check_refused(&store, &key_of(&grant), store.now.plus(DAY)).await;
    check_usable(&store, &grant, store.now.plus(DAY).minus(INSTANT)).await;
}

/// The absolute expiry counts even if the idle one were later.
pub async fn the_absolute_expiry_counts_by_itself(store: UnderTest) {
    let alice = store.user("alice").await;
    let mut grant = store.grant(&alice);
    grant.terms.absolute_expires_at = store.now.plus(DAY);
    store.open(&grant).await;
    check_refused(&store, &key_of(&grant), store.now.plus(DAY)).await;
}

/// A revoked grant is refused.
pub async fn a_revoked_grant_is_refused(store: UnderTest) {
    let (_, grant) = alices(&store).await;
    assert!(store.grants.revoke(grant.terms.reference, store.now).await.unwrap());
    check_refused(&store, &key_of(&grant), store.now).await;
}

/// However a rotation and a revocation cross, the grant is dead.
pub async fn a_revocation_that_crosses_a_rotation_wins(store: UnderTest) {
    let alice = store.user("alice").await;
    for _round in 0..32 {
        let grant = store.opened(&alice).await;
        race(2, |caller| {
            let (grants, rotation) = (Arc::clone(&store.grants), rotation_of(&grant, 0, store.now));
            async move {
                if caller == 0 {
                    grants.rotate(&rotation).await.unwrap();
                } else {
                    assert!(grants.revoke(rotation.key.reference, rotation.now).await.unwrap());
                }
            }
        })
        .await;
        check_refused(&store, &key_of(&grant), store.now).await;
    }
}

/// A disabled user's grants are refused, and stay dead after the user is enabled again.
pub async fn a_disabled_users_grant_stays_dead(store: UnderTest) {
    let (alice, grant) = alices(&store).await;
    assert!(store.users.disable(&alice, store.now.plus(SECOND)).await.unwrap());
    check_refused(&store, &key_of(&grant), store.now.plus(SECOND)).await;
    assert!(store.users.enable(&alice).await.unwrap());
    check_refused(&store, &key_of(&grant), store.now.plus(SECOND)).await;
}

/// A grant authenticated after the user came back is served; disabling a moment before it made no difference to it.
pub async fn a_grant_authenticated_since_is_served(store: UnderTest) {
    let alice = store.user("alice").await;
    store.users.disable(&alice, store.now).await.unwrap();
    store.users.enable(&alice).await.unwrap();
    let grant = store.grant(&alice);
    rotated_once(&store, &grant).await;
    check_usable(&store, &grant, store.now).await;
}

/// Whoever knew the old password is out.
pub async fn a_password_change_ends_what_was_before_it(store: UnderTest) {
    let (alice, grant) = alices(&store).await;
    assert!(store.users.set_password(&alice, &password("second"), store.now.plus(INSTANT)).await.unwrap());
    check_refused(&store, &key_of(&grant), store.now).await;
}

/// "Sign out everywhere" means everywhere, and nobody else.
pub async fn signing_out_everywhere_ends_the_users_grants(store: UnderTest) {
    let (alice, grant) = alices(&store).await;
    let bob = store.user("bob").await;
    let others = store.grant(&bob);
    rotated_once(&store, &others).await;
    assert!(store.users.sign_out_everywhere(&alice, store.now.plus(INSTANT)).await.unwrap());
    check_refused(&store, &key_of(&grant), store.now).await;
    check_usable(&store, &others, store.now).await;
}

/// Signing everyone out before a time ends what was authenticated before it, and no more.
pub async fn signing_everyone_out_ends_what_was_before(store: UnderTest) {
    let (_, grant) = alices(&store).await;
    let bob = store.user("bob").await;
    let mut later = store.grant(&bob);
    later.terms.authentication.time = store.now.plus(SECOND);
    rotated_once(&store, &later).await;
    assert_eq!(store.users.sign_out_everyone_before(store.now.plus(SECOND)).await.unwrap(), 2);
    check_refused(&store, &key_of(&grant), store.now).await;
    check_usable(&store, &later, store.now).await;
}

/// A logout ends the grants that end with their session.
pub async fn a_logout_ends_grants_of_the_session(store: UnderTest) {
    let (_, grant) = alices(&store).await;
    store.sessions.end(grant.terms.session.unwrap(), store.now.plus(400 * DAY), &[]).await.unwrap();
    check_refused(&store, &key_of(&grant), store.now).await;
}

/// A logout leaves grants that outlive their session, those of other sessions, and those of none.
pub async fn a_logout_leaves_other_grants(store: UnderTest) {
    let alice = store.user("alice").await;
    let mut offline = store.grant(&alice);
    offline.terms.ends_with_session = false;
    let elsewhere = store.grant(&alice);
    let mut without = store.grant(&alice);
    without.terms.session = None;
    for grant in [&offline, &elsewhere, &without] {
        rotated_once(&store, grant).await;
    }
    store.sessions.end(offline.terms.session.unwrap(), store.now.plus(400 * DAY), &[]).await.unwrap();
    for grant in [&offline, &elsewhere, &without] {
        check_usable(&store, grant, store.now).await;
    }
}
