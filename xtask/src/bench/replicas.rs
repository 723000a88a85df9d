//! Decides what more servers cost: one, two and three on one Postgres, behind a balancer, sharing nothing else. The generator has a
//! processor of its own and everybody else goes where there is room, so requests a second say little on a small machine; what
//! counts is the work for each request.

use serde::Serialize;

use super::balancer::Balancer;
use super::database::Database;
use super::figures::{Figures, median, to_f64};
use super::measure::Measured;
use super::mint::Mint;
use super::options::Store;
use super::proc::own_seconds;
use super::report::{number, table};
use super::server::{Beside, Binary, Plan, Server, new_secrets};
use super::setup::Setup;
use super::target::Target;
use super::work::Work;

const WORKS: [Work; 3] = [Work::Refresh, Work::Code, Work::ClientCredentialsEs256];

const MOST: usize = 3;

/// Unless others are chosen.
const CONNECTIONS: usize = 64;

/// One work on so many servers.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    work: Work,
    servers: usize,
    connections: usize,
    median: Figures,
    runs: Vec<Figures>,
    balancer_us: f64,
}

/// Measures each work with each number of servers. What cannot be measured is noted.
pub(super) fn run(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for work in WORKS.into_iter().filter(|work| setup.options.works().contains(work)) {
        for connections in setup.options.chosen_connections(CONNECTIONS) {
            for servers in 1..=MOST {
                setup.signals.check()?;
                rows.extend(measure(setup, work, servers, connections)?);
            }
        }
    }
    Ok(rows)
}

fn measure(setup: &Setup, work: Work, number: usize, connections: usize) -> anyhow::Result<Option<Row>> {
    let database = setup.database(Store::Postgres)?;
    let balancer = Balancer::listen()?;
    let servers = start(setup, work, database.as_ref(), &balancer, number)?;
    let Some((first, others)) = servers.split_first() else { return Ok(None) };
    balancer.between(servers.iter().map(Server::port).collect());
    let mut mint = Mint::new(balancer.port(), work, &setup.generator, setup.generator_processor(), setup.signals)?;
    let target =
        Target { port: balancer.port(), replicas: others, ..Target::of_grantor(first, work, database.as_ref(), &mint) };
    let title = format!("{} on {number} servers, {connections} connections", work.name());
    let mut balancing = Vec::new();
    let measured = runs(setup, &title, &target, (&mut mint, connections), &mut balancing);
    let measured = setup.noted(&title, measured)?;
    let balancer_us = median(balancing.into_iter()).unwrap_or_default();
    Ok(measured.map(|Measured { median, runs }| Row { work, servers: number, connections, median, runs, balancer_us }))
}

fn start(
    setup: &Setup,
    work: Work,
    database: Option<&Database>,
    balancer: &Balancer,
    number: usize,
) -> anyhow::Result<Vec<Server>> {
    let binary = Binary { processor: None, ..setup.binary() };
    let secrets = new_secrets(&binary)?;
    let url = database.map(Database::url);
    let mut servers = Vec::new();
    for at in 0..number {
        let beside = Beside { secrets: &secrets, issuer_port: balancer.port(), applied: at > 0 };
        let plan = Plan { work, database_url: url.as_deref(), beside: Some(beside), access_token: None };
        servers.push(Server::start_as(&binary, &plan, setup.signals)?);
    }
    Ok(servers)
}

/// As any work is measured, and what this process itself needed for each request meanwhile.
fn runs(
    setup: &Setup,
    title: &str,
    target: &Target,
    (mint, connections): (&mut Mint, usize),
    balancing: &mut Vec<f64>,
) -> anyhow::Result<Measured> {
    let procedure = setup.procedure();
    let mut rate = procedure.warm_up(target, mint, connections)?;
    let mut runs = Vec::new();
    for run in 1..=procedure.runs {
        let values = procedure.values(target, mint, connections, rate)?;
        procedure.wait_for_quiet()?;
        let before = own_seconds()?;
        let figures = procedure.run(target, values.as_ref(), connections)?;
        let requests = figures.requests_per_second * to_f64(procedure.seconds);
        let balancer_us = (own_seconds()? - before) * 1e6 / requests.max(1.0);
        println!("{title}, run {run} of {}: {}, {balancer_us:.1} µs of the balancer", procedure.runs, figures.line());
        rate = rate.max(figures.requests_per_second);
        runs.push(figures);
        balancing.push(balancer_us);
    }
    Ok(Measured { median: Figures::median(&runs), runs })
}

/// The table of this section.
pub(super) fn page(rows: &[Row]) -> String {
    let columns = [
        "work",
        "servers",
        "connections",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "server µs",
        "Postgres µs",
        "both, × one server",
        "balancer µs",
        "statements",
        "jobs a batch",
        "WAL bytes",
        "RSS of all MiB",
        "non-2xx",
        "others",
    ];
    let table = table(&columns, &rows.iter().map(|row| cells(row, rows)).collect::<Vec<_>>());
    format!(
        "Connections are shared out in turn by a balancer that passes bytes on. Only the generator is pinned. *server µs* is of \
         all servers together; *balancer µs* of the process that balances, and counts. *jobs a batch* is what one statement of \
         one server carries: with the same connections on more servers each has fewer of them at a time, so Postgres has more \
         statements for as many requests.\n\n{table}"
    )
}

fn cells(row: &Row, all: &[Row]) -> Vec<String> {
    let figures = &row.median;
    let optional = |value: Option<f64>, places: usize| value.map_or("–".to_owned(), |value| number(value, places));
    let one = all.iter().find(|other| (other.work, other.connections, other.servers) == (row.work, row.connections, 1));
    let times = one.and_then(|one| Some(figures.all_us()? / one.median.all_us()?));
    vec![
        row.work.name().to_owned(),
        row.servers.to_string(),
        row.connections.to_string(),
        number(figures.requests_per_second, 0),
        number(figures.p50_ms, 2),
        number(figures.p99_ms, 2),
        optional(figures.server_us, 1),
        optional(figures.postgres_us, 1),
        times.map_or("–".to_owned(), |times| format!("{times:.2} ×")),
        number(row.balancer_us, 1),
        optional(figures.statements, 3),
        optional(figures.jobs_per_batch.filter(|_| row.work.writes()), 1),
        optional(figures.wal_bytes, 0),
        optional(figures.resident_kib.map(|kib| kib / 1024.0), 1),
        number(figures.failed + figures.socket_errors, 0),
        number(figures.others_busy, 2),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_servers_are_compared_with_one() {
        let row = |servers, server_us| Row {
            work: Work::Code,
            servers,
            connections: 64,
            median: Figures { server_us: Some(server_us), ..Figures::default() },
            runs: Vec::new(),
            balancer_us: 1.0,
        };
        let all = [row(1, 100.0), row(2, 110.0)];
        let times: Vec<_> = all.iter().filter_map(|row| cells(row, &all).get(8).cloned()).collect();
        assert_eq!(times, ["1.00 ×", "1.10 ×"]);
    }
}
