//! Decides how two builds of Grantor are compared: each work on each store by both in turn, so that a change shows that a noisy
//! machine would hide.

use std::path::Path;

use super::figures::Figures;
use super::matrix::{contender, on_grantor};
use super::pair::{Pair, in_turn, ratio};
use super::report::{GRANTOR, number, or_dash, table};
use super::setup::Setup;

/// Unless others are chosen.
const CONNECTIONS: usize = 32;

/// Measures each chosen work by this build and by that other one. What cannot be measured is noted.
pub(super) fn run(setup: &Setup, program: &Path) -> anyhow::Result<Vec<Pair>> {
    let (other, name) = (setup.with_program(program)?, program.display().to_string());
    let mut pairs = Vec::new();
    for work in setup.options.works() {
        for store in setup.options.stores() {
            for connections in setup.options.chosen_connections(CONNECTIONS) {
                setup.signals.check()?;
                let pair = on_grantor(&other, work, store, |their_target, their_mint| {
                    on_grantor(setup, work, store, |target, mint| {
                        let theirs = contender(&other, &name, store, their_target, their_mint, connections)?;
                        in_turn(setup, contender(setup, GRANTOR, store, target, mint, connections)?, theirs)
                    })
                });
                let title = format!("{} on {}, {connections} connections", work.name(), store.name());
                pairs.extend(setup.tried(&title, pair)?);
            }
        }
    }
    Ok(pairs)
}

/// The table of this section.
pub(super) fn page(pairs: &[Pair]) -> String {
    let columns =
        ["work", "store", "connections", "requests/s", "requests/s ×", "p99 ms ×", "server µs ×", "Postgres µs ×"];
    let table = table(&columns, &pairs.iter().map(cells).collect::<Vec<_>>());
    format!(
        "What this build is to the other one, run by run in turn: the median of the ratios, the least and the most. More \
         requests/s and fewer of everything else are better.\n\n{table}"
    )
}

fn cells(pair: &Pair) -> Vec<String> {
    let Pair { ours, theirs } = pair;
    let times = |figure: fn(&Figures) -> Option<f64>| or_dash(ratio(&ours.runs, &theirs.runs, figure));
    vec![
        ours.work.name().to_owned(),
        ours.store.clone(),
        ours.connections.to_string(),
        number(ours.median.requests_per_second, 0),
        times(|figures| Some(figures.requests_per_second)),
        times(|figures| Some(figures.p99_ms)),
        times(|figures| figures.server_us),
        times(|figures| figures.postgres_us),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::measure::Measured;
    use crate::bench::report::Row;
    use crate::bench::work::Work;

    #[test]
    fn this_build_is_compared_with_the_other_one() {
        let row = |server_us| {
            let median = Figures { requests_per_second: 1.0, server_us: Some(server_us), ..Figures::default() };
            Row::new("grantor", Work::Code, "sqlite", 32, Measured { median: median.clone(), runs: vec![median] })
        };
        let cells = cells(&Pair { ours: row(40.0), theirs: row(50.0) });
        let expect = ["code", "sqlite", "32", "1", "1.00 × (1.00 to 1.00)", "–", "0.80 × (0.80 to 0.80)", "–"];
        assert_eq!(cells, expect);
    }
}
