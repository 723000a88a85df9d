//! Decides which developer task runs: `cargo xtask migrate | seed | test | postgres | interop | bench | probe |
//! instructions | ci`.
//!
//! Nothing here depends on a crate of ours: whatever needs Grantor's own code runs the binary `grantor`, so that a developer's
//! command and an administrator's command are the same command.

mod axe;
mod bench;
mod browser;
mod cargo_deny;
mod ci;
mod cli;
mod debian;
mod deploy;
mod dev_server;
mod examples;
mod files;
mod grantor;
mod instructions;
mod interop;
mod issuer;
mod loopback;
mod neighbours;
mod postgres;
mod probe;
mod process;
mod quotes;
mod search;
mod sections;
mod side_by_side;
mod signals;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Task};
use crate::signals::Signals;

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    let signals = Signals::catch()?;
    match task {
        Task::Migrate { action, storage } => grantor::migrate(action, &storage, &signals),
        Task::Seed(storage) => grantor::seed(&storage, &signals),
        Task::Test { args } => test::run(&args, &signals),
        Task::Postgres { command } => test::with_postgres(&command, &signals),
        Task::Interop { libraries, check } => interop::run(&libraries, check, &signals),
        Task::Bench(options) => bench::run(&options, &signals),
        Task::Probe(probe) => probe::run(&probe, &signals),
        Task::Instructions { bless } => instructions::run(bless, &signals),
        Task::Ci => ci::run(&signals),
    }
}
