//! Migrations go forward, back and forward again, and say where they are.

use crate::schema::described;
use crate::setup::{Place, on_both_engines, on_both_engines_empty};

on_both_engines_empty!(migrations_run_once, what_is_reverted_leaves_nothing, a_redone_schema_is_the_same);
on_both_engines!(an_installed_schema_can_be_reverted);

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
