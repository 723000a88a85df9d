//! The queue: what threads take their work from, in the order in which it was handed in, and how much of it there may be.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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

/// The end of the queue where one thread takes its turns.
pub(super) struct Turns {
    waiting: Arc<Waiting>,
    bell: Arc<Condvar>,
    /// When this thread last had one.
    latest: Instant,
}

/// The turns themselves. A thread that finds none sleeps at once: one that looked again and again for a moment, as
/// channels do, would take the processor from the requests that it waits for.
#[derive(Default)]
struct Waiting(Mutex<State>);

#[derive(Default)]
struct State {
    turns: VecDeque<Turn>,
    /// Who found none, in the order in which they fell asleep.
    asleep: Vec<Sleeper>,
    /// The executor was dropped: nothing will be handed in any more.
    is_closed: bool,
}

/// A thread that waits for a turn.
struct Sleeper {
    bell: Arc<Condvar>,
    /// Since when its connection idles, if it has one.
    idle_since: Option<Instant>,
}

/// A connection that idles for so long has the next turn: somebody on its way may forget it.
const LONG: Duration = Duration::from_secs(10);

/// How much waits, and how much may.
#[derive(Clone)]
pub(super) struct Depth {
    waiting: Arc<AtomicUsize>,
    capacity: usize,
    measures: Arc<Measures>,
}

impl Queue {
    pub(super) fn new(capacity: usize, measures: Arc<Measures>) -> Self {
        let depth = Depth { waiting: Arc::new(AtomicUsize::new(0)), capacity, measures };
        Self { turns: Arc::default(), depth }
    }

    /// Another thread's end.
    pub(super) fn turns(&self) -> Turns {
        Turns { waiting: Arc::clone(&self.turns), bell: Arc::default(), latest: Instant::now() }
    }

    pub(super) const fn depth(&self) -> &Depth {
        &self.depth
    }

    /// Hands in a turn, for which there is room.
    pub(super) fn send(&self, turn: Turn) {
        self.turns.send(turn);
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        let mut state = self.turns.lock();
        state.is_closed = true;
        state.asleep.drain(..).for_each(|sleeper| sleeper.bell.notify_one());
    }
}

impl Waiting {
    fn send(&self, turn: Turn) {
        let mut state = self.lock();
        state.turns.push_back(turn);
        let woken = state.wake(Instant::now());
        drop(state);
        if let Some(bell) = woken {
            bell.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever panicked here had changed nothing by halves.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Who is to be woken: the thread that was the last to work, since what it and its connection need is still in the
    /// processor's caches; or one whose connection has idled for [`LONG`].
    fn wake(&mut self, now: Instant) -> Option<Arc<Condvar>> {
        let is_long = |since: Instant| now.saturating_duration_since(since) >= LONG;
        let long = self.asleep.iter().position(|sleeper| sleeper.idle_since.is_some_and(is_long));
        let woken = match long {
            Some(place) => Some(self.asleep.remove(place)),
            None => self.asleep.pop(),
        };
        woken.map(|sleeper| sleeper.bell)
    }

    fn sleeps(&self, bell: &Arc<Condvar>) -> bool {
        self.asleep.iter().any(|sleeper| Arc::ptr_eq(&sleeper.bell, bell))
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
    /// The next turn, for a thread that holds a connection or none; nothing when the executor was dropped and everything is done.
    pub(super) fn next(&mut self, is_connected: bool) -> Option<Turn> {
        let mut state = self.waiting.lock();
        loop {
            if let Some(turn) = state.turns.pop_front() {
                drop(state);
                self.latest = Instant::now();
                return Some(turn);
            }
            if state.is_closed {
                return None;
            }
            if !state.sleeps(&self.bell) {
                let idle_since = is_connected.then_some(self.latest);
                state.asleep.push(Sleeper { bell: Arc::clone(&self.bell), idle_since });
            }
            let is_asleep = |state: &mut State| !state.is_closed && state.sleeps(&self.bell);
            state = self.bell.wait_while(state, is_asleep).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Hands in a turn.
    pub(super) fn send(&self, turn: Turn) {
        self.waiting.send(turn);
    }

    /// Hands in a turn and wakes nobody: this thread comes for one itself, next of all it does.
    pub(super) fn keep(&self, turn: Turn) {
        self.waiting.lock().turns.push_back(turn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_to_work_is_woken_unless_a_connection_has_idled_for_long() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let bells: [Arc<Condvar>; 4] = Default::default();
        let mut state = State::default();
        for (bell, idle_since) in bells.iter().zip([None, Some(at(3)), Some(at(0)), Some(at(5))]) {
            state.asleep.push(Sleeper { bell: Arc::clone(bell), idle_since });
        }
        let mut woken = |seconds| {
            let bell = state.wake(at(seconds))?;
            bells.iter().position(|known| Arc::ptr_eq(known, &bell))
        };
        assert_eq!(woken(9), Some(3));
        assert_eq!(woken(12), Some(2));
        assert_eq!(woken(12), Some(1));
        assert_eq!(woken(99), Some(0));
        assert_eq!(woken(99), None);
    }
}
