//! The queue: what threads take their work from, in the order in which it was handed in, and how much of it there may be.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use grantor_ports::{StorageFailure, Unavailable};

use super::job::Job;
use super::lane::Lane;
use super::measures::Measures;

/// What a thread does next.
pub(super) enum Turn {
    /// This piece of work.
    Job(Box<dyn Job>),
    /// What is in this lane by then.
    Lane(Arc<dyn Lane>),
}

/// The end of the queue where work is handed in. A lane's turn takes no room beside the work in the lane.
pub(super) struct Queue {
    turns: Arc<Waiting>,
    depth: Depth,
}

/// The end of the queue where threads take their turns.
#[derive(Clone)]
pub(super) struct Turns(Arc<Waiting>);

/// The turns themselves. A thread that finds none sleeps at once: one that looked again and again for a moment, as
/// channels do, would take the processor from the requests that it waits for.
struct Waiting {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    turns: VecDeque<Turn>,
    /// The executor was dropped: nothing will be handed in any more.
    is_closed: bool,
}

/// How much waits, and how much may.
#[derive(Clone)]
pub(super) struct Depth {
    waiting: Arc<AtomicUsize>,
    capacity: usize,
    measures: Arc<Measures>,
}

impl Queue {
    pub(super) fn new(capacity: usize, measures: Arc<Measures>) -> (Self, Turns) {
        let turns = Arc::new(Waiting { state: Mutex::default(), arrived: Condvar::new() });
        let depth = Depth { waiting: Arc::new(AtomicUsize::new(0)), capacity, measures };
        (Self { turns: Arc::clone(&turns), depth }, Turns(turns))
    }

    pub(super) const fn depth(&self) -> &Depth {
        &self.depth
    }

    /// Hands in a turn, for which there is room.
    pub(super) fn send(&self, turn: Turn) {
        self.turns.lock().turns.push_back(turn);
        self.turns.arrived.notify_one();
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.turns.lock().is_closed = true;
        self.turns.arrived.notify_all();
    }
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever panicked here had changed nothing by halves.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Depth {
    /// Makes room for one more piece of work, or says that there is none.
    pub(super) fn enter(&self) -> Result<(), Unavailable> {
        let one_more = |waiting| (waiting < self.capacity).then_some(waiting + 1);
        match self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more) {
            Ok(_before) => Ok(()),
            Err(_full) => {
                self.measures.failed(StorageFailure::QueueFull);
                Err(Unavailable::new("the queue of storage is full"))
            }
        }
    }

    /// A thread took so many pieces at once, of which the first was handed in then.
    pub(super) fn took(&self, pieces: usize, handed_in_at: Instant) {
        self.waiting.fetch_sub(pieces, Ordering::Relaxed);
        self.measures.took(pieces, Instant::now().saturating_duration_since(handed_in_at));
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(super) const fn capacity(&self) -> usize {
        self.capacity
    }
}

impl Turns {
    /// The next turn; none when the executor was dropped and everything is done.
    pub(super) fn next(&self) -> Option<Turn> {
        let mut state = self.0.lock();
        loop {
            if let Some(turn) = state.turns.pop_front() {
                return Some(turn);
            }
            if state.is_closed {
                return None;
            }
            state = self.0.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
