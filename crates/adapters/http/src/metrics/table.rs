//! The one table of metrics: the name of each, its labels, what it tells and what to do about it. Whatever is exposed is
//! written under a row of it, and the documentation is made from it.

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows, until the process ends.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size.
    Histogram,
}

impl MetricKind {
    /// The name in Prometheus' format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A metric.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: MetricKind,
    /// Its labels, whose values are all from closed lists.
    pub labels: &'static [&'static str],
    /// What it tells, in a sentence.
    pub tells: &'static str,
    /// What to do about it.
    pub action: &'static str,
}

macro_rules! metrics {
    ($($constant:ident: $kind:ident $name:literal [$($label:ident)*], $tells:literal, $action:literal;)+) => {
        $(
            pub(super) const $constant: Metric = Metric {
                name: $name,
                kind: MetricKind::$kind,
                labels: &[$(stringify!($label)),*],
                tells: $tells,
                action: $action,
            };
        )+

        /// Every metric, by name.
        pub const METRICS: &[Metric] = &[$($constant),+];
    };
}

metrics! {
    AUDIT_EVENTS: Counter "grantor_audit_events_total" [event], "Events of the audit trail.", "Alert on any `grant.replayed`; watch the rate of `sign_in.failed` and `token.refused`. audit.md says what each event means.";
    BUILD_INFO: Gauge "grantor_build_info" [version], "Always 1; the label says which version runs.", "More than one version for longer than a rollout takes: it is stuck.";
    CHANGES_AGE: Gauge "grantor_changes_age_seconds" [], "How long ago the replica last read what others changed.", "Above 5 it is cut off from storage or starved: see `grantor_storage_up` and the load of the machine. After `cache.max_stale` it answers 503.";
    CACHE_ENTRIES: Gauge "grantor_client_cache_entries" [], "Clients in the cache, unknown ids included.", "If it stays at `cache.clients` while misses grow, raise that.";
    CACHE_LOOKUPS: Counter "grantor_client_cache_lookups_total" [result], "Looks into the cache of clients: `hit`; `miss`, which asks storage; `unknown`, an id that storage did not know a moment ago; `stale`, which asks storage because nobody could tell for too long what changed.", "Many misses cost statements: raise `cache.clients`. Many unknown: somebody guesses client ids. Any stale: storage was away.";
    KEY_AGE: Gauge "grantor_key_age_seconds" [purpose], "Age of the key in use, for each purpose.", "Rotate by `grantor keys rotate` when it is older than your policy allows.";
    LOG_LINES_LOST: Counter "grantor_log_lines_lost_total" [], "Lines of the log, the audit trail's among them, that were lost: whoever reads standard error did not keep up, or it could not be written.", "Alert on any: the audit trail has gaps. Look at what reads the log.";
    PASSWORD_QUEUE_CAPACITY: Gauge "grantor_password_queue_capacity" [], "How many requests may wait for a password to be hashed; one more is answered 503.", "For comparison with the depth.";
    PASSWORD_QUEUE_DEPTH: Gauge "grantor_password_queue_depth" [], "Requests that wait for a password to be hashed.", "If it stays above zero, people wait: raise `passwords.threads`, add replicas, or see whether somebody guesses passwords (`sign_in.failed`).";
    PASSWORD_THREADS: Gauge "grantor_password_threads" [], "Threads that hash passwords.", "For comparison with the busy ones.";
    PASSWORD_THREADS_BUSY: Gauge "grantor_password_threads_busy" [], "Threads that are hashing.", "All busy for long: as with the depth of the queue.";
    REQUEST_DURATION: Histogram "grantor_request_duration_seconds" [endpoint grant], "How long requests took, from the head of the request to the answer.", "If the slowest grow, compare `grantor_storage_wait_seconds` (storage is the bottleneck) and the password queue.";
    REQUESTS_IN_FLIGHT: Gauge "grantor_requests_in_flight" [], "Requests that are being answered.", "If it climbs without more requests arriving, something behind has become slow.";
    REQUESTS: Counter "grantor_requests_total" [endpoint grant outcome], "Requests that ended: `success`, the error code that was told, `not_found`, or `abandoned` if the client hung up first.", "Alert on the share of `temporarily_unavailable` and on any `server_error`. A sudden share of `invalid_client` or `invalid_grant` is an attack, or a client that was changed.";
    STORAGE_BATCH_SIZE: Histogram "grantor_storage_batch_size" [], "How many jobs a thread of storage took from the queue at once.", "Nothing by itself.";
    STORAGE_FAILURES: Counter "grantor_storage_failures_total" [kind], "Requests that storage did not answer: no connection (`connect`), a lost one (`lost`), too late (`deadline`), too many before it (`queue_full`), refused by the database (`database`), or unreadable (`other`).", "`connect` and `lost`: look at the database and the network. `deadline` and `queue_full`: the database is too slow for the load. `database` and `other`: read the log.";
    STORAGE_PARTITIONS: Gauge "grantor_storage_partitions" [table], "Partitions of each table of grants, as the last hourly upkeep found them; 0 on SQLite.", "Up to six are usual. Growth beyond that: old ones cannot be dropped, and the log says why.";
    STORAGE_QUEUE_CAPACITY: Gauge "grantor_storage_queue_capacity" [], "How many requests may wait for storage; one more is answered 503.", "For comparison with the depth.";
    STORAGE_QUEUE_DEPTH: Gauge "grantor_storage_queue_depth" [], "Requests that wait for a thread of storage.", "Under load some always wait: what waits is done together. If it nears the capacity, see why statements have become slow; more connections help only where the database has idle processors.";
    STORAGE_STATEMENTS: Counter "grantor_storage_statements_total" [], "Statements sent, those of polls and upkeep included.", "For capacity: divide by the rate of requests. A code exchange or a refresh takes one.";
    STORAGE_THREADS: Gauge "grantor_storage_threads" [], "Threads of storage, each with a connection.", "For comparison with the busy ones.";
    STORAGE_THREADS_BUSY: Gauge "grantor_storage_threads_busy" [], "Threads of storage that are at work.", "All busy for long: as with the depth of the queue.";
    STORAGE_UP: Gauge "grantor_storage_up" [], "Whether storage answered when it was last asked, at most a second or a deadline ago.", "Alert on 0.";
    STORAGE_WAIT: Histogram "grantor_storage_wait_seconds" [], "How long requests waited for a thread of storage.", "Milliseconds are usual under load; growth beyond that means a slow database.";
    PROCESS_CPU: Counter "process_cpu_seconds_total" [], "Processor time used.", "For capacity.";
    PROCESS_OPEN_FDS: Gauge "process_open_fds" [], "Open file descriptors: connections, mostly.", "Keep it well below the limit of the process (`LimitNOFILE`).";
    PROCESS_MEMORY: Gauge "process_resident_memory_bytes" [], "Memory in use.", "Steady growth over days is a defect worth a report.";
    PROCESS_START: Gauge "process_start_time_seconds" [], "When the process started, in seconds since the epoch.", "Changes that nobody made are crashes.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_listed_by_name_and_counters_end_in_total() {
        assert!(METRICS.is_sorted_by_key(|metric| metric.name));
        let fits = |metric: &Metric| metric.name.ends_with("_total") == (metric.kind == MetricKind::Counter);
        assert!(METRICS.iter().all(fits));
    }
}
