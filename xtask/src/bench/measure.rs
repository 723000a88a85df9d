//! Decides how a figure comes about: one checked request, a warm-up that also tells how many values a run will need, and then
//! several runs, of which each has fresh values and the medians count.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::figures::{Counted, Figures, to_f64};
use super::generator::{Generator, Load, Outcome, Values};
use super::proc::{Tree, ended_children_seconds, machine_busy_seconds};
use super::target::{Supply, Target};
use super::work::{Use, Work};
use crate::signals::Signals;

/// Values for works that use each again and again.
const CYCLED: usize = 1000;

/// Values for works where each answer brings the next: as many grants are live.
const ROTATED: usize = 4096;

/// Values for the warm-up of a work that uses each once; it ends when they are used up.
const WARM_UP: usize = 8000;

/// How long the server has for what was in flight when the generator ended.
const SETTLE: Duration = Duration::from_millis(200);

/// A run is given as many values as it would need if the server were this much faster than in the run before.
const RESERVE: f64 = 1.6;

/// How the runs of a command are made.
#[derive(Clone, Copy)]
pub(super) struct Procedure<'a> {
    pub(super) generator: &'a Generator,
    pub(super) signals: &'a Signals,
    /// Of the load before the runs.
    pub(super) warm_up_seconds: u64,
    pub(super) seconds: u64,
    pub(super) runs: usize,
    /// The generator's.
    pub(super) processor: Option<usize>,
    /// How long each connection pauses between its requests, on average.
    pub(super) pause_ms: Option<f64>,
    /// How long to wait before a run for others to be quiet.
    pub(super) patience: Duration,
}

/// Processors that others may keep busy for the machine to count as quiet.
const QUIET: f64 = 0.15;

/// The runs of one thing, and their medians.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub(super) median: Figures,
    pub(super) runs: Vec<Figures>,
}

/// What is measured run by run: others may have runs between its own.
pub(super) struct Course<'a> {
    procedure: Procedure<'a>,
    title: String,
    target: &'a Target<'a>,
    supply: &'a mut dyn Supply,
    connections: usize,
    /// The most requests a second so far.
    rate: f64,
    runs: Vec<Figures>,
}

impl Course<'_> {
    /// The values of the next run.
    pub(super) fn values(&mut self) -> anyhow::Result<Option<Values>> {
        self.procedure.values(self.target, self.supply, self.connections, self.rate)
    }

    /// The next run, and what it says.
    pub(super) fn run(&mut self, values: Option<&Values>) -> anyhow::Result<Figures> {
        let Self { procedure, target, connections, .. } = *self;
        procedure.wait_for_quiet()?;
        let figures = procedure.run(target, values, connections)?;
        let (title, number, of) = (&self.title, self.runs.len() + 1, procedure.runs);
        println!("{title}, {connections} connections, run {number} of {of}: {}", figures.line());
        self.rate = self.rate.max(figures.requests_per_second);
        self.runs.push(figures.clone());
        Ok(figures)
    }

    pub(super) fn work(&self) -> Work {
        self.target.work
    }

    pub(super) fn connections(&self) -> usize {
        self.connections
    }

    /// What the runs say together.
    pub(super) fn measured(self) -> Measured {
        Measured { median: Figures::median(&self.runs), runs: self.runs }
    }
}

impl<'a> Procedure<'a> {
    /// Measures `target` with this many connections; `title` is for the lines that say how far it is.
    pub(super) fn measure(
        &self,
        title: &str,
        target: &Target,
        supply: &mut dyn Supply,
        connections: usize,
    ) -> anyhow::Result<Measured> {
        let mut course = self.course(title, target, supply, connections)?;
        for _run in 0..self.runs {
            let values = course.values()?;
            course.run(values.as_ref())?;
        }
        Ok(course.measured())
    }

    /// Warms `target` up for runs with this many connections.
    pub(super) fn course<'b>(
        &self,
        title: &str,
        target: &'b Target<'b>,
        supply: &'b mut dyn Supply,
        connections: usize,
    ) -> anyhow::Result<Course<'b>>
    where
        'a: 'b,
    {
        let rate = self.warm_up(target, supply, connections).context("before the runs")?;
        let title = title.to_owned();
        Ok(Course { procedure: *self, title, target, supply, connections, rate, runs: Vec::new() })
    }

    /// Sends one request that is looked at, then load that is not; gives requests a second.
    pub(super) fn warm_up(&self, target: &Target, supply: &mut dyn Supply, connections: usize) -> anyhow::Result<f64> {
        let count = match target.work.usage() {
            Use::Never => 0,
            Use::Cycle => CYCLED,
            Use::Rotate => ROTATED.max(4 * connections),
            Use::Once => WARM_UP,
        };
        let values = supply.supply(count)?;
        let first = values.as_ref().map(first_of).transpose()?;
        target.check(first.as_deref())?;
        // The first value is spent.
        let values = values.map(|values| Values { skip: values.skip + 1, count: values.count - 1, ..values });
        let outcome = self.load(target, values.as_ref(), connections, self.warm_up_seconds)?;
        Ok(to_f64(outcome.requests) / outcome.seconds.max(f64::MIN_POSITIVE))
    }

    /// The values of a run.
    pub(super) fn values(
        &self,
        target: &Target,
        supply: &mut dyn Supply,
        connections: usize,
        rate: f64,
    ) -> anyhow::Result<Option<Values>> {
        let count = match target.work.usage() {
            Use::Never => return Ok(None),
            Use::Cycle => CYCLED,
            Use::Rotate => ROTATED.max(4 * connections),
            Use::Once => at_once(rate, self.seconds) + 2 * connections,
        };
        supply.supply(count)
    }

    /// One run.
    pub(super) fn run(&self, target: &Target, values: Option<&Values>, connections: usize) -> anyhow::Result<Figures> {
        for server in target.grantors() {
            server.forget_log()?;
        }
        let begin = Instant::now();
        // Counting what is stored costs processor time itself, so the times are the inner ones.
        let before = timed(target, begin, stored(target)?)?;
        let outcome = self.load(target, values, connections, self.seconds)?;
        sleep(SETTLE);
        let times = timed(target, begin, Counted::default())?;
        let Counted { statements, wal_bytes, batches, jobs, .. } = stored(target)?;
        let after = Counted { statements, wal_bytes, batches, jobs, ..times };
        // Without pauses each connection has a request on its way.
        let in_flight = if self.pause_ms.is_some() { 0 } else { connections };
        Ok(Figures { resident_kib: target.resident_kib()?, ..Figures::between(&before, &after, &outcome, in_flight) })
    }

    fn load(
        &self,
        target: &Target,
        values: Option<&Values>,
        connections: usize,
        seconds: u64,
    ) -> anyhow::Result<Outcome> {
        let template = &target.template;
        let Self { pause_ms, processor, .. } = *self;
        let load = Load { template, values, take: None, connections, pause_ms, seconds, processor };
        self.generator.run(target.port, load, self.signals)
    }

    /// Waits until others leave the machine alone, as long as there is patience for.
    pub(super) fn wait_for_quiet(&self) -> anyhow::Result<()> {
        let begin = Instant::now();
        while begin.elapsed() < self.patience {
            self.signals.check()?;
            let sample = || anyhow::Ok(machine_busy_seconds()? - Tree::ours().cpu_seconds()?);
            let (before, moment) = (sample()?, Instant::now());
            sleep(Duration::from_millis(500));
            if (sample()? - before) / moment.elapsed().as_secs_f64() < QUIET {
                break;
            }
        }
        Ok(())
    }
}

/// How many values a run of works uses that use each once.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rates are far below, and not negative")]
fn at_once(rate: f64, seconds: u64) -> usize {
    (rate * to_f64(seconds) * RESERVE) as usize + 1000
}

fn first_of(values: &Values) -> anyhow::Result<String> {
    let text = fs::read_to_string(&values.file).context("cannot read the values")?;
    text.lines().nth(values.skip).map(str::to_owned).context("there are no values")
}

/// What the server has asked of its storage so far; no times.
fn stored(target: &Target) -> anyhow::Result<Counted> {
    let sum = |name| target.grantors().map(|server| server.metric(name)).sum::<anyhow::Result<f64>>();
    let metric = |name| target.grantor.map(|_| sum(name)).transpose();
    let counters = target.database.map(|database| database.counters()).transpose()?;
    Ok(Counted {
        // The database counts for every server alike.
        statements: match counters {
            Some(counters) => counters.statements,
            None => metric("grantor_storage_statements_total")?,
        },
        wal_bytes: counters.filter(|_| target.work.writes()).map(|counters| counters.wal_bytes),
        batches: metric("grantor_storage_batch_size_count")?,
        jobs: metric("grantor_storage_batch_size_sum")?,
        ..Counted::default()
    })
}

/// Adds the times.
fn timed(target: &Target, begin: Instant, stored: Counted) -> anyhow::Result<Counted> {
    Ok(Counted {
        server_seconds: target.server_seconds()?,
        postgres_seconds: target.database.map(|database| database.tree().cpu_seconds()).transpose()?,
        generator_seconds: ended_children_seconds()?,
        our_seconds: target.our_seconds()?,
        machine_seconds: machine_busy_seconds()?,
        wall_seconds: begin.elapsed().as_secs_f64(),
        ..stored
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn a_run_has_values_in_reserve() {
        assert_eq!(at_once(100.0, 5), 1800);
    }

    #[test]
    fn the_first_value_is_past_those_left_out() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "a\nb\n").unwrap();
        let values = |skip| Values { file: file.path().to_owned(), skip, count: 1, leave: false };
        assert_eq!(first_of(&values(1)).unwrap(), "b");
        assert!(first_of(&values(2)).is_err());
    }
}
