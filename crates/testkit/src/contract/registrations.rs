//! Clients that registered themselves (RFC 7591).

use std::sync::Arc;

use grantor_domain::time::Timestamp;
use grantor_ports::{Change, ClientRecord, Registered, Registration, SpentToken};

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

fn self_registered(id: &str) -> ClientRecord {
    let mut record = client_record(id);
    record.settings.self_registered = true;
    record
}

async fn registered(store: &UnderTest, id: &str) -> (ClientRecord, Registration) {
    let (record, registration) = (self_registered(id), registration(store, id));
    let outcome = store.registrations.register(&record, &registration, None, PLENTY).await.unwrap();
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
        let outcome = store.registrations.register(&client_record(taken), &again, None, PLENTY).await.unwrap();
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
        store.registrations.register(&self_registered(id), &registration(&store, id), None, most).await.unwrap()
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
        let found = store.registrations.unused(fingerprint, at).await.unwrap();
        found.into_iter().map(|found| found.client_id).collect::<Vec<_>>()
    };
    assert_eq!(unused(&first.fingerprint, store.now).await, [client("one")]);
    assert_eq!(unused(&store.random.bytes(), store.now).await, []);
    assert_eq!(unused(&other.fingerprint, store.now.plus(HOUR)).await, [], "over");
    let same = Registration { fingerprint: first.fingerprint, ..registration(&store, "three") };
    store.registrations.register(&self_registered("three"), &same, None, PLENTY).await.unwrap();
    assert_eq!(unused(&first.fingerprint, store.now).await, [client("one"), client("three")]);
    assert!(store.registrations.remove_unused(&client("three"), store.now).await.unwrap());
    store.registrations.complete(&client("one")).await.unwrap();
    store.registrations.complete(&client("nobody")).await.unwrap();
    assert_eq!(unused(&first.fingerprint, store.now).await, [], "used");
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
    assert!(!store.registrations.renew(&first, &self_registered("one"), &third).await.unwrap(), "overtaken");
    store.registrations.complete(&client("one")).await.unwrap();
    assert!(!store.registrations.renew(&second, &self_registered("one"), &third).await.unwrap(), "used");
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

/// A client that was given nothing goes with its name; one that was given something, or did not register itself, stays.
pub async fn only_an_unused_client_is_removed_so(store: UnderTest) {
    registered(&store, "one").await;
    registered(&store, "two").await;
    store.clients.put(&client_record("by-hand"), store.now).await.unwrap();
    store.registrations.complete(&client("two")).await.unwrap();
    for (id, expect) in [("one", true), ("one", false), ("two", false), ("by-hand", false)] {
        assert_eq!(store.registrations.remove_unused(&client(id), store.now).await.unwrap(), expect, "{id}");
    }
    let left: Vec<_> =
        store.clients.list().await.unwrap().into_iter().map(|record| record.settings.client_id).collect();
    assert_eq!(left, [client("by-hand"), client("two")]);
    registered(&store, "one").await;
}

/// Whom an administrator vouches for is theirs: nothing that the client knows changes or ends it any more.
pub async fn whom_an_administrator_vouches_for_did_not_register_itself(store: UnderTest) {
    for (id, by_replacing) in [("one", true), ("two", false)] {
        let (record, first) = registered(&store, id).await;
        let vouched = client_record(id);
        if by_replacing {
            assert!(store.clients.replace(&record, &vouched, store.now).await.unwrap());
        } else {
            assert!(store.clients.put(&vouched, store.now).await.unwrap());
        }
        assert_eq!(store.registrations.find(&client(id)).await.unwrap(), None);
        let next = Registration { token_hash: store.random.bytes(), ..first.clone() };
        assert!(!store.registrations.renew(&first, &record, &next).await.unwrap());
        assert_eq!(store.clients.find(&client(id)).await.unwrap(), Some(vouched));
    }
    let (record, kept) = registered(&store, "three").await;
    let mut changed = record.clone();
    changed.settings.client_name = Some("Changed".to_owned());
    assert!(store.clients.replace(&record, &changed, store.now).await.unwrap());
    assert_eq!(store.registrations.find(&client("three")).await.unwrap(), Some(kept));
}

/// What a client registers with is used up with the registration, or not at all; of many at once one registers.
pub async fn a_token_that_is_good_once_registers_once(store: UnderTest) {
    let spent = SpentToken { key: store.random.bytes(), expires_at: store.now.plus(HOUR) };
    let refused = registration(&store, "none");
    let outcome = store.registrations.register(&self_registered("none"), &refused, Some(spent), 0).await.unwrap();
    assert_eq!(outcome, Registered::TooMany);
    let outcomes = race(CALLERS, |caller| {
        let id = format!("client-{caller}");
        let (registrations, record) = (Arc::clone(&store.registrations), self_registered(&id));
        let registration = registration(&store, &id);
        async move { registrations.register(&record, &registration, Some(spent), PLENTY).await.unwrap() }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Registered::Done).count(), 1);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Registered::Done | Registered::TokenUsed)));
    assert_eq!(store.clients.list().await.unwrap().len(), 1);
}
