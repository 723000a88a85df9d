//! Partitions on Postgres: there before they are needed, gone when nothing in them is live, and never in anybody's way.

use std::sync::Arc;
use std::time::Duration;

use grantor_domain::grant::NewGrant;
use grantor_domain::id::GrantId;
use grantor_domain::time::Timestamp;
use grantor_domain::token::lifetime::LifetimeClass;
use grantor_domain::user::Subject;
use grantor_ports::Grants;
use grantor_store::{Retention, Store, StoreConfig};
use grantor_testkit::contract::{UnderTest, race, rotation_of};

use crate::setup::{Client, DAY, NOW, Place, retention};

/// The partitions of the grant tables that are attached, by name.
fn attached(client: &mut Client) -> Vec<String> {
    client.texts(
        "SELECT inhrelid::regclass::text AS cell FROM pg_inherits
         WHERE inhparent IN ('grants_long'::regclass, 'grants_short'::regclass) ORDER BY 1",
    )
}

/// Every table that is or was a partition.
fn tables(client: &mut Client) -> Vec<String> {
    client.texts(
        "SELECT relname::text AS cell FROM pg_class WHERE relkind = 'r' AND relname LIKE 'grants\\_%' ORDER BY 1",
    )
}

/// A grant whose identifier was made at `time`.
fn grant_of(ports: &UnderTest, subject: &Subject, class: LifetimeClass, time: Timestamp) -> NewGrant {
    let mut grant = ports.grant(subject);
    grant.terms.reference.class = class;
    let entropy = grant.secret_hash.first_chunk().unwrap();
    grant.terms.reference.id = GrantId::new(time, entropy);
    grant.terms.absolute_expires_at = time.plus(DAY);
    grant
}

/// Visits until nothing is left to do: what was made, and what was dropped in its order.
async fn maintain(store: &Store, now: Timestamp) -> (Vec<String>, Vec<String>) {
    let (mut created, mut dropped) = (Vec::new(), Vec::new());
    loop {
        let done = store.maintain(now, &retention()).await.unwrap();
        assert!(!done.skipped);
        created.extend(done.created);
        dropped.extend(done.dropped);
        if !done.is_more_left {
            return (created, dropped);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_current_and_the_next_are_there() {
    const HOUR: Duration = Duration::from_secs(3600);
    let place = Place::postgres().await;
    let store = place.store();
    let ports = UnderTest::new(&store, NOW);
    let alice = ports.user("alice").await;
    // A replica whose clock is behind or ahead, and a whole partition ahead.
    for (class, width) in [(LifetimeClass::Long, 100 * DAY), (LifetimeClass::Short, 12 * HOUR)] {
        for time in [NOW.minus(HOUR), NOW, NOW.plus(HOUR), NOW.plus(width)] {
            ports.open(&grant_of(&ports, &alice, class, time)).await;
        }
    }
    assert_eq!(maintain(&store, NOW).await, (Vec::new(), Vec::new()), "there is nothing to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_past_is_dropped_unless_something_in_it_is_live() {
    let place = Place::postgres().await;
    let store = place.store();
    let ports = UnderTest::new(&store, NOW);
    let alice = ports.user("alice").await;
    let mut old = grant_of(&ports, &alice, LifetimeClass::Long, NOW);
    // Made when grants were allowed to live longer.
    (old.expires_at, old.terms.absolute_expires_at) = (NOW.plus(2000 * DAY), NOW.plus(2000 * DAY));
    ports.open(&old).await;
    let mut client = place.client();
    let first = attached(&mut client);

    let later = NOW.plus(700 * DAY);
    let (created, dropped) = maintain(&store, later).await;
    assert!(created.len() >= 4, "{created:?}");
    let kept: Vec<&String> = first.iter().filter(|name| !dropped.contains(name)).collect();
    assert!(kept.len() == 1 && kept[0].starts_with("grants_long"), "{kept:?}");
    assert!(store.find(&rotation_of(&old, 0, later).key, later).await.unwrap().is_some());

    let (_, dropped) = maintain(&store, NOW.plus(2001 * DAY)).await;
    assert!(dropped.contains(kept[0]), "{dropped:?}");
    assert!(tables(&mut client).iter().all(|table| !first.contains(table)));
}

/// To delete a large file keeps a disk busy: the next one waits for a visit of its own.
#[tokio::test(flavor = "multi_thread")]
async fn one_is_dropped_at_a_time_the_oldest_first() {
    let place = Place::postgres().await;
    let store = place.store();
    let mut client = place.client();
    let (first, later) = (attached(&mut client), NOW.plus(700 * DAY));
    let mut dropped = Vec::new();
    for left in (0..first.len()).rev() {
        let done = store.maintain(later, &retention()).await.unwrap();
        dropped.extend(done.dropped);
        assert_eq!(done.is_more_left, left > 0);
        assert_eq!(tables(&mut client).iter().filter(|table| first.contains(table)).count(), left);
    }
    let begin = |name: &String| name.split('_').nth(2).unwrap().parse::<i64>().unwrap();
    assert!(dropped.len() == first.len() && dropped.is_sorted_by_key(begin), "{dropped:?}");
}

/// How many bytes the rows of a table take.
fn bytes(client: &mut Client, table: &str) -> i64 {
    client.number(&format!("COALESCE(pg_relation_size(to_regclass('{table}')), 0)"))
}

/// Fills the oldest partition with 80 MiB of grants that have been over for long, and detaches it. Says its name, and a time
/// at which it has just become past.
fn large_and_detached(client: &mut Client) -> (String, Timestamp) {
    let name = attached(client).swap_remove(0);
    client.run(&format!(
        "ALTER TABLE grants_long DETACH PARTITION {name};
         INSERT INTO {name} (id, client_id, subject, scope, resources, claims, auth_time, amr, ends_with_session,
            secret_hash, generation, expires_at, absolute_expires_at)
         SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), 'c', 's', '', '[]', repeat(md5(n::text), 55), 0, '[]', 0, '', 0, 0, 0
         FROM generate_series(1, 31000) AS n;
         ALTER TABLE {name} SET (autovacuum_enabled = off)"
    ));
    assert!(bytes(client, &name) > 80 << 20);
    let end = name.rsplit('_').next().unwrap().parse().map(Timestamp::from_millis).unwrap();
    (name, end.plus(retention().grant_max + DAY))
}

fn rows(client: &mut Client, table: &str) -> i64 {
    client.number(&format!("(SELECT count(*) FROM {table})"))
}

/// A visit that finds what it asks for, of as many as it may take: statistics that are gathered just then keep rows, too.
async fn visit_until(store: &Store, now: Timestamp, mut is_done: impl FnMut() -> bool) {
    for _ in 0..50 {
        store.maintain(now, &retention()).await.unwrap();
        if is_done() {
            return;
        }
    }
    panic!("upkeep did not get there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_one_becomes_small_before_it_is_dropped() {
    const PIECE: i64 = 32 << 20;
    let place = Place::postgres().await;
    let store = place.store();
    let (mut client, mut looker) = (place.client(), place.client());
    let (large, later) = large_and_detached(&mut client);
    let mut sizes = vec![bytes(&mut client, &large)];
    visit_until(&store, later, || {
        sizes.push(bytes(&mut looker, &large));
        !tables(&mut client).contains(&large)
    })
    .await;
    assert!(sizes.is_sorted_by(|before, after| before >= after), "{sizes:?}");
    assert!(sizes.windows(2).all(|pair| pair[0] - pair[1] <= PIECE), "no more at once: {sizes:?}");
}

/// Whoever began before rows were deleted may still see them, for a week.
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_still_sees_is_kept_for_them() {
    let place = Place::postgres().await;
    let store = place.store();
    let (mut client, mut reader) = (place.client(), place.client());
    let (large, later) = large_and_detached(&mut client);
    // It has not looked into the partition, which would keep that from being dropped for as long as it lasts.
    reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM clients");
    let size = bytes(&mut client, &large);
    let mut is_more_left = true;
    for _ in 0..10 {
        is_more_left = store.maintain(later, &retention()).await.unwrap().is_more_left;
        assert_eq!(bytes(&mut client, &large), size);
    }
    assert!(!is_more_left, "nothing is gained by coming back in a moment");
    assert!(rows(&mut client, &large) < 31000, "the last piece is deleted");
    visit_until(&store, later.plus(7 * DAY), || !tables(&mut client).contains(&large)).await;
    reader.run("COMMIT");
}

/// Somebody detached it by hand, and may want it back.
#[tokio::test(flavor = "multi_thread")]
async fn a_detached_one_in_which_something_is_live_is_left_as_it_is() {
    let place = Place::postgres().await;
    let store = place.store();
    let mut client = place.client();
    let (large, later) = large_and_detached(&mut client);
    client.run(&format!(
        "UPDATE {large} SET absolute_expires_at = {} WHERE id = (SELECT id FROM {large} ORDER BY id LIMIT 1)",
        later.as_millis()
    ));
    for _ in 0..3 {
        store.maintain(later, &retention()).await.unwrap();
        assert_eq!(rows(&mut client, &large), 31000);
        assert_eq!(client.number(&format!("(SELECT count(*) FROM pg_indexes WHERE tablename = '{large}')")), 2);
    }
    visit_until(&store, later.plus(DAY), || !tables(&mut client).contains(&large)).await;
}

/// A long statement of somebody else's holds up a detachment; the detachment holds up nobody, is left pending, and is
/// finished by the next upkeep.
#[tokio::test(flavor = "multi_thread")]
async fn a_pending_detachment_is_finished() {
    let place = Place::postgres().await;
    // Upkeep waits for locks as long as a request may take.
    let config = StoreConfig { deadline: Duration::from_millis(400), ..StoreConfig::new(place.url.as_str()) };
    let store = Arc::new(Store::connect(&config).unwrap());
    let ports = UnderTest::new(&store, NOW);
    let alice = ports.user("alice").await;
    let (mut reader, mut client) = (place.client(), place.client());
    let first = attached(&mut client);
    reader.run("BEGIN; SELECT count(*) FROM grants_long; SELECT count(*) FROM grants_short");

    let later = NOW.plus(700 * DAY);
    store.maintain(later, &retention()).await.unwrap();
    assert!(client.number("SELECT count(*) FROM pg_inherits WHERE inhdetachpending") > 0);
    ports.open(&grant_of(&ports, &alice, LifetimeClass::Long, later)).await;

    reader.run("COMMIT");
    maintain(&store, later).await;
    assert_eq!(client.number("SELECT count(*) FROM pg_inherits WHERE inhdetachpending"), 0);
    assert!(tables(&mut client).iter().all(|table| !first.contains(table)));
}

/// What a crash left behind between detaching and dropping is dropped.
#[tokio::test(flavor = "multi_thread")]
async fn a_detached_partition_is_dropped() {
    let place = Place::postgres().await;
    let store = place.store();
    let mut client = place.client();
    let first = attached(&mut client);
    for name in &first {
        let parent = name.split('_').take(2).collect::<Vec<_>>().join("_");
        client.run(&format!("ALTER TABLE {parent} DETACH PARTITION {name}"));
    }
    let (_, dropped) = maintain(&store, NOW.plus(700 * DAY)).await;
    assert!(first.iter().all(|name| dropped.contains(name)), "{dropped:?}");
}

/// A changed `lifetimes.grant_max` goes on where the old width ended: no gap, no overlap.
#[tokio::test(flavor = "multi_thread")]
async fn another_width_leaves_no_gap() {
    let place = Place::postgres().await;
    let store = place.store();
    let ports = UnderTest::new(&store, NOW);
    let alice = ports.user("alice").await;
    let mut now = NOW;
    for life in [400, 40, 400, 4, 90] {
        let retention = Retention { grant_max: life * DAY, ..retention() };
        for _month in 0..5 {
            now = now.plus(31 * DAY);
            store.maintain(now, &retention).await.unwrap();
            for class in [LifetimeClass::Long, LifetimeClass::Short] {
                ports.open(&grant_of(&ports, &alice, class, now)).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_do_upkeep_at_once_without_harm() {
    let place = Place::postgres().await;
    let replicas = [place.store_of(1), place.store_of(1), place.store_of(1)];
    let later = NOW.plus(700 * DAY);
    let done = race(replicas.len(), |replica| {
        let store = Arc::clone(&replicas[replica]);
        async move { store.maintain(later, &retention()).await.unwrap() }
    })
    .await;
    let mut created: Vec<String> = done.into_iter().flat_map(|done| done.created).collect();
    let count = created.len();
    created.sort();
    created.dedup();
    assert_eq!(created.len(), count, "a partition is made once");
    assert!(count > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn upkeep_is_left_to_whoever_holds_the_lease() {
    let place = Place::postgres().await;
    let store = place.store();
    let hour_ahead = NOW.plus(Duration::from_secs(3600));
    place.client().run(&format!(
        "INSERT INTO leases (name, holder, held_until) VALUES ('maintenance', 'another', {0})
         ON CONFLICT (name) DO UPDATE SET held_until = {0}",
        hour_ahead.as_millis()
    ));
    let before = hour_ahead.minus(Duration::from_millis(1));
    assert!(store.maintain(before, &retention()).await.unwrap().skipped);
    assert!(!store.maintain(hour_ahead, &retention()).await.unwrap().skipped, "a holder that died is replaced");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_could_not_be_given_back_holds_up_nobody_after_the_outage() {
    let place = Place::postgres().await;
    let (store, another) = (place.store(), place.store());
    let minutes = |minutes: u64| NOW.plus(Duration::from_secs(60 * minutes));
    // To give it back sets the time at which it was taken.
    place.client().run(&format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not now''; END'; \
         CREATE TRIGGER refuse BEFORE UPDATE ON leases FOR EACH ROW WHEN (NEW.held_until = {}) EXECUTE FUNCTION refuse()",
        minutes(0).as_millis()
    ));
    store.maintain(minutes(0), &retention()).await.unwrap_err();
    assert!(another.maintain(minutes(1), &retention()).await.unwrap().skipped, "nobody knows that it is over");
    place.client().run("DROP TRIGGER refuse ON leases");
    assert!(!store.maintain(minutes(2), &retention()).await.unwrap().skipped);
    assert!(!another.maintain(minutes(3), &retention()).await.unwrap().skipped);
}
