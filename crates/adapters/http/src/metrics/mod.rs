//! Metrics in Prometheus' format. This crate owns their names and how they are written; what storage and the password pool
//! count of themselves comes from [`Sources`], as plain numbers, when somebody asks.

mod exposition;
mod page;
mod process;
mod requests;
mod routes;
mod table;

use grantor_ports::{PoolReading, StorageReading};

pub(crate) use requests::{Outcome, Requests};
pub use routes::configure;
pub use table::{METRICS, Metric, MetricKind};

/// Where the numbers of other adapters come from. Each is asked when metrics are, and must answer at once.
pub struct Sources {
    /// How many lines of the log were lost.
    pub lost_log_lines: Box<dyn Fn() -> u64 + Send + Sync>,
    /// The pool that hashes passwords.
    pub passwords: Box<dyn Fn() -> PoolReading + Send + Sync>,
    /// Storage.
    pub storage: Box<dyn Fn() -> StorageReading + Send + Sync>,
}
