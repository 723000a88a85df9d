//! What tests need instead of the world: a clock that is moved by hand, randomness that repeats itself, a store in
//! memory, and the contract that every store must keep.
//!
//! For tests only: crates depend on it from their `tests/` and `examples/`, never from their code.

mod clock;
pub mod contract;
mod memory;
mod random;

pub use clock::FixedClock;
pub use memory::MemoryStore;
pub use random::SeededRandom;
