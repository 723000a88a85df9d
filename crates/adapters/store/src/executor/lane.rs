//! Lanes: work that can be done together with others of its kind, in one statement and one commit.
//!
//! Nothing waits for company. A thread that comes to a lane takes what is there; what arrives meanwhile is the next
//! batch. So the busier storage is, the larger the batches and the less each piece costs, and one caller alone has a
//! statement of its own at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::batch::{Batch, Entries, Entry};
use super::job::{Repeat, TakeBack, Terms};
use super::queue::{Queue, Turn};
use crate::connection::{Connection, End};
use crate::error::StatementError;
use crate::target::Engine;

/// Most pieces a batch: one more statement costs little by then, and what a batch locks it locks for all of its time.
const MOST: usize = 256;

/// What is slow: a disk that takes long, a statement that waits, a network that swallows. Others need not wait for that.
pub(super) const SLOW: Duration = Duration::from_millis(5);

/// How many batches of one lane may be under way at once. While the database makes one durable, the next is collected; more
/// of them would only be smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnderWay {
    /// One: the database lets nobody write beside it.
    One,
    /// A second when something arrives and the first is [`SLOW`].
    TwoIfSlow,
}

impl UnderWay {
    pub(super) const fn on(engine: Engine) -> Self {
        match engine {
            Engine::Postgres => Self::TwoIfSlow,
            Engine::Sqlite => Self::One,
        }
    }
}

/// A piece of work that can be done together with others of its kind.
pub(crate) trait Groupable: Send + 'static {
    /// What it comes to.
    type Outcome: Send + 'static;

    /// What it is about. Two pieces about the same are never in one statement.
    type Key: Ord;

    /// Whether a piece may be done again after its connection was lost.
    const REPEAT: Repeat;

    fn key(&self) -> Self::Key;

    /// Does one piece by itself.
    fn alone(&self, connection: &mut Connection) -> Result<Self::Outcome, StatementError>;

    /// Does all of these in one statement of Postgres': an outcome for each, in their order. They are about different
    /// things, and sorted by key. One without an outcome was not touched, and is done alone. If the statement fails,
    /// nothing was done.
    fn in_one_statement(
        connection: &mut Connection,
        pieces: &[&Self],
    ) -> Result<Vec<Option<Self::Outcome>>, StatementError>;

    /// Does all of these in one commit, with the same outcomes. SQLite is in this process: what costs there is not the
    /// statement but making it durable.
    fn together(connection: &mut Connection, pieces: &[&Self]) -> Result<Vec<Option<Self::Outcome>>, StatementError> {
        match connection.engine() {
            Engine::Postgres => Self::in_one_statement(connection, pieces),
            Engine::Sqlite => connection.transaction(|connection| {
                let outcomes = pieces.iter().map(|piece| piece.alone(connection).map(Some));
                outcomes.collect::<Result<_, _>>().map(End::Commit)
            }),
        }
    }

    /// What undoes it, if it must not stand when its caller has been told of an outage.
    fn take_back(&self) -> Option<TakeBack> {
        None
    }
}

/// A lane, as threads see it.
pub(super) trait Lane: Send + Sync {
    /// What is there, oldest first, up to [`MOST`], and when that was; nothing if another thread was quicker.
    fn take(&self) -> Option<(Box<dyn Batch>, Instant)>;

    /// The batch that was taken then is done: gives the lane's next turn, to be handed in, if anything waits for one.
    #[must_use]
    fn done(&self, set_out_at: Instant) -> Option<Turn>;

    /// Somebody has waited for [`SLOW`]: perhaps the batch under way is slow, and what waits may set out beside it.
    fn look_again(&self);
}

/// The lane of one kind of work.
pub(crate) struct LaneOf<G: Groupable> {
    queue: Arc<Queue>,
    most: UnderWay,
    state: Mutex<State<G>>,
    this: Weak<Self>,
}

struct State<G: Groupable> {
    entries: VecDeque<Entry<G>>,
    /// Whether its turn is in the queue, or on its way there.
    is_queued: bool,
    /// When each batch that is under way was taken.
    under_way: Vec<Instant>,
}

impl<G: Groupable> State<G> {
    fn may_set_out(&self, most: UnderWay) -> bool {
        match self.under_way.as_slice() {
            [] => true,
            [set_out_at] => most == UnderWay::TwoIfSlow && set_out_at.elapsed() >= SLOW,
            _ => false,
        }
    }
}

impl<G: Groupable> LaneOf<G> {
    pub(super) fn new(queue: Arc<Queue>, most: UnderWay) -> Arc<Self> {
        let state = State { entries: VecDeque::new(), is_queued: false, under_way: Vec::new() };
        Arc::new_cyclic(|this| Self { queue, most, state: Mutex::new(state), this: this.clone() })
    }

    pub(super) fn push(&self, piece: G, answer: oneshot::Sender<Result<G::Outcome, StatementError>>, terms: Terms) {
        let mut state = self.lock();
        state.entries.push_back(Entry { piece, answer, terms });
        let turn = self.turn(&mut state);
        drop(state);
        self.send(turn);
    }

    /// A turn, which must be handed in; nothing if there is one in the queue, nothing waits or enough of it is under way.
    #[must_use]
    fn turn(&self, state: &mut State<G>) -> Option<Turn> {
        if state.is_queued || state.entries.is_empty() || !state.may_set_out(self.most) {
            return None;
        }
        let this = self.this.upgrade()?;
        state.is_queued = true;
        Some(Turn::Lane(this))
    }

    fn send(&self, turn: Option<Turn>) {
        turn.into_iter().for_each(|turn| self.queue.send(turn));
    }

    fn lock(&self) -> MutexGuard<'_, State<G>> {
        // Whoever panicked here had changed nothing by halves.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<G: Groupable> Lane for LaneOf<G> {
    fn take(&self) -> Option<(Box<dyn Batch>, Instant)> {
        let mut state = self.lock();
        state.is_queued = false;
        let count = state.entries.len().min(MOST);
        let entries: Vec<Entry<G>> = state.entries.drain(..count).collect();
        let first = entries.first()?.terms.handed_in_at;
        let now = Instant::now();
        state.under_way.push(now);
        drop(state);
        self.queue.depth().took(count, first);
        Some((Box::new(Entries::new(entries.into_iter().filter(|entry| now < entry.terms.deadline))), now))
    }

    fn done(&self, set_out_at: Instant) -> Option<Turn> {
        let mut state = self.lock();
        if let Some(place) = state.under_way.iter().position(|at| *at == set_out_at) {
            state.under_way.swap_remove(place);
        }
        self.turn(&mut state)
    }

    fn look_again(&self) {
        let turn = self.turn(&mut self.lock());
        self.send(turn);
    }
}
