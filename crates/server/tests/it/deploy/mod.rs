//! The samples of deploy/: each is run, or read by what will read it.

mod caddy;
mod compose;
mod configuration;
mod container;
mod metrics;
mod nginx;
mod proxy;
mod through;

use std::path::PathBuf;

/// The repository's root.
fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// A file of the repository.
fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
