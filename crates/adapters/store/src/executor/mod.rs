//! Where storage work runs: on threads of the store's own, one a pooled connection, fed by one bounded queue.
//!
//! Work that many callers ask for at once goes through a lane (`lane`): a thread does all that is there together, in one
//! statement and one commit. Everything else is a job of its own.
//!
//! All work has a deadline that starts when it is handed in, time in the queue included. Its caller waits no longer,
//! even while a thread is still stuck with it; a thread skips what is too late. So an outage costs a
//! request its deadline and no more, and a full queue costs nothing.

mod aside;
mod batch;
mod job;
mod lane;
mod measures;
mod pool;
mod queue;
#[cfg(test)]
mod tests;
mod unresolved;
mod worker;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use grantor_ports::{PoolReading, StorageFailure, StoreFuture, TRACE_TARGET, Unavailable};
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::RecvError;
use tracing::{Instrument as _, Level, Span};

pub(crate) use self::aside::Aside;
pub(crate) use self::job::{Repeat, TakeBack};
use self::job::{Task, Terms};
pub(crate) use self::lane::{Groupable, LaneOf};
use self::lane::{Lane, SLOW, UnderWay};
pub(crate) use self::measures::Measures;
pub(crate) use self::pool::Manager;
use self::queue::{Queue, Turn};
use self::unresolved::Unresolved;
use self::worker::{Losses, Worker};
use crate::connection::Connection;
use crate::error::{StatementError, StoreError};

/// The threads and their queue. Dropping it lets each thread end after the job that it is at.
pub(crate) struct Executor {
    queue: Arc<Queue>,
    under_way: UnderWay,
    deadline: Duration,
    threads: u32,
    measures: Arc<Measures>,
}

/// How large an executor is, and how patient.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    /// Threads, each with a connection.
    pub(crate) threads: u32,
    /// Jobs that may wait.
    pub(crate) queue: usize,
    /// From handing a job in to giving up on it.
    pub(crate) deadline: Duration,
}

impl Executor {
    pub(crate) fn start(manager: Manager, size: Size) -> Result<Self, StoreError> {
        let (losses, unresolved, measures): (Arc<Losses>, Arc<Unresolved>, Arc<Measures>) = Default::default();
        let queue = Queue::new(size.queue, Arc::clone(&measures));
        let under_way = UnderWay::on(manager.engine());
        let pool = pool::build(manager, size.threads);
        for number in 0..size.threads {
            let depth = queue.depth().clone();
            let (losses, unresolved) = (Arc::clone(&losses), Arc::clone(&unresolved));
            let worker = Worker::new(queue.turns(), depth, pool.clone(), losses, unresolved, Arc::clone(&measures));
            start_thread(format!("store-{number}"), move || worker.run()).map_err(StoreError::Thread)?;
        }
        Ok(Self { queue: Arc::new(queue), under_way, deadline: size.deadline, threads: size.threads, measures })
    }

    /// Does `work` on some connection. It runs once, or, if `repeat` allows and the connection was lost, twice.
    pub(crate) fn run<'a, T, W>(&'a self, repeat: Repeat, work: W) -> StoreFuture<'a, T>
    where
        T: Send + 'static,
        W: FnMut(&mut Connection) -> Result<T, StatementError> + Send + 'static,
    {
        let submit = move |answer, terms| self.queue.send(Turn::Job(Box::new(Task::new(work, answer, terms))));
        self.hand_in(repeat, submit, None)
    }

    /// A lane, for work that can be done together.
    pub(crate) fn lane<G: Groupable>(&self) -> Arc<LaneOf<G>> {
        LaneOf::new(Arc::clone(&self.queue), self.under_way)
    }

    /// Does a piece of work together with whatever else is in its lane by then. It runs once, or, if its kind allows
    /// and the connection was lost, twice. If the caller is told of an outage although it may have taken effect (storage
    /// stood still in between, or the connection was lost before its answer), what undoes it is done as soon as storage
    /// answers, before anything else.
    pub(crate) fn join<'a, G: Groupable>(&'a self, lane: &'a LaneOf<G>, piece: G) -> StoreFuture<'a, G::Outcome> {
        self.hand_in(G::REPEAT, move |answer, terms| lane.push(piece, answer, terms), Some(lane))
    }

    fn hand_in<'a, T: Send + 'static>(
        &'a self,
        repeat: Repeat,
        submit: impl FnOnce(oneshot::Sender<Result<T, StatementError>>, Terms) + Send + 'a,
        lane: Option<&'a dyn Lane>,
    ) -> StoreFuture<'a, T> {
        let answered = async move {
            let handed_in_at = Instant::now();
            let deadline = handed_in_at + self.deadline;
            let (answer, answered) = oneshot::channel();
            self.queue.depth().enter()?;
            submit(answer, Terms { handed_in_at, deadline, repeat });
            let answer = match lane {
                Some(lane) => answer_of_lane(lane, handed_in_at, deadline, answered).await,
                None => answer_by(deadline, answered).await,
            };
            answer.map_err(|unanswered| {
                self.measures.failed(unanswered.kind());
                unanswered.into_unavailable()
            })
        };
        Box::pin(answered.instrument(span()))
    }

    /// How busy it is.
    pub(crate) fn pool(&self) -> PoolReading {
        PoolReading {
            queue_depth: self.queue.depth().waiting(),
            queue_capacity: self.queue.depth().capacity(),
            threads: usize::try_from(self.threads).unwrap_or(usize::MAX),
            threads_busy: self.measures.busy.load(Ordering::Relaxed),
        }
    }

    /// What it has counted.
    pub(crate) fn measures(&self) -> &Measures {
        &self.measures
    }
}

/// Why a caller has no answer.
enum Unanswered {
    /// Its work failed.
    Failed(StatementError),
    /// Its deadline passed.
    Late(Unavailable),
}

impl Unanswered {
    fn kind(&self) -> StorageFailure {
        match self {
            Self::Failed(error) => error.kind(),
            Self::Late(_) => StorageFailure::Deadline,
        }
    }

    fn into_unavailable(self) -> Unavailable {
        match self {
            Self::Failed(error) => error.into_unavailable(),
            Self::Late(unavailable) => unavailable,
        }
    }
}

/// The answer of work in a lane. If what is under way there is slow, it need not wait for that; nobody would notice but whoever
/// waits.
async fn answer_of_lane<T>(
    lane: &dyn Lane,
    handed_in_at: Instant,
    deadline: Instant,
    mut answered: oneshot::Receiver<Result<T, StatementError>>,
) -> Result<T, Unanswered> {
    match tokio::time::timeout_at((handed_in_at + SLOW).into(), &mut answered).await {
        Ok(heard) => told(heard),
        Err(_slow) => {
            lane.look_again();
            answer_by(deadline, answered).await
        }
    }
}

async fn answer_by<T>(
    deadline: Instant,
    answered: oneshot::Receiver<Result<T, StatementError>>,
) -> Result<T, Unanswered> {
    match tokio::time::timeout_at(deadline.into(), answered).await {
        Ok(heard) => told(heard),
        Err(elapsed) => Err(Unanswered::Late(Unavailable::because("storage did not answer in time", elapsed))),
    }
}

fn told<T>(heard: Result<Result<T, StatementError>, RecvError>) -> Result<T, Unanswered> {
    match heard {
        Ok(answer) => answer.map_err(Unanswered::Failed),
        // A thread skips only what is too late.
        Err(gone) => Err(Unanswered::Late(Unavailable::because("storage dropped the work", gone))),
    }
}

/// The wait for storage, in the queue and at work, as part of the trace of a request. What nobody asked for is no trace.
fn span() -> Span {
    if tracing::enabled!(target: TRACE_TARGET, Level::DEBUG) && !Span::current().is_disabled() {
        tracing::debug_span!(target: TRACE_TARGET, "storage")
    } else {
        Span::none()
    }
}

fn start_thread(name: String, run: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().name(name).spawn(run).map(|_handle| ())
}
