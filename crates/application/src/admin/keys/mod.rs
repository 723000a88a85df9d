//! The key ring: listed, rotated, wrapped anew and, where a key leaked, retired at once; all without a restart.

mod retire;
mod rewrap;
mod rotate;

use std::time::Duration;

use grantor_domain::time::Timestamp;
use grantor_ports::{CryptoFailure, KeyPurpose, KeyRecord};
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::service::Service;

pub use retire::{NotRetired, Retirement};
pub use rewrap::{NeededSecret, Rewrapped};
pub use rotate::Rotation;

/// How often a change that met another one is tried again.
const ATTEMPTS: usize = 5;

/// A key as an operator sees it: nothing secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyReport {
    /// Its number.
    pub number: u32,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// Which key-encryption secret it is derived from or wrapped under.
    pub secret_id: u32,
    /// `kid`, if it is public.
    pub key_id: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is used.
    pub activates_at: Timestamp,
    /// When it stops being accepted.
    pub retires_at: Option<Timestamp>,
}

impl Service {
    /// Every key, by number.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn list_keys(&self) -> Outcome<Vec<KeyReport>> {
        Ok(self.ports.keys.list().await?.iter().map(report).collect())
    }

    /// When the key in use until `activates_at` has really been used for the last time: a replica that is cut off from
    /// storage goes on signing with the keys it has while its cache serves.
    fn last_use(&self, activates_at: Timestamp) -> Timestamp {
        activates_at.plus(self.settings.cache_max_stale).plus(2 * crate::follow::POLL_INTERVAL)
    }

    /// When nothing that a derived key made can live any more: whatever it made may live as long as the longest grant.
    fn unneeded_from(&self, key: &KeyRecord) -> Option<Timestamp> {
        /// For clocks that differ, and whoever counts in days.
        const MARGIN: Duration = Duration::from_secs(24 * 3600);
        let retires_at = key.retires_at?;
        // One that was set aside before its time may have been used at its time, by a replica that did not hear of it.
        let last_use = self.last_use(retires_at.max(key.activates_at));
        Some(last_use.plus(self.settings.lifetimes.grant_max).plus(MARGIN))
    }
}

fn overtaken() -> Failure {
    Failure::Defect(CryptoFailure::new("others keep changing the key ring; try again"))
}

fn report(record: &KeyRecord) -> KeyReport {
    let jwk: Option<Value> = serde_json::from_str(&record.public_jwk).ok();
    KeyReport {
        number: record.number,
        purpose: record.purpose,
        secret_id: record.secret_id,
        key_id: jwk.as_ref().and_then(|jwk| jwk.get("kid")).and_then(Value::as_str).map(str::to_owned),
        created_at: record.created_at,
        activates_at: record.activates_at,
        retires_at: record.retires_at,
    }
}
