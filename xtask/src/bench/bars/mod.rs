//! Decides how what was asked for is measured, all of it in one run, and put beside what was reached. A selection of works or
//! stores leaves the others' bars unmeasured.

mod asked;
mod judge;
mod plan;

use anyhow::ensure;
use serde::Serialize;

use self::judge::Bar;
use self::plan::{CONNECTIONS, HALVES, PARTS, PEER, Part};
use super::half::Half;
use super::peer::Peer;
use super::report::{Row, table};
use super::setup::Setup;
use super::start::Start;
use super::{ceiling, half, matrix, peers, start};

/// What limits that which is not met.
const LIMITS: &str = include_str!("limits.md");

/// What was measured, and how it is judged.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Bars {
    bars: Vec<Bar>,
    found: Found,
}

/// What the bars are judged by.
#[derive(Clone, Debug, Default, Serialize)]
struct Found {
    pinned: Vec<Row>,
    unpinned: Vec<Row>,
    ceiling: Vec<Row>,
    halves: Vec<Half>,
    starts: Vec<Start>,
}

/// Measures for every bar. What cannot be measured is noted.
pub(super) fn run(setup: &Setup) -> anyhow::Result<Bars> {
    let options = setup.options;
    ensure!(!options.unpinned, "a bar says itself what it is measured on: leave out --unpinned");
    let (works, stores) = (options.works(), options.stores());
    let is_chosen = |work, store| works.contains(&work) && stores.contains(&store);
    let peer = peers::prepare_if_possible(setup, PEER)?;
    let everywhere = setup.unpinned();
    let mut found = Found::default();
    if works.contains(&ceiling::WORK) {
        found.ceiling = setup.tried("the ceiling", ceiling::run(setup))?.unwrap_or_default();
    }
    for part in PARTS.iter().filter(|part| is_chosen(part.work, part.store)) {
        let (setup, rows) =
            if part.is_pinned { (setup, &mut found.pinned) } else { (&everywhere, &mut found.unpinned) };
        rows.extend(measure(setup, part, peer.as_ref())?);
    }
    for (work, store) in HALVES.into_iter().filter(|(work, store)| is_chosen(*work, *store)) {
        found.halves.extend(half::measure(setup, work, store)?);
    }
    if works.contains(&start::WORK) {
        found.starts = start::run(setup)?;
    }
    Ok(Bars { bars: asked::bars(&found), found })
}

fn measure(setup: &Setup, part: &Part, peer: Option<&Peer>) -> anyhow::Result<Vec<Row>> {
    let Part { work, store, connections, peer_stores, .. } = *part;
    let mut rows = matrix::measure(setup, work, store, connections)?;
    for (peer, &store) in peer.into_iter().flat_map(|peer| peer_stores.iter().map(move |store| (peer, store))) {
        setup.signals.check()?;
        rows.extend(peers::Case { setup, peer, work, store }.measure(&[CONNECTIONS])?);
    }
    Ok(rows)
}

/// The table of this section.
pub(super) fn page(bars: &Bars) -> String {
    let columns = ["work", "asked for", "measured", "met"];
    let table = table(&columns, &bars.bars.iter().map(Bar::cells).collect::<Vec<_>>());
    format!(
        "What Grantor was asked to reach, measured in one run. Figures are medians, but for memory, which is the most of any run. \
         Where nothing else is said there are {CONNECTIONS} connections, and server and generator have a processor each. That a \
         refresh among 20 million grants costs at most 1.3 times what it costs among 10 thousand takes longer to measure: see \
         [with millions of grants](#with-millions-of-grants).\n\n{table}\n{LIMITS}"
    )
}
