//! Decides how a start and memory are measured: the load of a work with the most connections first, so that there is something
//! in the database, and then starts on it, from the start of the process until the server says that it is ready.

use serde::Serialize;

use super::figures::{median, to_f64};
use super::measure::Procedure;
use super::mint::Mint;
use super::options::Store;
use super::report::{number, table};
use super::server::Server;
use super::setup::Setup;
use super::target::Target;
use super::work::Work;

/// Of the load.
pub(super) const WORK: Work = Work::Refresh;

const CONNECTIONS: usize = 256;

const STARTS: usize = 7;

/// Memory and start on one store.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Start {
    pub(super) store: String,
    /// Memory after the start, and the most while it was under load.
    pub(super) idle_kib: f64,
    pub(super) peak_kib: f64,
    pub(super) requests_per_second: f64,
    /// From the start of the process until it is ready.
    pub(super) ready_seconds: f64,
}

/// Measures on each store. What cannot be measured is noted.
pub(super) fn run(setup: &Setup) -> anyhow::Result<Vec<Start>> {
    let mut starts = Vec::new();
    for store in setup.options.stores() {
        setup.signals.check()?;
        let title = format!("start on {}", store.name());
        starts.extend(setup.tried(&title, on_store(setup, store, &title))?.flatten());
    }
    Ok(starts)
}

fn on_store(setup: &Setup, store: Store, title: &str) -> anyhow::Result<Option<Start>> {
    let database = setup.database(store)?;
    let url = database.as_ref().map(|database| database.url());
    let mut server = Server::start(&setup.binary(), WORK, url.as_deref(), setup.signals)?;
    let idle_kib = to_f64(server.tree().resident_kib()?);
    let mut mint = Mint::new(server.port(), WORK, &setup.generator, setup.generator_processor(), setup.signals)?;
    let target = Target::of_grantor(&server, WORK, database.as_ref(), &mint);
    let load = Procedure { runs: 1, ..setup.procedure() }.measure(title, &target, &mut mint, CONNECTIONS);
    let Some(load) = setup.noted(title, load)? else { return Ok(None) };
    let peak_kib = to_f64(server.tree().peak_kib()?);
    let mut seconds = Vec::new();
    for _start in 0..STARTS {
        seconds.push(server.restart(setup.signals)?.as_secs_f64());
    }
    println!("{title}: ready after {seconds:.3?} s");
    let ready_seconds = median(seconds.into_iter()).unwrap_or_default();
    let requests_per_second = load.median.requests_per_second;
    let store = store.name().to_owned();
    Ok(Some(Start { store, idle_kib, peak_kib, requests_per_second, ready_seconds }))
}

/// The table of this section.
pub(super) fn page(starts: &[Start]) -> String {
    let cells = |start: &Start| {
        vec![
            start.store.clone(),
            number(start.ready_seconds, 3),
            number(start.idle_kib / 1024.0, 1),
            number(start.peak_kib / 1024.0, 1),
            number(start.requests_per_second, 0),
        ]
    };
    let columns = ["store", "start to ready s", "RSS idle MiB", "RSS at most MiB", "requests/s meanwhile"];
    table(&columns, &starts.iter().map(cells).collect::<Vec<_>>())
}
