//! Decides what people who sign in cost machines that ask for tokens: client credentials are measured without and with as many
//! password grants as keep the pool that hashes passwords busy.

use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};
use serde::Serialize;

use super::figures::{Figures, to_f64};
use super::generator::{Generator, Load, Outcome, Template};
use super::matrix::on_grantor;
use super::report::{number, optional, table};
use super::settings::PERSON;
use super::setup::Setup;
use super::target::{self, Target};
use super::work::{Work, encoded};

const WORK: Work = Work::ClientCredentialsEs256;

/// Some that leave the server room, and many.
const CONNECTIONS: [usize; 2] = [1, 32];

/// More than there are threads that hash, and fewer than may wait for them.
const SIGNING_IN: usize = 8;

/// The pool is busy before a run begins, and until it has ended.
const LEAD: Duration = Duration::from_millis(500);
const OVERLAP_SECONDS: u64 = 2;

/// Client credentials beside password grants.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Shared {
    pub(super) store: String,
    pub(super) connections: usize,
    pub(super) alone: Figures,
    pub(super) beside: Figures,
    /// Password grants a second meanwhile.
    pub(super) passwords_per_second: f64,
}

/// Measures on each store.
pub(super) fn run(setup: &Setup) -> anyhow::Result<Vec<Shared>> {
    let mut all = Vec::new();
    for store in setup.options.stores() {
        on_grantor(setup, WORK, store, |target, mint| {
            for connections in CONNECTIONS {
                let title = format!("{} on {} without password grants", WORK.name(), store.name());
                let Some(alone) = setup.noted(&title, setup.procedure().measure(&title, target, mint, connections))?
                else {
                    continue;
                };
                let (beside, passwords_per_second) = beside(setup, target, connections)?;
                let store = store.name().to_owned();
                all.push(Shared { store, connections, alone: alone.median, beside, passwords_per_second });
            }
            Ok(())
        })?;
    }
    Ok(all)
}

/// The runs with password grants beside them, and how many of those there were a second.
fn beside(setup: &Setup, target: &Target, connections: usize) -> anyhow::Result<(Figures, f64)> {
    let procedure = setup.procedure();
    let template = passwords();
    let (mut runs, mut rates) = (Vec::new(), Vec::new());
    for number in 1..=procedure.runs {
        let seconds = procedure.seconds + OVERLAP_SECONDS;
        let load = Load {
            template: &template,
            values: None,
            take: None,
            connections: SIGNING_IN,
            pause_ms: None,
            seconds,
            processor: procedure.processor,
        };
        // Not the whole of setup and target: those stay with this thread.
        let (generator, signals, port): (&Generator, _, _) = (&setup.generator, setup.signals, target.port);
        let (figures, outcome): (Figures, Outcome) = thread::scope(|scope| {
            let others = scope.spawn(move || generator.run(port, load, signals));
            thread::sleep(LEAD);
            let figures = procedure.run(target, None, connections);
            let outcome = others.join().map_err(|_panic| anyhow!("the password grants are lost"))?;
            anyhow::Ok((figures?, outcome.context("the password grants")?))
        })?;
        if outcome.failed + outcome.socket_errors > 0 {
            setup.note(format!("{} password grants failed", outcome.failed + outcome.socket_errors));
        }
        let rate = to_f64(outcome.requests) / outcome.seconds;
        println!("beside {rate:.0} password grants/s, {connections} connections, run {number}: {}", figures.line());
        runs.push(figures);
        rates.push(rate);
    }
    let rate = super::figures::median(rates.into_iter()).unwrap_or_default();
    let median = Figures::median(&runs);
    if let Some(problem) = median.problem() {
        setup.note(format!("{} beside password grants: {problem}", WORK.name()));
    }
    Ok((median, rate))
}

fn passwords() -> Template {
    let [username, password] = PERSON.map(encoded);
    Template {
        path: target::TOKEN_PATH.to_owned(),
        headers: vec![("Authorization", target::credentials())],
        form: Some(format!("grant_type=password&username={username}&password={password}&scope=read")),
        ..Template::default()
    }
}

/// The table of this section.
pub(super) fn page(all: &[Shared]) -> String {
    let cells = |shared: &Shared| {
        vec![
            shared.store.clone(),
            shared.connections.to_string(),
            number(shared.alone.requests_per_second, 0),
            number(shared.beside.requests_per_second, 0),
            number(shared.alone.p50_ms, 2),
            number(shared.beside.p50_ms, 2),
            number(shared.alone.p99_ms, 2),
            number(shared.beside.p99_ms, 2),
            number(shared.passwords_per_second, 1),
            optional(shared.beside.resident_kib.map(|kib| kib / 1024.0), 1),
            number(shared.beside.others_busy, 2),
        ]
    };
    let columns = [
        "store",
        "connections",
        "requests/s",
        "beside passwords",
        "p50 ms",
        "beside passwords",
        "p99 ms",
        "beside passwords",
        "password grants/s",
        "RSS beside passwords MiB",
        "others",
    ];
    table(&columns, &all.iter().map(cells).collect::<Vec<_>>())
}
