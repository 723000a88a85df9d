//! Connections that die: retried once where a statement recognises its own earlier attempt, and nowhere else.

use std::sync::Arc;
use std::time::Duration;

use grantor_ports::{Clients, Grants, Liveness, ReplayGuard, RotateOutcome, Spend, TokenDependencies};
use grantor_store::{Store, StoreConfig};
use grantor_testkit::contract::{UnderTest, client_record, race, rotation_of};

use crate::setup::{DAY, NOW, Place};

/// Ends every connection to the database but the one that asks, and waits until they are gone.
fn cut(place: &Place) {
    let mut client = place.client();
    let others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type = 'client backend'";
    client.texts(&format!("SELECT pg_terminate_backend(pid, 5000)::text AS cell {others}"));
}

/// Keeps the store's threads busy until each holds a connection.
async fn connected(place: &Place, store: &Arc<Store>, connections: u32) {
    let mut client = place.client();
    for _attempt in 0..50 {
        race(16, |_| {
            let store = Arc::clone(store);
            async move { store.ping().await.unwrap() }
        })
        .await;
        let open = client.number(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
             AND backend_type = 'client backend'",
        );
        if open >= connections.into() {
            return;
        }
    }
    panic!("not every thread of the store has a connection");
}

/// Nobody notices a connection that died while it was idle, whatever they ask, however many connections died with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_connection_is_noticed_by_nobody() {
    for pool_size in [1, 4] {
        let place = Place::postgres().await;
        let store = place.store_of(pool_size);
        let ports = UnderTest::new(&store, NOW);
        let grant = ports.opened(&ports.user("alice").await).await;
        let key = rotation_of(&grant, 0, NOW).key;
        connected(&place, &store, pool_size).await;

        cut(&place);
        let rotated = Grants::rotate(&*store, &rotation_of(&grant, 0, NOW)).await.unwrap();
        assert!(matches!(rotated, RotateOutcome::Rotated(_)), "{rotated:?}");
        cut(&place);
        let second = ports.grant(&grant.terms.subject);
        Grants::open(&*store, &second).await.unwrap();
        cut(&place);
        assert!(Grants::find(&*store, &key, NOW).await.unwrap().is_some());
        cut(&place);
        let token = TokenDependencies { grants: &[grant.terms.reference], ..TokenDependencies::default() };
        assert_ne!(store.liveness(token, NOW).await.unwrap(), Liveness::Dead);
        cut(&place);
        assert!(Clients::find(&*store, &client_record("none").settings.client_id).await.unwrap().is_none());
        cut(&place);
        assert!(store.revoke(grant.terms.reference, NOW).await.unwrap());
    }
}

/// A one-time value is not spent a second time over a lost connection: nobody could tell it from a replay of itself.
#[tokio::test(flavor = "multi_thread")]
async fn spending_is_not_repeated() {
    let place = Place::postgres().await;
    let store = place.store_of(1);
    assert_eq!(store.spend(&[1; 32], NOW.plus(DAY)).await.unwrap(), Spend::First);
    cut(&place);
    assert!(store.spend(&[2; 32], NOW.plus(DAY)).await.is_err());
    assert_eq!(store.spend(&[3; 32], NOW.plus(DAY)).await.unwrap(), Spend::First, "the next request is served");
}

/// A store starts without its database, and every call is an outage until it is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_an_outage() {
    let store = Store::connect(&StoreConfig {
        pool_size: Some(2),
        deadline: Duration::from_secs(1),
        // Port 1 (tcpmux) has no server.
        ..StoreConfig::new("postgres://nobody:hidden-word@127.0.0.1:1/none")
    })
    .unwrap();
    let error = store.ping().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hidden-word"), "{error:?}");
}

/// A caller is answered by its deadline though its statement still runs, and the store serves on.
#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_statement_costs_its_deadline() {
    let place = Place::postgres().await;
    let config = StoreConfig {
        pool_size: Some(2),
        deadline: Duration::from_millis(500),
        ..StoreConfig::new(place.url.as_str())
    };
    let store = Arc::new(Store::connect(&config).unwrap());
    let ports = UnderTest::new(&store, NOW);
    let alice = ports.user("alice").await;
    let mut blocker = place.client();
    blocker.run("BEGIN; LOCK TABLE grants_long IN ACCESS EXCLUSIVE MODE");

    let outcome = tokio::time::timeout(Duration::from_secs(3), Grants::open(&*store, &ports.grant(&alice))).await;
    assert!(outcome.expect("the caller was answered in time").is_err());
    blocker.run("ROLLBACK");
    for _attempt in 0..20 {
        if Grants::open(&*store, &ports.grant(&alice)).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the store does not serve again");
}
