//! What must not happen twice, and failures that are only written down.

use std::sync::Arc;

use grantor_domain::throttle::{FailureTally, Failures};
use grantor_domain::time::Timestamp;
use grantor_domain::user::Username;
use grantor_ports::{FailedAttempt, FailureKeys, Spend};

use super::fixture::{CALLERS, HOUR, SECOND};
use super::{UnderTest, race};

/// A value is new once.
pub async fn a_value_is_spent_once(store: UnderTest) {
    let (key, other): ([u8; 32], [u8; 32]) = (store.random.bytes(), store.random.bytes());
    let expires_at = store.now.plus(HOUR);
    assert_eq!(store.replay.spend(&key, expires_at).await.unwrap(), Spend::First);
    assert_eq!(store.replay.spend(&key, expires_at).await.unwrap(), Spend::Replayed);
    assert_eq!(store.replay.spend(&other, expires_at).await.unwrap(), Spend::First);
}

/// Of many that spend one value, exactly one is first.
pub async fn one_of_64_concurrent_spenders_is_first(store: UnderTest) {
    let (key, expires_at) = (store.random.bytes(), store.now.plus(HOUR));
    let spends = race(CALLERS, |_| {
        let replay = Arc::clone(&store.replay);
        async move { replay.spend(&key, expires_at).await.unwrap() }
    })
    .await;
    assert_eq!(spends.into_iter().filter(|spend| *spend == Spend::First).count(), 1);
}

/// The expiry is part of the value, so that values too have a left edge: an assertion with the same `jti` but another
/// `exp` was signed anew by the client, and is no replay of the first.
pub async fn the_expiry_is_part_of_the_value(store: UnderTest) {
    let key = store.random.bytes();
    for expires_at in [store.now.plus(HOUR), store.now.plus(HOUR).plus(SECOND)] {
        assert_eq!(store.replay.spend(&key, expires_at).await.unwrap(), Spend::First);
        assert_eq!(store.replay.spend(&key, expires_at).await.unwrap(), Spend::Replayed);
    }
}

fn failure(username_key: [u8; 32], place_key: Option<[u8; 32]>, at: Timestamp) -> FailedAttempt {
    FailedAttempt { username_key, place_key, address: Some("2001:db8::1".to_owned()), at }
}

fn keys(username: [u8; 32], place: Option<[u8; 32]>) -> FailureKeys {
    FailureKeys { username, place }
}

/// Failures are written down, the same one twice too: people do repeat themselves.
pub async fn failures_are_recorded(store: UnderTest) {
    let with_address = failure(store.random.bytes(), Some(store.random.bytes()), store.now);
    let without = FailedAttempt { address: None, place_key: None, ..with_address.clone() };
    for attempt in [&with_address, &with_address, &without] {
        store.attempts.record(attempt).await.unwrap();
    }
}

/// Failures are counted under the name they were recorded under, from a time on.
pub async fn failures_are_counted_by_name_and_time(store: UnderTest) {
    let (name, other): ([u8; 32], [u8; 32]) = (store.random.bytes(), store.random.bytes());
    for (username_key, at) in [(name, store.now), (name, store.now.plus(SECOND)), (other, store.now)] {
        store.attempts.record(&failure(username_key, None, at)).await.unwrap();
    }
    assert_eq!(store.attempts.count(&name, store.now).await.unwrap(), 2);
    assert_eq!(store.attempts.count(&name, store.now.plus(SECOND)).await.unwrap(), 1);
    assert_eq!(store.attempts.count(&name, store.now.plus(HOUR)).await.unwrap(), 0);
    assert_eq!(store.attempts.count(&store.random.bytes(), store.now).await.unwrap(), 0);
}

/// Failures are told apart by name and by place, with the time of the last of each.
pub async fn failures_are_tallied_by_name_and_place(store: UnderTest) {
    let [name, other, here, elsewhere] = [(); 4].map(|()| store.random.bytes::<32>());
    let at = |seconds: u32| store.now.plus(SECOND * seconds);
    for (username_key, place_key, at) in [
        (name, Some(here), store.now.minus(SECOND)),
        (name, Some(here), at(0)),
        (name, Some(here), at(3)),
        (name, Some(elsewhere), at(4)),
        (name, None, at(5)),
        (other, Some(here), at(6)),
    ] {
        store.attempts.record(&failure(username_key, place_key, at)).await.unwrap();
    }
    let failed = |count: u64, seconds: u32| Failures { count, last: Some(at(seconds)) };
    let tally = store.attempts.tally(&keys(name, Some(here)), store.now).await.unwrap();
    assert_eq!(tally, FailureTally { name_here: failed(2, 3), name: failed(4, 5), here: failed(3, 6) });
    let nowhere = store.attempts.tally(&keys(name, None), store.now).await.unwrap();
    assert_eq!(nowhere, FailureTally { name: failed(4, 5), ..FailureTally::default() });
    let stranger = store.attempts.tally(&keys(store.random.bytes(), Some(elsewhere)), store.now).await.unwrap();
    assert_eq!(stranger, FailureTally { here: failed(1, 4), ..FailureTally::default() });
    let later = store.attempts.tally(&keys(name, Some(here)), at(7)).await.unwrap();
    assert_eq!(later, FailureTally::default());
}

/// Who signs in comes with the failures that speak against it, whether there is such a user or not.
pub async fn failures_come_with_the_user(store: UnderTest) {
    let alice = store.user("alice").await;
    let (name, here) = (store.random.bytes(), store.random.bytes());
    store.attempts.record(&failure(name, Some(here), store.now)).await.unwrap();
    let known = Username::parse("alice").unwrap();
    let unknown = Username::parse("nobody").unwrap();
    for (username, expect) in [(Some(&known), Some(&alice)), (Some(&unknown), None), (None, None)] {
        for (keys, count) in [(keys(name, Some(here)), 1), (keys(store.random.bytes(), None), 0)] {
            let (found, tally) = store.users.signing_in(username, &keys, store.now).await.unwrap();
            let found = found.map(|found| found.credentials);
            assert_eq!(found.as_ref().map(|found| &found.user.subject), expect);
            assert_eq!(tally, store.attempts.tally(&keys, store.now).await.unwrap());
            assert_eq!(tally.name_here.count, count);
            let alone = match username {
                Some(username) => store.users.by_username(username).await.unwrap(),
                None => None,
            };
            assert_eq!(found, alone);
        }
    }
}

/// What is forgiven is one name's from one place.
pub async fn failures_are_forgiven_by_name_and_place(store: UnderTest) {
    let [name, other, here, elsewhere] = [(); 4].map(|()| store.random.bytes::<32>());
    for (username_key, place_key) in
        [(name, Some(here)), (name, Some(here)), (name, Some(elsewhere)), (name, None), (other, Some(here))]
    {
        store.attempts.record(&failure(username_key, place_key, store.now)).await.unwrap();
    }
    let counts = async || {
        let tally = store.attempts.tally(&keys(name, Some(here)), store.now).await.unwrap();
        (tally.name_here.count, tally.name.count, tally.here.count)
    };
    assert_eq!(counts().await, (2, 4, 3));
    store.attempts.forgive(&keys(name, Some(here))).await.unwrap();
    assert_eq!(counts().await, (0, 2, 1));
    store.attempts.forgive(&keys(name, None)).await.unwrap();
    assert_eq!(counts().await, (0, 1, 1));
}

/// What is forgotten is one name's.
pub async fn failures_are_forgotten_by_name(store: UnderTest) {
    let (name, other): ([u8; 32], [u8; 32]) = (store.random.bytes(), store.random.bytes());
    for username_key in [name, name, other] {
        store.attempts.record(&failure(username_key, None, store.now)).await.unwrap();
    }
    assert_eq!(store.attempts.forget(&name).await.unwrap(), 2);
    assert_eq!(store.attempts.forget(&name).await.unwrap(), 0);
    assert_eq!(store.attempts.count(&other, store.now).await.unwrap(), 1);
}
