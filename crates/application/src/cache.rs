//! The cache of clients: bounded, filled on a miss, told by the change table what to drop.
//!
//! Requests that touch no storage are as fast as they are because of it. While storage is away, what is cached serves
//! for `max_stale` after the last time the change table could be read; then an outage is an outage.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use grantor_domain::client::{Client, ClientId, StoredSecret};
use grantor_domain::secret::Secret;
use grantor_domain::time::Timestamp;
use grantor_ports::{ClientRecord, ClientSecrets, Clients, CryptoFailure, Unavailable};
use quick_cache::sync::Cache;

use crate::measures::{CacheLookup, CacheReading};

/// How long it is remembered that storage does not know an id, so that guessing ids does not become statements.
const UNKNOWN_FOR: Duration = Duration::from_secs(1);

/// A client and its secrets, ready for use.
#[derive(Debug)]
pub(crate) struct RegisteredClient {
    pub(crate) client: Arc<Client>,
    pub(crate) secrets: Vec<StoredSecret>,
    /// The secrets in the form in which comparing costs the same for every client; from when it was first needed.
    comparable: OnceLock<Vec<StoredSecret>>,
}

impl RegisteredClient {
    /// Whether `presented` is one of the secrets.
    pub(crate) fn knows(&self, presented: &Secret, secrets: &dyn ClientSecrets) -> Result<bool, CryptoFailure> {
        if let Some(comparable) = self.comparable.get()
            && let Ok(matches) = secrets.matches(comparable, presented)
        {
            return Ok(matches);
        }
        // One that cannot be read now, or whose key is gone meanwhile, may still be known by what is stored.
        let matches = secrets.matches(&self.secrets, presented)?;
        if let Ok(comparable) = secrets.comparable(&self.secrets) {
            self.comparable.get_or_init(|| comparable);
        }
        Ok(matches)
    }
}

#[derive(Clone)]
enum Entry {
    Known(Arc<RegisteredClient>),
    Unknown { asked_at: Timestamp },
}

pub(crate) struct ClientCache {
    entries: Cache<ClientId, Entry>,
    max_stale: Duration,
    /// Milliseconds: when the change table was last read.
    confirmed_at: AtomicI64,
    /// How often anything was dropped.
    drops: AtomicU64,
    /// In the order of [`CacheLookup::ALL`].
    lookups: [AtomicU64; CacheLookup::ALL.len()],
}

impl ClientCache {
    pub(crate) fn new(capacity: usize, max_stale: Duration, now: Timestamp) -> Self {
        Self {
            entries: Cache::new(capacity),
            max_stale,
            confirmed_at: AtomicI64::new(now.as_millis()),
            drops: AtomicU64::new(0),
            lookups: [const { AtomicU64::new(0) }; CacheLookup::ALL.len()],
        }
    }

    /// The client with this id, from the cache or else from storage.
    pub(crate) async fn find(
        &self,
        storage: &dyn Clients,
        id: &ClientId,
        now: Timestamp,
    ) -> Result<Option<Arc<RegisteredClient>>, Unavailable> {
        match self.entries.get(id) {
            Some(Entry::Known(client)) if self.is_confirmed(now) => {
                self.count(CacheLookup::Hit);
                return Ok(Some(client));
            }
            Some(Entry::Unknown { asked_at }) if now < asked_at.plus(UNKNOWN_FOR) => {
                self.count(CacheLookup::Unknown);
                return Ok(None);
            }
            Some(Entry::Known(_)) => self.count(CacheLookup::Stale),
            Some(Entry::Unknown { .. }) | None => self.count(CacheLookup::Miss),
        }
        let drops = self.drops.load(Ordering::SeqCst);
        let Some(record) = storage.find(id).await? else {
            self.keep(id, Entry::Unknown { asked_at: now }, drops);
            return Ok(None);
        };
        let client = Arc::new(prepare(record)?);
        self.keep(id, Entry::Known(Arc::clone(&client)), drops);
        Ok(Some(client))
    }

    /// Keeps what was read when so many drops had been, unless there was another since: it may have been about this very
    /// client, and what was read be older than the change. Whoever drops counts first, so one of the two removes it.
    fn keep(&self, id: &ClientId, entry: Entry, drops: u64) {
        self.entries.insert(id.clone(), entry);
        if self.drops.load(Ordering::SeqCst) != drops {
            self.entries.remove(id);
        }
    }

    /// The client with this id, if it is at hand.
    pub(crate) fn cached(&self, id: &ClientId) -> Option<Arc<RegisteredClient>> {
        match self.entries.get(id) {
            Some(Entry::Known(client)) => Some(client),
            _ => None,
        }
    }

    /// Drops what was changed.
    pub(crate) fn forget(&self, id: &ClientId) {
        self.drops.fetch_add(1, Ordering::SeqCst);
        self.entries.remove(id);
    }

    /// Drops everything.
    pub(crate) fn forget_all(&self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
        self.entries.clear();
    }

    /// The change table was read at `now`: everything still cached is as storage has it.
    pub(crate) fn confirm(&self, now: Timestamp) {
        self.confirmed_at.fetch_max(now.as_millis(), Ordering::Relaxed);
    }

    /// When the change table was last read.
    pub(crate) fn confirmed_at(&self) -> Timestamp {
        Timestamp::from_millis(self.confirmed_at.load(Ordering::Relaxed))
    }

    /// How it was used, and how full it is.
    pub(crate) fn reading(&self) -> CacheReading {
        let count = |kind: CacheLookup| self.lookups.get(kind as usize).map_or(0, |n| n.load(Ordering::Relaxed));
        CacheReading { lookups: CacheLookup::ALL.map(count), entries: self.entries.len() }
    }

    fn count(&self, lookup: CacheLookup) {
        if let Some(count) = self.lookups.get(lookup as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn is_confirmed(&self, now: Timestamp) -> bool {
        now <= self.confirmed_at().plus(self.max_stale)
    }
}

/// What was stored passed its checks once; settings that no longer do are a corrupt row, never "no such client".
fn prepare(record: ClientRecord) -> Result<RegisteredClient, Unavailable> {
    let id = record.settings.client_id.clone();
    let client = Client::try_from(record.settings).map_err(|error| {
        Unavailable::because("a stored client is not valid", format!("clients.settings of {id}: {error}"))
    })?;
    Ok(RegisteredClient { client: Arc::new(client), secrets: record.secrets, comparable: OnceLock::new() })
}

#[cfg(test)]
mod tests {
    use grantor_domain::client::ClientSettings;
    use grantor_ports::StoreFuture;
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    /// Storage in which a client changes while it is being read, and the change is followed before the answer is there.
    struct ChangesMeanwhile<'a> {
        cache: &'a ClientCache,
        drop_all: bool,
    }

    impl Clients for ChangesMeanwhile<'_> {
        fn find<'a>(&'a self, id: &'a ClientId) -> StoreFuture<'a, Option<ClientRecord>> {
            Box::pin(async move {
                let settings = json!({ "client_id": id.as_str(), "grant_types": ["client_credentials"] });
                let settings: ClientSettings = serde_json::from_value(settings).unwrap();
                if self.drop_all {
                    self.cache.forget_all();
                } else {
                    self.cache.forget(id);
                }
                Ok(Some(ClientRecord { settings, secrets: Vec::new() }))
            })
        }

        fn list(&self) -> StoreFuture<'_, Vec<ClientRecord>> {
            not_asked()
        }

        fn insert<'a>(&'a self, _record: &'a ClientRecord, _now: Timestamp) -> StoreFuture<'a, bool> {
            not_asked()
        }

        fn put<'a>(&'a self, _record: &'a ClientRecord, _now: Timestamp) -> StoreFuture<'a, bool> {
            not_asked()
        }

        fn replace<'a>(
            &'a self,
            _expected: &'a ClientRecord,
            _record: &'a ClientRecord,
            _now: Timestamp,
        ) -> StoreFuture<'a, bool> {
            not_asked()
        }

        fn delete<'a>(&'a self, _id: &'a ClientId, _now: Timestamp) -> StoreFuture<'a, Option<u64>> {
            not_asked()
        }
    }

    fn not_asked<'a, T>() -> StoreFuture<'a, T> {
        Box::pin(async { Err(Unavailable::new("the cache asks for one client and nothing else")) })
    }

    #[tokio::test]
    async fn what_changed_while_it_was_read_is_not_kept() {
        for drop_all in [false, true] {
            let cache = ClientCache::new(8, Duration::from_secs(300), NOW);
            let id = ClientId::parse("web").unwrap();
            let storage = ChangesMeanwhile { cache: &cache, drop_all };
            assert!(cache.find(&storage, &id, NOW).await.unwrap().is_some(), "but it is served");
            assert!(cache.cached(&id).is_none(), "{drop_all}");
        }
    }
}
