//! Looking for a signing key that a token names and this replica does not know: another replica may have made it a
//! moment ago, so the token fails only after a reading of the key ring that began when the token was there already.
//!
//! Whoever invents key ids gets few statements for them: an id that storage does not know is remembered for a second,
//! and all who wait at the same time share a reading. Nobody waits for somebody else's reading under a lock: whoever
//! hangs up in the middle of theirs delays the others by [`LOOKS_APART`] at most.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use grantor_domain::jwt::JoseHeader;
use grantor_domain::secret::sha256;
use grantor_domain::time::Timestamp;
use grantor_ports::{NotOurs, Unavailable, VerifiedJwt};
use quick_cache::sync::Cache;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::failure::Outcome;
use crate::service::Service;

/// How long it is remembered that storage does not know a key id.
const UNKNOWN_FOR: Duration = Duration::from_secs(1);

/// How many such ids are remembered.
const REMEMBERED: usize = 1024;

/// How soon the next reading for an unknown key may begin.
const LOOKS_APART: Duration = Duration::from_millis(100);

/// A reading of the key ring that has ended. They are numbered as they begin.
#[derive(Clone, Copy, Default)]
struct Ended {
    reading: u64,
    succeeded: bool,
}

/// What this replica knows about keys that it does not know.
pub(crate) struct UnknownKeys {
    /// The reading that began last among those that have ended.
    ended: watch::Sender<Ended>,
    last_look: Mutex<Option<Instant>>,
    /// When storage was asked, by the digest of the id: ids are as long as whoever invents them likes.
    asked_at: Cache<[u8; 32], Timestamp>,
}

impl UnknownKeys {
    pub(crate) fn new() -> Self {
        Self {
            ended: watch::Sender::new(Ended::default()),
            last_look: Mutex::new(None),
            asked_at: Cache::new(REMEMBERED),
        }
    }

    /// Tells those who wait that a reading has ended.
    pub(crate) fn reading_ended(&self, reading: u64, succeeded: bool) {
        self.ended.send_if_modified(|last| {
            let is_later = reading > last.reading;
            if is_later {
                *last = Ended { reading, succeeded };
            }
            is_later
        });
    }

    /// Whether a reading may begin now; if not, in how long.
    fn begin_look(&self) -> Result<(), Duration> {
        let mut last = self.last_look.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = last.map_or(Duration::ZERO, |last| LOOKS_APART.saturating_sub(last.elapsed()));
        if !pause.is_zero() {
            return Err(pause);
        }
        *last = Some(Instant::now());
        Ok(())
    }
}

impl Service {
    /// Verifies a JWT whose key this replica did not know, by the keys that storage has now.
    pub(crate) async fn verify_by_new_key(&self, jwt: &str) -> Outcome<Result<VerifiedJwt, NotOurs>> {
        let key_id = JoseHeader::peek(jwt).and_then(|header| header.key_id).unwrap_or_default();
        let (digest, now) = (sha256(key_id.as_bytes()), self.now());
        let unknown = &self.unknown_keys;
        if unknown.asked_at.get(&digest).is_some_and(|asked_at| now < asked_at.plus(UNKNOWN_FOR)) {
            return Ok(Err(NotOurs::UnknownKey));
        }
        self.keys_as_of_now().await?;
        let verified = self.ports.signer.verify(jwt, self.now());
        if verified == Err(NotOurs::UnknownKey) {
            unknown.asked_at.insert(digest, now);
        }
        Ok(verified)
    }

    /// Comes back when a reading of the key ring that began after this call has ended.
    async fn keys_as_of_now(&self) -> Outcome<()> {
        let needed = self.key_follower.next_reading();
        let mut ended = self.unknown_keys.ended.subscribe();
        loop {
            let Err(pause) = self.unknown_keys.begin_look() else { return self.reload_keys().await };
            let waited = timeout(pause, ended.wait_for(|ended| ended.reading >= needed)).await;
            match waited.map(|ended| ended.map(|ended| ended.succeeded)) {
                Ok(Ok(true)) => return Ok(()),
                Ok(_) => return Err(Unavailable::new("the key ring could not be read").into()),
                Err(_elapsed) => {}
            }
        }
    }
}
