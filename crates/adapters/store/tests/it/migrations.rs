//! Migrations go forward, back and forward again, and say where they are.

use grantor_domain::id::SessionId;
use grantor_domain::session::{Authentication, Session};
use grantor_ports::{Grants, NewSession, RotateOutcome, SessionOrigin, Sessions};
use grantor_testkit::contract::{UnderTest, rotation_of};

use crate::schema::described;
use crate::setup::{DAY, NOW, Place, on_both_engines, on_both_engines_empty};

on_both_engines_empty!(migrations_run_once, what_is_reverted_leaves_nothing, a_redone_schema_is_the_same);
on_both_engines!(an_installed_schema_can_be_reverted, connected_servers_outlive_the_last_migration);

async fn migrations_run_once(place: Place) {
    let store = place.store();
    assert!(store.has_pending_migrations().await.unwrap());
    let before = store.migrations().await.unwrap();
    assert!(!before.is_empty() && before.iter().all(|migration| !migration.applied));

    let run = store.run_migrations().await.unwrap();
    let versions: Vec<&str> = before.iter().map(|migration| migration.version.as_str()).collect();
    assert_eq!(run, versions);
    assert!(!store.has_pending_migrations().await.unwrap());
    assert!(store.migrations().await.unwrap().iter().all(|migration| migration.applied));
    assert_eq!(store.run_migrations().await.unwrap(), Vec::<String>::new());
}

async fn what_is_reverted_leaves_nothing(place: Place) {
    let store = place.store();
    let mut run = store.run_migrations().await.unwrap();
    while let Some(last) = run.pop() {
        assert_eq!(store.revert_migration().await.unwrap(), Some(last));
    }
    assert_eq!(store.revert_migration().await.unwrap(), None);
    assert_eq!(described(&mut place.client()), Vec::<String>::new());
    assert!(store.has_pending_migrations().await.unwrap());
}

async fn a_redone_schema_is_the_same(place: Place) {
    let store = place.store();
    assert_eq!(store.redo_migration().await.unwrap(), None, "there is nothing to redo yet");
    let run = store.run_migrations().await.unwrap();
    let before = described(&mut place.client());
    assert_eq!(store.redo_migration().await.unwrap().as_ref(), run.last());
    assert_eq!(described(&mut place.client()), before);
}

/// Also with partitions that are attached, or detached and not dropped yet.
async fn an_installed_schema_can_be_reverted(place: Place) {
    let store = place.store();
    if let crate::setup::Client::Postgres(_) = place.client() {
        let mut client = place.client();
        let partition = &client.texts(
            "SELECT relname::text AS cell FROM pg_class WHERE relispartition AND relkind = 'r'
             AND relname LIKE 'grants\\_long%' ORDER BY relname LIMIT 1",
        )[0];
        client.run(&format!("ALTER TABLE grants_long DETACH PARTITION {partition}"));
    }
    while store.revert_migration().await.unwrap().is_some() {}
    assert_eq!(described(&mut place.client()), Vec::<String>::new());
}

/// What servers of the version before have prepared goes on working: they are restarted one by one, later. Postgres refuses a
/// prepared statement for good whose columns' types or collations are not what they were.
async fn connected_servers_outlive_the_last_migration(place: Place) {
    let (server, migrating) = (place.store_of(1), place.store_of(1));
    let ports = UnderTest::new(&server, NOW);
    let alice = ports.user("alice").await;
    let grant = ports.opened(&alice).await;
    let session = NewSession {
        session: Session {
            id: SessionId::new(NOW, &[3; 10]),
            subject: alice,
            authentication: Authentication::by_password(NOW),
            expires_at: NOW.plus(DAY),
        },
        secret_hash: [5; 32],
        origin: SessionOrigin::default(),
    };
    assert!(Sessions::open(&*server, &session).await.unwrap());
    assert!(migrating.revert_migration().await.unwrap().is_some());
    for generation in 0..2 {
        let rotation = rotation_of(&grant, generation, NOW);
        let outcome = server.rotate(&rotation).await.unwrap();
        assert!(matches!(outcome, RotateOutcome::Rotated(_)), "{outcome:?}");
        assert!(Grants::find(&*server, &rotation.key, NOW).await.unwrap().is_some());
        assert!(Sessions::find(&*server, session.session.id, &[5; 32], NOW).await.unwrap().is_some());
        migrating.run_migrations().await.unwrap();
    }
}
