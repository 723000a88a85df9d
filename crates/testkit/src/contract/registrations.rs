//! Clients that registered themselves (RFC 7591).

use std::sync::Arc;

use grantor_domain::time::Timestamp;
use grantor_ports::{Change, ClientRecord, Registered, Registration};

use super::fixture::{CALLERS, HOUR, client, client_record, secret};
use super::{UnderTest, race};

/// More than any of these registers.
const PLENTY: u32 = 1000;

fn registration(store: &UnderTest, id: &str) -> Registration {
    Registration {
        client_id: client(id),
        fingerprint: store.random.bytes(),
        token_hash: store.random.bytes(),
        registered_at: store.now,
        expires_at: Some(store.now.plus(HOUR)),
    }
}

async fn registered(store: &UnderTest, id: &str) -> (ClientRecord, Registration) {
    let (record, registration) = (client_record(id), registration(store, id));
    let outcome = store.registrations.register(&record, &registration, PLENTY).await.unwrap();
    assert_eq!(outcome, Registered::Done);
    (record, registration)
}

/// Both come back as they were, and every replica hears of the client.
pub async fn a_registered_client_comes_back_as_it_was(store: UnderTest) {
    let (record, registration) = registered(&store, "one").await;
    assert_eq!(store.clients.find(&client("one")).await.unwrap(), Some(record));
    assert_eq!(store.registrations.find(&client("one")).await.unwrap(), Some(registration));
    assert_eq!(store.registrations.find(&client("two")).await.unwrap(), None);
    let changes = store.changes.since(store.now).await.unwrap();
    assert_eq!(changes.iter().map(|(_, change)| change).collect::<Vec<_>>(), [&Change::Client(client("one"))]);
}

/// A name that a client or a user has, or had, is not given.
pub async fn an_id_is_registered_once(store: UnderTest) {
    let (record, _) = registered(&store, "one").await;
    store.user("alice").await;
    store.clients.put(&client_record("two"), store.now).await.unwrap();
    store.clients.delete(&client("two"), store.now).await.unwrap();
    for taken in ["one", "alice", "two"] {
        let again = registration(&store, taken);
        let outcome = store.registrations.register(&client_record(taken), &again, PLENTY).await.unwrap();
        assert_eq!(outcome, Registered::NameTaken, "{taken}");
    }
    assert_eq!(store.clients.list().await.unwrap(), [record]);
    assert_eq!(store.registrations.find(&client("two")).await.unwrap(), None);
}

/// The bound counts those that registered themselves, used or not, and nobody else.
pub async fn no_more_than_so_many_are_registered(store: UnderTest) {
    store.clients.put(&client_record("by-hand"), store.now).await.unwrap();
    registered(&store, "one").await;
    store.registrations.complete(&client("one")).await.unwrap();
    let register = async |id: &str, most| {
        store.registrations.register(&client_record(id), &registration(&store, id), most).await.unwrap()
    };
    assert_eq!(register("two", 1).await, Registered::TooMany);
    assert_eq!(store.clients.find(&client("two")).await.unwrap(), None);
    assert_eq!(register("two", 2).await, Registered::Done, "and its name is not taken");
    assert_eq!(register("three", 2).await, Registered::TooMany);
    store.clients.delete(&client("one"), store.now).await.unwrap();
    assert_eq!(register("three", 2).await, Registered::Done);
}

/// Whoever registers again is found until the client was used, or is over.
pub async fn a_used_client_is_not_found_as_unused(store: UnderTest) {
    let (_, first) = registered(&store, "one").await;
    let (_, other) = registered(&store, "two").await;
    let unused = async |fingerprint: &[u8; 32], at: Timestamp| {
        store.registrations.find_unused(fingerprint, at).await.unwrap().map(|found| found.client_id)
    };
    assert_eq!(unused(&first.fingerprint, store.now).await, Some(client("one")));
    assert_eq!(unused(&store.random.bytes(), store.now).await, None);
    assert_eq!(unused(&other.fingerprint, store.now.plus(HOUR)).await, None, "over");
    store.registrations.complete(&client("one")).await.unwrap();
    store.registrations.complete(&client("nobody")).await.unwrap();
    assert_eq!(unused(&first.fingerprint, store.now).await, None, "used");
    let kept = store.registrations.find(&client("one")).await.unwrap();
    assert_eq!(kept, Some(Registration { expires_at: None, ..first }));
}

/// A renewal puts another secret and another token in place; one that was used, or renewed meanwhile, stays as it is.
pub async fn a_renewal_replaces_what_was_not_used(store: UnderTest) {
    let (record, first) = registered(&store, "one").await;
    let renewed = ClientRecord { secrets: vec![secret(9)], ..record };
    let second = Registration { token_hash: store.random.bytes(), ..first.clone() };
    assert!(store.registrations.renew(&first, &renewed, &second).await.unwrap());
    assert_eq!(store.clients.find(&client("one")).await.unwrap(), Some(renewed.clone()));
    assert_eq!(store.registrations.find(&client("one")).await.unwrap(), Some(second.clone()));
    let third = Registration { token_hash: store.random.bytes(), ..first.clone() };
    assert!(!store.registrations.renew(&first, &client_record("one"), &third).await.unwrap(), "overtaken");
    store.registrations.complete(&client("one")).await.unwrap();
    assert!(!store.registrations.renew(&second, &client_record("one"), &third).await.unwrap(), "used");
    assert_eq!(store.clients.find(&client("one")).await.unwrap(), Some(renewed));
}

/// Of many who renew at once one does.
pub async fn one_of_64_concurrent_renewals_counts(store: UnderTest) {
    let (record, first) = registered(&store, "one").await;
    let renewed = race(CALLERS, |_caller| {
        let (registrations, record, first) = (Arc::clone(&store.registrations), record.clone(), first.clone());
        let next = Registration { token_hash: store.random.bytes(), ..first.clone() };
        async move { registrations.renew(&first, &record, &next).await.unwrap().then_some(next) }
    })
    .await;
    let won: Vec<_> = renewed.into_iter().flatten().collect();
    assert_eq!(won.len(), 1);
    assert_eq!(store.registrations.find(&client("one")).await.unwrap().as_ref(), won.first());
}

/// The end of a client is the end of its registration.
pub async fn a_deleted_client_has_no_registration(store: UnderTest) {
    registered(&store, "one").await;
    assert_eq!(store.clients.delete(&client("one"), store.now).await.unwrap(), Some(0));
    assert_eq!(store.registrations.find(&client("one")).await.unwrap(), None);
}
