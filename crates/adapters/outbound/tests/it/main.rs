//! Requests to others, made of servers on this machine: whom nobody asks, and what an answer may be.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed assumption is a failed test")]

mod rules;
mod site;
