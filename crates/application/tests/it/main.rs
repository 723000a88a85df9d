//! The use cases, run over the store in memory with real cryptography and virtual time: the rules that no single crate
//! below can show, because they need the domain's decision and the commit together.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test states what it expects by failing"
)]

mod apply;
mod audit;
mod authorize;
mod budget;
mod client_administration;
mod client_cache;
mod code;
mod device;
mod exchange;
mod fixture;
mod foreign_tokens;
mod grant_administration;
mod key_secrets;
mod keys;
mod logout;
mod my_account;
mod outage;
mod pairwise;
mod password;
mod playground;
mod refresh;
mod registered;
mod registration;
mod restore;
mod second_factor;
mod sessions;
mod throttle;
mod user_administration;
