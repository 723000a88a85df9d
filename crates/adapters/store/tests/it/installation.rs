//! The first start of a database: exactly once, whole or not at all, however many replicas start.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use grantor_domain::client::ClientId;
use grantor_domain::user::{StandardClaims, Subject, User, Username};
use grantor_ports::{Clients, KeyPurpose, Keys, UserCredentials, Users};
use grantor_store::{InstallError, Installation, Store};
use grantor_testkit::contract::{UnderTest, client_record, key_record, race};

use crate::setup::{NOW, Place, on_both_engines_empty, retention};

on_both_engines_empty!(
    one_of_three_replicas_installs,
    a_second_start_keeps_everything,
    an_installation_that_fails_leaves_nothing,
    rows_that_exist_are_left_alone,
    an_installed_store_serves,
);

fn installation() -> Installation {
    let user = User {
        subject: Subject::parse("alice").unwrap(),
        username: Username::parse("alice").unwrap(),
        claims: StandardClaims::default(),
        disabled_at: None,
        not_before: NOW,
    };
    Installation {
        keys: vec![key_record(1, KeyPurpose::Seal, NOW), key_record(2, KeyPurpose::RefreshMac, NOW)],
        clients: vec![client_record("demo-a"), client_record("demo-b")],
        users: vec![UserCredentials { user, password: None }],
    }
}

async fn install(store: &Store, made: &Arc<AtomicU32>) -> bool {
    let made = Arc::clone(made);
    let make = move || {
        made.fetch_add(1, Ordering::SeqCst);
        Ok::<_, String>(installation())
    };
    store.install(NOW, &retention(), make).await.unwrap_or_else(|error| panic!("{error:?}"))
}

async fn check_installed(store: &Store) {
    let expect = installation();
    assert_eq!(Keys::list(store).await.unwrap(), expect.keys);
    assert_eq!(Clients::list(store).await.unwrap(), expect.clients);
    assert_eq!(store.by_subject(&expect.users[0].user.subject).await.unwrap().as_ref(), expect.users.first());
}

async fn one_of_three_replicas_installs(place: Place) {
    let replicas = [place.store(), place.store(), place.store()];
    let made = Arc::new(AtomicU32::new(0));
    let installed = race(replicas.len(), |replica| {
        let (store, made) = (Arc::clone(&replicas[replica]), Arc::clone(&made));
        async move { install(&store, &made).await }
    })
    .await;
    assert_eq!(installed.into_iter().filter(|installed| *installed).count(), 1);
    assert_eq!(made.load(Ordering::SeqCst), 1, "what is installed is made once");
    for replica in &replicas {
        check_installed(replica).await;
    }
}

async fn a_second_start_keeps_everything(place: Place) {
    let made = Arc::new(AtomicU32::new(0));
    assert!(install(&place.store(), &made).await);
    let store = place.store();
    let mut changed = client_record("demo-a");
    changed.settings.client_name = Some("Renamed by an administrator".to_owned());
    assert!(store.put(&changed, NOW).await.unwrap());
    assert!(!install(&store, &made).await);
    assert_eq!(made.load(Ordering::SeqCst), 1);
    assert_eq!(Clients::find(&*store, &changed.settings.client_id).await.unwrap(), Some(changed));
}

async fn an_installation_that_fails_leaves_nothing(place: Place) {
    let store = place.store();
    let failed = store.install(NOW, &retention(), || Err::<Installation, _>("no entropy")).await;
    assert!(matches!(failed, Err(InstallError::Make("no entropy"))));
    let made = Arc::new(AtomicU32::new(0));
    assert!(install(&store, &made).await, "the next start tries again");
    assert_eq!(made.load(Ordering::SeqCst), 1);
    check_installed(&store).await;
}

async fn rows_that_exist_are_left_alone(place: Place) {
    let store = place.store();
    store.run_migrations().await.unwrap();
    let mut existing = client_record("demo-a");
    existing.settings.client_name = Some("Imported before".to_owned());
    assert!(store.put(&existing, NOW).await.unwrap());
    assert!(install(&store, &Arc::new(AtomicU32::new(0))).await);
    assert_eq!(Clients::find(&*store, &existing.settings.client_id).await.unwrap(), Some(existing));
    let other = ClientId::parse("demo-b").unwrap();
    assert!(Clients::find(&*store, &other).await.unwrap().is_some());
}

async fn an_installed_store_serves(place: Place) {
    let store = place.store();
    assert!(install(&store, &Arc::new(AtomicU32::new(0))).await);
    let ports = UnderTest::new(&store, NOW);
    ports.opened(&Subject::parse("alice").unwrap()).await;
}
