//! Decides how the server behaves at half of what it can do: the most requests a second are searched, and then half as many are
//! sent by connections that pause between their requests, each for a time of its own. What a machine can do changes from second to
//! second where others use it too, so each run is at half of what there was shortly before it; and what the machine does to latencies
//! by itself is seen with the bare server, which has nothing to wait for.

use serde::Serialize;

use super::ceiling::{self, CEILING, NO_STORE, on_ceiling};
use super::figures::{Figures, median};
use super::matrix::on_grantor;
use super::measure::{Measured, Procedure};
use super::options::Store;
use super::pace::{PAUSING, TRIED, most, pause_ms, rate};
use super::pair::Ratio;
use super::report::{GRANTOR, Row, number, or_dash, table};
use super::setup::Setup;
use super::target::{Nothing, Supply, Target};
use super::work::Work;

const WORKS: [Work; 3] = [Work::ClientCredentialsEs256, Work::Code, Work::Refresh];

/// How one work on one store behaves.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Half {
    /// The most requests a second that there were, in the middle of what was found before each run.
    pub(super) most: f64,
    /// At about half of that.
    pub(super) row: Row,
}

impl Half {
    /// What the p99 of each run is to its p50.
    pub(super) fn unevenness(&self) -> Option<Ratio> {
        let answered = self.row.runs.iter().filter(|run| run.p50_ms > 0.0);
        Ratio::of(&answered.map(|run| run.p99_ms / run.p50_ms).collect::<Vec<_>>())
    }
}

/// Measures each of these works, if it was chosen, on each store.
pub(super) fn run(setup: &Setup) -> anyhow::Result<Vec<Half>> {
    let mut halves = Vec::new();
    for work in WORKS.into_iter().filter(|work| setup.options.works().contains(work)) {
        for store in setup.options.stores() {
            halves.extend(measure(setup, work, store)?);
        }
        if work == ceiling::WORK {
            halves.extend(measure_ceiling(setup)?);
        }
    }
    Ok(halves)
}

/// Measures one work on one store. What cannot be measured is noted.
pub(super) fn measure(setup: &Setup, work: Work, store: Store) -> anyhow::Result<Option<Half>> {
    setup.signals.check()?;
    let title = format!("{} on {} at half of saturation", work.name(), store.name());
    let found =
        on_grantor(setup, work, store, |target, mint| half(setup, &title, (GRANTOR, store.name()), target, mint));
    Ok(setup.tried(&title, found)?.flatten())
}

/// Measures the bare server.
fn measure_ceiling(setup: &Setup) -> anyhow::Result<Option<Half>> {
    setup.signals.check()?;
    let title = "the ceiling at half of saturation";
    let found = on_ceiling(setup, |target| half(setup, title, (CEILING, NO_STORE), target, &mut Nothing));
    Ok(setup.tried(title, found)?.flatten())
}

/// Measures whoever answers at `target`, by the name and the store that its row says.
fn half(
    setup: &Setup,
    title: &str,
    (server, store): (&str, &str),
    target: &Target,
    supply: &mut dyn Supply,
) -> anyhow::Result<Option<Half>> {
    let mut found = Vec::new();
    let measured = setup.noted(title, runs(setup, title, target, supply, &mut found))?;
    let most = median(found.into_iter()).unwrap_or_default();
    Ok(measured.map(|measured| Half { most, row: Row::new(server, target.work, store, PAUSING, measured) }))
}

/// Each run soon after the most requests a second were measured again; these are added to `found`.
fn runs(
    setup: &Setup,
    title: &str,
    target: &Target,
    supply: &mut dyn Supply,
    found: &mut Vec<f64>,
) -> anyhow::Result<Measured> {
    let procedure = setup.procedure();
    let connections = most(title, procedure, target, supply)?.connections;
    let mut runs = Vec::new();
    for _run in 0..procedure.runs {
        let rate = rate(title, procedure, target, supply, connections)?;
        let paced = Procedure { pause_ms: Some(pause_ms(rate / 2.0)), runs: 1, ..procedure };
        runs.extend(paced.measure(title, target, supply, PAUSING)?.runs);
        found.push(rate);
    }
    Ok(Measured { median: Figures::median(&runs), runs })
}

/// The table of this section.
pub(super) fn page(halves: &[Half]) -> String {
    let cells = |half: &Half| {
        let figures = &half.row.median;
        vec![
            half.row.server.clone(),
            half.row.work.name().to_owned(),
            half.row.store.clone(),
            number(half.most, 0),
            number(figures.requests_per_second, 0),
            format!("{:.0} %", 100.0 * figures.requests_per_second / half.most),
            number(figures.p50_ms, 2),
            number(figures.p99_ms, 2),
            number(figures.p999_ms, 2),
            or_dash(half.unevenness().map(|ratio| ratio.to_string())),
            number(figures.others_busy, 2),
        ]
    };
    let columns = [
        "server",
        "work",
        "store",
        "most requests/s",
        "requests/s",
        "of the most",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "p99 / p50",
        "others",
    ];
    let table = table(&columns, &halves.iter().map(cells).collect::<Vec<_>>());
    format!(
        "wrk cannot be told a rate. So it is searched which of {} connections make the most requests a second, and how many those \
         are is measured again before each run. In it {PAUSING} connections send about half as many: each pauses after an answer, for \
         a random time (exponentially distributed), so that requests arrive as from people who know nothing of one another. wrk's \
         clock has milliseconds: requests come in small bursts. *p99 / p50* is the middle one of the runs, and the least and the most. \
         The *{CEILING}* does nothing but sign and answer: what happens to it the machine does by itself.\
         \n\n{table}",
        TRIED.map(|connections| connections.to_string()).join(", ")
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn unevenness_is_told_run_by_run() {
        let run = |(p50_ms, p99_ms)| Figures { p50_ms, p99_ms, ..Figures::default() };
        // The medians alone, of all four, would say 3.3; the last run answered nothing.
        let runs: Vec<_> = [(1.0, 6.0), (2.0, 4.0), (3.0, 12.0), (0.0, 0.0)].map(run).to_vec();
        let measured = Measured { median: Figures::median(&runs), runs };
        let row = Row::new(GRANTOR, Work::Code, "sqlite", PAUSING, measured);
        let ratio = Half { most: 1.0, row }.unevenness().unwrap();
        assert_eq!(ratio, Ratio { median: 4.0, least: 2.0, most: 6.0 });
    }
}
