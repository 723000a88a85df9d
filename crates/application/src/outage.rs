//! The last time storage was away, as this replica's own poll saw it, so that an outage does not eat the time that
//! clients have to repeat a refresh.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use grantor_domain::grant::refresh_token::Outage;
use grantor_domain::time::Timestamp;

/// Since when storage was away for all that a replica knows that has just started.
const BEFORE_THE_START: Timestamp = Timestamp::from_millis(i64::MIN);

/// How long after an outage replicas may still be taking back what they did and nobody heard of: until their next poll,
/// on a new connection, and once more for what the database did late.
const SETTLING: Duration = Duration::from_secs(5);

pub(crate) struct OutageWatch {
    last: Mutex<Last>,
    /// Outages closer together than this are one: a client may have been waiting since the first.
    window: Duration,
}

#[derive(Clone, Copy)]
struct Last {
    outage: Outage,
    /// Whether this replica was there. A failure soon after the start makes one outage with what may have been before.
    seen: bool,
}

impl OutageWatch {
    /// A replica that starts at `now` knows nothing of what was before: for all it knows, storage or the whole service
    /// was away until this moment. So for one window after a start the last step of any grant may be repeated.
    pub(crate) const fn starting(now: Timestamp, window: Duration) -> Self {
        let unknown = Outage { since: BEFORE_THE_START, until: Some(now) };
        Self { last: Mutex::new(Last { outage: unknown, seen: false }), window }
    }

    /// A statement sent at `sent_at` failed.
    pub(crate) fn failed(&self, sent_at: Timestamp) {
        self.update(|Last { outage: Outage { since, until }, .. }| {
            let is_one = until.is_none_or(|until| sent_at <= until.plus(self.window));
            Last { outage: Outage { since: if is_one { since } else { sent_at }, until: None }, seen: true }
        });
    }

    /// A statement succeeded at `now`.
    pub(crate) fn succeeded(&self, now: Timestamp) {
        self.update(|Last { outage, seen }| {
            let until = Some(outage.until.unwrap_or(now));
            Last { outage: Outage { until, ..outage }, seen }
        });
    }

    pub(crate) fn last(&self) -> Outage {
        self.read().outage
    }

    /// Whether storage was away a moment ago, as this replica saw it. Then something may be found done whose doer was told
    /// of an outage, and will yet take it back.
    pub(crate) fn is_settling(&self, now: Timestamp) -> bool {
        let Last { outage, seen } = self.read();
        seen && outage.until.is_none_or(|until| now <= until.plus(SETTLING))
    }

    fn read(&self) -> Last {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, change: impl FnOnce(Last) -> Last) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = change(*last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_run_from_the_first_failure_to_the_first_success() {
        let at = Timestamp::from_secs;
        let watch = OutageWatch::starting(at(1), Duration::from_secs(30));
        watch.succeeded(at(2));
        assert_eq!(watch.last().until, Some(at(1)), "nothing is known of the time before the start");
        watch.failed(at(100));
        watch.failed(at(101));
        assert_eq!(watch.last(), Outage { since: at(100), until: None });
        watch.succeeded(at(120));
        watch.succeeded(at(121));
        assert_eq!(watch.last(), Outage { since: at(100), until: Some(at(120)) });
        watch.failed(at(150));
        assert_eq!(watch.last(), Outage { since: at(100), until: None }, "close enough to be one");
        watch.succeeded(at(151));
        watch.failed(at(182));
        assert_eq!(watch.last(), Outage { since: at(182), until: None });
    }

    #[test]
    fn it_settles_for_seconds_after_an_outage_that_was_seen() {
        let at = Timestamp::from_secs;
        let watch = OutageWatch::starting(at(1), Duration::from_secs(30));
        assert!(!watch.is_settling(at(1)), "what was before the start has nobody left to take it back");
        for failed in [20, 100] {
            watch.failed(at(failed));
            assert!(watch.is_settling(at(failed + 1)), "soon after the start, too");
            watch.succeeded(at(failed + 10));
            assert!(watch.is_settling(at(failed + 15)) && !watch.is_settling(at(failed + 16)));
        }
    }
}
