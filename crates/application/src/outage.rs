//! The last time storage was away, as this replica's own poll saw it, so that an outage does not eat the time that
//! clients have to repeat a refresh.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use grantor_domain::grant::refresh_token::Outage;
use grantor_domain::time::Timestamp;

pub(crate) struct OutageWatch {
    last: Mutex<Option<Outage>>,
    /// Outages closer together than this are one: a client may have been waiting since the first.
    window: Duration,
}

impl OutageWatch {
    pub(crate) const fn new(window: Duration) -> Self {
        Self { last: Mutex::new(None), window }
    }

    /// A statement sent at `sent_at` failed.
    pub(crate) fn failed(&self, sent_at: Timestamp) {
        self.update(|last| match last {
            Some(Outage { since, until }) if until.is_none_or(|until| sent_at <= until.plus(self.window)) => {
                Some(Outage { since, until: None })
            }
            _ => Some(Outage { since: sent_at, until: None }),
        });
    }

    /// A statement succeeded at `now`.
    pub(crate) fn succeeded(&self, now: Timestamp) {
        self.update(|last| last.map(|outage| Outage { until: Some(outage.until.unwrap_or(now)), ..outage }));
    }

    pub(crate) fn last(&self) -> Option<Outage> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, change: impl FnOnce(Option<Outage>) -> Option<Outage>) {
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
        let watch = OutageWatch::new(Duration::from_secs(30));
        watch.succeeded(at(1));
        assert_eq!(watch.last(), None);
        watch.failed(at(10));
        watch.failed(at(11));
        assert_eq!(watch.last(), Some(Outage { since: at(10), until: None }));
        watch.succeeded(at(20));
        watch.succeeded(at(21));
        assert_eq!(watch.last(), Some(Outage { since: at(10), until: Some(at(20)) }));
        watch.failed(at(50));
        assert_eq!(watch.last(), Some(Outage { since: at(10), until: None }), "close enough to be one");
        watch.succeeded(at(51));
        watch.failed(at(82));
        assert_eq!(watch.last(), Some(Outage { since: at(82), until: None }));
    }
}
