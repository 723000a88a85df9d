//! Public keys that others publish, and the metadata that say where: fetched when they are needed, kept for a while, and
//! fetched anew when somebody signs with a key that is not among them.
//!
//! What names a key comes from strangers, so one address is asked once in a while at most, and while it does not answer
//! the keys that it gave before still serve.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use grantor_domain::time::Timestamp;
use grantor_ports::{Fetch, FetchRequest, Unavailable};
use quick_cache::sync::Cache;
use serde_json::Value;

/// How many addresses are remembered.
const CAPACITY: usize = 1000;

/// How long keys are kept whose owner does not say, and between which bounds an owner may say.
const KEPT: Duration = Duration::from_secs(600);
const KEPT_AT_LEAST: Duration = Duration::from_secs(60);
const KEPT_AT_MOST: Duration = Duration::from_secs(3600);

/// How soon an address may be asked again.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// How long keys serve whose owner does not answer any more.
const MAX_STALE: Duration = Duration::from_secs(24 * 3600);

/// The keys of one address, if it ever gave any.
#[derive(Debug, Default)]
struct KeySet {
    keys: Option<Arc<Value>>,
    fetched_at: Timestamp,
    fresh_until: Timestamp,
    /// Milliseconds: when the address was last asked, whatever it answered.
    asked_at: AtomicI64,
}

impl KeySet {
    /// Whether the address may be asked again at `now`; of several who want to, one.
    fn may_be_asked(&self, now: Timestamp) -> bool {
        let asked_at = self.asked_at.load(Ordering::SeqCst);
        let is_time = Timestamp::from_millis(asked_at).plus(AGAIN_AFTER) <= now;
        is_time && self.asked_at.compare_exchange(asked_at, now.as_millis(), Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Whether it is worth asking: what is here is old, or lacks the key that somebody signed with.
    fn is_wanting(&self, key_id: Option<&str>, now: Timestamp) -> bool {
        self.fresh_until <= now || key_id.is_some_and(|key_id| !self.has(key_id))
    }

    fn has(&self, key_id: &str) -> bool {
        let keys = self.keys.as_ref().and_then(|keys| keys.get("keys")).and_then(Value::as_array);
        keys.is_some_and(|keys| keys.iter().any(|key| key.get("kid").and_then(Value::as_str) == Some(key_id)))
    }

    /// What still serves at `now`.
    fn serving(&self, now: Timestamp) -> Result<Arc<Value>, Unavailable> {
        let keys = self.keys.as_ref().filter(|_| now < self.fetched_at.plus(MAX_STALE));
        keys.map(Arc::clone).ok_or(Unavailable::new("the keys that somebody else publishes could not be had just now"))
    }
}

/// The documents of every address that was asked.
pub(crate) struct KeySets {
    known: Cache<String, Arc<KeySet>>,
    /// What a document must have to be one.
    member: &'static str,
}

impl KeySets {
    /// For documents with this member: `keys` for JWK sets (RFC 7517 §5), `jwks_uri` for metadata (RFC 8414 §2).
    pub(crate) fn of(member: &'static str) -> Self {
        Self { known: Cache::new(CAPACITY), member }
    }

    /// The document at `url`. `key_id` is the one that somebody signed with, if they say: if it is not
    /// among them, the address may have it by now.
    ///
    /// # Errors
    /// If nothing that still serves is known and the address does not answer with such a document, or did not a moment ago. That
    /// says nothing about the signature.
    pub(crate) async fn find(
        &self,
        fetch: &dyn Fetch,
        url: &str,
        key_id: Option<&str>,
        now: Timestamp,
    ) -> Result<Arc<Value>, Unavailable> {
        // Of those who find nothing one asks, and the others wait for its answer, whatever it is.
        let first =
            async { Ok::<_, Unavailable>(Arc::new(self.ask(fetch, url, now).await.unwrap_or_else(|_| silent(now)))) };
        let known = self.known.get_or_insert_async(url, first).await?;
        if !known.is_wanting(key_id, now) || !known.may_be_asked(now) {
            return known.serving(now);
        }
        match self.ask(fetch, url, now).await {
            Ok(new) => {
                let new = Arc::new(new);
                self.known.insert(url.to_owned(), Arc::clone(&new));
                new.serving(now)
            }
            // Whether the key that somebody signed with is theirs nobody can tell now.
            Err(failure) if key_id.is_some_and(|key_id| !known.has(key_id)) => Err(failure),
            Err(failure) => known.serving(now).map_err(|_nothing_serves| failure),
        }
    }

    async fn ask(&self, fetch: &dyn Fetch, url: &str, now: Timestamp) -> Result<KeySet, Unavailable> {
        let away = |source| Unavailable::because("the keys that somebody else publishes cannot be had", source);
        let answer = fetch.fetch(FetchRequest { url, form: None }).await.map_err(away)?;
        let keys = serde_json::from_slice::<Value>(&answer.body).ok().filter(|keys| keys.get(self.member).is_some());
        let keys =
            keys.filter(|_| answer.status == 200).ok_or(Unavailable::new("there are no keys where they should be"))?;
        let kept = answer.max_age.unwrap_or(KEPT).clamp(KEPT_AT_LEAST, KEPT_AT_MOST);
        Ok(KeySet {
            keys: Some(Arc::new(keys)),
            fetched_at: now,
            fresh_until: now.plus(kept),
            asked_at: AtomicI64::new(now.as_millis()),
        })
    }
}

/// An address that gave nothing when it was asked for the first time.
fn silent(now: Timestamp) -> KeySet {
    KeySet { asked_at: AtomicI64::new(now.as_millis()), ..KeySet::default() }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use grantor_ports::{FetchFailure, Fetched, PortFuture};
    use grantor_testkit::contract::race;
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);
    const URL: &str = "https://rp.example/jwks";

    /// Somebody who publishes one key, or nothing, and counts who asks.
    struct Owner {
        key_id: Mutex<Option<&'static str>>,
        asked: AtomicI64,
    }

    impl Owner {
        fn publishing(key_id: &'static str) -> Self {
            Self { key_id: Mutex::new(Some(key_id)), asked: AtomicI64::new(0) }
        }

        fn publishes(&self, key_id: Option<&'static str>) {
            *self.key_id.lock().unwrap() = key_id;
        }

        fn asked(&self) -> i64 {
            self.asked.load(Ordering::SeqCst)
        }
    }

    impl Fetch for Owner {
        fn fetch<'a>(&'a self, request: FetchRequest<'a>) -> PortFuture<'a, Result<Fetched, FetchFailure>> {
            assert_eq!(request.url, URL);
            Box::pin(async {
                self.asked.fetch_add(1, Ordering::SeqCst);
                // Others come while it answers.
                tokio::task::yield_now().await;
                let key_id = *self.key_id.lock().unwrap();
                let key_id = key_id.ok_or(FetchFailure::new("nobody is there"))?;
                let body = json!({ "keys": [{ "kid": key_id }] }).to_string().into_bytes();
                Ok(Fetched { status: 200, max_age: Some(Duration::from_secs(300)), body })
            })
        }
    }

    async fn key(sets: &KeySets, owner: &Owner, wanted: Option<&str>, now: Timestamp) -> Option<String> {
        let keys = sets.find(owner, URL, wanted, now).await.ok()?;
        keys["keys"][0]["kid"].as_str().map(str::to_owned)
    }

    async fn keys_at_once(sets: &Arc<KeySets>, owner: &Arc<Owner>) -> Vec<Option<String>> {
        race(16, |_| {
            let (sets, owner) = (Arc::clone(sets), Arc::clone(owner));
            async move { key(&sets, &owner, Some("one"), NOW).await }
        })
        .await
    }

    #[tokio::test]
    async fn keys_are_fetched_once_and_again_when_they_are_old() {
        let (sets, owner) = (KeySets::of("keys"), Owner::publishing("one"));
        for now in [NOW, NOW.plus(Duration::from_secs(299))] {
            assert_eq!(key(&sets, &owner, Some("one"), now).await.as_deref(), Some("one"));
        }
        assert_eq!(owner.asked(), 1);
        owner.publishes(Some("two"));
        assert_eq!(key(&sets, &owner, None, NOW.plus(Duration::from_secs(300))).await.as_deref(), Some("two"));
        assert_eq!(owner.asked(), 2);
    }

    #[tokio::test]
    async fn an_unknown_key_has_the_owner_asked_but_not_all_the_time() {
        let (sets, owner) = (KeySets::of("keys"), Owner::publishing("one"));
        assert_eq!(key(&sets, &owner, Some("two"), NOW).await.as_deref(), Some("one"));
        owner.publishes(Some("two"));
        assert_eq!(key(&sets, &owner, Some("two"), NOW.plus(Duration::from_secs(9))).await.as_deref(), Some("one"));
        assert_eq!(owner.asked(), 1);
        assert_eq!(key(&sets, &owner, Some("two"), NOW.plus(Duration::from_secs(10))).await.as_deref(), Some("two"));
        for seconds in 11..20 {
            key(&sets, &owner, Some("made-up"), NOW.plus(Duration::from_secs(seconds))).await;
        }
        assert_eq!(owner.asked(), 2);
    }

    #[tokio::test]
    async fn while_the_owner_is_away_what_is_known_serves_for_a_day() {
        let (sets, owner) = (KeySets::of("keys"), Owner::publishing("one"));
        key(&sets, &owner, None, NOW).await;
        owner.publishes(None);
        assert_eq!(key(&sets, &owner, None, NOW.plus(Duration::from_secs(86_399))).await.as_deref(), Some("one"));
        assert_eq!(
            key(&sets, &owner, Some("two"), NOW.plus(Duration::from_secs(86_399))).await.as_deref(),
            Some("one")
        );
        let later = NOW.plus(Duration::from_secs(86_409));
        assert_eq!(key(&sets, &owner, Some("two"), later).await, None, "nobody can tell whether it is theirs");
        for seconds in [90_000, 90_001, 90_009, 90_011] {
            assert_eq!(key(&sets, &owner, None, NOW.plus(Duration::from_secs(seconds))).await, None, "{seconds}");
        }
        owner.publishes(Some("two"));
        assert_eq!(key(&sets, &owner, None, NOW.plus(Duration::from_secs(90_021))).await.as_deref(), Some("two"));
    }

    #[tokio::test]
    async fn an_address_that_never_answered_is_not_asked_all_the_time() {
        let (sets, owner) = (KeySets::of("keys"), Owner::publishing("one"));
        owner.publishes(None);
        let (sets, owner) = (Arc::new(sets), Arc::new(owner));
        assert!(keys_at_once(&sets, &owner).await.iter().all(Option::is_none));
        assert_eq!(owner.asked(), 1, "nor does anybody wait for more than one silence");
        owner.publishes(Some("one"));
        assert_eq!(key(&sets, &owner, Some("one"), NOW.plus(Duration::from_secs(9))).await, None);
        assert_eq!(key(&sets, &owner, Some("one"), NOW.plus(Duration::from_secs(10))).await.as_deref(), Some("one"));
    }

    #[tokio::test]
    async fn of_many_who_find_nothing_one_asks() {
        let (sets, owner) = (Arc::new(KeySets::of("keys")), Arc::new(Owner::publishing("one")));
        for found in keys_at_once(&sets, &owner).await {
            assert_eq!(found.as_deref(), Some("one"));
        }
        assert_eq!(owner.asked(), 1);
    }
}
