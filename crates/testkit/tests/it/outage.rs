//! An outage of the store in memory: every call says so, none does anything.

use std::sync::Arc;

use grantor_domain::time::Timestamp;
use grantor_ports::{Attempts, FailedAttempt, Grants, ReplayGuard, Spend};
use grantor_testkit::MemoryStore;
use grantor_testkit::contract::{UnderTest, rotation_of};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

#[tokio::test]
async fn an_outage_answers_unavailable_and_changes_nothing() {
    let store = Arc::new(MemoryStore::new());
    let ports = UnderTest::new(&store, NOW);
    let grant = ports.opened(&ports.user("alice").await).await;
    let rotation = rotation_of(&grant, 0, NOW);

    store.set_available(false);
    assert!(store.rotate(&rotation).await.is_err());
    assert!(store.revoke(grant.terms.reference, NOW).await.is_err());
    assert!(store.spend(&[1; 32], NOW).await.is_err());

    store.set_available(true);
    let found = Grants::find(&*store, &rotation.key, NOW).await.unwrap().unwrap();
    assert_eq!(found.grant, grant.opened());
    assert_eq!(store.spend(&[1; 32], NOW).await.unwrap(), Spend::First);
}

#[tokio::test]
async fn recorded_failures_can_be_read_back() {
    let store = MemoryStore::new();
    let attempt =
        FailedAttempt { username_key: [7; 32], place_key: None, address: Some("192.0.2.1".to_owned()), at: NOW };
    store.record(&attempt).await.unwrap();
    assert_eq!(store.failed_attempts(), [attempt]);
}
