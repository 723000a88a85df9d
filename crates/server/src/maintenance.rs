//! Upkeep of storage: at the start and every hour, whichever replica gets the lease.

use std::sync::Arc;
use std::time::Duration;

use grantor_ports::Clock as _;
use grantor_store::{Retention, Store};

use crate::clock::SystemClock;

/// How long after one upkeep the next begins.
const INTERVAL: Duration = Duration::from_secs(3600);

/// How soon an upkeep that failed is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Keeps storage in order for ever.
pub(crate) async fn run(store: Arc<Store>, retention: Retention) {
    loop {
        let pause = match store.maintain(SystemClock.now(), &retention).await {
            Ok(done) if done.skipped => INTERVAL,
            Ok(done) => {
                let (created, dropped) = (done.created.join(" "), done.dropped.join(" "));
                tracing::info!(created, dropped, deleted = done.deleted, "storage is in order");
                INTERVAL
            }
            Err(error) => {
                tracing::warn!(%error, "upkeep of storage failed; it is tried again in a minute");
                AGAIN_AFTER
            }
        };
        tokio::time::sleep(pause).await;
    }
}
