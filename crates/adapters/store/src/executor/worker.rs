//! One thread of the executor: takes jobs and does them on the connection it holds.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use r2d2::{Pool, PooledConnection};

use super::batch::Batch;
use super::job::{Job, Repeat};
use super::lane::Lane;
use super::measures::Measures;
use super::pool::{Manager, WAIT_FOR_CONNECTION};
use super::queue::{Depth, Turn, Turns};
use super::unresolved::Unresolved;
use crate::connection::Connection;
use crate::error::StatementError;

pub(super) struct Worker {
    turns: Turns,
    queue: Depth,
    pool: Pool<Manager>,
    held: Option<Held>,
    losses: Arc<Losses>,
    unresolved: Arc<Unresolved>,
    measures: Arc<Measures>,
}

/// The connection of a thread.
struct Held {
    connection: PooledConnection<Manager>,
    /// How many losses there had been when it was last good.
    losses: u64,
}

/// How many connections were lost so far, of all threads. One loss is seldom alone: a database that starts again has cut them
/// all off, and those that idle would show it only at their next use, which may be none that can be repeated.
#[derive(Default)]
pub(super) struct Losses(AtomicU64);

impl Worker {
    pub(super) const fn new(
        turns: Turns,
        queue: Depth,
        pool: Pool<Manager>,
        losses: Arc<Losses>,
        unresolved: Arc<Unresolved>,
        measures: Arc<Measures>,
    ) -> Self {
        Self { turns, queue, pool, held: None, losses, unresolved, measures }
    }

    /// Works until the executor is dropped.
    pub(super) fn run(mut self) {
        while let Some(turn) = self.turns.next(self.held.is_some()) {
            self.measures.busy.fetch_add(1, Ordering::Relaxed);
            match turn {
                Turn::Job(job) => {
                    self.queue.took(1, job.terms().handed_in_at);
                    self.serve(job, false);
                }
                Turn::Lane(lane) => self.serve_lane(lane.as_ref()),
            }
            self.measures.busy.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn serve_lane(&mut self, lane: &dyn Lane) {
        let Some((batch, set_out_at)) = lane.take() else { return };
        let left = self.serve_together(batch);
        if let Some(turn) = lane.done(set_out_at) {
            // What is left may wait for a lock that somebody else holds; the lane need not.
            if left.is_nothing() { self.turns.keep(turn) } else { self.turns.send(turn) }
        }
        match left {
            Left::Nothing => {}
            Left::OneByOne(jobs, has_run) => jobs.into_iter().for_each(|job| self.serve(job, has_run)),
            Left::Failed(jobs, why, has_run) => {
                for job in jobs {
                    self.fail(job, StatementError::Together(Arc::clone(&why)), has_run);
                }
            }
        }
    }

    fn serve_together(&mut self, mut batch: Box<dyn Batch>) -> Left {
        let Some(deadline) = batch.deadline() else { return Left::Nothing };
        let mut outcome = self.attempt(deadline, |connection| batch.attempt(connection));
        let mut has_run = has_run_in(&outcome);
        if is_lost(&outcome) && batch.repeat() == Repeat::Once && Instant::now() < deadline {
            self.discard_idle();
            outcome = self.attempt(deadline, |connection| batch.attempt(connection));
            has_run |= has_run_in(&outcome);
        }
        match outcome {
            Err(why @ (StatementError::Connect(_) | StatementError::Lost(_))) => {
                Left::Failed(batch.rest(), Arc::new(why), has_run)
            }
            // A statement that the database refused did nothing, and not all of its pieces are to blame.
            Ok(()) | Err(StatementError::Database(_)) => Left::OneByOne(batch.rest(), has_run),
            // What failed after the database answered may have taken effect.
            Err(why) if batch.repeat() == Repeat::Never => Left::Failed(batch.rest(), Arc::new(why), has_run),
            Err(_its_own) => Left::OneByOne(batch.rest(), has_run),
        }
    }

    /// Does a job, which may have run before together with others.
    fn serve(&mut self, mut job: Box<dyn Job>, mut has_run: bool) {
        let terms = job.terms();
        // Whoever is late was told so.
        if Instant::now() >= terms.deadline {
            return self.fail(job, StatementError::Late, has_run);
        }
        let mut outcome = self.attempt(terms.deadline, |connection| job.attempt(connection));
        has_run |= has_run_in(&outcome);
        if is_lost(&outcome) && terms.repeat == Repeat::Once && Instant::now() < terms.deadline {
            self.discard_idle();
            outcome = self.attempt(terms.deadline, |connection| job.attempt(connection));
            has_run |= has_run_in(&outcome);
        }
        if let Err(error) = outcome {
            self.fail(job, error, has_run);
        }
    }

    /// Tells the caller. What it did, if it did anything, is taken back, and before the caller hears of it: it may try
    /// again at once.
    fn fail(&self, mut job: Box<dyn Job>, why: StatementError, has_run: bool) {
        if let Some(take_back) = job.take_back().filter(|_| has_run) {
            self.unresolved.add(take_back);
        }
        job.give_up(why);
    }

    fn attempt(
        &mut self,
        deadline: Instant,
        work: impl FnOnce(&mut Connection) -> Result<(), StatementError>,
    ) -> Result<(), StatementError> {
        let losses = self.losses.0.load(Ordering::Relaxed);
        let mut connection = match self.held_since(losses) {
            Some(connection) => connection,
            None => self.connection_by(deadline)?,
        };
        let unresolved = &self.unresolved;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            unresolved.resolve(&mut connection)?;
            work(&mut connection)
        }));
        if outcome.is_err() {
            // It may be in the middle of anything.
            connection.condemn();
        }
        let outcome = outcome.unwrap_or(Err(StatementError::Panicked));
        if is_lost(&outcome) {
            self.losses.0.fetch_add(1, Ordering::Relaxed);
        }
        // A broken one goes back to the pool, which throws it away and begins to make another.
        if !connection.is_broken() {
            self.held = Some(Held { connection, losses });
        }
        outcome
    }

    /// The connection that the thread holds, unless another was lost since this was last good: then it is thrown away.
    fn held_since(&mut self, losses: u64) -> Option<PooledConnection<Manager>> {
        let mut held = self.held.take()?;
        if held.losses == losses {
            return Some(held.connection);
        }
        held.connection.condemn();
        None
    }

    /// What idled in the pool while a connection was lost is most likely lost too.
    fn discard_idle(&self) {
        while let Some(mut idle) = self.pool.try_get() {
            idle.condemn();
        }
    }

    fn connection_by(&self, deadline: Instant) -> Result<PooledConnection<Manager>, StatementError> {
        let patience = deadline.saturating_duration_since(Instant::now()).min(WAIT_FOR_CONNECTION);
        self.pool.get_timeout(patience).map_err(|error| StatementError::Connect(error.into()))
    }
}

/// What is left of a batch.
enum Left {
    Nothing,
    /// These are to be done alone; whether they may have taken effect already.
    OneByOne(Vec<Box<dyn Job>>, bool),
    /// All of these have failed, for this one reason; whether they may have taken effect.
    Failed(Vec<Box<dyn Job>>, Arc<StatementError>, bool),
}

impl Left {
    fn is_nothing(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::OneByOne(jobs, _) | Self::Failed(jobs, ..) => jobs.is_empty(),
        }
    }
}

const fn is_lost(outcome: &Result<(), StatementError>) -> bool {
    matches!(outcome, Err(StatementError::Lost(_)))
}

/// Whether there was a connection to do anything on. Without one nothing can have happened, however long that lasts.
const fn has_run_in(outcome: &Result<(), StatementError>) -> bool {
    !matches!(outcome, Err(StatementError::Connect(_)))
}
