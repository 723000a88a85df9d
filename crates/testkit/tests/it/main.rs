//! The contract on the store in memory, and what only that store can do.

#![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

mod memory;
mod outage;
