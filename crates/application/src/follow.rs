//! Following what other replicas and administrators change: a poll of the change table every second.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use grantor_domain::registry::Registry;
use grantor_ports::Change;

use crate::failure::Outcome;
use crate::service::Service;

/// How often the change table is read.
pub const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How far back each poll reads: identifiers are handed out before commit, so a change may appear behind a later one.
const LOOK_BACK: Duration = Duration::from_secs(60);

/// How long a replica may have been without a poll (cut off, paused) and still trust what it kept. Less than
/// [`LOOK_BACK`] by what a slow commit may take: after more, some change may have left the view unseen.
const LONGEST_GAP: Duration = Duration::from_secs(30);

/// After how long without a poll this process must have stood still (suspended, starved).
const PAUSE: Duration = Duration::from_secs(5);

/// Remembers which reading of the key ring is in force.
#[derive(Default)]
pub(crate) struct KeyFollower {
    /// How many have begun.
    readings: AtomicU64,
    in_force: Mutex<u64>,
    /// Whether a change of the ring was seen that could not be taken over yet.
    behind: AtomicBool,
}

impl KeyFollower {
    fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Relaxed)
    }

    fn set_behind(&self, behind: bool) {
        self.behind.store(behind, Ordering::Relaxed);
    }

    /// The number of the reading that begins next.
    pub(crate) fn next_reading(&self) -> u64 {
        self.readings.load(Ordering::Relaxed) + 1
    }
}

/// The changes that the last poll read. The next reads most of them again, and acts on none twice: one change would
/// otherwise cost its clients' readers a statement a second for a minute.
#[derive(Default)]
pub(crate) struct FollowedChanges(Mutex<HashSet<i64>>);

impl FollowedChanges {
    /// Those of `read` that the poll before did not.
    fn new_of(&self, read: Vec<(i64, Change)>) -> Vec<Change> {
        let mut followed = self.lock();
        let before = std::mem::replace(&mut *followed, read.iter().map(|(id, _)| *id).collect());
        read.into_iter().filter(|(id, _)| !before.contains(id)).map(|(_, change)| change).collect()
    }

    /// Storage was away: whoever answers next may have lost what was read, and give its identifiers to other changes.
    fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The registered scopes and resources. The last reading stays in force until the next succeeds.
pub(crate) struct RegistryFollower {
    in_force: RwLock<Arc<Registry>>,
    /// Whether a change was seen that could not be read yet.
    behind: AtomicBool,
}

impl RegistryFollower {
    pub(crate) fn new(registry: Registry) -> Self {
        Self { in_force: RwLock::new(Arc::new(registry)), behind: AtomicBool::new(false) }
    }

    pub(crate) fn in_force(&self) -> Arc<Registry> {
        Arc::clone(&self.in_force.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, registry: Registry) {
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(registry);
        self.behind.store(false, Ordering::Relaxed);
    }

    fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Relaxed)
    }
}

/// Polls for ever. Run it once per process, on a runtime that lives as long as the service.
pub async fn follow(service: Arc<Service>) {
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        if let Err(failure) = service.poll().await {
            tracing::warn!(cause = failure.cause(), "changes cannot be followed; trying again");
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
                self.followed.forget();
                return Err(unavailable.into());
            }
        };
        let followed_at = self.clients.confirmed_at();
        if sent_at.since(followed_at) > PAUSE {
            // Nobody could tell whether storage was away while this process stood still; its clients waited all the same.
            self.outage.failed(followed_at);
        }
        self.outage.succeeded(self.now());
        let (mut keys_changed, mut registry_changed) = (false, self.registry.is_behind());
        if sent_at.since(followed_at) > LONGEST_GAP {
            self.clients.forget_all();
            (keys_changed, registry_changed) = (true, true);
        }
        for change in self.followed.new_of(changes) {
            match change {
                Change::Client(id) => self.clients.forget(&id),
                Change::Keys => keys_changed = true,
                Change::Registry => registry_changed = true,
            }
        }
        // Clients are followed whether or not the ring can be read: one key that this replica cannot read (its secret
        // file is older) must not pass for an outage, which would excuse replays for as long as it lasts.
        self.clients.confirm(sent_at);
        // Neither waits for the other: each may have a row that cannot be read.
        let registry = if registry_changed { self.reload_registry().await } else { Ok(()) };
        if keys_changed || self.key_follower.is_behind() {
            self.key_follower.set_behind(true);
            self.reload_keys().await?;
            self.key_follower.set_behind(false);
        }
        registry
    }

    async fn reload_registry(&self) -> Outcome<()> {
        self.registry.behind.store(true, Ordering::Relaxed);
        self.registry.replace(self.ports.declarations.registry().await?);
        Ok(())
    }

    /// Takes over the key ring as storage has it now.
    pub(crate) async fn reload_keys(&self) -> Outcome<()> {
        let reading = self.key_follower.readings.fetch_add(1, Ordering::Relaxed) + 1;
        let outcome = self.read_keys(reading).await;
        self.unknown_keys.reading_ended(reading, outcome.is_ok());
        outcome
    }

    /// Two may read at once; the reading that began later wins, whichever ends later.
    async fn read_keys(&self, reading: u64) -> Outcome<()> {
        let records = self.ports.keys.list().await?;
        let mut in_force = self.key_follower.in_force.lock().unwrap_or_else(PoisonError::into_inner);
        if reading > *in_force {
            self.ports.key_ring.replace(&records)?;
            *in_force = reading;
        }
        Ok(())
    }
}
