//! Rotating a grant that every condition holds for: one step for one token, whoever asks first.

use std::sync::Arc;
use std::time::Duration;

use grantor_domain::client::RefreshPolicy;
use grantor_domain::grant::refresh_token::Rotation;
use grantor_domain::grant::{Grant, NewGrant};
use grantor_domain::time::Timestamp;
use grantor_ports::{LiveGrant, RotateOutcome};
use serde_json::json;

use super::fixture::{CALLERS, DAY, IDLE, SECOND, claims, claims_of, key_of, rotation_of};
use super::{UnderTest, race};

/// The grant of `alice` as its row is at `generation`, last spent and prolonged at `at`.
fn stepped(grant: &NewGrant, generation: u32, at: Timestamp) -> LiveGrant {
    let spent = Grant { generation, spent_at: Some(at), expires_at: at.plus(IDLE), ..grant.opened() };
    LiveGrant { grant: spent, claims: claims_of("alice") }
}

/// A rotation moves the row one step, tells when, and brings the user's claims.
pub async fn a_rotation_takes_one_step(store: UnderTest) {
    let alice = store.user("alice").await;
    let grant = store.opened(&alice).await;
    for generation in 0..3 {
        let at = store.now.plus(SECOND * (generation + 1));
        let outcome = store.grants.rotate(&rotation_of(&grant, generation, at)).await.unwrap();
        assert_eq!(outcome, RotateOutcome::Rotated(stepped(&grant, generation + 1, at)));
    }
}

/// A rotation brings the claims that the user has now.
pub async fn a_rotation_brings_claims_changed_since(store: UnderTest) {
    let alice = store.user("alice").await;
    let grant = store.opened(&alice).await;
    let renamed = claims(json!({ "name": "Alice Hargreaves" }));
    assert!(store.users.set_claims(&alice, &renamed).await.unwrap());
    match store.grants.rotate(&rotation_of(&grant, 0, store.now)).await.unwrap() {
        RotateOutcome::Rotated(live) => assert_eq!(live.claims, renamed),
        other => panic!("{other:?}"),
    }
}

/// Of many callers that present one token, exactly one moves the row; the others find it one step ahead, spent just
/// now.
pub async fn one_of_64_concurrent_rotations_takes_the_step(store: UnderTest) {
    let alice = store.user("alice").await;
    let grant = store.opened(&alice).await;
    let outcomes = race(CALLERS, |_| {
        let (grants, rotation) = (Arc::clone(&store.grants), rotation_of(&grant, 0, store.now));
        async move { grants.rotate(&rotation).await.unwrap() }
    })
    .await;

    let after = stepped(&grant, 1, store.now);
    let rotated = outcomes.iter().filter(|outcome| **outcome == RotateOutcome::Rotated(after.clone())).count();
    let past = outcomes.iter().filter(|outcome| **outcome == RotateOutcome::Past(after.clone())).count();
    assert_eq!((rotated, past), (1, CALLERS - 1), "{outcomes:?}");
}

/// A token that was spent is told apart from a refusal, and presenting it changes nothing, however often.
pub async fn a_spent_token_is_past_and_changes_nothing(store: UnderTest) {
    let alice = store.user("alice").await;
    let grant = store.opened(&alice).await;
    for generation in 0..2 {
        store.grants.rotate(&rotation_of(&grant, generation, store.now)).await.unwrap();
    }
    let row = stepped(&grant, 2, store.now);
    for presented in [0, 1, 0] {
        let outcome = store.grants.rotate(&rotation_of(&grant, presented, store.now.plus(DAY))).await.unwrap();
        assert_eq!(outcome, RotateOutcome::Past(row.clone()));
    }
    assert_eq!(store.grants.find(&key_of(&grant), store.now).await.unwrap(), Some(row));
}

/// A row that went back in time (a restored backup) takes up where its holder is, and then every older token is spent.
pub async fn a_row_that_went_back_in_time_catches_up(store: UnderTest) {
    let alice = store.user("alice").await;
    let grant = store.opened(&alice).await;
    let ahead = 3_000_000_000;
    let outcome = store.grants.rotate(&rotation_of(&grant, ahead, store.now)).await.unwrap();
    let row = stepped(&grant, ahead + 1, store.now);
    assert_eq!(outcome, RotateOutcome::Rotated(row.clone()));
    for older in [0, 1, ahead - 1, ahead] {
        let outcome = store.grants.rotate(&rotation_of(&grant, older, store.now)).await.unwrap();
        assert_eq!(outcome, RotateOutcome::Past(row.clone()));
    }
}

/// Policy `fixed` leaves the generation, for one caller or many, and still prolongs the grant.
pub async fn policy_fixed_leaves_the_generation(store: UnderTest) {
    let alice = store.user("alice").await;
    let grant = store.opened(&alice).await;
    let at = store.now.plus(DAY);
    let fixed = Rotation { policy: RefreshPolicy::Fixed, ..rotation_of(&grant, 0, at) };
    let outcomes = race(CALLERS, |_| {
        let (grants, rotation) = (Arc::clone(&store.grants), fixed.clone());
        async move { grants.rotate(&rotation).await.unwrap() }
    })
    .await;
    for outcome in outcomes {
        let RotateOutcome::Rotated(live) = outcome else { panic!("{outcome:?}") };
        assert_eq!((live.grant.generation, live.grant.expires_at), (0, at.plus(IDLE)));
    }
}

/// Also under policy `fixed` a row that is behind catches up, and a token older than the row is spent.
pub async fn policy_fixed_still_knows_older_tokens(store: UnderTest) {
    let alice = store.user("alice").await;
    let grant = store.opened(&alice).await;
    let fixed = |presented| Rotation { policy: RefreshPolicy::Fixed, ..rotation_of(&grant, presented, store.now) };
    match store.grants.rotate(&fixed(5)).await.unwrap() {
        RotateOutcome::Rotated(live) => assert_eq!(live.grant.generation, 5),
        other => panic!("{other:?}"),
    }
    match store.grants.rotate(&fixed(4)).await.unwrap() {
        RotateOutcome::Past(live) => assert_eq!(live.grant.generation, 5),
        other => panic!("{other:?}"),
    }
}

/// The idle expiry slides with each use, and never past the absolute one.
pub async fn the_idle_expiry_slides_up_to_the_absolute_one(store: UnderTest) {
    let alice = store.user("alice").await;
    for policy in [RefreshPolicy::Rotate, RefreshPolicy::Fixed] {
        let mut grant = store.grant(&alice);
        grant.terms.absolute_expires_at = store.now.plus(40 * DAY);
        store.open(&grant).await;
        let steps = [(5 * DAY, 35 * DAY), (10 * DAY, 40 * DAY), (39 * DAY, 40 * DAY)];
        for ((after, expected), presented) in steps.into_iter().zip(0..) {
            let rotation = Rotation { policy, ..rotation_of(&grant, presented, store.now.plus(after)) };
            let RotateOutcome::Rotated(live) = store.grants.rotate(&rotation).await.unwrap() else {
                panic!("not rotated after {after:?}")
            };
            assert_eq!(live.grant.expires_at, store.now.plus(expected));
        }
    }
}

/// Finding a grant shows its row and changes nothing: neither generation nor expiry.
pub async fn finding_changes_nothing(store: UnderTest) {
    let alice = store.user("alice").await;
    let grant = store.opened(&alice).await;
    store.grants.rotate(&rotation_of(&grant, 0, store.now)).await.unwrap();
    let row = stepped(&grant, 1, store.now);
    for later in [Duration::ZERO, DAY, 29 * DAY] {
        assert_eq!(store.grants.find(&key_of(&grant), store.now.plus(later)).await.unwrap(), Some(row.clone()));
    }
}
