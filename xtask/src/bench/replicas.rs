//! Decides what more servers cost: one, two and three on one Postgres, behind a balancer, sharing nothing else. The generator has a
//! processor of its own and everybody else goes where there is room, so requests a second say little on a small machine; what
//! counts is the work for each request. It is measured twice: with the load of one shared out among more, and with as much for
//! each as one alone had.

use anyhow::Context;
use serde::Serialize;

use super::balancer::Balancer;
use super::database::Database;
use super::figures::{Figures, median, to_f64};
use super::measure::{Course, Measured, Procedure};
use super::mint::Mint;
use super::options::Store;
use super::pace::{PAUSING, most, pause_ms};
use super::pair::ratio;
use super::proc::own_seconds;
use super::report::{number, optional, or_dash, table};
use super::server::{Beside, Binary, Plan, Server, new_secrets};
use super::setup::Setup;
use super::target::Target;
use super::work::Work;

const WORKS: [Work; 3] = [Work::Refresh, Work::Code, Work::ClientCredentialsEs256];

const MOST: usize = 3;

/// Unless others are chosen.
const CONNECTIONS: usize = 64;

/// With as much load for each, the largest fleet has so much of the most that one server can do: all have the same machine.
const PART: f64 = 0.5;

/// What load a fleet has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum Load {
    /// As much as there can be, from so many connections in all.
    Most(usize),
    /// The same for each server.
    Alike,
}

/// One work on so many servers.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    work: Work,
    servers: usize,
    load: Load,
    median: Figures,
    runs: Vec<Figures>,
    balancer_us: f64,
}

/// Measures each work with each number of servers. What cannot be measured is noted.
pub(super) fn run(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for work in WORKS.into_iter().filter(|work| setup.options.works().contains(work)) {
        let most = setup.options.chosen_connections(CONNECTIONS).into_iter().map(Load::Most);
        for load in most.chain([Load::Alike]) {
            setup.signals.check()?;
            let title = format!("{} on more servers, {}", work.name(), load.words());
            rows.extend(setup.tried(&title, measure(setup, work, load))?.unwrap_or_default());
        }
    }
    Ok(rows)
}

/// Servers behind a balancer, with a database of their own.
struct Fleet<'a> {
    // Dropped, and so stopped, before their database.
    servers: Vec<Server>,
    balancer: Balancer,
    database: Option<Database<'a>>,
}

/// One fleet of each size, run by run in turn.
fn measure(setup: &Setup, work: Work, load: Load) -> anyhow::Result<Vec<Row>> {
    let one = if load == Load::Alike { Some(most_of_one(setup, work)?) } else { None };
    let fleets: Vec<Fleet> = (1..=MOST).map(|number| start(setup, work, number)).collect::<Result<_, _>>()?;
    let mut mints: Vec<Mint> = fleets.iter().map(|fleet| fleet.mint(setup, work)).collect::<Result<_, _>>()?;
    let targets = fleets.iter().zip(&mints).filter_map(|(fleet, mint)| fleet.target(work, mint));
    let targets: Vec<Target> = targets.collect();
    let mut courses = Vec::new();
    for (target, mint) in targets.iter().zip(&mut mints) {
        let servers = target.grantors().count();
        let title = format!("{} on {servers} servers", work.name());
        let share = |most: f64| most * PART * to_f64(servers as u64) / to_f64(MOST as u64);
        let procedure = Procedure { pause_ms: one.map(|most| pause_ms(share(most))), ..setup.procedure() };
        courses.push((procedure.course(&title, target, mint, load.connections())?, Vec::new()));
    }
    for _run in 0..setup.options.runs() {
        let values = courses.iter_mut().map(|(course, _)| course.values()).collect::<Result<Vec<_>, _>>()?;
        for ((course, balancing), values) in courses.iter_mut().zip(&values) {
            let before = own_seconds()?;
            let figures = course.run(values.as_ref())?;
            let requests = figures.requests_per_second * to_f64(setup.options.seconds);
            balancing.push((own_seconds()? - before) * 1e6 / requests.max(1.0));
        }
    }
    let row = |((course, balancing), fleet): ((Course, Vec<f64>), &Fleet)| {
        let Measured { median: figures, runs } = course.measured();
        let servers = fleet.servers.len();
        if let Some(problem) = figures.problem() {
            setup.note(format!("{} on {servers} servers, {}: {problem}", work.name(), load.words()));
        }
        let balancer_us = median(balancing.into_iter()).unwrap_or_default();
        Row { work, servers, load, median: figures, runs, balancer_us }
    };
    Ok(courses.into_iter().zip(&fleets).map(row).collect())
}

impl Load {
    const fn connections(self) -> usize {
        match self {
            Self::Most(connections) => connections,
            Self::Alike => PAUSING,
        }
    }

    fn words(self) -> String {
        match self {
            Self::Most(connections) => format!("{connections} connections"),
            Self::Alike => "as much load for each".to_owned(),
        }
    }
}

/// The most requests a second that one server can do, on a database that nothing else is measured on.
fn most_of_one(setup: &Setup, work: Work) -> anyhow::Result<f64> {
    let fleet = start(setup, work, 1)?;
    let mut mint = fleet.mint(setup, work)?;
    let target = fleet.target(work, &mint).context("a fleet without servers")?;
    Ok(most(work.name(), setup.procedure(), &target, &mut mint)?.rate)
}

impl Fleet<'_> {
    fn mint<'a>(&self, setup: &'a Setup, work: Work) -> anyhow::Result<Mint<'a>> {
        Mint::new(self.balancer.port(), work, &setup.generator, setup.generator_processor(), setup.signals)
    }

    fn target<'a>(&'a self, work: Work, mint: &Mint) -> Option<Target<'a>> {
        let (first, replicas) = self.servers.split_first()?;
        let target = Target::of_grantor(first, work, self.database.as_ref(), mint);
        Some(Target { port: self.balancer.port(), replicas, ..target })
    }
}

fn start<'a>(setup: &'a Setup, work: Work, number: usize) -> anyhow::Result<Fleet<'a>> {
    let (database, balancer) = (setup.database(Store::Postgres)?, Balancer::listen()?);
    let binary = Binary { processor: None, ..setup.binary() };
    let secrets = new_secrets(&binary)?;
    let url = database.as_ref().map(Database::url);
    let mut servers = Vec::new();
    for at in 0..number {
        let beside = Beside { secrets: &secrets, issuer_port: balancer.port(), applied: at > 0 };
        let plan = Plan { work, database_url: url.as_deref(), beside: Some(beside), access_token: None };
        servers.push(Server::start_as(&binary, &plan, setup.signals)?);
    }
    balancer.between(servers.iter().map(Server::port).collect());
    Ok(Fleet { servers, balancer, database })
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
    let table_of = |is_alike: bool| {
        let rows_of = rows.iter().filter(|row| (row.load == Load::Alike) == is_alike);
        table(&columns, &rows_of.map(|row| cells(row, rows)).collect::<Vec<_>>())
    };
    format!(
        "Fleets of one, two and three servers, run by run in turn; *× one server* is the median of the ratios, with the least and the \
         most. Connections are shared out in turn by a balancer that passes bytes on. Only the generator is pinned. *server µs* is of \
         all servers together; *balancer µs* of the process that balances, and counts. *jobs a batch* is what one statement of \
         one server carries.\n\n\
         **As much load for each.** {PAUSING} connections in all, which pause between their requests so that each server has {:.0} % of \
         the most that one alone can do: two have twice the load of one, three have three times as much.\n\n{}\n\
         **The load of one, shared out.** As many requests as there can be from so many connections in all. On more servers each \
         has fewer at a time, and smaller batches: Postgres has more statements for as many requests.\n\n{}",
        100.0 * PART / to_f64(MOST as u64),
        table_of(true),
        table_of(false),
    )
}

fn cells(row: &Row, all: &[Row]) -> Vec<String> {
    let figures = &row.median;
    let one = all.iter().find(|other| (other.work, other.load, other.servers) == (row.work, row.load, 1));
    let times = one.and_then(|one| ratio(&row.runs, &one.runs, Figures::all_us));
    vec![
        row.work.name().to_owned(),
        row.servers.to_string(),
        row.load.connections().to_string(),
        number(figures.requests_per_second, 0),
        number(figures.p50_ms, 2),
        number(figures.p99_ms, 2),
        optional(figures.server_us, 1),
        optional(figures.postgres_us, 1),
        or_dash(times),
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
        let row = |servers, server_us| {
            let median = Figures { server_us: Some(server_us), ..Figures::default() };
            let runs = vec![median.clone()];
            Row { work: Work::Code, servers, load: Load::Most(64), median, runs, balancer_us: 1.0 }
        };
        let all = [row(1, 100.0), row(2, 110.0)];
        let times: Vec<_> = all.iter().filter_map(|row| cells(row, &all).get(8).cloned()).collect();
        assert_eq!(times, ["1.00 × (1.00 to 1.00)", "1.10 × (1.10 to 1.10)"]);
    }
}
