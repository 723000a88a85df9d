//! What the service counts of itself: plain numbers for whoever shows them.

use std::time::Duration;

use grantor_ports::KeyPurpose;

use crate::audit::AuditKind;
use crate::service::Service;

/// What a look into the cache of clients found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheLookup {
    /// The client, as storage has it.
    Hit,
    /// Nothing; storage was asked.
    Miss,
    /// The client, but nobody has been able to tell for too long whether it was changed; storage was asked.
    Stale,
    /// That storage did not know it a moment ago.
    Unknown,
}

impl CacheLookup {
    /// Every kind, in alphabetical order.
    pub const ALL: [Self; 4] = [Self::Hit, Self::Miss, Self::Stale, Self::Unknown];

    /// The name in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Stale => "stale",
            Self::Unknown => "unknown",
        }
    }
}

/// How the cache of clients was used, and how full it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheReading {
    /// Lookups since the start, in the order of [`CacheLookup::ALL`].
    pub lookups: [u64; CacheLookup::ALL.len()],
    /// What is in it, unknown ids included.
    pub entries: usize,
}

/// What the service counts of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceReading {
    /// The cache of clients.
    pub client_cache: CacheReading,
    /// Each purpose that has a key in use, and how long ago that key was made.
    pub keys: Vec<(KeyPurpose, Duration)>,
    /// How long ago the change table was last read.
    pub changes_age: Duration,
    /// Whether storage answered when it was last asked.
    pub is_storage_up: bool,
    /// Each kind of audit event, and how many there were since the start.
    pub audit_events: Vec<(AuditKind, u64)>,
}

impl Service {
    /// What it has counted so far.
    #[must_use]
    pub fn reading(&self) -> ServiceReading {
        let now = self.now();
        let keys = self.ports.key_ring.in_use(now).into_iter();
        ServiceReading {
            client_cache: self.clients.reading(),
            keys: keys.map(|(purpose, created_at)| (purpose, now.since(created_at))).collect(),
            changes_age: now.since(self.clients.confirmed_at()),
            is_storage_up: self.outage.last().until.is_some(),
            audit_events: AuditKind::ALL.iter().map(|kind| (*kind, self.audit.count(*kind))).collect(),
        }
    }
}
