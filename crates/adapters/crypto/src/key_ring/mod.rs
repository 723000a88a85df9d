//! The key ring: which key makes what is new, and which may read what is there.
//!
//! The ring is read from storage as records and made ready once; what is ready is replaced as a whole when storage
//! changes, so nobody ever holds a lock while signing, and every operation sees one ring from beginning to end.

mod error;
mod keys;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use grantor_domain::time::Timestamp;
use grantor_ports::{CryptoFailure, KeyPurpose, KeyRecord, Random};

pub use error::KeyRingError;
use keys::unwrap;
pub(crate) use keys::{ReadyKeys, RingKey, Sequence};

use crate::encryption_secrets::EncryptionSecrets;
use crate::new_key::{NewKey, wrapping_context};

/// The ring. Signs and verifies (`Signer`), seals and opens (`Sealer`), and keeps clients' secrets (`ClientSecrets`).
pub struct KeyRing {
    secrets: EncryptionSecrets,
    random: Arc<dyn Random>,
    ready: RwLock<Arc<ReadyKeys>>,
}

impl KeyRing {
    /// A ring of these records.
    ///
    /// # Errors
    /// If a purpose other than signing has no key, or a record cannot be used; see [`KeyRingError`].
    pub fn new(
        secrets: EncryptionSecrets,
        records: Vec<KeyRecord>,
        random: Arc<dyn Random>,
    ) -> Result<Self, KeyRingError> {
        let ready = ReadyKeys::prepare(&secrets, records, &*random, None)?;
        Ok(Self { secrets, random, ready: RwLock::new(Arc::new(ready)) })
    }

    /// The key-encryption secrets that the ring reads with.
    #[must_use]
    pub fn secrets(&self) -> &EncryptionSecrets {
        &self.secrets
    }

    /// The keys as they are at this moment. The lock is never held for longer than a swap, and what it guards is always
    /// whole, so a thread that panicked while holding it spoiled nothing.
    pub(crate) fn ready(&self) -> Arc<ReadyKeys> {
        Arc::clone(&self.ready.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where nonces come from.
    pub(crate) fn random(&self) -> &dyn Random {
        &*self.random
    }
}

impl grantor_ports::KeyRing for KeyRing {
    fn replace(&self, records: &[KeyRecord]) -> Result<(), CryptoFailure> {
        let ready = ReadyKeys::prepare(&self.secrets, records.to_vec(), &*self.random, Some(&self.ready()))
            .map_err(|error| CryptoFailure::because("the key ring cannot be read", error))?;
        *self.ready.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ready);
        Ok(())
    }

    fn make(
        &self,
        purpose: KeyPurpose,
        number: u32,
        now: Timestamp,
        activates_at: Timestamp,
    ) -> Result<KeyRecord, CryptoFailure> {
        NewKey { number, purpose, created_at: now, activates_at }.make(&self.secrets, &*self.random)
    }

    fn in_use(&self, now: Timestamp) -> Vec<(KeyPurpose, Timestamp)> {
        self.ready().in_use_at(now)
    }

    fn secret_ids(&self) -> Vec<u32> {
        self.secrets.ids()
    }

    fn rewrap(&self, record: &KeyRecord) -> Result<KeyRecord, CryptoFailure> {
        if record.purpose.is_derived() {
            return Err(CryptoFailure::new("a derived key is not wrapped"));
        }
        let key = unwrap(&self.secrets, record)
            .map_err(|error| CryptoFailure::because("a key cannot be wrapped anew", error))?;
        let current = self.secrets.current();
        let wrapped = current.wrapping.seal(&wrapping_context(record.purpose, record.number), &key, &*self.random)?;
        Ok(KeyRecord { secret_id: current.id, wrapped, ..record.clone() })
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").field("secrets", &self.secrets).field("keys", &self.ready().numbers()).finish()
    }
}
