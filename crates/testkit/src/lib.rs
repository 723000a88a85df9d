//! What tests need instead of the world: a clock that is moved by hand, randomness that repeats itself, a store in
//! memory, others who answer as they are told, and the contract that every store must keep.
//!
//! For tests only: crates depend on it from their `tests/` and `examples/`, never from their code.

mod clock;
pub mod contract;
mod memory;
mod random;
mod site;
mod web;

pub use clock::FixedClock;
pub use memory::MemoryStore;
pub use random::SeededRandom;
pub use site::{Site, http_answer};
pub use web::{Asked, FakeWeb};
