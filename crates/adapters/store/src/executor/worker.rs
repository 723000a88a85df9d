//! One thread of the executor: takes jobs and does them on the connection it holds.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
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
    held: Option<PooledConnection<Manager>>,
    unresolved: Arc<Unresolved>,
    measures: Arc<Measures>,
}

impl Worker {
    pub(super) const fn new(
        turns: Turns,
        queue: Depth,
        pool: Pool<Manager>,
        unresolved: Arc<Unresolved>,
        measures: Arc<Measures>,
    ) -> Self {
        Self { turns, queue, pool, held: None, unresolved, measures }
    }

    /// Works until the executor is dropped.
    pub(super) fn run(mut self) {
        while let Some(turn) = self.turns.next() {
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
        let Some(batch) = lane.take() else { return };
        let left = self.serve_together(batch);
        if let Some(turn) = lane.done() {
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
        let mut connection = match self.held.take() {
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
        // A broken one goes back to the pool, which throws it away and begins to make another.
        if !connection.is_broken() {
            self.held = Some(connection);
        }
        outcome.unwrap_or(Err(StatementError::Panicked))
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
