//! Remembered consent: the union of what a person allowed a client.

use std::sync::Arc;

use grantor_domain::authorization::RememberedConsent;
use grantor_domain::client::ClientId;
use grantor_domain::scope::MAX_LENGTH;
use grantor_domain::user::Subject;
use grantor_ports::RememberedClient;

use super::fixture::{SECOND, client, client_record, scope, subject};
use super::{UnderTest, race};

async fn parties(store: &UnderTest) -> (Subject, ClientId) {
    assert!(store.clients.put(&client_record("client-1"), store.now).await.unwrap());
    (store.user("alice").await, client("client-1"))
}

async fn check(store: &UnderTest, parties: (&Subject, &ClientId), expect: Option<&str>) {
    let found = store.consents.find(parties.0, parties.1).await.unwrap();
    assert_eq!(found, expect.map(|text| RememberedConsent(scope(text))));
}

/// What was allowed before stays allowed when more is.
pub async fn consents_add_up(store: UnderTest) {
    let (alice, client) = parties(&store).await;
    check(&store, (&alice, &client), None).await;
    for (allowed, expect) in [("a b", "a b"), ("b c", "a b c"), ("a", "a b c")] {
        store.consents.remember(&alice, &client, &scope(allowed), store.now).await.unwrap();
        check(&store, (&alice, &client), Some(expect)).await;
    }
}

/// Consent is one person's to one client.
pub async fn consents_are_one_persons_to_one_client(store: UnderTest) {
    let (alice, one) = parties(&store).await;
    let (bob, two) = (store.user("bob").await, client("client-2"));
    assert!(store.clients.put(&client_record("client-2"), store.now).await.unwrap());
    store.consents.remember(&alice, &one, &scope("a"), store.now).await.unwrap();
    check(&store, (&alice, &two), None).await;
    check(&store, (&bob, &one), None).await;
    check(&store, (&alice, &one), Some("a")).await;
}

/// Consent to no scope at all is consent: who gave it is not asked again.
pub async fn an_empty_consent_is_remembered(store: UnderTest) {
    let (alice, client) = parties(&store).await;
    store.consents.remember(&alice, &client, &scope(""), store.now).await.unwrap();
    check(&store, (&alice, &client), Some("")).await;
    store.consents.remember(&alice, &client, &scope("a"), store.now).await.unwrap();
    check(&store, (&alice, &client), Some("a")).await;
}

/// What adds up to more than any scope may hold can still be read, the newest consent whole: then it is the oldest that
/// is asked for again.
pub async fn a_consent_that_outgrows_every_scope_is_still_read(store: UnderTest) {
    let (alice, client) = parties(&store).await;
    let long = |letter: &str| scope(&format!("{0}1 {0}2", letter.repeat(MAX_LENGTH / 3)));
    let mut at = store.now;
    for letter in ["a", "b", "c"] {
        at = at.plus(SECOND);
        store.consents.remember(&alice, &client, &long(letter), at).await.unwrap();
        let RememberedConsent(allowed) = store.consents.find(&alice, &client).await.unwrap().unwrap();
        assert!(long(letter).is_subset(&allowed), "{letter} is forgotten");
    }
}

/// Two tabs at once: neither consent is lost.
pub async fn concurrent_consents_add_up(store: UnderTest) {
    let (alice, client) = parties(&store).await;
    race(16, |tab| {
        let (consents, alice, client) = (Arc::clone(&store.consents), alice.clone(), client.clone());
        let now = store.now;
        async move { consents.remember(&alice, &client, &scope(&format!("s{tab}")), now).await.unwrap() }
    })
    .await;
    let all: Vec<String> = (0..16).map(|tab| format!("s{tab}")).collect();
    check(&store, (&alice, &client), Some(&all.join(" "))).await;
}

/// What people allowed a client is forgotten, and nothing else.
pub async fn consents_to_a_client_are_forgotten(store: UnderTest) {
    let (alice, one) = parties(&store).await;
    let (bob, two) = (store.user("bob").await, client("client-2"));
    assert!(store.clients.put(&client_record("client-2"), store.now).await.unwrap());
    for (who, client) in [(&alice, &one), (&bob, &one), (&alice, &two)] {
        store.consents.remember(who, client, &scope("a"), store.now).await.unwrap();
    }
    store.consents.forget(&one).await.unwrap();
    check(&store, (&alice, &one), None).await;
    check(&store, (&bob, &one), None).await;
    check(&store, (&alice, &two), Some("a")).await;
}

/// What one person allowed is listed by client, each with when they first allowed anything.
pub async fn consents_of_one_person_are_listed_by_client(store: UnderTest) {
    let (alice, bob) = (store.user("alice").await, store.user("bob").await);
    let at = |seconds: u32| store.now.plus(SECOND * seconds);
    let allowed = [
        (&alice, "b", "x", 1),
        (&alice, "a", "", 2),
        (&alice, "b", "y", 3),
        (&alice, "B", "x z", 4),
        (&bob, "c", "x", 5),
    ];
    for (who, id, allowed, seconds) in allowed {
        store.consents.remember(who, &client(id), &scope(allowed), at(seconds)).await.unwrap();
    }
    let remembered = |id: &str, allowed: &str, seconds| RememberedClient {
        client: client(id),
        consent: RememberedConsent(scope(allowed)),
        since: at(seconds),
    };
    let of_alice = [remembered("B", "x z", 4), remembered("a", "", 2), remembered("b", "x y", 1)];
    assert_eq!(store.consents.of(&alice).await.unwrap(), of_alice);
    assert_eq!(store.consents.of(&bob).await.unwrap(), [remembered("c", "x", 5)]);
    assert_eq!(store.consents.of(&subject("nobody")).await.unwrap(), []);
}

/// What is withdrawn is asked for again, and counts as allowed from then on; nothing else is withdrawn with it.
pub async fn a_withdrawn_consent_is_asked_for_again(store: UnderTest) {
    let (alice, one) = parties(&store).await;
    let (bob, two) = (store.user("bob").await, client("client-2"));
    for (who, client) in [(&alice, &one), (&bob, &one), (&alice, &two)] {
        store.consents.remember(who, client, &scope("a b"), store.now).await.unwrap();
    }
    for _ in 0..2 {
        store.consents.withdraw(&alice, &one).await.unwrap();
        check(&store, (&alice, &one), None).await;
        check(&store, (&bob, &one), Some("a b")).await;
        check(&store, (&alice, &two), Some("a b")).await;
    }
    let later = store.now.plus(SECOND);
    store.consents.remember(&alice, &one, &scope("b"), later).await.unwrap();
    let again = store.consents.of(&alice).await.unwrap();
    let again: Vec<_> = again.into_iter().map(|known| (known.client, known.consent, known.since)).collect();
    let allowed = |text| RememberedConsent(scope(text));
    assert_eq!(again, [(one, allowed("b"), later), (two, allowed("a b"), store.now)]);
}
