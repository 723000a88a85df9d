//! What lanes promise: what waits is done together, each caller has its own answer whatever becomes of the others, and
//! what nobody heard of is taken back.

use super::*;

type Work = Box<dyn FnMut() -> Result<u32, StatementError> + Send>;

/// A piece of work of a test's own. Together with others it is done in one go, which fails if any of them does.
pub(super) struct Piece<const REPEATED: bool> {
    key: u32,
    work: Mutex<Work>,
    take_back: Mutex<Option<TakeBack>>,
    together: Arc<AtomicU32>,
}

impl<const REPEATED: bool> Groupable for Piece<REPEATED> {
    type Outcome = u32;
    type Key = u32;

    const REPEAT: Repeat = if REPEATED { Repeat::Once } else { Repeat::Never };

    fn key(&self) -> u32 {
        self.key
    }

    fn alone(&self, _connection: &mut Connection) -> Result<u32, StatementError> {
        (self.work.lock().unwrap())()
    }

    fn in_one_statement(_connection: &mut Connection, _pieces: &[&Self]) -> Result<Vec<Option<u32>>, StatementError> {
        unreachable!("the fixture is SQLite")
    }

    fn together(connection: &mut Connection, pieces: &[&Self]) -> Result<Vec<Option<u32>>, StatementError> {
        assert!(pieces.windows(2).all(|pair| pair[0].key < pair[1].key), "sorted, each another");
        for piece in pieces {
            piece.together.store(u32::try_from(pieces.len()).unwrap(), Ordering::SeqCst);
        }
        pieces.iter().map(|piece| piece.alone(connection)).map(|outcome| outcome.map(Some)).collect()
    }

    fn take_back(&self) -> Option<TakeBack> {
        self.take_back.lock().unwrap().take()
    }
}

pub(super) fn piece<const REPEATED: bool>(
    key: u32,
    work: impl FnMut() -> Result<u32, StatementError> + Send + 'static,
) -> Piece<REPEATED> {
    Piece { key, work: Mutex::new(Box::new(work)), take_back: Mutex::new(None), together: Arc::new(AtomicU32::new(0)) }
}

impl<const REPEATED: bool> Piece<REPEATED> {
    fn or(self, take_back: impl FnMut(&mut Connection) -> Result<(), StatementError> + Send + 'static) -> Self {
        *self.take_back.lock().unwrap() = Some(Box::new(take_back));
        self
    }
}

fn refused() -> StatementError {
    StatementError::Refused("a bad row".to_owned())
}

/// Hands all of these in while the only thread is busy, so that they are there at once.
async fn at_once<G: Groupable<Outcome = u32>>(executor: &Executor, pieces: Vec<G>) -> Vec<Result<u32, String>> {
    let lane = executor.lane();
    let (release, begun) = occupy(executor);
    begun.recv().unwrap();
    let mut waiting: Vec<StoreFuture<'_, u32>> = pieces.into_iter().map(|piece| executor.join(&lane, piece)).collect();
    for future in &mut waiting {
        // Handed in when it is first asked for.
        assert!(tokio::time::timeout(Duration::from_millis(1), future).await.is_err());
    }
    drop(release);
    let mut outcomes = Vec::new();
    for future in waiting {
        outcomes.push(future.await.map_err(|error| error.to_string()));
    }
    outcomes
}

#[tokio::test]
async fn what_waits_is_done_together_and_one_caller_waits_for_nobody() {
    let fixture = fixture(16, Duration::from_secs(60));
    let pieces: Vec<Piece<true>> = [3, 1, 2].map(|key| piece(key, move || Ok(key * 10))).into();
    let together: Vec<_> = pieces.iter().map(|piece| Arc::clone(&piece.together)).collect();
    assert_eq!(at_once(&fixture.executor, pieces).await, [Ok(30), Ok(10), Ok(20)]);
    assert!(together.iter().all(|count| count.load(Ordering::SeqCst) == 3));
    let alone = piece::<true>(1, || Ok(7));
    let together = Arc::clone(&alone.together);
    assert_eq!(fixture.executor.join(&fixture.executor.lane(), alone).await.unwrap(), 7);
    assert_eq!(together.load(Ordering::SeqCst), 0, "in a statement of its own");
    let sizes = fixture.executor.measures().batch_size.read();
    assert_eq!(sizes.sum, 1 + 3 + 1, "the thread was kept busy, three came together, one alone");
    assert_eq!(sizes.counts.iter().sum::<u64>(), 3);
}

/// Whether a piece that comes a while after another batch of its lane set out is done while that is under way for longer than is
/// quick.
async fn sets_out_beside_a_slow_batch(most: UnderWay, a_while: Duration) -> bool {
    let fixture = fixture_of(Size { threads: 2, queue: 16, deadline: Duration::from_secs(60) });
    let executor = &fixture.executor;
    let lane = LaneOf::new(Arc::clone(&executor.queue), most);
    let (release, released) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel();
    let slow = piece::<true>(1, move || {
        begun.send(()).unwrap();
        released.recv().unwrap_err();
        Ok(1)
    });
    let mut first = executor.join(&lane, slow);
    assert!(tokio::time::timeout(Duration::from_millis(1), &mut first).await.is_err());
    has_begun.recv().unwrap();
    tokio::time::sleep(a_while).await;
    let ran = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&ran);
    let mut second = executor.join(&lane, piece(2, move || Ok(counted.fetch_add(1, Ordering::SeqCst))));
    let patience = Duration::from_millis(if most == UnderWay::One { 50 } else { 10_000 });
    let in_time = tokio::time::timeout(patience, &mut second).await.is_ok();
    drop(release);
    assert_eq!(first.await.unwrap(), 1);
    if !in_time {
        second.await.unwrap();
    }
    assert_eq!(ran.load(Ordering::SeqCst), 1);
    in_time
}

#[tokio::test]
async fn a_slow_batch_holds_nobody_up_for_long() {
    assert!(sets_out_beside_a_slow_batch(UnderWay::TwoIfSlow, SLOW * 2).await);
    assert!(
        sets_out_beside_a_slow_batch(UnderWay::TwoIfSlow, Duration::ZERO).await,
        "before anybody knows that it is slow"
    );
}

#[tokio::test]
async fn where_only_one_can_write_only_one_sets_out() {
    for a_while in [Duration::ZERO, SLOW * 2] {
        assert!(!sets_out_beside_a_slow_batch(UnderWay::One, a_while).await);
    }
}

#[test]
fn what_came_behind_a_second_batch_does_not_wait_for_the_slow_first() {
    let queue = Arc::new(Queue::new(16, Arc::new(Measures::default())));
    let lane = LaneOf::new(Arc::clone(&queue), UnderWay::TwoIfSlow);
    let push = |key| {
        let handed_in_at = Instant::now();
        let terms = Terms { handed_in_at, deadline: handed_in_at + Duration::from_secs(60), repeat: Repeat::Once };
        queue.depth().enter().unwrap();
        lane.push(piece::<true>(key, move || Ok(key)), oneshot::channel().0, terms);
    };
    push(1);
    let (_slow, first) = lane.take().unwrap();
    std::thread::sleep(SLOW);
    push(2);
    let (_quick, second) = lane.take().unwrap();
    push(3);
    assert!(lane.done(second).is_some(), "the first is as slow as before");
    assert!(lane.done(first).is_none(), "a turn is on its way");
}

#[tokio::test]
async fn what_is_left_of_a_batch_holds_nobody_up() {
    let fixture = fixture_of(Size { threads: 2, queue: 16, deadline: Duration::from_secs(60) });
    let executor = &fixture.executor;
    let lane = LaneOf::new(Arc::clone(&executor.queue), UnderWay::One);
    let (refuse, refused_by) = mpsc::channel::<()>();
    let (release, released) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel();
    let mut attempts = 0;
    let first = piece::<true>(1, move || {
        attempts += 1;
        if attempts == 1 {
            begun.send(()).unwrap();
            refused_by.recv().unwrap_err();
            return Err(refused());
        }
        released.recv().unwrap_err();
        Ok(1)
    });
    let mut first = executor.join(&lane, first);
    assert!(tokio::time::timeout(Duration::from_millis(1), &mut first).await.is_err());
    has_begun.recv().unwrap();
    let mut second = executor.join(&lane, piece(2, || Ok(2)));
    assert!(tokio::time::timeout(Duration::from_millis(1), &mut second).await.is_err());
    drop(refuse);
    assert_eq!(second.await.unwrap(), 2, "while the first is tried alone");
    drop(release);
    assert_eq!(first.await.unwrap(), 1);
}

#[tokio::test]
async fn pieces_about_the_same_thing_are_never_together() {
    let fixture = fixture(16, Duration::from_secs(60));
    let order = Arc::new(Mutex::new(Vec::new()));
    let noted = |key, name: u32| {
        let order = Arc::clone(&order);
        piece::<true>(key, move || {
            order.lock().unwrap().push(name);
            Ok(name)
        })
    };
    let outcomes = at_once(&fixture.executor, vec![noted(1, 10), noted(1, 11), noted(2, 20), noted(1, 12)]).await;
    assert_eq!(outcomes, [Ok(10), Ok(11), Ok(20), Ok(12)]);
    assert_eq!(*order.lock().unwrap(), [10, 20, 11, 12], "the first together with others, the rest alone");
}

#[tokio::test]
async fn a_bad_row_fails_no_neighbour() {
    let fixture = fixture(16, Duration::from_secs(60));
    let pieces: Vec<Piece<true>> = vec![
        piece(1, || Ok(1)),
        piece(2, || Err(refused())),
        piece(3, || panic!("a panic is one's own, too")),
        piece(4, || Ok(4)),
    ];
    let outcomes = at_once(&fixture.executor, pieces).await;
    assert!(matches!(outcomes.as_slice(), [Ok(1), Err(_), Err(_), Ok(4)]), "{outcomes:?}");
}

#[tokio::test]
async fn a_lost_batch_is_repeated_once_if_its_kind_recognises_itself() {
    async fn check<const REPEATED: bool>(losses: u32, expect: [Result<u32, ()>; 2]) {
        let fixture = fixture(16, Duration::from_secs(60));
        let attempts = AtomicU32::new(0);
        let first = move || if attempts.fetch_add(1, Ordering::SeqCst) < losses { Err(lost()) } else { Ok(1) };
        let pieces: Vec<Piece<REPEATED>> = vec![piece(1, first), piece(2, || Ok(2))];
        let outcomes = at_once(&fixture.executor, pieces).await;
        let outcomes: Vec<_> = outcomes.into_iter().map(|outcome| outcome.map_err(|_text| ())).collect();
        assert_eq!(outcomes, expect, "{REPEATED} {losses}");
    }
    check::<true>(1, [Ok(1), Ok(2)]).await;
    check::<true>(2, [Err(()), Err(())]).await;
    check::<false>(1, [Err(()), Err(())]).await;
}

#[tokio::test]
async fn what_may_have_happened_is_not_tried_alone_unless_it_recognises_itself() {
    async fn attempts_of<const REPEATED: bool>() -> u32 {
        let fixture = fixture(16, Duration::from_secs(60));
        let attempts = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&attempts);
        let first = move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(1)
        };
        let pieces: Vec<Piece<REPEATED>> = vec![piece(1, first), piece(2, || panic!("after the first was done"))];
        at_once(&fixture.executor, pieces).await;
        attempts.load(Ordering::SeqCst)
    }
    assert_eq!((attempts_of::<true>().await, attempts_of::<false>().await), (2, 1));
}

#[tokio::test]
async fn an_outage_of_a_batch_is_counted_for_each_caller() {
    let fixture = fixture(16, Duration::from_secs(60));
    let pieces: Vec<Piece<false>> = vec![piece(1, || Err(lost())), piece(2, || Ok(2))];
    let outcomes = at_once(&fixture.executor, pieces).await;
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().is_err_and(|text| text.contains("gone"))), "{outcomes:?}");
    assert_eq!(fixture.executor.measures().failures()[StorageFailure::Lost as usize], 2);
}

#[tokio::test]
async fn a_full_queue_counts_what_waits_in_lanes() {
    let fixture = fixture(2, Duration::from_secs(60));
    let (executor, lane) = (&fixture.executor, fixture.executor.lane());
    let (release, begun) = occupy(executor);
    begun.recv().unwrap();
    let mut first = executor.join(&lane, piece::<true>(1, || Ok(1)));
    let mut second = executor.join(&lane, piece::<true>(2, || Ok(2)));
    for future in [&mut first, &mut second] {
        assert!(tokio::time::timeout(Duration::from_millis(1), future).await.is_err());
    }
    let refused = executor.join(&lane, piece(3, || Ok(3))).await;
    assert!(refused.unwrap_err().to_string().contains("full"));
    drop(release);
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (1, 2));
    assert_eq!(executor.join(&lane, piece(3, || Ok(3))).await.unwrap(), 3, "there is room again");
}

#[tokio::test]
async fn what_nobody_heard_of_is_taken_back() {
    for (pause, expect) in [(Duration::ZERO, 0), (Duration::from_millis(200), 1)] {
        let fixture = fixture(8, Duration::from_millis(100));
        let taken_back = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&taken_back);
        let work = move || {
            std::thread::sleep(pause);
            Ok(1)
        };
        let take_back = move |_: &mut Connection| {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(())
        };
        let heard = fixture.executor.join(&fixture.executor.lane(), piece::<true>(1, work).or(take_back)).await;
        assert_eq!(heard.is_ok(), expect == 0);
        // The one thread is free again only after it has taken back what it had to.
        while fixture.executor.run(Repeat::Once, Connection::ping).await.is_err() {}
        assert_eq!(taken_back.load(Ordering::SeqCst), expect);
    }
}

#[tokio::test]
async fn what_may_have_happened_is_taken_back_before_anything_else() {
    let fixture = fixture(8, Duration::from_secs(60));
    let order = Arc::new(Mutex::new(Vec::new()));
    let note = |text: &'static str| {
        let order = Arc::clone(&order);
        move || order.lock().unwrap().push(text)
    };
    let (tried, taken_back, next) = (note("tried"), note("taken back"), note("next"));
    let mut fails = 1;
    let take_back = move |_: &mut Connection| {
        fails -= 1;
        if fails == 0 {
            return Err(lost());
        }
        taken_back();
        Ok(())
    };
    let work = move || Err(lost()).inspect_err(|_| tried());
    assert!(fixture.executor.join(&fixture.executor.lane(), piece::<true>(1, work).or(take_back)).await.is_err());
    // The first attempt to take back loses its connection, too.
    fixture
        .executor
        .run(Repeat::Once, move |_: &mut Connection| {
            next();
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(*order.lock().unwrap(), ["tried", "tried", "taken back", "next"]);
}

/// A batch that took effect and lost its answer: sent once more it does nothing, and the connection is gone before its pieces can
/// ask alone what became of them.
struct Unanswered {
    key: u32,
    attempts: Arc<AtomicU32>,
    taken_back: Arc<AtomicU32>,
}

impl Groupable for Unanswered {
    type Outcome = u32;
    type Key = u32;

    const REPEAT: Repeat = Repeat::Once;

    fn key(&self) -> u32 {
        self.key
    }

    fn alone(&self, _connection: &mut Connection) -> Result<u32, StatementError> {
        Err(StatementError::Connect("gone".into()))
    }

    fn in_one_statement(_connection: &mut Connection, _pieces: &[&Self]) -> Result<Vec<Option<u32>>, StatementError> {
        unreachable!("the fixture is SQLite")
    }

    fn together(_connection: &mut Connection, pieces: &[&Self]) -> Result<Vec<Option<u32>>, StatementError> {
        let before = pieces[0].attempts.fetch_add(1, Ordering::SeqCst);
        if before == 0 { Err(lost()) } else { Ok(vec![None; pieces.len()]) }
    }

    fn take_back(&self) -> Option<TakeBack> {
        let taken_back = Arc::clone(&self.taken_back);
        Some(Box::new(move |_| {
            taken_back.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }))
    }
}

#[tokio::test]
async fn what_a_batch_did_before_its_connection_was_lost_is_taken_back_piece_by_piece() {
    let fixture = fixture(16, Duration::from_secs(60));
    let (attempts, taken_back) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let piece = |key| Unanswered { key, attempts: Arc::clone(&attempts), taken_back: Arc::clone(&taken_back) };
    let outcomes = at_once(&fixture.executor, vec![piece(1), piece(2), piece(3)]).await;
    assert!(outcomes.iter().all(Result::is_err), "{outcomes:?}");
    fixture.executor.run(Repeat::Once, Connection::ping).await.unwrap();
    assert_eq!(taken_back.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn what_is_left_of_a_batch_is_skipped_once_nobody_waits_for_it() {
    let fixture = fixture(16, Duration::from_millis(100));
    let ran = Arc::new(AtomicU32::new(0));
    let slow = piece::<true>(1, || {
        std::thread::sleep(Duration::from_millis(300));
        Ok(1)
    });
    let counted = Arc::clone(&ran);
    let about_the_same = piece(1, move || Ok(counted.fetch_add(1, Ordering::SeqCst)));
    assert!(at_once(&fixture.executor, vec![slow, about_the_same]).await.iter().all(Result::is_err));
    while fixture.executor.run(Repeat::Once, Connection::ping).await.is_err() {}
    assert_eq!(ran.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_cannot_be_taken_back_for_now_fails_nobody_else() {
    let fixture = fixture(8, Duration::from_secs(60));
    let tried = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tried);
    let take_back = move |_: &mut Connection| {
        counted.fetch_add(1, Ordering::SeqCst);
        Err(refused())
    };
    let work = || Err(lost());
    assert!(fixture.executor.join(&fixture.executor.lane(), piece::<false>(1, work).or(take_back)).await.is_err());
    for _ in 0..3 {
        fixture.executor.run(Repeat::Once, Connection::ping).await.unwrap();
    }
    assert_eq!(tried.load(Ordering::SeqCst), 1, "it is left alone for a while");
}

#[tokio::test]
async fn what_the_database_may_do_late_is_taken_back_once_more() {
    let fixture = fixture(8, Duration::from_secs(60));
    let taken_back = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&taken_back);
    let take_back = move |_: &mut Connection| {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(())
    };
    let work = || Err(lost());
    assert!(fixture.executor.join(&fixture.executor.lane(), piece::<false>(1, work).or(take_back)).await.is_err());
    for (pause, expect) in [(0, 1), (0, 1), (2_100, 2), (2_100, 2)] {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        fixture.executor.run(Repeat::Once, Connection::ping).await.unwrap();
        assert_eq!(taken_back.load(Ordering::SeqCst), expect);
    }
}
