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

/// How long what a caller has given up on may go on: until a connection that swallows everything is found out, and once more for
/// what the database did late.
const UNHEARD: Duration = Duration::from_secs(15);

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
    /// When somebody was last told of an outage whose grant may have been opened all the same.
    unheard_at: Option<Timestamp>,
}

impl OutageWatch {
    /// A replica that starts at `now` knows nothing of what was before: for all it knows, storage or the whole service
    /// was away until this moment. So for one window after a start the last step of any grant may be repeated.
    pub(crate) const fn starting(now: Timestamp, window: Duration) -> Self {
        let unknown = Outage { since: BEFORE_THE_START, until: Some(now) };
        Self { last: Mutex::new(Last { outage: unknown, seen: false, unheard_at: None }), window }
    }

    /// A statement sent at `sent_at` failed.
    pub(crate) fn failed(&self, sent_at: Timestamp) {
        self.update(|last| {
            let Outage { since, until } = last.outage;
            let is_one = until.is_none_or(|until| sent_at <= until.plus(self.window));
            Last { outage: Outage { since: if is_one { since } else { sent_at }, until: None }, seen: true, ..last }
        });
    }

    /// A statement succeeded at `now`.
    pub(crate) fn succeeded(&self, now: Timestamp) {
        self.update(|last| {
            let until = Some(last.outage.until.unwrap_or(now));
            Last { outage: Outage { until, ..last.outage }, ..last }
        });
    }

    /// Somebody was told at `now` that storage is away, and what they asked for may happen all the same: storage need not be away
    /// for everybody for that, one connection is enough.
    pub(crate) fn unheard(&self, now: Timestamp) {
        self.update(|last| Last { unheard_at: Some(now), ..last });
    }

    pub(crate) fn last(&self) -> Outage {
        self.read().outage
    }

    /// Whether storage was away a moment ago, as this replica saw it, for all or for one request. Then something may be found done
    /// whose doer was told of an outage, and will yet take it back.
    pub(crate) fn is_settling(&self, now: Timestamp) -> bool {
        let Last { outage, seen, unheard_at } = self.read();
        let was_away = seen && outage.until.is_none_or(|until| now <= until.plus(SETTLING));
        was_away || unheard_at.is_some_and(|at| now <= at.plus(UNHEARD))
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

    #[test]
    fn what_one_request_was_not_told_settles_though_storage_was_there_for_others() {
        let at = Timestamp::from_secs;
        let watch = OutageWatch::starting(at(1), Duration::from_secs(30));
        watch.unheard(at(100));
        watch.succeeded(at(101));
        assert!(watch.is_settling(at(100)) && watch.is_settling(at(115)) && !watch.is_settling(at(116)));
        assert_eq!(watch.last().until, Some(at(1)), "no outage that would lengthen the window of a refresh");
    }
}
