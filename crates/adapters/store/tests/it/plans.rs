//! How the engines mean to find rows: what is one person's without reading everybody's, a rotation without writing an index, and
//! nothing compiled.

use std::time::{Duration, Instant};

use grantor_domain::token::lifetime::LifetimeClass;
use grantor_ports::{GrantQuery, GrantScope, Grants, Sessions};
use grantor_store::Engine;
use grantor_testkit::contract::{UnderTest, rotation_of};

use crate::setup::{NOW, Place, Watch, on_both_engines};

on_both_engines!(grants_of_one_subject_are_found_by_index, sessions_of_one_subject_are_found_by_index);

/// How many rows others have.
const OTHERS: u32 = 20_000;

/// Numbers up to [`OTHERS`], as `n`.
fn numbers() -> String {
    format!("WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {OTHERS})")
}

/// An identifier of the same moment as the row's `id`, for each number.
const fn another_id(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "decode(substr(encode(id, 'hex'), 1, 24) || lpad(to_hex(n), 8, '0'), 'hex')",
        Engine::Sqlite => "unhex(substr(hex(id), 1, 24) || printf('%08x', n))",
    }
}

/// Prepared statements that contain all of `parts`.
fn prepared(watch: &Watch, parts: &[&str]) -> Vec<String> {
    let all = watch.seen().prepared.into_iter();
    all.filter(|sql| parts.iter().all(|part| sql.contains(part))).collect()
}

/// Everybody has a hundred: with an index on the subject alone, Postgres would rather go through all grants in their order, and
/// skip.
async fn grants_of_one_subject_are_found_by_index(place: Place) {
    let watch = Watch::on(&place);
    let (store, mut client) = (place.store_of(1), place.client());
    let ports = UnderTest::new(&store, NOW);
    let alice = ports.user("alice").await;
    for (class, table) in [(LifetimeClass::Long, "grants_long"), (LifetimeClass::Short, "grants_short")] {
        let mut grant = ports.grant(&alice);
        grant.terms.reference.class = class;
        ports.open(&grant).await;
        client.run(&format!(
            "{} INSERT INTO {table} (id, client_id, subject, scope, resources, auth_time, amr, ends_with_session,
                secret_hash, generation, expires_at, absolute_expires_at)
             SELECT {}, client_id, 'user-' || (n % 200), scope, resources, auth_time, amr, ends_with_session,
                secret_hash, generation, expires_at, absolute_expires_at FROM {table}, numbers",
            numbers(),
            another_id(place.engine)
        ));
    }
    client.run("ANALYZE");
    let mut after = None;
    for ended in [true, false, true] {
        let query = GrantQuery { scope: Some(GrantScope::Subject(alice.clone())), ended, after, limit: 1 };
        let listed = store.list(&query, NOW).await.unwrap();
        after = after.or_else(|| listed.first().map(|listed| listed.grant.terms.reference));
    }
    let lists = prepared(&watch, &["ORDER BY grants_"]);
    assert!(lists.len() >= 6, "{lists:#?}");
    for list in lists {
        let plan = client.plan(&list);
        let on_grants: Vec<&String> = match place.engine {
            Engine::Postgres => plan.iter().filter(|step| step.contains(" on grants_")).collect(),
            Engine::Sqlite => plan.iter().filter(|step| step.contains(" grants_")).collect(),
        };
        let is_by_index =
            |step: &&String| step.contains("_subject_id_idx on") || step.contains("_by_subject (subject=?");
        assert!(!on_grants.is_empty() && on_grants.iter().all(is_by_index), "{list}\n{plan:#?}");
        let is_sorted = |step: &String| step.contains("Sort") || step.contains("TEMP B-TREE");
        assert!(!plan.iter().any(is_sorted), "it comes in order: {plan:#?}");
    }
}

async fn sessions_of_one_subject_are_found_by_index(place: Place) {
    let watch = Watch::on(&place);
    let (store, mut client) = (place.store_of(1), place.client());
    let alice = UnderTest::new(&store, NOW).user("alice").await;
    let id = match place.engine {
        Engine::Postgres => "decode(lpad(to_hex(n), 32, '0'), 'hex')",
        Engine::Sqlite => "unhex(printf('%032x', n))",
    };
    client.run(&format!(
        "{} INSERT INTO sessions (id, subject, auth_time, amr, secret_hash, expires_at)
         SELECT {id}, 'user-' || n, 0, '[]', {id}, 1 FROM numbers",
        numbers()
    ));
    client.run("ANALYZE");
    assert_eq!(Sessions::of(&*store, &alice, NOW).await.unwrap(), []);
    let lists = prepared(&watch, &["FROM sessions JOIN users", "sessions.subject "]);
    let list = lists.iter().find(|sql| !sql.contains("secret_hash")).expect("sessions are listed");
    let plan = client.plan(list);
    assert!(plan.iter().any(|step| step.contains("sessions_by_subject")), "{plan:#?}");
}

/// An update that changes no indexed column, on a page with room, writes no index entry: Postgres calls it heap-only.
#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_writes_no_index_entry() {
    const ROTATIONS: u32 = 10;
    let place = Place::postgres().await;
    let store = place.store_of(1);
    let ports = UnderTest::new(&store, NOW);
    let grant = ports.opened(&ports.user("alice").await).await;
    for generation in 0..ROTATIONS {
        store.rotate(&rotation_of(&grant, generation, NOW)).await.unwrap();
    }
    // A connection tells what it did when it is closed.
    drop((store, ports));
    let mut client = place.client();
    let updates = "SELECT sum(n_tup_upd) FROM pg_stat_user_tables WHERE relname LIKE 'grants_long%'";
    let end = Instant::now() + Duration::from_secs(30);
    while client.number(&format!("COALESCE(({updates}), 0)")) < i64::from(ROTATIONS) {
        assert!(Instant::now() < end, "the updates were not counted");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let heap_only = updates.replace("n_tup_upd", "n_tup_hot_upd");
    assert_eq!(client.number(&heap_only), i64::from(ROTATIONS));
}

/// By default Postgres compiles what it takes for much work, each time anew; without statistics of the partitioned table, which no
/// autovacuum makes, that is every batch from some fifty thousand grants on.
#[tokio::test(flavor = "multi_thread")]
async fn what_requests_ask_for_is_not_compiled() {
    let place = Place::postgres().await;
    let mut client = place.client();
    client.run(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET jit = on', current_database()); END $$;
         CREATE TABLE noted (jit TEXT NOT NULL);
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN INSERT INTO noted VALUES (current_setting('jit')); RETURN NULL; END $$;
         CREATE TRIGGER note AFTER INSERT OR UPDATE ON grants_long FOR EACH STATEMENT EXECUTE FUNCTION note()",
    );
    let store = place.store_of(1);
    let ports = UnderTest::new(&store, NOW);
    let grant = ports.opened(&ports.user("alice").await).await;
    store.rotate(&rotation_of(&grant, 0, NOW)).await.unwrap();
    assert_eq!(client.texts("SELECT jit AS cell FROM noted"), ["off", "off"]);
}
