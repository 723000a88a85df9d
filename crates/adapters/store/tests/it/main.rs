//! The store on both engines: the contract, and what only a database can get wrong.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test states what it expects by failing"
)]

mod batches;
mod connections;
mod contract;
mod corruption;
mod deletion;
mod installation;
mod lost_answers;
mod migrations;
mod partitions;
mod plans;
mod replicas;
mod schema;
mod setup;
mod statements;
