//! Changing the key-encryption secret: with the new one on the first line of the secrets file and the old one below it,
//! nothing must depend on the old one for ever.

use grantor_domain::time::Timestamp;
use grantor_ports::{KeyPurpose, KeyRecord};

use super::rotate::RotationPlan;
use super::{ATTEMPTS, KeyReport, Rotation, overtaken, report};
use crate::audit::Object;
use crate::failure::Outcome;
use crate::service::Service;

/// An older secret of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeededSecret {
    /// Its identifier.
    pub secret_id: u32,
    /// The keys that still need it; none: its line can be removed.
    pub keys: Vec<u32>,
    /// From when on they can be removed, so that it is needed no more.
    pub until: Option<Timestamp>,
}

/// What wrapping anew came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrapped {
    /// Random keys that are wrapped under the current secret now.
    pub wrapped: Vec<KeyReport>,
    /// Successors of derived keys, made from the current secret.
    pub made: Vec<KeyReport>,
    /// Keys that nothing can need any more, and that are gone.
    pub removed: Vec<KeyReport>,
    /// The identifier of the current secret.
    pub current: u32,
    /// The other secrets of the file.
    pub older: Vec<NeededSecret>,
}

impl Service {
    /// Wraps every random key under the current secret, makes successors of the derived keys whose newest comes from an
    /// older one, and removes keys that were retired so long ago that nothing they made can live, but for derived keys that
    /// leaked. Everything readable before is readable after, and nothing else. Done again, it does nothing but remove what
    /// has become old since.
    ///
    /// # Errors
    /// If storage is away, a key cannot be read, or others keep changing the ring.
    pub async fn rewrap_keys(&self) -> Outcome<Rewrapped> {
        let outcome = self.wrap_anew().await;
        self.audit_administration("keys.rewrap", Object::Keys(None), outcome)
    }

    async fn wrap_anew(&self) -> Outcome<Rewrapped> {
        for _attempt in 0..ATTEMPTS {
            let (seen, now) = (self.ports.keys.list().await?, self.now());
            let (ring, rewrapped) = self.plan_rewrapping(&seen, now).await?;
            if ring == seen || self.ports.keys.replace(&seen, &ring, now).await? {
                return Ok(rewrapped);
            }
        }
        Err(overtaken())
    }

    async fn plan_rewrapping(&self, seen: &[KeyRecord], now: Timestamp) -> Outcome<(Vec<KeyRecord>, Rewrapped)> {
        let secrets = self.ports.key_ring.secret_ids();
        let (current, older) = match secrets.as_slice() {
            [current, older @ ..] => (*current, older),
            [] => (0, [].as_slice()),
        };
        // Those that leaked stay: this file may have lost their secret, but a replica that has it would derive them anew.
        let is_over = |key: &KeyRecord| {
            !key.is_refused()
                && key.purpose.rotates()
                && self.unneeded_from(key).is_some_and(|unneeded_from| unneeded_from <= now)
        };
        let (gone, kept): (Vec<_>, Vec<_>) = seen.iter().cloned().partition(is_over);
        let outdated = [KeyPurpose::RefreshMac, KeyPurpose::Seal].into_iter().filter(|purpose| {
            kept.iter().any(|key| key.purpose == *purpose && key.retires_at.is_none() && key.secret_id != current)
        });
        let outdated: Vec<KeyPurpose> = outdated.collect();
        let RotationPlan { new, retire } = match outdated.as_slice() {
            [] => RotationPlan::default(),
            // Numbers go on from all that were ever seen: none may come back for another key.
            purposes => self.plan_rotation(seen, purposes, Rotation::Published).await?,
        };
        let mut ring = Vec::new();
        let mut wrapped = Vec::new();
        for mut key in kept {
            if !key.purpose.is_derived() && key.secret_id != current {
                key = self.ports.key_ring.rewrap(&key)?;
                wrapped.push(report(&key));
            }
            if let Some((_, at)) = retire.iter().find(|(number, _)| *number == key.number) {
                key.retires_at = Some(*at);
            }
            ring.push(key);
        }
        let made = new.iter().map(report).collect();
        ring.extend(new);
        let older = older.iter().map(|secret| self.need_of(*secret, &ring)).collect();
        Ok((ring, Rewrapped { wrapped, made, removed: gone.iter().map(report).collect(), current, older }))
    }

    fn need_of(&self, secret_id: u32, ring: &[KeyRecord]) -> NeededSecret {
        let needing: Vec<_> = ring.iter().filter(|key| key.secret_id == secret_id && !key.is_refused()).collect();
        NeededSecret {
            secret_id,
            keys: needing.iter().map(|key| key.number).collect(),
            until: needing.iter().filter_map(|key| self.unneeded_from(key)).max(),
        }
    }
}
