//! Decides how what was asked for is measured, all of it in one run, and put beside what was reached. A selection of works or
//! stores leaves the others' bars unmeasured.

mod asked;
mod judge;
mod plan;

use anyhow::ensure;
use serde::Serialize;

use self::judge::Bar;
use self::plan::{COMPANY, CONNECTIONS, DUELS, Duel, HALVES, LOADED, LOADS, MANY_AND_ONE, PEER};
use super::half::Half;
use super::matrix::{contender, on_grantor};
use super::options::Store;
use super::pair::{Pair, in_turn};
use super::peer::Peer;
use super::report::{GRANTOR, Row, table};
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
    ceiling: Option<Pair>,
    duels: Vec<Pair>,
    /// A refresh on SQLite, with company and without.
    company: Option<Pair>,
    loaded: Vec<Row>,
    halves: Vec<Half>,
    starts: Vec<Start>,
}

/// Measures for every bar. What cannot be measured is noted.
pub(super) fn run(setup: &Setup) -> anyhow::Result<Bars> {
    let options = setup.options;
    ensure!(!options.unpinned, "a bar says itself what it is measured on: leave out --unpinned");
    let (works, stores) = (options.works(), options.stores());
    let is_chosen = |work, store| works.contains(&work) && stores.contains(&store);
    let mut found = Found::default();
    if works.contains(&ceiling::WORK) {
        found.ceiling = setup.tried("the ceiling", ceiling::run(setup))?;
    }
    let duels: Vec<&Duel> = DUELS.iter().filter(|duel| is_chosen(duel.work, duel.store)).collect();
    if !duels.is_empty()
        && let Some(peer) = peers::prepare_if_possible(setup, PEER)?
    {
        for duel in duels {
            found.duels.extend(fight(setup, &peer, duel)?);
        }
    }
    if is_chosen(COMPANY, Store::Sqlite) {
        found.company = setup.tried("company on sqlite", company(setup))?;
    }
    for work in LOADED.into_iter().filter(|work| is_chosen(*work, Store::Postgres)) {
        found.loaded.extend(matrix::measure(setup, work, Store::Postgres, &LOADS)?);
    }
    for (work, store) in HALVES.into_iter().filter(|(work, store)| is_chosen(*work, *store)) {
        found.halves.extend(half::measure(setup, work, store)?);
    }
    if works.contains(&start::WORK) {
        found.starts = start::run(setup)?;
    }
    Ok(Bars { bars: asked::bars(&found), found })
}

fn fight(setup: &Setup, peer: &Peer, duel: &Duel) -> anyhow::Result<Option<Pair>> {
    setup.signals.check()?;
    let placed = if duel.is_pinned { setup.clone() } else { setup.unpinned() };
    let case = peers::Case { setup: &placed, peer, work: duel.work, store: duel.peer_store };
    setup.tried(&case.title(), case.beside_grantor(duel.store, CONNECTIONS))
}

/// Two servers, so that each has grants and a file of its own.
fn company(setup: &Setup) -> anyhow::Result<Pair> {
    let [many, one] = MANY_AND_ONE;
    let store = Store::Sqlite;
    on_grantor(setup, COMPANY, store, |busy, busy_mint| {
        on_grantor(setup, COMPANY, store, |calm, calm_mint| {
            let busy = contender(setup, GRANTOR, store, busy, busy_mint, many)?;
            in_turn(setup, busy, contender(setup, GRANTOR, store, calm, calm_mint, one)?)
        })
    })
}

/// The table of this section.
pub(super) fn page(bars: &Bars) -> String {
    let columns = ["work", "asked for", "measured", "met"];
    let table = table(&columns, &bars.bars.iter().map(Bar::cells).collect::<Vec<_>>());
    format!(
        "What Grantor was asked to reach, measured in one run. Two that are compared have their runs in turn: what one is to the \
         other is the median of what it was in each pair of runs, beside it are the least and the most, and the medians of both. \
         p99 against p50 is the median of what it was in each run, beside it the medians of both. \
         All other figures are medians, but for memory, which is the most of any run. Where nothing else is said there are {CONNECTIONS} connections, and server and generator have a processor each. That a \
         refresh among 20 million grants costs at most 1.3 times what it costs among 10 thousand takes longer to measure: see \
         [with millions of grants](#with-millions-of-grants).\n\n{table}\n{LIMITS}"
    )
}
