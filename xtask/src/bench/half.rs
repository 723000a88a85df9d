//! Decides how the server behaves at half of what it can do: the most requests a second are searched, and then half as many are
//! sent by connections that pause between their requests, each for a time of its own.

use serde::Serialize;

use super::matrix::on_grantor;
use super::measure::Procedure;
use super::options::Store;
use super::pace::{PAUSING, TRIED, most, pause_ms};
use super::report::{GRANTOR, Row, number, table};
use super::setup::Setup;
use super::work::Work;

const WORKS: [Work; 3] = [Work::ClientCredentialsEs256, Work::Code, Work::Refresh];

/// How one work on one store behaves.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Half {
    /// The most requests a second that were found.
    pub(super) most: f64,
    /// At about half of that.
    pub(super) row: Row,
}

/// Measures each of these works, if it was chosen, on each store.
pub(super) fn run(setup: &Setup) -> anyhow::Result<Vec<Half>> {
    let mut halves = Vec::new();
    for work in WORKS.into_iter().filter(|work| setup.options.works().contains(work)) {
        for store in setup.options.stores() {
            halves.extend(measure(setup, work, store)?);
        }
    }
    Ok(halves)
}

/// Measures one work on one store. What cannot be measured is noted.
pub(super) fn measure(setup: &Setup, work: Work, store: Store) -> anyhow::Result<Option<Half>> {
    setup.signals.check()?;
    let title = format!("{} on {} at half of saturation", work.name(), store.name());
    let half = on_grantor(setup, work, store, |target, mint| {
        let most = most(&title, setup.procedure(), target, mint)?;
        let paced = Procedure { pause_ms: Some(pause_ms(most / 2.0)), ..setup.procedure() };
        let measured = setup.noted(&title, paced.measure(&title, target, mint, PAUSING))?;
        Ok(measured.map(|measured| Half { most, row: Row::new(GRANTOR, work, store.name(), PAUSING, measured) }))
    });
    Ok(setup.tried(&title, half)?.flatten())
}

/// The table of this section.
pub(super) fn page(halves: &[Half]) -> String {
    let cells = |half: &Half| {
        let figures = &half.row.median;
        vec![
            half.row.work.name().to_owned(),
            half.row.store.clone(),
            number(half.most, 0),
            number(figures.requests_per_second, 0),
            format!("{:.0} %", 100.0 * figures.requests_per_second / half.most),
            number(figures.p50_ms, 2),
            number(figures.p99_ms, 2),
            number(figures.p999_ms, 2),
            format!("{:.1} ×", figures.p99_ms / figures.p50_ms),
            number(figures.others_busy, 2),
        ]
    };
    let columns = [
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
        "wrk cannot be told a rate. So the most requests a second are searched, with {} connections, and then {PAUSING} connections \
         send about half as many: each pauses after an answer, for a random time (exponentially distributed), so that requests \
         arrive as from people who know nothing of one another. wrk's clock has milliseconds: requests come in small bursts.\
         \n\n{table}",
        TRIED.map(|connections| connections.to_string()).join(", ")
    )
}
