//! What the running binary shows to clients, browsers and operators. Every test starts processes of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]
#![allow(clippy::disallowed_methods, reason = "processes run on real time")]

mod barriers;
mod browser;
mod cluster;
mod commands;
mod deploy;
mod factors;
mod guide;
mod harness;
mod observability;
mod routes;
mod serve;
mod systems;
#[cfg(feature = "opentelemetry")]
mod traces;
