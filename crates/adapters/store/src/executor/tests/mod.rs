//! What the executor promises whatever the database does: full queues, deadlines, panics and lost connections; of lanes in
//! `lanes`.

#![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Barrier, Mutex};

use diesel::result::{DatabaseErrorKind, Error as DieselError};

mod lanes;

use super::*;
use crate::target::{Limits, Target};

const LIMITS: Limits = Limits { connect: Duration::from_secs(1), statement: Duration::from_secs(1) };

/// An executor on an embedded database of its own.
struct Fixture {
    executor: Executor,
    _directory: tempfile::TempDir,
}

/// One with one thread.
fn fixture(queue: usize, deadline: Duration) -> Fixture {
    fixture_of(Size { threads: 1, queue, deadline })
}

fn fixture_of(size: Size) -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("test.db").display());
    let manager = Manager::new(Target::parse(&url, LIMITS).unwrap(), Arc::new(AtomicU64::new(0)));
    let executor = Executor::start(manager, size).unwrap();
    Fixture { executor, _directory: directory }
}

fn lost() -> StatementError {
    let text: Box<dyn diesel::result::DatabaseErrorInformation + Send + Sync> = Box::new("gone".to_owned());
    DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection, text).into()
}

/// Keeps the only thread busy until the sender is dropped, and says when it has begun.
fn occupy(executor: &Executor) -> (mpsc::Sender<()>, mpsc::Receiver<()>) {
    let (release, released) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel();
    let (answer, _nobody) = oneshot::channel();
    let work = move |_: &mut Connection| {
        begun.send(()).ok();
        released.recv().ok();
        Ok(())
    };
    let handed_in_at = Instant::now();
    let terms = Terms { handed_in_at, deadline: handed_in_at + Duration::from_secs(60), repeat: Repeat::Never };
    executor.queue.depth().enter().unwrap();
    executor.queue.send(Turn::Job(Box::new(Task::new(work, answer, terms))));
    (release, has_begun)
}

#[tokio::test]
async fn a_full_queue_is_an_outage_at_once() {
    let fixture = fixture(1, Duration::from_secs(60));
    let (_release, begun) = occupy(&fixture.executor);
    begun.recv().unwrap();
    let (_release_too, _never_begins) = occupy(&fixture.executor);
    let expect = PoolReading { queue_depth: 1, queue_capacity: 1, threads: 1, threads_busy: 1 };
    assert_eq!(fixture.executor.pool(), expect);
    let refused = fixture.executor.run(Repeat::Once, Connection::ping).await;
    assert!(refused.unwrap_err().to_string().contains("full"));
}

#[tokio::test]
async fn a_caller_waits_no_longer_than_its_deadline_and_its_work_is_skipped() {
    let fixture = fixture(8, Duration::from_millis(50));
    let (release, begun) = occupy(&fixture.executor);
    begun.recv().unwrap();
    let ran = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&ran);
    let work = move |_: &mut Connection| Ok(counted.fetch_add(1, Ordering::SeqCst));
    assert!(fixture.executor.run(Repeat::Once, work).await.unwrap_err().to_string().contains("in time"));
    drop(release);
    while fixture.executor.run(Repeat::Once, Connection::ping).await.is_err() {}
    assert_eq!(ran.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_panic_is_an_outage_and_the_thread_goes_on() {
    let fixture = fixture(8, Duration::from_secs(60));
    let text = "no text that a test could mistake for a defect";
    let panicked = fixture.executor.run(Repeat::Once, move |_| -> Result<(), _> { std::panic::panic_any(text) }).await;
    assert!(panicked.unwrap_err().to_string().contains("panicked"));
    fixture.executor.run(Repeat::Once, Connection::ping).await.unwrap();
}

#[tokio::test]
async fn only_work_that_recognises_itself_is_repeated_and_only_once() {
    let check = async |repeat: Repeat, losses: u32, expect: Option<u32>| {
        let fixture = fixture(8, Duration::from_secs(60));
        let mut attempts = 0;
        let work = move |_: &mut Connection| {
            attempts += 1;
            if attempts <= losses { Err(lost()) } else { Ok(attempts) }
        };
        assert_eq!(fixture.executor.run(repeat, work).await.ok(), expect, "{repeat:?} {losses}");
    };
    check(Repeat::Once, 0, Some(1)).await;
    check(Repeat::Once, 1, Some(2)).await;
    check(Repeat::Once, 2, None).await;
    check(Repeat::Never, 0, Some(1)).await;
    check(Repeat::Never, 1, None).await;
}

/// Does this on both threads' connections, at the same time.
async fn on_both<T: Send + 'static>(executor: &Executor, work: fn(&mut Connection) -> T) -> [T; 2] {
    let meeting = Arc::new(Barrier::new(2));
    let [one, other] = [(); 2].map(|()| {
        let meeting = Arc::clone(&meeting);
        executor.run(Repeat::Never, move |connection: &mut Connection| {
            meeting.wait();
            Ok(work(connection))
        })
    });
    let (one, other) = tokio::join!(one, other);
    [one.unwrap(), other.unwrap()]
}

#[tokio::test]
async fn what_idled_while_a_connection_was_lost_is_not_used_again() {
    let fixture = fixture_of(Size { threads: 2, queue: 8, deadline: Duration::from_secs(60) });
    let mark = |connection: &mut Connection| connection.batch("CREATE TEMPORARY TABLE mark (id INTEGER)").unwrap();
    let is_marked = |connection: &mut Connection| connection.batch("SELECT id FROM temp.mark").is_ok();
    on_both(&fixture.executor, mark).await;
    assert_eq!(on_both(&fixture.executor, is_marked).await, [true, true]);
    fixture.executor.run(Repeat::Never, |_| -> Result<(), _> { Err(lost()) }).await.unwrap_err();
    assert_eq!(on_both(&fixture.executor, is_marked).await, [false, false]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_is_handed_in_at_once_everything_is_answered() {
    let fixture = fixture_of(Size { threads: 4, queue: 4096, deadline: Duration::from_secs(60) });
    let executor = Arc::new(fixture.executor);
    let lane: Arc<LaneOf<lanes::Piece<true>>> = executor.lane();
    let callers = (0..16_u32).map(|caller| {
        let (executor, lane) = (Arc::clone(&executor), Arc::clone(&lane));
        tokio::spawn(async move {
            for round in 0..200 {
                let key = round * 16 + caller;
                let (together, alone) = tokio::join!(
                    executor.join(&lane, lanes::piece(key, move || Ok(key))),
                    executor.run(Repeat::Never, move |_| Ok(key))
                );
                assert_eq!((together.unwrap(), alone.unwrap()), (key, key));
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    assert_eq!(executor.pool().queue_depth, 0);
}

#[tokio::test]
async fn threads_end_with_their_executor() {
    let fixture = fixture_of(Size { threads: 3, queue: 8, deadline: Duration::from_secs(60) });
    fixture.executor.run(Repeat::Once, Connection::ping).await.unwrap();
    let measures = Arc::downgrade(&fixture.executor.measures);
    drop(fixture.executor);
    let begin = Instant::now();
    while measures.strong_count() > 0 {
        assert!(begin.elapsed() < Duration::from_secs(30), "some thread still waits");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn other_errors_are_not_repeated() {
    let fixture = fixture(8, Duration::from_secs(60));
    let ran = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&ran);
    let work = move |_: &mut Connection| -> Result<(), _> {
        counted.fetch_add(1, Ordering::SeqCst);
        Err(StatementError::Refused("no".to_owned()))
    };
    assert!(fixture.executor.run(Repeat::Once, work).await.is_err());
    assert_eq!(ran.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_database_that_is_away_answers_before_the_deadline() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("missing").join("test.db").display());
    let manager = Manager::new(Target::parse(&url, LIMITS).unwrap(), Arc::new(AtomicU64::new(0)));
    let size = Size { threads: 1, queue: 8, deadline: Duration::from_secs(60) };
    let executor = Executor::start(manager, size).unwrap();
    let error = executor.run(Repeat::Once, Connection::ping).await.unwrap_err();
    assert!(error.to_string().contains("unable to open"), "{error}");
}

#[tokio::test]
async fn each_outage_is_counted_once_by_its_kind() {
    let fixture = fixture(1, Duration::from_millis(100));
    let executor = &fixture.executor;
    let failed = |kind: StorageFailure| executor.measures().failures()[kind as usize];
    executor.run(Repeat::Once, Connection::ping).await.unwrap();
    assert!(executor.run(Repeat::Never, |_| -> Result<(), _> { Err(lost()) }).await.is_err());
    assert!(executor.run(Repeat::Never, |_| -> Result<(), _> { Err(StatementError::Panicked) }).await.is_err());
    assert_eq!((failed(StorageFailure::Lost), failed(StorageFailure::Other)), (1, 1));
    let (release, begun) = occupy(executor);
    begun.recv().unwrap();
    assert!(executor.run(Repeat::Once, |_| -> Result<(), _> { Err(lost()) }).await.is_err());
    assert!(executor.run(Repeat::Once, Connection::ping).await.is_err(), "the first still waits in the queue");
    drop(release);
    while executor.run(Repeat::Once, Connection::ping).await.is_err() {}
    let counted = executor.measures();
    assert!(failed(StorageFailure::Deadline) >= 1 && failed(StorageFailure::QueueFull) >= 1);
    assert_eq!(failed(StorageFailure::Lost), 1, "nobody was told of the one that was too late");
    let (batches, waits) = (counted.batch_size.read(), counted.wait.read());
    assert_eq!(batches.counts.iter().sum::<u64>(), batches.sum, "one job at a time");
    assert_eq!(waits.counts.iter().sum::<u64>(), batches.sum);
}

#[tokio::test]
async fn long_work_is_done_a_few_at_a_time_and_so_much_may_wait() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("test.db").display());
    let aside = Aside::new(Manager::new(Target::parse(&url, LIMITS).unwrap(), Arc::new(AtomicU64::new(0))));
    let running = Arc::new(AtomicU32::new(0));
    let (release, released) = mpsc::channel::<()>();
    let released = Arc::new(Mutex::new(released));
    let mut waiting: Vec<StoreFuture<'_, u32>> = Vec::new();
    let refused = loop {
        let (running, released) = (Arc::clone(&running), Arc::clone(&released));
        let mut piece = aside.run(move |_| {
            let at_once = running.fetch_add(1, Ordering::SeqCst) + 1;
            released.lock().unwrap().recv().ok();
            running.fetch_sub(1, Ordering::SeqCst);
            Ok(at_once)
        });
        match tokio::time::timeout(Duration::from_millis(10), &mut piece).await {
            Ok(answer) => break answer.unwrap_err(),
            Err(_waits) => waiting.push(piece),
        }
    };
    assert!(refused.to_string().contains("too much"), "{refused}");
    assert!(waiting.len() > aside::AT_ONCE);
    drop(release);
    for piece in waiting {
        assert!(piece.await.unwrap() as usize <= aside::AT_ONCE);
    }
}
