//! Many callers at once, each with a grant of its own: a store may do their work together, and each still has the outcome
//! that it would have had alone.

use std::sync::Arc;

use grantor_domain::client::{ClientId, RefreshPolicy};
use grantor_domain::grant::NewGrant;
use grantor_domain::grant::refresh_token::{GrantKey, Rotation};
use grantor_ports::{OpenOutcome, RotateOutcome, Spend};

use super::fixture::{DAY, key_of, rotation_of};
use super::{UnderTest, race};

/// More than a store has threads, so that some of their work is done together.
const GRANTS: usize = 96;

async fn opened(store: &UnderTest) -> Arc<Vec<NewGrant>> {
    let alice = store.user("alice").await;
    let mut grants = Vec::with_capacity(GRANTS);
    for _ in 0..GRANTS {
        grants.push(store.opened(&alice).await);
    }
    Arc::new(grants)
}

/// Each code is opened by its own caller and by a second one: for each, exactly one of the two has it, and a user who
/// may not be served is refused beside the others.
pub async fn openings_at_once_are_each_decided(store: UnderTest) {
    let (alice, bob) = (store.user("alice").await, store.user("bob").await);
    assert!(store.users.disable(&bob, store.now).await.unwrap());
    let codes: Vec<NewGrant> =
        (0..GRANTS).map(|index| store.grant(if index % 8 == 7 { &bob } else { &alice })).collect();
    let codes = Arc::new(codes);
    let outcomes = race(2 * GRANTS, |caller| {
        let (grants, code) = (Arc::clone(&store.grants), codes[caller % GRANTS].clone());
        let own = NewGrant { secret_hash: [u8::try_from(caller / GRANTS).unwrap(); 32], ..code };
        async move { (caller % GRANTS, grants.open(&own).await.unwrap()) }
    })
    .await;
    for index in 0..GRANTS {
        let of_code: Vec<&OpenOutcome> = outcomes.iter().filter(|(of, _)| *of == index).map(|(_, it)| it).collect();
        let opened = of_code.iter().filter(|outcome| matches!(outcome, OpenOutcome::Opened(_))).count();
        let again = of_code.iter().filter(|outcome| **outcome == &OpenOutcome::AlreadyRedeemed).count();
        let refused = of_code.iter().filter(|outcome| **outcome == &OpenOutcome::SubjectRefused).count();
        let expect = if index % 8 == 7 { (0, 0, 2) } else { (1, 1, 0) };
        assert_eq!((opened, again, refused), expect, "{index}: {of_code:?}");
    }
}

/// Rotations at once take one step each, and say whose grant it was; those whose conditions do not hold are refused or
/// past, and under policy `fixed` nothing is spent.
pub async fn rotations_at_once_are_each_decided(store: UnderTest) {
    let grants = opened(&store).await;
    for grant in grants.iter().skip(2).step_by(8) {
        store.grants.rotate(&rotation_of(grant, 0, store.now)).await.unwrap();
    }
    let outcomes = race(GRANTS, |caller| {
        let rotation = as_told(caller, rotation_of(&grants[caller], 0, store.now));
        let store = Arc::clone(&store.grants);
        async move { (caller, store.rotate(&rotation).await.unwrap()) }
    })
    .await;
    assert_eq!(outcomes.len(), GRANTS);
    for (caller, outcome) in outcomes {
        let reference = grants[caller].terms.reference;
        match (caller % 8, outcome) {
            (0 | 1, RotateOutcome::Refused) => {}
            (2, RotateOutcome::Past(live)) => {
                assert_eq!((live.grant.terms.reference, live.grant.generation), (reference, 1));
            }
            (3, RotateOutcome::Rotated(live)) => {
                let after = (live.grant.terms.reference, live.grant.generation, live.grant.spent_at);
                assert_eq!(after, (reference, 0, None));
            }
            (4..8, RotateOutcome::Rotated(live)) => {
                let after = (live.grant.terms.reference, live.grant.generation, live.grant.spent_at);
                assert_eq!(after, (reference, 1, Some(store.now)));
            }
            (kind, outcome) => panic!("{kind}: {outcome:?}"),
        }
    }
}

/// What the caller of this number asks: some with a wrong key, some under policy `fixed`.
fn as_told(caller: usize, rotation: Rotation) -> Rotation {
    let key = rotation.key.clone();
    match caller % 8 {
        0 => Rotation { key: GrantKey { secret_hash: [9; 32], ..key }, ..rotation },
        1 => Rotation { key: GrantKey { client_id: ClientId::parse("somebody-else").unwrap(), ..key }, ..rotation },
        3 => Rotation { policy: RefreshPolicy::Fixed, ..rotation },
        _ => rotation,
    }
}

/// Revocations at once end each its own grant, and say so to one of its two callers; no other grant ends.
pub async fn revocations_at_once_are_each_decided(store: UnderTest) {
    let grants = opened(&store).await;
    let now = store.now;
    let ended = race(GRANTS, |caller| {
        let (store, grants) = (Arc::clone(&store.grants), Arc::clone(&grants));
        async move {
            let grant = &grants[caller / 4 * 4];
            match caller % 4 {
                0 => store.revoke(grant.terms.reference, now).await.unwrap(),
                1 => store.revoke_held(&key_of(grant), now).await.unwrap(),
                2 => {
                    store.revoke_held(&GrantKey { secret_hash: [9; 32], ..key_of(&grants[caller]) }, now).await.unwrap()
                }
                _ => false,
            }
        }
    })
    .await;
    assert_eq!(ended.iter().filter(|ended| **ended).count(), GRANTS / 4);
    for (index, grant) in grants.iter().enumerate() {
        let live = store.grants.find(&key_of(grant), now).await.unwrap().is_some();
        assert_eq!(live, index % 4 != 0, "{index}");
    }
}

/// Values spent at once: each has one first spender.
pub async fn values_spent_at_once_are_each_decided(store: UnderTest) {
    let expires_at = store.now.plus(DAY);
    let outcomes = race(2 * GRANTS, |caller| {
        let (replay, value) = (Arc::clone(&store.replay), [u8::try_from(caller % GRANTS).unwrap(); 32]);
        async move { (caller % GRANTS, replay.spend(&value, expires_at).await.unwrap()) }
    })
    .await;
    for value in 0..GRANTS {
        let first = outcomes.iter().filter(|(of, spend)| *of == value && *spend == Spend::First).count();
        assert_eq!(first, 1, "{value}");
    }
}
