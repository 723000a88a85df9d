//! Work that is done together on Postgres: one statement, an outcome for each caller whatever becomes of the others or of
//! the connection, and nobody who waits for somebody who waits for him.

use std::sync::Arc;
use std::time::{Duration, Instant};

use grantor_domain::grant::NewGrant;
use grantor_domain::id::GrantId;
use grantor_domain::user::Subject;
use grantor_ports::{GrantScope, Grants, OpenOutcome, PoolReading, ReplayGuard, RotateOutcome, Spend, Unavailable};
use grantor_store::{Store, StoreConfig};
use grantor_testkit::contract::{UnderTest, race, rotation_of};
use tokio::task::JoinSet;

use crate::setup::{DAY, NOW, Place, Proxy};

/// How many callers there are beside the one who keeps the only thread busy.
const CALLERS: u8 = 20;

/// A store of one connection, behind a network that can lose an answer.
struct OneThread {
    place: Arc<Place>,
    proxy: Proxy,
    store: Arc<Store>,
    ports: UnderTest,
    alice: Subject,
}

impl OneThread {
    async fn new() -> Self {
        let place = Arc::new(Place::postgres().await);
        let proxy = Proxy::to(&place);
        let config = StoreConfig { pool_size: Some(1), ..StoreConfig::new(proxy.url.as_str()) };
        let store = Arc::new(Store::connect(&config).unwrap());
        let ports = UnderTest::new(&store, NOW);
        let alice = ports.user("alice").await;
        Self { place, proxy, store, ports, alice }
    }

    async fn opened(&self) -> Vec<NewGrant> {
        let mut grants = Vec::new();
        for _ in 0..CALLERS {
            grants.push(self.ports.opened(&self.alice).await);
        }
        grants
    }

    fn codes(&self) -> Vec<NewGrant> {
        (0..CALLERS).map(|_| self.ports.grant(&self.alice)).collect()
    }

    /// Does all of these while the one thread is kept busy by `first`, which cannot write to `tables` meanwhile, so that
    /// they wait in the queue together.
    async fn together<T: Send + 'static>(
        &self,
        tables: &str,
        first: impl Future<Output = Result<T, Unavailable>> + Send + 'static,
        calls: impl IntoIterator<Item = impl Future<Output = Result<T, Unavailable>> + Send + 'static>,
    ) -> Vec<Result<T, Unavailable>> {
        let mut client = self.place.client();
        client.run(&format!("BEGIN; LOCK TABLE {tables}"));
        let first = tokio::spawn(first);
        // Busy, but not yet gone with `first` alone, it would take whatever comes next along.
        let has_taken = |pool: PoolReading| pool.threads_busy == 1 && pool.queue_depth == 0;
        while !has_taken(self.store.reading().pool) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let mut tasks = JoinSet::new();
        let mut count = 0;
        for (index, call) in calls.into_iter().enumerate() {
            tasks.spawn(async move { (index, call.await) });
            count += 1;
        }
        while self.store.reading().pool.queue_depth < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        client.run("COMMIT");
        assert!(first.await.unwrap().is_ok());
        let mut outcomes = tasks.join_all().await;
        outcomes.sort_by_key(|(index, _)| *index);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    async fn open(&self, codes: &[NewGrant]) -> Vec<Result<OpenOutcome, Unavailable>> {
        let call = |code: NewGrant| {
            let store = Arc::clone(&self.store);
            async move { store.open(&code).await }
        };
        self.together("grants_long", call(self.ports.grant(&self.alice)), codes.iter().cloned().map(call)).await
    }

    async fn rotate(&self, first: &NewGrant, grants: &[NewGrant]) -> Vec<Result<RotateOutcome, Unavailable>> {
        let call = |grant: &NewGrant| {
            let (store, rotation) = (Arc::clone(&self.store), rotation_of(grant, 0, NOW));
            async move { store.rotate(&rotation).await }
        };
        self.together("grants_long", call(first), grants.iter().map(call)).await
    }

    /// Spends one value for each number, and `first` before them.
    async fn spend(&self, first: u8, numbers: std::ops::Range<u8>) -> Vec<Result<Spend, Unavailable>> {
        let call = |number: u8| {
            let store = Arc::clone(&self.store);
            async move { store.spend(&[number; 32], NOW.plus(DAY)).await }
        };
        self.together("replay_guard", call(first), numbers.map(call)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_one_statement() {
    let one = OneThread::new().await;
    let (grants, first) = (one.opened().await, one.ports.opened(&one.alice).await);
    let sent = one.store.statements();
    let rotated = one.rotate(&first, &grants).await;
    assert!(rotated.iter().all(|outcome| matches!(outcome, Ok(RotateOutcome::Rotated(_)))), "{rotated:?}");
    assert_eq!(one.store.statements() - sent, 2, "one for the first, one for all others");
    let opened = one.open(&one.codes()).await;
    assert!(opened.iter().all(|outcome| matches!(outcome, Ok(OpenOutcome::Opened(_)))), "{opened:?}");
    assert_eq!(one.store.statements() - sent, 4);
    let spent = one.spend(255, 0..CALLERS).await;
    assert!(spent.iter().all(|outcome| matches!(outcome, Ok(Spend::First))), "{spent:?}");
    assert_eq!(one.store.statements() - sent, 6);
}

/// No partition is for a grant of another century.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_stored_fails_alone() {
    let one = OneThread::new().await;
    let mut codes = one.codes();
    codes[3].terms.reference.id = GrantId::new(NOW.plus(DAY * 36_500), &[3; 10]);
    for (index, outcome) in one.open(&codes).await.into_iter().enumerate() {
        assert_eq!(outcome.is_err(), index == 3, "{index}: {outcome:?}");
    }
    for (index, code) in codes.iter().enumerate().filter(|(index, _)| *index != 3) {
        let again = NewGrant { secret_hash: [9; 32], ..code.clone() };
        assert_eq!(one.store.open(&again).await.unwrap(), OpenOutcome::AlreadyRedeemed, "{index}");
    }
}

/// As [`OneThread::together`] sends them: the answer to the first, and then the one that is lost. Every statement was
/// prepared before, by the like of it.
const ANSWER_TO_ALL: u32 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn openings_whose_answer_is_lost_are_recognised() {
    let one = OneThread::new().await;
    one.open(&one.codes()).await;
    let codes = one.codes();
    one.proxy.lose_answer(ANSWER_TO_ALL);
    let outcomes = one.open(&codes).await;
    assert!(!one.proxy.is_armed(), "no answer was lost");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(OpenOutcome::Opened(_)))), "{outcomes:?}");
    for code in codes {
        let again = NewGrant { secret_hash: [9; 32], ..code };
        assert_eq!(one.store.open(&again).await.unwrap(), OpenOutcome::AlreadyRedeemed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rotations_whose_answer_is_lost_are_recognised() {
    let one = OneThread::new().await;
    one.rotate(&one.ports.opened(&one.alice).await, &one.opened().await).await;
    let (first, grants) = (one.ports.opened(&one.alice).await, one.opened().await);
    one.proxy.lose_answer(ANSWER_TO_ALL);
    let outcomes = one.rotate(&first, &grants).await;
    assert!(!one.proxy.is_armed(), "no answer was lost");
    for outcome in outcomes {
        let Ok(RotateOutcome::Past(live)) = outcome else { panic!("{outcome:?}") };
        assert_eq!((live.grant.generation, live.grant.spent_at), (1, Some(NOW)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spent_values_whose_answer_is_lost_are_an_outage_for_each() {
    let one = OneThread::new().await;
    one.spend(255, 100..100 + CALLERS).await;
    one.proxy.lose_answer(ANSWER_TO_ALL);
    let outcomes = one.spend(254, 0..CALLERS).await;
    assert!(!one.proxy.is_armed(), "no answer was lost");
    assert!(outcomes.iter().all(Result::is_err), "{outcomes:?}");
    for number in 0..CALLERS {
        assert_eq!(one.store.spend(&[number; 32], NOW.plus(DAY)).await.unwrap(), Spend::Replayed);
    }
}

/// A row as SQL writes it.
fn literal(grant: &NewGrant) -> String {
    let digits: String = grant.terms.reference.id.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("'\\x{digits}'")
}

/// Asks again and again until it is so; five seconds are more than anything here takes.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let give_up = Instant::now() + Duration::from_secs(5);
    while !is_so() {
        assert!(Instant::now() < give_up, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whoever holds one row of many, and may want another of them next, finds none of those held by somebody who waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_somebody_holds_is_waited_for_alone() {
    let one = OneThread::new().await;
    let mut grants = one.opened().await;
    grants.sort_by_key(|grant| *grant.terms.reference.id.as_bytes());
    let (first, last) = (literal(&grants[0]), literal(&grants[grants.len() - 1]));
    let (mut holder, mut looker) = (one.place.client(), one.place.client());
    holder.run(&format!("BEGIN; SELECT 1 FROM grants_long WHERE id = {last} FOR UPDATE"));
    let held = std::thread::spawn(move || {
        let generation = format!("SELECT generation FROM grants_long WHERE id = {first}");
        wait_until("the others are not done", || looker.number(&generation) == 1);
        holder.run("SET LOCAL statement_timeout = 1000");
        holder.run(&format!("SELECT 1 FROM grants_long WHERE id = {first} FOR UPDATE; COMMIT"));
    });
    let store = Arc::clone(&one.store);
    let first = async move { store.spend(&[0; 32], NOW.plus(DAY)).await.map(|_spend| None) };
    let rotate = |grant: &NewGrant| {
        let (store, rotation) = (Arc::clone(&one.store), rotation_of(grant, 0, NOW));
        async move { store.rotate(&rotation).await.map(Some) }
    };
    let outcomes = one.together("replay_guard", first, grants.iter().map(rotate)).await;
    held.join().unwrap();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Some(RotateOutcome::Rotated(_))))), "{outcomes:?}");
}

/// In whatever order they are handed in: so two that insert the same rows wait for each other in one direction only.
#[tokio::test(flavor = "multi_thread")]
async fn rows_are_inserted_in_the_order_of_their_keys() {
    let one = OneThread::new().await;
    let old = literal(&one.ports.opened(&one.alice).await);
    let mut codes = one.codes();
    codes.sort_by_key(|grant| std::cmp::Reverse(*grant.terms.reference.id.as_bytes()));
    let (highest, lowest) = (literal(&codes[0]), literal(&codes[codes.len() - 1]));
    let insert = move |id: &str| {
        format!(
            "CREATE TEMPORARY TABLE one ON COMMIT DROP AS SELECT * FROM grants_long WHERE id = {old}; \
             UPDATE one SET id = {id}; INSERT INTO grants_long SELECT * FROM one; DROP TABLE one"
        )
    };
    let (mut holder, mut looker) = (one.place.client(), one.place.client());
    holder.run(&format!("BEGIN; {}", insert(&lowest)));
    let held = std::thread::spawn(move || {
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity \
             WHERE datname = current_database() AND wait_event = 'transactionid'";
        wait_until("nobody waits for the lowest", || looker.number(waiting) > 0);
        holder.run(&format!("SET LOCAL statement_timeout = 1000; {}; ROLLBACK", insert(&highest)));
    });
    let store = Arc::clone(&one.store);
    let first = async move { store.spend(&[0; 32], NOW.plus(DAY)).await.map(|_spend| None) };
    let open = |code: NewGrant| {
        let store = Arc::clone(&one.store);
        async move { store.open(&code).await.map(Some) }
    };
    let outcomes = one.together("replay_guard", first, codes.into_iter().map(open)).await;
    held.join().unwrap();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Some(OpenOutcome::Opened(_))))), "{outcomes:?}");
}

const GRANTS: usize = 64;
const REPLICAS: usize = 3;
const ROUNDS: u32 = 8;

/// Nobody looks for a deadlock here before every caller has given up: none may come about. In the last round half of the
/// grants are ended at once, in whatever order they lie.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_meet_in_the_same_grants_never_wait_in_a_circle() {
    let place = Place::postgres().await;
    let wait_long = "EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = 60000', current_database())";
    place.client().run(&format!("DO $$ BEGIN {wait_long}; END $$"));
    let replicas: [Arc<Store>; REPLICAS] = std::array::from_fn(|_| place.store_of(2));
    let ports = UnderTest::new(&replicas[0], NOW);
    let (alice, bob) = (ports.user("alice").await, ports.user("bob").await);
    let mut grants = Vec::new();
    for index in 0..GRANTS {
        grants.push(ports.opened(if index % 2 == 0 { &alice } else { &bob }).await);
    }
    for presented in 0..ROUNDS {
        let codes: Vec<NewGrant> = (0..GRANTS).map(|_| ports.grant(&alice)).collect();
        let is_last = presented == ROUNDS - 1;
        let outcomes = race(REPLICAS * GRANTS, |caller| {
            let (replica, index) = (caller / GRANTS, caller % GRANTS);
            let index = if replica == 1 { GRANTS - 1 - index } else { index };
            let (store, rotation) = (Arc::clone(&replicas[replica]), rotation_of(&grants[index], presented, NOW));
            let code = NewGrant { secret_hash: [u8::try_from(replica).unwrap(); 32], ..codes[index].clone() };
            let ends = (is_last && index == 0 && replica == 2).then(|| GrantScope::Subject(bob.clone()));
            async move {
                let opened = store.open(&code).await.unwrap();
                store.spend(&[u8::try_from(index).unwrap(); 32], NOW.plus(DAY * presented)).await.unwrap();
                if let Some(scope) = ends {
                    store.revoke_all(&scope, NOW).await.unwrap();
                }
                (opened, store.rotate(&rotation).await.unwrap())
            }
        })
        .await;
        let opened = outcomes.iter().filter(|(opened, _)| matches!(opened, OpenOutcome::Opened(_))).count();
        let rotated = outcomes.iter().filter(|(_, rotated)| matches!(rotated, RotateOutcome::Rotated(_))).count();
        let rotations = if is_last { GRANTS / 2..=GRANTS } else { GRANTS..=GRANTS };
        assert!(opened == GRANTS && rotations.contains(&rotated), "{presented}: {opened} opened, {rotated} rotated");
    }
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(place.client().number(deadlocks), 0);
}
