//! Decides what many clients cost: a server starts on a database with so many of them, answers for one of them first, and then for
//! each in turn, so that what it keeps of them in memory is full.

use std::fs;
use std::time::Instant;

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::database::Database;
use super::figures::{median, to_f64};
use super::generator::{Load, Template, Values};
use super::growth::Engine;
use super::http::{self, Request};
use super::options::Store;
use super::report::{number, table};
use super::server::Server;
use super::settings::{CLIENT, SECRET};
use super::setup::Setup;
use super::target::TOKEN_PATH;
use super::work::{Use, VALUE, Work};

const WORK: Work = Work::ClientCredentialsEs256;

const STARTS: usize = 5;

const CONNECTIONS: usize = 32;

/// Starts on one store.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Start {
    store: String,
    clients: u64,
    ready_seconds: f64,
    /// From the moment in which it was ready, until a client that it did not know had its token.
    first_ms: f64,
    /// For another such client then.
    next_ms: f64,
    idle_kib: f64,
    /// While clients came in turn.
    requests_per_second: f64,
    p99_ms: f64,
    resident_kib: f64,
}

/// Measures on each store.
pub(super) fn run(setup: &Setup) -> anyhow::Result<Vec<Start>> {
    let mut starts = Vec::new();
    for store in setup.options.stores() {
        setup.signals.check()?;
        starts.extend(setup.tried(&format!("many clients on {}", store.name()), on_store(setup, store))?);
    }
    Ok(starts)
}

fn on_store(setup: &Setup, store: Store) -> anyhow::Result<Start> {
    let clients = setup.options.clients;
    let database = setup.database(store)?;
    let url = database.as_ref().map(Database::url);
    let mut server = Server::start(&setup.binary(), WORK, url.as_deref(), setup.signals)?;
    let begin = Instant::now();
    insert(&Engine::of(setup, database.as_ref(), &server)?, clients)?;
    println!("{clients} clients on {} in {:.1} s", store.name(), begin.elapsed().as_secs_f64());
    let (mut ready, mut first, mut next) = (Vec::new(), Vec::new(), Vec::new());
    for at in 1..=STARTS {
        ready.push(server.restart(setup.signals)?.as_secs_f64());
        let client = clients * at as u64 / STARTS as u64;
        first.push(token_ms(server.port(), client)?);
        next.push(token_ms(server.port(), client / 2 + 1)?);
    }
    println!("ready after {ready:.3?} s, the first token {first:.1?} ms later, another client's after {next:.1?} ms");
    let idle_kib = to_f64(server.tree().resident_kib()?);
    let outcome = in_turn(setup, &server, clients)?;
    Ok(Start {
        store: store.name().to_owned(),
        clients,
        ready_seconds: median(ready.into_iter()).unwrap_or_default(),
        first_ms: median(first.into_iter()).unwrap_or_default(),
        next_ms: median(next.into_iter()).unwrap_or_default(),
        idle_kib,
        requests_per_second: outcome.0,
        p99_ms: outcome.1,
        resident_kib: to_f64(server.tree().resident_kib()?),
    })
}

/// Copies the one client under so many names, with its secret.
fn insert(engine: &Engine, clients: u64) -> anyhow::Result<()> {
    let numbers = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {clients}) ");
    let name = format!("'{CLIENT}-' || n.i");
    let principals = format!(
        "INSERT INTO principals (name, kind) {numbers}SELECT {name}, p.kind FROM n, principals AS p WHERE p.name = '{CLIENT}'"
    );
    let rows = format!(
        "INSERT INTO clients (id, settings, secrets, created_at, updated_at) {numbers}SELECT {name}, \
         replace(c.settings, '\"{CLIENT}\"', '\"' || {name} || '\"'), c.secrets, c.created_at, c.updated_at \
         FROM n, clients AS c WHERE c.id = '{CLIENT}'"
    );
    engine.ask(&[&principals, &rows])?;
    let found = engine.number("SELECT count(*) FROM clients")?;
    ensure!(found > to_f64(clients), "there are {found} clients");
    Ok(())
}

fn credentials(number: u64) -> String {
    STANDARD.encode(format!("{CLIENT}-{number}:{SECRET}"))
}

fn token_ms(port: u16, client: u64) -> anyhow::Result<f64> {
    let begin = Instant::now();
    let authorization = format!("Basic {}", credentials(client));
    let form = WORK.form();
    let headers = [("Authorization", authorization.as_str())];
    let answer = http::send(port, Request { path: TOKEN_PATH, headers: &headers, form: form.as_deref() })?;
    ensure!(answer.status == 200, "client {client} got status {}: {}", answer.status, answer.body);
    Ok(begin.elapsed().as_secs_f64() * 1000.0)
}

/// Requests a second and p99 while all clients come in turn.
fn in_turn(setup: &Setup, server: &Server, clients: u64) -> anyhow::Result<(f64, f64)> {
    let file = setup.generator.scratch().join("clients");
    let lines: Vec<String> = (1..=clients).map(credentials).collect();
    fs::write(&file, lines.join("\n") + "\n").context("cannot write the clients")?;
    let template = Template {
        path: TOKEN_PATH.to_owned(),
        headers: vec![("Authorization", format!("Basic {VALUE}"))],
        form: WORK.form(),
        usage: Some(Use::Cycle),
        pattern: None,
    };
    let load = Load {
        template: &template,
        values: Some(&Values { file, skip: 0, count: lines.len(), leave: false }),
        take: None,
        connections: CONNECTIONS,
        pause_ms: None,
        seconds: setup.options.seconds,
        processor: setup.generator_processor(),
    };
    let outcome = setup.generator.run(server.port(), load, setup.signals)?;
    if outcome.failed + outcome.socket_errors > 0 {
        setup.note(format!("{} requests of many clients failed", outcome.failed + outcome.socket_errors));
    }
    Ok((to_f64(outcome.requests) / outcome.seconds, outcome.p99))
}

/// The table of this section.
pub(super) fn page(starts: &[Start]) -> String {
    let cells = |start: &Start| {
        vec![
            start.store.clone(),
            number(to_f64(start.clients), 0),
            number(start.ready_seconds, 3),
            number(start.first_ms, 1),
            number(start.next_ms, 1),
            number(start.idle_kib / 1024.0, 1),
            number(start.requests_per_second, 0),
            number(start.p99_ms, 2),
            number(start.resident_kib / 1024.0, 1),
        ]
    };
    let columns = [
        "store",
        "clients",
        "start to ready s",
        "first token ms",
        "next client's ms",
        "RSS idle MiB",
        "requests/s of all in turn",
        "p99 ms",
        "RSS then MiB",
    ];
    let table = table(&columns, &starts.iter().map(cells).collect::<Vec<_>>());
    format!(
        "The first token is that of a client that the server has not heard of since it started. *All in turn* is a load of \
         `client-credentials-es256` with {CONNECTIONS} connections, each request another client's, so that most are read from \
         storage.\n\n{table}"
    )
}
