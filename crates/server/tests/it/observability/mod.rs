//! What the server tells those who run it: its log, the audit trail in it, and its metrics.

mod audit;
mod logs;
mod metrics;
