//! Rotation: successors are made, and their predecessors retire once nothing they made can live.

use std::time::Duration;

use grantor_domain::client::Client;
use grantor_domain::time::Timestamp;
use grantor_ports::{KeyPurpose, KeyRecord};

use super::{ATTEMPTS, KeyReport, overtaken, report};
use crate::audit::Object;
use crate::failure::Outcome;
use crate::follow::POLL_INTERVAL;
use crate::service::Service;

/// How fast a new key takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// At once: whoever cached the JWK set cannot verify new tokens until they fetch it again.
    Now,
    /// Once every cached JWK set has it.
    Published,
}

/// What a rotation adds, and when what it succeeds retires.
#[derive(Default)]
pub(super) struct RotationPlan {
    pub(super) new: Vec<KeyRecord>,
    pub(super) retire: Vec<(u32, Timestamp)>,
}

impl Service {
    /// Makes a successor for each key of these purposes, or for everything that rotates if none is given: signing,
    /// sealing and refresh-token keys. Those of client secrets stay, because stored secrets are bound to them, and the salt
    /// stays for ever.
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
            let RotationPlan { new, retire } = self.plan_rotation(&records, purposes, rotation).await?;
            if self.ports.keys.rotate(&new, &retire, self.now()).await? {
                return Ok(new.iter().map(report).collect());
            }
        }
        Err(overtaken())
    }

    pub(super) async fn plan_rotation(
        &self,
        records: &[KeyRecord],
        purposes: &[KeyPurpose],
        rotation: Rotation,
    ) -> Outcome<RotationPlan> {
        let now = self.now();
        let activates_at = match rotation {
            Rotation::Now => now,
            Rotation::Published => now.plus(self.settings.jwks_max_age).plus(2 * POLL_INTERVAL),
        };
        // Cut to whole seconds nowhere: `exp` rounds down, so a token never outlives this.
        let (last_use, longest) = (self.last_use(activates_at), self.longest_token_life().await?);
        let retirement = |key: &KeyRecord| match key.purpose {
            // A key that still waits to be activated never is: it would push its own successor aside.
            _ if key.activates_at > activates_at => now,
            // An ID token outlives its `exp`: it says who shall be signed out as long as its session lasts (RP-Initiated
            // Logout §2).
            KeyPurpose::Sign(_) => last_use.plus(longest.max(self.settings.lifetimes.session)),
            _ => last_use.plus(longest),
        };
        let rotates = |purpose: KeyPurpose| match purposes {
            [] => purpose.rotates(),
            chosen => chosen.contains(&purpose) && purpose != KeyPurpose::PairwiseSalt,
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
        Ok(RotationPlan { new, retire: current.iter().map(|key| (key.number, retirement(key))).collect() })
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
