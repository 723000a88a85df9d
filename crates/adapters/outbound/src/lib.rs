//! The requests that Grantor makes of others. Decides whom it asks at all, and how long it waits for how much.
//!
//! Addresses come from clients, registered by whoever may, so they are hostile: only public addresses are asked, by https
//! with a certificate that leads to a known root, never along a redirect, and an answer is bounded in time and size.
//! Networks of one's own are asked only where the operator names them.

mod addresses;
mod client;

pub use client::{Outbound, OutboundConfig, OutboundError};
