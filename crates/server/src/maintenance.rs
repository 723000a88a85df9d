//! Upkeep of storage: at the start, every hour, in a moment when more is left to do, and when storage was away, whichever
//! replica gets the lease. What comes back may be an older copy that lacks what this hour needs.

use std::sync::Arc;
use std::time::Duration;

use grantor_application::Service;
use grantor_domain::time::Timestamp;
use grantor_ports::Clock as _;
use grantor_store::{Retention, Store};

use crate::clock::SystemClock;

/// How long after one upkeep the next begins.
const INTERVAL: Duration = Duration::from_secs(3600);

/// How soon the next step follows where more is past: long enough for the disk to have rest.
const NEXT_AFTER: Duration = Duration::from_secs(10);

/// How soon an upkeep that failed is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(60);

/// How often it is looked whether storage was away.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Keeps storage in order for ever.
pub(crate) async fn run(store: Arc<Store>, service: Arc<Service>, retention: Retention) {
    loop {
        let began_at = SystemClock.now();
        let pause = match store.maintain(began_at, &retention).await {
            Ok(done) if done.skipped => INTERVAL,
            Ok(done) => {
                let (created, deleted) = (done.created.join(" "), done.deleted);
                let (dropped, shrunk) = (done.dropped.unwrap_or_default(), done.shrunk.unwrap_or_default());
                if done.is_more_left {
                    tracing::info!(created, dropped, shrunk, deleted, "storage has more that is past");
                    NEXT_AFTER
                } else {
                    tracing::info!(created, dropped, deleted, "storage is in order");
                    INTERVAL
                }
            }
            Err(error) => {
                tracing::warn!(%error, "upkeep of storage failed; it is tried again in a minute");
                AGAIN_AFTER
            }
        };
        let ended_at = SystemClock.now();
        while SystemClock.now() < ended_at.plus(pause) && !has_returned_since(&service, began_at) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

fn has_returned_since(service: &Service, time: Timestamp) -> bool {
    service.storage_returned_at().is_some_and(|returned_at| returned_at > time)
}
