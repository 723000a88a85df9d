//! Decides what a race is told as: counts over all values, as a table for people or as JSON for programs.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::aftermath::{Aftermath, Standing};
use super::volley::Volley;
use crate::probe::outcome::Tokens;
use crate::probe::tally::Tally;

/// For how many values a number was seen.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Histogram(BTreeMap<usize, u64>);

impl Histogram {
    fn add(&mut self, number: usize) {
        *self.0.entry(number).or_default() += 1;
    }

    /// Whether it was this number for every value.
    pub(crate) fn is_always(&self, number: usize) -> bool {
        self.0.keys().all(|seen| *seen == number)
    }
}

impl fmt::Display for Histogram {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(number, values)| format!("{number} for {values}")).collect();
        formatter.write_str(&parts.join(", "))
    }
}

/// What the tokens of all values were good for, at one moment.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Standings {
    /// Empty where nobody was asked.
    pub(crate) access_tokens: Tally,
    /// Refresh tokens that could be used, for each value.
    pub(crate) usable_refresh_tokens: Histogram,
    /// Values of which at least one refresh token could be used.
    pub(crate) grants_alive: u64,
    pub(crate) refresh_refusals: Tally,
}

impl Standings {
    fn add(&mut self, standing: &Standing) {
        self.access_tokens.merge(&standing.access);
        self.usable_refresh_tokens.add(standing.lines);
        self.grants_alive += u64::from(standing.lines > 0);
        self.refresh_refusals.merge(&standing.refusals);
    }

    fn text(&self, when: &str) -> String {
        let access =
            if self.access_tokens.total() == 0 { "not asked".to_owned() } else { self.access_tokens.to_string() };
        let refusals =
            if self.refresh_refusals.total() == 0 { "–".to_owned() } else { self.refresh_refusals.to_string() };
        format!(
            "{when}\n  grants alive                    {}\n  usable refresh tokens           {}\n  refused refresh tokens          \
             {refusals}\n  access tokens handed out        {access}\n",
            self.grants_alive, self.usable_refresh_tokens
        )
    }
}

/// What a race showed.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) token_url: String,
    pub(crate) kind: &'static str,
    pub(crate) at_once: usize,
    pub(crate) values: u64,
    /// Between the first last byte and the last, in microseconds.
    pub(crate) released_within_median_us: u64,
    pub(crate) released_within_max_us: u64,
    pub(crate) successes_per_value: Histogram,
    pub(crate) answers: Tally,
    pub(crate) distinct_refresh_tokens_per_value: Histogram,
    pub(crate) after_race: Standings,
    pub(crate) replay: Tally,
    pub(crate) after_replay: Standings,
    /// Empty where it was not asked for, or nothing was left to revoke.
    pub(crate) revocation: Tally,
    #[serde(skip)]
    spreads: Vec<Duration>,
}

impl Report {
    pub(super) fn new(token_url: String, kind: &'static str, at_once: usize) -> Self {
        Self {
            token_url,
            kind,
            at_once,
            values: 0,
            released_within_median_us: 0,
            released_within_max_us: 0,
            successes_per_value: Histogram::default(),
            answers: Tally::default(),
            distinct_refresh_tokens_per_value: Histogram::default(),
            after_race: Standings::default(),
            replay: Tally::default(),
            after_replay: Standings::default(),
            revocation: Tally::default(),
            spreads: Vec::new(),
        }
    }

    /// Counts the race for one value, and gives what was handed out.
    pub(super) fn add_volley(&mut self, volley: &Volley) -> Vec<Tokens> {
        let handed_out: Vec<Tokens> = volley.outcomes.iter().filter_map(|outcome| outcome.tokens().cloned()).collect();
        let mut distinct: Vec<&str> = handed_out.iter().filter_map(|tokens| tokens.refresh.as_deref()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        self.values += 1;
        self.successes_per_value.add(handed_out.len());
        self.distinct_refresh_tokens_per_value.add(distinct.len());
        for outcome in &volley.outcomes {
            self.answers.add(outcome.label());
        }
        self.spreads.push(volley.spread);
        self.spreads.sort_unstable();
        let micros =
            |spread: Option<&Duration>| spread.map_or(0, |spread| spread.as_micros().try_into().unwrap_or(u64::MAX));
        self.released_within_median_us = micros(self.spreads.get(self.spreads.len() / 2));
        self.released_within_max_us = micros(self.spreads.last());
        handed_out
    }

    /// Counts what came after.
    pub(super) fn add_aftermath(&mut self, aftermath: &Aftermath) {
        self.after_race.add(&aftermath.after_race);
        self.replay.add(&aftermath.replay);
        self.after_replay.add(&aftermath.after_replay);
        if let Some(answer) = &aftermath.revocation {
            self.revocation.add(answer);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { token_url, kind, at_once, values, released_within_median_us, released_within_max_us, .. } = self;
        writeln!(formatter, "race: {values} values ({kind}), each by {at_once} requests at once, at {token_url}")?;
        writeln!(
            formatter,
            "  last bytes released within      {released_within_median_us} µs (median), {released_within_max_us} µs (most)"
        )?;
        writeln!(formatter, "  successes                       {}", self.successes_per_value)?;
        writeln!(formatter, "  distinct refresh tokens         {}", self.distinct_refresh_tokens_per_value)?;
        formatter.write_str(&self.answers.section("answers"))?;
        formatter.write_str(&self.after_race.text("after the race"))?;
        formatter.write_str(&self.replay.section("a later replay of the value"))?;
        formatter.write_str(&self.after_replay.text("after that replay"))?;
        if self.revocation.total() > 0 {
            formatter.write_str(&self.revocation.section("revocation of what was left"))?;
        }
        Ok(())
    }
}
