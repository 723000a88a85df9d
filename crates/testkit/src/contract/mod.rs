//! The contract that every store must keep: one function for each property, the same for every store.
//!
//! [`store_contract!`](crate::store_contract) mounts them, each as a test of its own. A property takes the store
//! through the ports alone; what it cannot see through them (rows, partitions, connections) is tested beside the store.
//!
//! Outcomes are compared whole, so that a store cannot pass by answering less than it was asked.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a property states what it expects by failing"
)]

pub mod budget;
pub mod clients;
pub mod conditions;
pub mod consents;
pub mod declarations;
pub mod devices;
mod fixture;
pub mod guards;
pub mod keys;
pub mod listing;
pub mod liveness;
pub mod logout_notices;
pub mod model;
mod mount;
pub mod opening;
mod race;
pub mod registrations;
pub mod revocation;
pub mod rotation;
pub mod second_factors;
pub mod sessions;
pub mod together;
mod under_test;
pub mod users;

pub use fixture::{client_record, key_record, rotation_of};
pub use race::race;
pub use under_test::{Storage, UnderTest};
