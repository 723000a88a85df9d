//! Decides what one worker does: one request after the other over one connection, going on with the successor of its refresh
//! token, and at the end the question whether its last one is still good.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Load;
use super::report::{Answers, Verdict};
use crate::probe::http::Lane;
use crate::probe::outcome::Outcome;
use crate::probe::target::{Grant, Target};

/// Between a failure and the next try. Sooner than any `Retry-After`, as impatient clients are.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);

/// How long after the load a server may need to be itself again before a grant's fate counts as unknown.
const RECOVERY: Duration = Duration::from_secs(20);

/// What all workers share.
#[derive(Clone, Copy)]
pub(super) struct Plan<'a> {
    pub(super) target: &'a Target,
    pub(super) load: Load,
    pub(super) start: Instant,
    pub(super) is_over: &'a AtomicBool,
    pub(super) sent: &'a AtomicU64,
}

/// One worker.
pub(super) struct Worker<'a> {
    plan: Plan<'a>,
    lane: Lane,
    /// The refresh token it holds.
    value: Option<String>,
    answers: Answers,
}

impl<'a> Worker<'a> {
    pub(super) fn new(plan: Plan<'a>, value: Option<String>) -> Self {
        let lane = Lane::new(plan.target.token.address, plan.target.patience);
        Self { plan, lane, value, answers: Answers::default() }
    }

    /// Works until the load is over, and gives what it has seen and what became of its grant.
    pub(super) fn work(mut self) -> (Answers, Verdict) {
        while !self.plan.is_over.load(Ordering::Relaxed)
            && self.plan.sent.fetch_add(1, Ordering::Relaxed) < self.plan.load.requests_max
        {
            let asked = Instant::now();
            let outcome = self.ask();
            self.answers.add(&outcome, self.plan.start.elapsed(), asked.elapsed());
            sleep(if outcome.tokens().is_some() { self.plan.load.pause } else { PAUSE_AFTER_FAILURE });
        }
        let verdict = if self.value.is_some() { self.judge() } else { Verdict::NoGrant };
        (self.answers, verdict)
    }

    fn ask(&mut self) -> Outcome {
        let grant = self.value.as_deref().map_or(Grant::ClientCredentials, Grant::Refresh);
        let outcome = Outcome::of(self.lane.exchange(&self.plan.target.redeem(grant)));
        if let (Some(value), Some(fresh)) =
            (&mut self.value, outcome.tokens().and_then(|tokens| tokens.refresh.clone()))
        {
            *value = fresh;
        }
        outcome
    }

    /// Whether the last refresh token works, once the server answers at all.
    fn judge(&mut self) -> Verdict {
        let deadline = Instant::now() + RECOVERY;
        loop {
            let outcome = self.ask();
            if outcome.tokens().is_some() {
                return Verdict::Alive;
            }
            if outcome.blames_the_client() {
                return Verdict::Lost(outcome.label().to_owned());
            }
            if Instant::now() >= deadline {
                return Verdict::Unknown(outcome.label().to_owned());
            }
            sleep(PAUSE_AFTER_FAILURE);
        }
    }
}
