//! The program `grantor`: reads the command line and says how it ended. 0: done; 1: it failed; 2: the command line was
//! wrong.

use std::process::ExitCode;

use clap::Parser as _;
use grantor::Described;
use grantor::cli::Cli;
use mimalloc::MiMalloc;

/// Chosen by measurement: docs/decisions/0009-allocator.md.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match grantor::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("grantor: {}", Described(&error));
            ExitCode::FAILURE
        }
    }
}
