//! The key ring: listed and rotated, without a restart.

use std::time::Duration;

use grantor_domain::client::Client;
use grantor_domain::time::Timestamp;
use grantor_ports::{CryptoFailure, KeyPurpose, KeyRecord};
use serde_json::Value;

use crate::audit::Object;
use crate::failure::{Failure, Outcome};
use crate::follow::POLL_INTERVAL;
use crate::service::Service;

/// How often a rotation that met another one is tried again.
const ATTEMPTS: usize = 5;

/// A key as an operator sees it: nothing secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyReport {
    /// Its number.
    pub number: u32,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// `kid`, if it is public.
    pub key_id: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is used.
    pub activates_at: Timestamp,
    /// When it stops being accepted.
    pub retires_at: Option<Timestamp>,
}

/// How fast a new key takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// At once: whoever cached the JWK set cannot verify new tokens until they fetch it again.
    Now,
    /// Once every cached JWK set has it.
    Published,
}

impl Service {
    /// Every key, by number.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn list_keys(&self) -> Outcome<Vec<KeyReport>> {
        Ok(self.ports.keys.list().await?.iter().map(report).collect())
    }

    /// Makes a successor for each key of these purposes, or for everything that rotates if none is given: signing,
    /// sealing and refresh-token keys. Those of client secrets stay, because stored secrets are bound to them.
    ///
    /// # Errors
    /// If storage is away, a key cannot be made, or others keep rotating at the same moment.
    pub async fn rotate_keys(&self, purposes: &[KeyPurpose], rotation: Rotation) -> Outcome<Vec<KeyReport>> {
        let outcome = self.make_successors(purposes, rotation).await;
        let names: Vec<_> = purposes.iter().map(|purpose| purpose.as_str()).collect();
        let names = (!names.is_empty()).then(|| names.join(" "));
        self.audit_administration("keys.rotate", Object::Keys(names.as_deref()), outcome)
    }

    async fn make_successors(&self, purposes: &[KeyPurpose], rotation: Rotation) -> Outcome<Vec<KeyReport>> {
        for _attempt in 0..ATTEMPTS {
            let records = self.ports.keys.list().await?;
            let (new, retire) = self.plan_rotation(&records, purposes, rotation).await?;
            if self.ports.keys.rotate(&new, &retire, self.now()).await? {
                return Ok(new.iter().map(report).collect());
            }
        }
        Err(Failure::Defect(CryptoFailure::new("another rotation is going on; try again")))
    }

    async fn plan_rotation(
        &self,
        records: &[KeyRecord],
        purposes: &[KeyPurpose],
        rotation: Rotation,
    ) -> Outcome<(Vec<KeyRecord>, Vec<(u32, Timestamp)>)> {
        let now = self.now();
        let activates_at = match rotation {
            Rotation::Now => now,
            Rotation::Published => now.plus(self.settings.jwks_max_age).plus(2 * POLL_INTERVAL),
        };
        // A replica that is cut off from storage goes on signing with the keys it has while its cache serves. Cut to
        // whole seconds nowhere: `exp` rounds down, so a token never outlives this.
        let last_use = activates_at.plus(self.settings.cache_max_stale).plus(2 * POLL_INTERVAL);
        let retires_at = last_use.plus(self.longest_token_life().await?);
        // A key that still waits to be activated never is: it would push its own successor aside.
        let retirement = |key: &KeyRecord| if key.activates_at > activates_at { now } else { retires_at };
        let rotates = |purpose: KeyPurpose| match purposes {
            [] => purpose.is_derived() || matches!(purpose, KeyPurpose::Sign(_)),
            chosen => chosen.contains(&purpose),
        };
        let current: Vec<_> = records.iter().filter(|key| key.retires_at.is_none() && rotates(key.purpose)).collect();
        let mut successors: Vec<KeyPurpose> = current.iter().map(|key| key.purpose).collect();
        successors.sort_unstable();
        successors.dedup();
        let first = records.iter().map(|key| key.number).max().unwrap_or(0).saturating_add(1);
        let new = (first..)
            .zip(successors)
            .map(|(number, purpose)| self.ports.key_ring.make(purpose, number, now, activates_at))
            .collect::<Result<_, _>>()?;
        Ok((new, current.iter().map(|key| (key.number, retirement(key))).collect()))
    }

    /// How long anything that a key of ours made can live.
    async fn longest_token_life(&self) -> Outcome<Duration> {
        let lifetimes = &self.settings.lifetimes;
        let mut longest = lifetimes.access_token.max(lifetimes.id_token);
        for record in self.ports.clients.list().await? {
            if let Ok(client) = Client::try_from(record.settings) {
                longest = longest.max(lifetimes.access_token(&client));
            }
        }
        Ok(longest)
    }
}

fn report(record: &KeyRecord) -> KeyReport {
    let jwk: Option<Value> = serde_json::from_str(&record.public_jwk).ok();
    KeyReport {
        number: record.number,
        purpose: record.purpose,
        key_id: jwk.as_ref().and_then(|jwk| jwk.get("kid")).and_then(Value::as_str).map(str::to_owned),
        created_at: record.created_at,
        activates_at: record.activates_at,
        retires_at: record.retires_at,
    }
}
