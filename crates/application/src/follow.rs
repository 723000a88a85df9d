//! Following what other replicas and administrators change: a poll of the change table every second, and a look at the
//! key ring whenever a token names a key that this replica does not know.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use grantor_domain::time::Timestamp;
use grantor_ports::Change;

use crate::failure::Outcome;
use crate::service::Service;

/// How often the change table is read.
pub const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How far back each poll reads: identifiers are handed out before commit, so a change may appear behind a later one.
const LOOK_BACK: Duration = Duration::from_secs(60);

/// How soon the key ring may be read again for a key that is still unknown.
const KEYS_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Remembers when the key ring was last read for an unknown key, and which reading of it is in force.
#[derive(Default)]
pub(crate) struct KeyFollower {
    asked_at: AtomicI64,
    readings: AtomicU64,
    in_force: Mutex<u64>,
}

impl KeyFollower {
    /// Whether the ring may be read now; if so, nobody else may for a while.
    fn may_ask(&self, now: Timestamp) -> bool {
        let asked_at = self.asked_at.load(Ordering::Relaxed);
        let due = now >= Timestamp::from_millis(asked_at).plus(KEYS_AGAIN_AFTER);
        due && self.asked_at.compare_exchange(asked_at, now.as_millis(), Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// Polls for ever. Run it once per process, on a runtime that lives as long as the service.
pub async fn follow(service: Arc<Service>) {
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        if let Err(failure) = service.poll().await {
            tracing::warn!(cause = failure.cause(), "storage does not answer");
        }
    }
}

impl Service {
    /// Reads the change table once and drops or reloads just what changed.
    ///
    /// # Errors
    /// If storage is away; the watch on outages has noted it.
    pub async fn poll(&self) -> Outcome<()> {
        let sent_at = self.now();
        let changes = match self.ports.changes.since(sent_at.minus(LOOK_BACK)).await {
            Ok(changes) => changes,
            Err(unavailable) => {
                self.outage.failed(sent_at);
                return Err(unavailable.into());
            }
        };
        self.outage.succeeded(self.now());
        let mut keys_changed = false;
        for (_, change) in &changes {
            match change {
                Change::Client(id) => self.clients.forget(id),
                Change::Keys => keys_changed = true,
            }
        }
        if keys_changed {
            self.reload_keys().await?;
        }
        self.clients.confirm(sent_at);
        Ok(())
    }

    /// Reads the key ring for a key that a token names and this replica does not know. Says whether it did; it does so
    /// at most once a second, so that made-up key ids do not become statements.
    pub(crate) async fn look_for_unknown_key(&self) -> Outcome<bool> {
        if !self.key_follower.may_ask(self.now()) {
            return Ok(false);
        }
        self.reload_keys().await?;
        Ok(true)
    }

    /// Two may read at once; the reading that began later wins, whichever ends later.
    async fn reload_keys(&self) -> Outcome<()> {
        let reading = self.key_follower.readings.fetch_add(1, Ordering::Relaxed) + 1;
        let records = self.ports.keys.list().await?;
        let mut in_force = self.key_follower.in_force.lock().unwrap_or_else(PoisonError::into_inner);
        if reading > *in_force {
            self.ports.key_ring.replace(&records)?;
            *in_force = reading;
        }
        Ok(())
    }
}
