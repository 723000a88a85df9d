//! The crate from outside: every port on a real ring, with real keys.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test states what it expects by failing"
)]

mod client_keys;
mod client_secrets;
mod key_ring;
mod pairwise;
mod passwords;
mod refresh_tokens;
mod sealing;
mod signing;
mod support;
