//! What must not happen twice, and what went wrong before.

use grantor_domain::throttle::FailureTally;
use grantor_domain::time::Timestamp;

use crate::StoreFuture;

/// Whether a one-time value was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spend {
    /// It was new and is spent now.
    First,
    /// It was spent before.
    Replayed,
}

/// Values that may be used once: the `jti` of client assertions and proofs.
pub trait ReplayGuard: Send + Sync {
    /// Spends a value until `expires_at`. One statement decides. Never repeated after a lost connection: nobody could
    /// tell an honest request from a replay of itself, so that is an outage.
    fn spend<'a>(&'a self, key: &'a [u8; 32], expires_at: Timestamp) -> StoreFuture<'a, Spend>;
}

/// A sign-in that failed, or a user code that was typed: whether it was right is not waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedAttempt {
    /// Keyed hash of the name that was typed (people type passwords there), or of what stands for where a code came from.
    pub username_key: [u8; 32],
    /// Keyed hash of what counts as the place that it came from; none if it counts by name alone.
    pub place_key: Option<[u8; 32]>,
    /// Where it came from, as text; none if unknown.
    pub address: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Under what failed sign-ins are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureKeys {
    /// See [`FailedAttempt::username_key`].
    pub username: [u8; 32],
    /// See [`FailedAttempt::place_key`].
    pub place: Option<[u8; 32]>,
}

/// Failed sign-ins; successes are not stored.
pub trait Attempts: Send + Sync {
    /// Records a failure.
    fn record<'a>(&'a self, attempt: &'a FailedAttempt) -> StoreFuture<'a, ()>;

    /// How many failures under this name were recorded at `since` or later.
    fn count<'a>(&'a self, username_key: &'a [u8; 32], since: Timestamp) -> StoreFuture<'a, u64>;

    /// The failures recorded at `since` or later under this name, from this place, and both. One statement.
    fn tally<'a>(&'a self, keys: &'a FailureKeys, since: Timestamp) -> StoreFuture<'a, FailureTally>;

    /// Forgets the failures under this name from this place, or from none: whose name it is has proven it there.
    fn forgive<'a>(&'a self, keys: &'a FailureKeys) -> StoreFuture<'a, ()>;

    /// Forgets every failure under this name. Says how many there were. Called by administration.
    fn forget<'a>(&'a self, username_key: &'a [u8; 32]) -> StoreFuture<'a, u64>;
}
