//! Clients, and the namespace that they share with people (RFC 9700 §4.15).

use std::sync::Arc;

use grantor_domain::authorization::RememberedConsent;
use grantor_domain::client::{ClientId, StoredSecret};
use grantor_domain::grant::NewGrant;
use grantor_ports::{Change, ClientRecord, ImportMode, Imported, Liveness};
use serde_json::json;

use super::fixture::{
    CALLERS, CLASSES, SECOND, client, client_record, credentials, resting_on, scope, secret, subject,
};
use super::{UnderTest, race};

async fn is_live(store: &UnderTest, grant: &NewGrant) -> bool {
    store.grants.liveness(resting_on(&[grant.terms.reference]), store.now).await.unwrap() != Liveness::Dead
}

async fn changed_clients(store: &UnderTest) -> Vec<ClientId> {
    let changes = store.changes.since(store.now).await.unwrap();
    let clients = changes.into_iter().filter_map(|(_, change)| match change {
        Change::Client(id) => Some(id),
        Change::Keys | Change::Registry => None,
    });
    clients.collect()
}

/// A client comes back as it was: both of its secrets in order, and settings that only a newer version knows.
pub async fn a_client_comes_back_as_it_was(store: UnderTest) {
    let settings = json!({
        "client_id": "Demo client #1",
        "client_name": "Ünïcode \" ' \\ name",
        "grant_types": ["authorization_code", "refresh_token"],
        "redirect_uris": ["https://app.example.test/callback?x=1"],
        "scope": "openid profile",
        "default_scope": "openid",
        "access_token_lifetime": 86400,
        "jwks": { "keys": [{ "kty": "OKP" }] },
        "of_a_newer_version": { "deep": [1, 2.5, null, "text"] },
    });
    let sealed = StoredSecret::Sealed { key: u32::MAX, sealed: "c2VhbGVk".to_owned(), estimated_bits: 256 };
    let record = ClientRecord { settings: serde_json::from_value(settings).unwrap(), secrets: vec![sealed, secret(1)] };
    assert!(record.settings.unknown.contains_key("of_a_newer_version"));
    assert!(store.clients.put(&record, store.now).await.unwrap());
    assert_eq!(store.clients.find(&record.settings.client_id).await.unwrap(), Some(record));
}

/// A client that was never put is not found; case counts.
pub async fn an_unknown_client_is_not_found(store: UnderTest) {
    assert!(store.clients.put(&client_record("client"), store.now).await.unwrap());
    for other in ["clienT", "client ", "clien", "%", "client' OR '1'='1"] {
        assert_eq!(store.clients.find(&client(other)).await.unwrap(), None, "{other}");
    }
}

/// Putting a client again replaces all of it.
pub async fn putting_a_client_again_replaces_it(store: UnderTest) {
    let mut record = client_record("client");
    assert!(store.clients.put(&record, store.now).await.unwrap());
    record.secrets.clear();
    record.settings.client_name = Some("Renamed".to_owned());
    assert!(store.clients.put(&record, store.now).await.unwrap());
    assert_eq!(store.clients.list().await.unwrap(), [record]);
}

/// The list is by id, as bytes sort.
pub async fn clients_are_listed_by_id(store: UnderTest) {
    for id in ["b", "a", "B", "1000000042", "a-1", "a b"] {
        assert!(store.clients.put(&client_record(id), store.now).await.unwrap());
    }
    let listed = store.clients.list().await.unwrap();
    let ids: Vec<&str> = listed.iter().map(|record| record.settings.client_id.as_str()).collect();
    assert_eq!(ids, ["1000000042", "B", "a", "a b", "a-1", "b"]);
}

/// Every put is recorded for the other replicas, once, with an identifier of its own; what is older is left out.
pub async fn putting_a_client_is_recorded(store: UnderTest) {
    for id in ["one", "two", "one"] {
        assert!(store.clients.put(&client_record(id), store.now).await.unwrap());
    }
    let mut changed = changed_clients(&store).await;
    changed.sort();
    assert_eq!(changed, [client("one"), client("one"), client("two")]);
    let mut ids: Vec<i64> = store.changes.since(store.now).await.unwrap().into_iter().map(|(id, _)| id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    assert_eq!(store.changes.since(store.now.plus(SECOND)).await.unwrap(), []);
}

/// A client is inserted once; a refused insert changes nothing of the one who has the name, and is not recorded.
pub async fn a_client_is_inserted_once(store: UnderTest) {
    let record = client_record("client");
    assert!(store.clients.insert(&record, store.now).await.unwrap());
    let mut another = record.clone();
    another.secrets.clear();
    assert!(!store.clients.insert(&another, store.now).await.unwrap());
    assert_eq!(store.clients.list().await.unwrap(), [record]);
    store.user("shared").await;
    assert!(!store.clients.insert(&client_record("shared"), store.now).await.unwrap());
    assert_eq!(changed_clients(&store).await, [client("client")]);
}

/// Of many that ask for one id, exactly one gets it.
pub async fn one_of_64_concurrent_inserts_gets_the_id(store: UnderTest) {
    let inserted = race(CALLERS, |_| {
        let (clients, record, now) = (Arc::clone(&store.clients), client_record("client"), store.now);
        async move { clients.insert(&record, now).await.unwrap() }
    })
    .await;
    assert_eq!(inserted.into_iter().filter(|inserted| *inserted).count(), 1);
}

/// A client is replaced only as it was read: what somebody else changed meanwhile is not undone.
pub async fn a_client_is_replaced_only_as_it_was_read(store: UnderTest) {
    let read = client_record("client");
    assert!(!store.clients.replace(&read, &read, store.now).await.unwrap(), "there is none");
    assert!(store.clients.put(&read, store.now).await.unwrap());
    let mut renamed = read.clone();
    renamed.settings.client_name = Some("Renamed".to_owned());
    let mut rotated = read.clone();
    rotated.secrets.insert(0, secret(2));
    assert!(store.clients.replace(&read, &renamed, store.now).await.unwrap());
    assert!(!store.clients.replace(&read, &rotated, store.now).await.unwrap(), "another read before");
    assert_eq!(store.clients.list().await.unwrap(), std::slice::from_ref(&renamed));
    assert!(store.clients.replace(&read, &renamed, store.now).await.unwrap(), "it is as wanted already");
    assert_eq!(store.clients.list().await.unwrap(), [renamed]);
    assert_eq!(changed_clients(&store).await, vec![client("client"); 3]);
}

/// Of many that read the same and each change it their own way, exactly one does.
pub async fn one_of_64_concurrent_replacements_wins(store: UnderTest) {
    let read = client_record("client");
    assert!(store.clients.put(&read, store.now).await.unwrap());
    let replaced = race(CALLERS, |caller| {
        let (clients, read, now) = (Arc::clone(&store.clients), read.clone(), store.now);
        let mut record = read.clone();
        record.settings.client_name = Some(format!("Name {caller}"));
        async move { clients.replace(&read, &record, now).await.unwrap().then_some(record) }
    })
    .await;
    let won: Vec<_> = replaced.into_iter().flatten().collect();
    assert_eq!(won.len(), 1);
    assert_eq!(store.clients.list().await.unwrap(), won);
}

/// Deleting a client ends its grants in both tables, forgets the consents given to it and is recorded. Other clients
/// keep theirs.
pub async fn deleting_a_client_ends_what_was_given_to_it(store: UnderTest) {
    let (deleted, other) = (client("deleted"), client("other"));
    let alice = store.user("alice").await;
    let mut grants = Vec::new();
    for id in [&deleted, &other] {
        assert!(store.clients.put(&client_record(id.as_str()), store.now).await.unwrap());
        store.consents.remember(&alice, id, &scope("read"), store.now).await.unwrap();
        for class in CLASSES {
            let mut grant = store.grant_in(class, &alice);
            grant.terms.client_id = id.clone();
            store.open(&grant).await;
            grants.push(grant);
        }
    }
    let later = store.now.plus(SECOND);
    assert_eq!(store.clients.delete(&deleted, later).await.unwrap(), Some(2));
    assert_eq!(store.clients.delete(&deleted, later).await.unwrap(), None, "it is gone already");
    assert_eq!(store.clients.find(&deleted).await.unwrap(), None);
    for (number, grant) in grants.iter().enumerate() {
        assert_eq!(is_live(&store, grant).await, number >= 2, "{number}");
    }
    assert_eq!(store.consents.find(&alice, &deleted).await.unwrap(), None);
    assert_eq!(store.consents.find(&alice, &other).await.unwrap(), Some(RememberedConsent(scope("read"))));
    let changes = store.changes.since(later).await.unwrap();
    assert_eq!(changes.into_iter().map(|(_, change)| change).collect::<Vec<_>>(), [Change::Client(deleted)]);
}

/// A deleted client's id never becomes a user's subject, but may become a client's again, for which nothing is revived:
/// not even what a request opened that was under way when the client was deleted.
pub async fn a_deleted_clients_id_stays_a_clients(store: UnderTest) {
    for insert in [true, false] {
        let id = client(&format!("client-{insert}"));
        let record = client_record(id.as_str());
        let alice = store.user(&format!("alice-{insert}")).await;
        assert!(store.clients.insert(&record, store.now).await.unwrap());
        assert_eq!(store.clients.delete(&id, store.now).await.unwrap(), Some(0));
        assert!(!store.users.insert(&credentials(id.as_str())).await.unwrap());
        let imported = store.users.import(&[credentials(id.as_str())], ImportMode::Commit).await.unwrap();
        assert_eq!(imported, [Imported::NameTaken]);
        let mut late = store.grant(&alice);
        late.terms.client_id = id.clone();
        store.open(&late).await;
        store.consents.remember(&alice, &id, &scope("read"), store.now).await.unwrap();
        let clients = &store.clients;
        let written = if insert { clients.insert(&record, store.now) } else { clients.put(&record, store.now) };
        assert!(written.await.unwrap());
        assert!(!is_live(&store, &late).await, "insert: {insert}");
        assert_eq!(store.consents.find(&alice, &id).await.unwrap(), None, "insert: {insert}");
        assert_eq!(store.clients.find(&id).await.unwrap(), Some(record));
    }
}

/// A client under a user's subject is refused, and nothing is stored or recorded.
pub async fn a_client_under_a_users_subject_is_refused(store: UnderTest) {
    store.user("shared").await;
    assert!(!store.clients.put(&client_record("shared"), store.now).await.unwrap());
    assert_eq!(store.clients.find(&client("shared")).await.unwrap(), None);
    assert_eq!(store.clients.list().await.unwrap(), []);
    assert_eq!(changed_clients(&store).await, []);
}

/// A user under a client's id is refused, and nothing is stored.
pub async fn a_user_under_a_clients_id_is_refused(store: UnderTest) {
    assert!(store.clients.put(&client_record("shared"), store.now).await.unwrap());
    assert!(!store.users.insert(&credentials("shared")).await.unwrap());
    assert_eq!(store.users.by_subject(&subject("shared")).await.unwrap(), None);
}

/// A refused user takes no name: the client's record can still be replaced, and the username is free.
pub async fn a_refusal_takes_no_name(store: UnderTest) {
    assert!(store.clients.put(&client_record("shared"), store.now).await.unwrap());
    assert!(!store.users.insert(&credentials("shared")).await.unwrap());
    assert!(store.clients.put(&client_record("shared"), store.now).await.unwrap());
    let mut elsewhere = credentials("shared");
    elsewhere.user.subject = subject("another");
    assert!(store.users.insert(&elsewhere).await.unwrap());
    let mut same_username = credentials("shared");
    same_username.user.subject = subject("free");
    assert!(!store.users.insert(&same_username).await.unwrap());
    assert!(store.clients.put(&client_record("free"), store.now).await.unwrap(), "the refused user holds no name");
}

/// When a client and a user ask for one name at once, exactly one gets it.
pub async fn a_race_for_one_name_has_one_winner(store: UnderTest) {
    for round in 0..32 {
        let name = format!("name-{round}");
        let won = race(2, |caller| {
            let (clients, users, now) = (Arc::clone(&store.clients), Arc::clone(&store.users), store.now);
            let (record, user) = (client_record(&name), credentials(&name));
            async move {
                if caller == 0 { clients.put(&record, now).await.unwrap() } else { users.insert(&user).await.unwrap() }
            }
        })
        .await;
        assert_eq!(won.into_iter().filter(|won| *won).count(), 1, "{name}");
        let is_client = store.clients.find(&client(&name)).await.unwrap().is_some();
        let is_user = store.users.by_subject(&subject(&name)).await.unwrap().is_some();
        assert!(is_client != is_user, "{name}");
    }
}
