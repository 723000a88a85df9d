//! The queue: what threads take their work from, in the order in which it was handed in, and how much of it there may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, unbounded};
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
#[derive(Clone)]
pub(super) struct Queue {
    turns: Sender<Turn>,
    depth: Depth,
}

/// The end of the queue where threads take their turns.
#[derive(Clone)]
pub(super) struct Turns(Receiver<Turn>);

/// How much waits, and how much may.
#[derive(Clone)]
pub(super) struct Depth {
    waiting: Arc<AtomicUsize>,
    capacity: usize,
    measures: Arc<Measures>,
}

impl Queue {
    pub(super) fn new(capacity: usize, measures: Arc<Measures>) -> (Self, Turns) {
        let (turns, taken) = unbounded();
        let depth = Depth { waiting: Arc::new(AtomicUsize::new(0)), capacity, measures };
        (Self { turns, depth }, Turns(taken))
    }

    pub(super) const fn depth(&self) -> &Depth {
        &self.depth
    }

    /// Hands in a turn, for which there is room. If every thread has ended nobody takes it: its caller is told when it
    /// is dropped.
    pub(super) fn send(&self, turn: Turn) {
        drop(self.turns.send(turn));
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
        self.0.recv().ok()
    }
}
