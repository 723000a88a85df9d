//! Where storage work runs: on threads of the store's own, one a pooled connection, fed by one bounded queue.
//!
//! Every job has a deadline that starts when it is handed in, time in the queue included. Its caller waits no longer,
//! even while a thread is still stuck with it; a thread skips a job whose deadline has passed. So an outage costs a
//! request its deadline and no more, and a full queue costs nothing.

mod aside;
mod job;
mod measures;
mod pool;
#[cfg(test)]
mod tests;
mod unresolved;
mod worker;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use grantor_ports::{PoolReading, StorageFailure, StoreFuture, TRACE_TARGET, Unavailable};
use tokio::sync::oneshot;
use tracing::{Instrument as _, Level, Span};

pub(crate) use self::aside::Aside;
pub(crate) use self::job::Repeat;
use self::job::{Job, Task, Terms};
pub(crate) use self::measures::Measures;
pub(crate) use self::pool::Manager;
use self::unresolved::Unresolved;
use self::worker::Worker;
use crate::connection::Connection;
use crate::error::{StatementError, StoreError};

/// The threads and their queue. Dropping it lets each thread end after the job that it is at.
pub(crate) struct Executor {
    jobs: Sender<Box<dyn Job>>,
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
        let (jobs, waiting) = bounded(size.queue);
        let pool = pool::build(manager, size.threads);
        let (unresolved, measures) = (Arc::new(Unresolved::default()), Arc::new(Measures::default()));
        for number in 0..size.threads {
            let worker = Worker::new(waiting.clone(), pool.clone(), Arc::clone(&unresolved), Arc::clone(&measures));
            start_thread(format!("store-{number}"), move || worker.run()).map_err(StoreError::Thread)?;
        }
        Ok(Self { jobs, deadline: size.deadline, threads: size.threads, measures })
    }

    /// Does `work` on some connection. It runs once, or, if `repeat` allows and the connection was lost, twice.
    pub(crate) fn run<'a, T, W>(&'a self, repeat: Repeat, work: W) -> StoreFuture<'a, T>
    where
        T: Send + 'static,
        W: FnMut(&mut Connection) -> Result<T, StatementError> + Send + 'static,
    {
        self.hand_in(repeat, move |answer, terms| Task::new(work, answer, terms))
    }

    /// Like [`Self::run`], but if the caller is told of an outage although the work may have taken effect (storage stood
    /// still in between, or the connection was lost before its answer), `take_back` undoes it as soon as storage answers,
    /// before anything else is done. It must do nothing where there is nothing to undo.
    pub(crate) fn run_or_take_back<'a, T, W>(
        &'a self,
        repeat: Repeat,
        work: W,
        take_back: impl FnMut(&mut Connection) -> Result<(), StatementError> + Send + 'static,
    ) -> StoreFuture<'a, T>
    where
        T: Send + 'static,
        W: FnMut(&mut Connection) -> Result<T, StatementError> + Send + 'static,
    {
        self.hand_in(repeat, move |answer, terms| Task::new(work, answer, terms).or_take_back(Box::new(take_back)))
    }

    fn hand_in<'a, T, W>(
        &'a self,
        repeat: Repeat,
        task: impl FnOnce(oneshot::Sender<Result<T, StatementError>>, Terms) -> Task<T, W> + Send + 'a,
    ) -> StoreFuture<'a, T>
    where
        T: Send + 'static,
        W: FnMut(&mut Connection) -> Result<T, StatementError> + Send + 'static,
    {
        let answered = async move {
            let handed_in_at = Instant::now();
            let deadline = handed_in_at + self.deadline;
            let (answer, answered) = oneshot::channel();
            self.submit(Box::new(task(answer, Terms { handed_in_at, deadline, repeat })))?;
            answer_by(deadline, answered).await.map_err(|unanswered| {
                self.measures.failed(unanswered.kind());
                unanswered.into_unavailable()
            })
        };
        Box::pin(answered.instrument(span()))
    }

    fn submit(&self, job: Box<dyn Job>) -> Result<(), Unavailable> {
        self.jobs.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_job) => {
                self.measures.failed(StorageFailure::QueueFull);
                Unavailable::new("the queue of storage is full")
            }
            TrySendError::Disconnected(_job) => Unavailable::new("every thread of storage has ended"),
        })
    }

    /// How busy it is.
    pub(crate) fn pool(&self) -> PoolReading {
        PoolReading {
            queue_depth: self.jobs.len(),
            queue_capacity: self.jobs.capacity().unwrap_or(usize::MAX),
            threads: usize::try_from(self.threads).unwrap_or(usize::MAX),
            threads_busy: self.measures.busy.load(Ordering::Relaxed),
        }
    }

    /// What it has counted.
    pub(crate) fn measures(&self) -> &Measures {
        &self.measures
    }
}

/// Jobs that wait, as a thread sees them.
type Waiting = Receiver<Box<dyn Job>>;

/// Why a caller has no answer.
enum Unanswered {
    /// Its work failed.
    Failed(StatementError),
    /// Its deadline passed.
    Late(Unavailable),
}

impl Unanswered {
    const fn kind(&self) -> StorageFailure {
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

async fn answer_by<T>(
    deadline: Instant,
    answered: oneshot::Receiver<Result<T, StatementError>>,
) -> Result<T, Unanswered> {
    match tokio::time::timeout_at(deadline.into(), answered).await {
        Ok(Ok(answer)) => answer.map_err(Unanswered::Failed),
        // A thread skips only what is too late.
        Ok(Err(gone)) => Err(Unanswered::Late(Unavailable::because("storage dropped the work", gone))),
        Err(elapsed) => Err(Unanswered::Late(Unavailable::because("storage did not answer in time", elapsed))),
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
