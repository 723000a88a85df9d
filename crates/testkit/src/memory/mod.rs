//! A store in memory: every storage port over one state behind one lock, so that each call is atomic by construction.
//!
//! It is the contract's plainest reading, and what the rules above the ports are tested on. It forgets nothing: rows
//! that another store may drop once they are expired stay.

mod declarations;
mod devices;
mod grants;
mod registrations;
mod registry;
mod second_factors;
mod sessions;
mod state;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use grantor_ports::{FailedAttempt, StoreFuture, Unavailable};

use state::State;

/// Every storage port, in memory.
#[derive(Debug)]
pub struct MemoryStore {
    state: Mutex<State>,
    available: AtomicBool,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self { state: Mutex::default(), available: AtomicBool::new(true) }
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts (`false`) or ends (`true`) an outage. While it lasts every call answers [`Unavailable`] and does nothing.
    pub fn set_available(&self, available: bool) {
        self.available.store(available, Ordering::SeqCst);
    }

    /// The failed sign-ins recorded so far, oldest first.
    #[must_use]
    pub fn failed_attempts(&self) -> Vec<FailedAttempt> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).attempts.clone()
    }

    fn answer<'a, T>(&'a self, decide: impl FnOnce(&mut State) -> T + Send + 'a) -> StoreFuture<'a, T> {
        Box::pin(async move {
            if !self.available.load(Ordering::SeqCst) {
                return Err(Unavailable::new("the store in memory was told to be away"));
            }
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(decide(&mut state))
        })
    }
}
