//! What adapters count of themselves: plain numbers for whoever shows them. An adapter does not know in which format that
//! is, nor under which names.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts values by their size. Counting one is two atomic additions.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// What a [`Histogram`] holds at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// Upper bounds, inclusive and ascending.
    pub bounds: &'static [u64],
    /// How many values lie within each bound but above the one before; the last count is of those above every bound.
    pub counts: Vec<u64>,
    /// The sum of all values.
    pub sum: u64,
}

impl Histogram {
    /// An empty histogram with these upper bounds, inclusive and ascending.
    #[must_use]
    pub fn new(bounds: &'static [u64]) -> Self {
        Self { bounds, counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(), sum: AtomicU64::new(0) }
    }

    /// Counts a value.
    pub fn observe(&self, value: u64) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// What it holds now.
    #[must_use]
    pub fn read(&self) -> Distribution {
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        Distribution { bounds: self.bounds, counts, sum: self.sum.load(Ordering::Relaxed) }
    }
}

/// Threads and the queue before them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolReading {
    /// How many requests wait.
    pub queue_depth: usize,
    /// How many may wait; one more is an outage.
    pub queue_capacity: usize,
    /// Threads.
    pub threads: usize,
    /// Threads that are at work.
    pub threads_busy: usize,
}

/// Why storage did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageFailure {
    /// No connection could be made.
    Connect,
    /// The database refused the statement.
    Database,
    /// The caller's deadline passed.
    Deadline,
    /// The connection broke.
    Lost,
    /// A row that cannot be read, or a defect.
    Other,
    /// Too many requests waited already.
    QueueFull,
}

impl StorageFailure {
    /// Every kind, in alphabetical order.
    pub const ALL: [Self; 6] =
        [Self::Connect, Self::Database, Self::Deadline, Self::Lost, Self::Other, Self::QueueFull];

    /// The name in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Database => "database",
            Self::Deadline => "deadline",
            Self::Lost => "lost",
            Self::Other => "other",
            Self::QueueFull => "queue_full",
        }
    }
}

/// What storage counts of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageReading {
    /// Its threads, one a connection.
    pub pool: PoolReading,
    /// Statements sent since the start.
    pub statements: u64,
    /// Requests without an answer since the start, in the order of [`StorageFailure::ALL`].
    pub failures: [u64; StorageFailure::ALL.len()],
    /// How many jobs a thread took from the queue at once.
    pub batch_size: Distribution,
    /// How long jobs waited in the queue, in microseconds.
    pub wait: Distribution,
    /// Partitions of each table that has some.
    pub partitions: Vec<(&'static str, u64)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_in_the_first_bucket_that_holds_it() {
        let histogram = Histogram::new(&[1, 10]);
        for value in [0, 1, 2, 10, 11, 1000] {
            histogram.observe(value);
        }
        assert_eq!(histogram.read(), Distribution { bounds: &[1, 10], counts: vec![2, 2, 2], sum: 1024 });
    }

    #[test]
    fn failures_are_in_the_order_of_their_index() {
        assert!(StorageFailure::ALL.iter().enumerate().all(|(index, kind)| *kind as usize == index));
        assert!(StorageFailure::ALL.is_sorted_by_key(|kind| kind.as_str()));
    }
}
