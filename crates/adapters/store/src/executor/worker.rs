//! One thread of the executor: takes jobs and does them on the connection it holds.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use r2d2::{Pool, PooledConnection};

use super::Waiting;
use super::job::{Job, Repeat};
use super::measures::Measures;
use super::pool::{Manager, WAIT_FOR_CONNECTION};
use super::unresolved::Unresolved;
use crate::error::StatementError;

pub(super) struct Worker {
    waiting: Waiting,
    pool: Pool<Manager>,
    held: Option<PooledConnection<Manager>>,
    unresolved: Arc<Unresolved>,
    measures: Arc<Measures>,
}

impl Worker {
    pub(super) const fn new(
        waiting: Waiting,
        pool: Pool<Manager>,
        unresolved: Arc<Unresolved>,
        measures: Arc<Measures>,
    ) -> Self {
        Self { waiting, pool, held: None, unresolved, measures }
    }

    /// Works until the executor is dropped.
    pub(super) fn run(mut self) {
        while let Some(job) = self.take() {
            self.measures.busy.fetch_add(1, Ordering::Relaxed);
            self.serve(job);
            self.measures.busy.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// What to do next: the one place that decides what a thread takes from the queue.
    fn take(&self) -> Option<Box<dyn Job>> {
        self.waiting.iter().find(|job| {
            let (terms, now) = (job.terms(), Instant::now());
            self.measures.took(1, now.saturating_duration_since(terms.handed_in_at));
            now < terms.deadline
        })
    }

    fn serve(&mut self, mut job: Box<dyn Job>) {
        let mut outcome = self.attempt(job.as_mut());
        let mut has_run = has_run_in(&outcome);
        let is_lost = matches!(outcome, Err(StatementError::Lost(_)));
        if is_lost && job.terms().repeat == Repeat::Once && Instant::now() < job.terms().deadline {
            self.discard_idle();
            outcome = self.attempt(job.as_mut());
            has_run |= has_run_in(&outcome);
        }
        if let Err(error) = outcome {
            // Before the caller hears of it: it may try again at once.
            if let Some(take_back) = job.take_back().filter(|_| has_run) {
                self.unresolved.add(take_back);
            }
            job.give_up(error);
        }
    }

    fn attempt(&mut self, job: &mut dyn Job) -> Result<(), StatementError> {
        let mut connection = match self.held.take() {
            Some(connection) => connection,
            None => self.connection_by(job.terms().deadline)?,
        };
        let unresolved = &self.unresolved;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            unresolved.resolve(&mut connection)?;
            job.attempt(&mut connection)
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

/// Whether there was a connection to do anything on. Without one nothing can have happened, however long that lasts.
const fn has_run_in(outcome: &Result<(), StatementError>) -> bool {
    !matches!(outcome, Err(StatementError::Connect(_)))
}
