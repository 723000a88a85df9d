//! Decides what an outage is told as: answers by second and in total, with `Retry-After` and the slowest of each, and the grants
//! that were lost.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::Load;
use crate::probe::outcome::Outcome;
use crate::probe::tally::Tally;

/// What became of a worker's grant.
pub(super) enum Verdict {
    /// Its last refresh token works.
    Alive,
    /// It is refused: why.
    Lost(String),
    /// The worker holds none.
    NoGrant,
    /// The server is not itself again: how it answers.
    Unknown(String),
}

/// The answers that say the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    pub(crate) times: u64,
    pub(crate) with_retry_after: u64,
    pub(crate) slowest_ms: u64,
    /// No answer came at all.
    pub(crate) is_network_error: bool,
    /// 4xx.
    pub(crate) blames_the_client: bool,
}

impl Row {
    fn merge(&mut self, other: &Self) {
        self.times += other.times;
        self.with_retry_after += other.with_retry_after;
        self.slowest_ms = self.slowest_ms.max(other.slowest_ms);
        self.is_network_error = other.is_network_error;
        self.blames_the_client = other.blames_the_client;
    }
}

/// What was answered, by second and in total.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Answers {
    pub(crate) total: BTreeMap<String, Row>,
    /// By the second in which the answer came.
    pub(crate) by_second: BTreeMap<u64, Tally>,
}

impl Answers {
    pub(super) fn add(&mut self, outcome: &Outcome, at: Duration, took: Duration) {
        self.by_second.entry(at.as_secs()).or_default().add(outcome.label());
        self.total.entry(outcome.label().to_owned()).or_default().merge(&Row {
            times: 1,
            with_retry_after: u64::from(matches!(outcome, Outcome::Refused { has_retry_after: true, .. })),
            slowest_ms: took.as_millis().try_into().unwrap_or(u64::MAX),
            is_network_error: matches!(outcome, Outcome::Unreachable(_)),
            blames_the_client: outcome.blames_the_client(),
        });
    }

    fn merge(&mut self, other: &Self) {
        for (label, row) in &other.total {
            self.total.entry(label.clone()).or_default().merge(row);
        }
        for (second, tally) in &other.by_second {
            self.by_second.entry(*second).or_default().merge(tally);
        }
    }
}

/// How many grants there are after the outage. All zero where the load had none.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Grants {
    pub(crate) alive: u64,
    pub(crate) lost: u64,
    /// The server was not itself again in time.
    pub(crate) unknown: u64,
    /// Why they were lost, or how the server answers.
    pub(crate) reasons: Tally,
}

/// Something that happened, in milliseconds from the start of the load.
#[derive(Debug, Serialize)]
pub(crate) struct Event {
    what: &'static str,
    at_ms: u64,
}

/// What an outage showed.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    token_url: String,
    kind: &'static str,
    workers: usize,
    seconds: u64,
    pub(crate) events: Vec<Event>,
    pub(crate) answers: Answers,
    pub(crate) grants: Grants,
}

impl Report {
    pub(super) fn new(token_url: String, kind: &'static str, workers: usize, load: Load) -> Self {
        let (seconds, events) = (load.duration.as_secs(), Vec::new());
        Self { token_url, kind, workers, seconds, events, answers: Answers::default(), grants: Grants::default() }
    }

    pub(super) fn add_event(&mut self, what: &'static str, at: Duration) {
        self.events.push(Event { what, at_ms: at.as_millis().try_into().unwrap_or(u64::MAX) });
    }

    /// Counts what a worker has seen.
    pub(super) fn add(&mut self, (answers, verdict): (Answers, Verdict)) {
        self.answers.merge(&answers);
        match verdict {
            Verdict::Alive => self.grants.alive += 1,
            Verdict::Lost(reason) => {
                self.grants.lost += 1;
                self.grants.reasons.add(reason);
            }
            Verdict::NoGrant => {}
            Verdict::Unknown(answer) => {
                self.grants.unknown += 1;
                self.grants.reasons.add(answer);
            }
        }
    }

    /// How often it was answered so.
    #[cfg(test)]
    pub(super) fn answers_of(&self, label: &str) -> Option<Row> {
        self.answers.total.get(label).copied()
    }

    /// How many requests were sent.
    pub(crate) fn requests(&self) -> u64 {
        self.answers.total.values().map(|row| row.times).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { token_url, kind, workers, seconds, .. } = self;
        writeln!(
            formatter,
            "outage: {workers} workers ({kind}) for {seconds} s at {token_url}, {} requests",
            self.requests()
        )?;
        for Event { what, at_ms } in &self.events {
            writeln!(formatter, "  {:>5}.{:03} s  {what}", at_ms / 1000, at_ms % 1000)?;
        }
        writeln!(formatter, "answers by second")?;
        for (second, tally) in &self.answers.by_second {
            writeln!(formatter, "  {second:>5} s  {tally}")?;
        }
        writeln!(formatter, "answers in total\n     times  Retry-After  slowest")?;
        for (label, row) in &self.answers.total {
            let Row { times, with_retry_after, slowest_ms, .. } = row;
            writeln!(formatter, "  {times:>8}  {with_retry_after:>11}  {slowest_ms:>4} ms  {label}")?;
        }
        let Grants { alive, lost, unknown, reasons } = &self.grants;
        if alive + lost + unknown > 0 {
            writeln!(formatter, "grants afterwards\n  {alive} alive, {lost} lost, {unknown} unknown")?;
        }
        if reasons.total() > 0 {
            formatter.write_str(&reasons.section("why"))?;
        }
        Ok(())
    }
}
