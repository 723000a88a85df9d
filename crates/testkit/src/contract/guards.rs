//! What must not happen twice, and failures that are only written down.

use std::sync::Arc;

use grantor_ports::{FailedAttempt, Spend};

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

/// Failures are written down, the same one twice too: people do repeat themselves.
pub async fn failures_are_recorded(store: UnderTest) {
    let with_address =
        FailedAttempt { username_key: store.random.bytes(), address: Some("2001:db8::1".to_owned()), at: store.now };
    let without = FailedAttempt { address: None, ..with_address.clone() };
    for attempt in [&with_address, &with_address, &without] {
        store.attempts.record(attempt).await.unwrap();
    }
}

/// Failures are counted under the name they were recorded under, from a time on.
pub async fn failures_are_counted_by_name_and_time(store: UnderTest) {
    let (name, other): ([u8; 32], [u8; 32]) = (store.random.bytes(), store.random.bytes());
    for (username_key, at) in [(name, store.now), (name, store.now.plus(SECOND)), (other, store.now)] {
        store.attempts.record(&FailedAttempt { username_key, address: None, at }).await.unwrap();
    }
    assert_eq!(store.attempts.count(&name, store.now).await.unwrap(), 2);
    assert_eq!(store.attempts.count(&name, store.now.plus(SECOND)).await.unwrap(), 1);
    assert_eq!(store.attempts.count(&name, store.now.plus(HOUR)).await.unwrap(), 0);
    assert_eq!(store.attempts.count(&store.random.bytes(), store.now).await.unwrap(), 0);
}

/// What is forgotten is one name's.
pub async fn failures_are_forgotten_by_name(store: UnderTest) {
    let (name, other): ([u8; 32], [u8; 32]) = (store.random.bytes(), store.random.bytes());
    for username_key in [name, name, other] {
        store.attempts.record(&FailedAttempt { username_key, address: None, at: store.now }).await.unwrap();
    }
    assert_eq!(store.attempts.forget(&name).await.unwrap(), 2);
    assert_eq!(store.attempts.forget(&name).await.unwrap(), 0);
    assert_eq!(store.attempts.count(&other, store.now).await.unwrap(), 1);
}
