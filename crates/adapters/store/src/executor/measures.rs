//! What the executor counts of itself. A job costs a few atomic additions.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use grantor_ports::{Histogram, StorageFailure};

/// Bounds of the sizes of batches.
const BATCH_SIZES: [u64; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

/// Bounds of the time in the queue, in microseconds: from 0.1 ms to the deadline.
const WAITS: [u64; 12] = [100, 250, 500, 1000, 2500, 5000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000];

/// The counts of one executor.
pub(crate) struct Measures {
    /// Threads that are at work.
    pub(crate) busy: AtomicUsize,
    /// How many jobs a thread took at once.
    pub(crate) batch_size: Histogram,
    /// How long jobs waited, in microseconds.
    pub(crate) wait: Histogram,
    failures: [AtomicU64; StorageFailure::ALL.len()],
}

impl Default for Measures {
    fn default() -> Self {
        Self {
            busy: AtomicUsize::new(0),
            batch_size: Histogram::new(&BATCH_SIZES),
            wait: Histogram::new(&WAITS),
            failures: [const { AtomicU64::new(0) }; StorageFailure::ALL.len()],
        }
    }
}

impl Measures {
    /// A thread took this many jobs, the first of which had waited so long.
    pub(super) fn took(&self, jobs: usize, waited: Duration) {
        self.batch_size.observe(u64::try_from(jobs).unwrap_or(u64::MAX));
        self.wait.observe(u64::try_from(waited.as_micros()).unwrap_or(u64::MAX));
    }

    /// A caller was told of an outage.
    pub(super) fn failed(&self, kind: StorageFailure) {
        if let Some(count) = self.failures.get(kind as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often callers were told of an outage, by kind.
    pub(crate) fn failures(&self) -> [u64; StorageFailure::ALL.len()] {
        StorageFailure::ALL
            .map(|kind| self.failures.get(kind as usize).map_or(0, |count| count.load(Ordering::Relaxed)))
    }
}
