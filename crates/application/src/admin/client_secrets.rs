//! A client's secret changed without a moment in which it has none: the new one is good at once, and the one before it
//! until it is removed. At most two are live.

use grantor_domain::client::{ClientId, StoredSecret};
use grantor_domain::secret::Secret;
use grantor_ports::ClientRecord;

use super::apply::serves;
use super::client_changes::ATTEMPTS;
use super::clients::ClientProblem;
use crate::failure::Outcome;
use crate::service::Service;

/// One step of changing a secret. A new one is made where none is given.
#[derive(Clone, Debug)]
pub enum SecretRotation {
    /// A new secret beside the one before it.
    Add(Option<Secret>),
    /// The older secret ends.
    Finish,
    /// A new secret, and every other ends.
    Replace(Option<Secret>),
}

/// A client whose secret was rotated.
#[derive(Clone, Debug)]
pub struct RotatedSecret {
    /// How many secrets are live now.
    pub live: usize,
    /// How many ended.
    pub ended: usize,
    /// The new secret, if one was made: this is the only time it can be told.
    pub generated: Option<Secret>,
}

impl Service {
    /// Takes one step, decided anew if somebody else changes the client at the same moment.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn rotate_client_secret(
        &self,
        id: &ClientId,
        rotation: &SecretRotation,
    ) -> Outcome<Result<RotatedSecret, ClientProblem>> {
        let outcome = self.change_secrets(id, rotation).await;
        self.audit_administration("client.rotate_secret", id, outcome)
    }

    async fn change_secrets(
        &self,
        id: &ClientId,
        rotation: &SecretRotation,
    ) -> Outcome<Result<RotatedSecret, ClientProblem>> {
        let generated = match rotation {
            SecretRotation::Add(None) | SecretRotation::Replace(None) => Some(self.new_client_secret()),
            SecretRotation::Add(Some(_)) | SecretRotation::Finish | SecretRotation::Replace(Some(_)) => None,
        };
        for _attempt in 0..ATTEMPTS {
            let Some(stored) = self.ports.clients.find(id).await? else {
                return Ok(Err(ClientProblem::Unknown(id.clone())));
            };
            let secrets = match self.rotated(&stored, rotation, generated.as_ref())? {
                Ok(secrets) => secrets,
                Err(problem) => return Ok(Err(problem)),
            };
            let record = ClientRecord { settings: stored.settings.clone(), secrets };
            if record == stored || self.ports.clients.replace(&stored, &record, self.now()).await? {
                let kept = stored.secrets.iter().filter(|secret| record.secrets.contains(secret)).count();
                return Ok(Ok(RotatedSecret {
                    live: record.secrets.len(),
                    ended: stored.secrets.len() - kept,
                    generated,
                }));
            }
        }
        Ok(Err(ClientProblem::Busy(id.clone())))
    }

    /// The secrets that the client has after the step.
    fn rotated(
        &self,
        stored: &ClientRecord,
        rotation: &SecretRotation,
        generated: Option<&Secret>,
    ) -> Outcome<Result<Vec<StoredSecret>, ClientProblem>> {
        let id = &stored.settings.client_id;
        if !stored.settings.uses_secret() {
            return Ok(Err(ClientProblem::NoSecretUsed(id.clone())));
        }
        let new = match rotation {
            SecretRotation::Add(given) | SecretRotation::Replace(given) => given.as_ref().or(generated),
            SecretRotation::Finish => None,
        };
        let usage = match self.check_settings(Some(stored), &stored.settings, new) {
            Ok(usage) => usage,
            Err(problem) => return Ok(Err(problem)),
        };
        let mut secrets = stored.secrets.clone();
        let Some(new) = new else {
            secrets.truncate(1);
            let serve = secrets.iter().all(|secret| serves(secret, usage));
            return Ok(if serve { Ok(secrets) } else { Err(ClientProblem::SecretNeeded(id.clone())) });
        };
        if self.ports.client_secrets.matches(&stored.secrets, new).unwrap_or(false) {
            return Ok(Err(ClientProblem::SecretKnown(id.clone())));
        }
        match rotation {
            SecretRotation::Replace(_) => secrets.clear(),
            _ if secrets.len() > 1 => return Ok(Err(ClientProblem::TwoSecrets(id.clone()))),
            _ => {}
        }
        secrets.insert(0, self.ports.client_secrets.protect(new, usage)?);
        Ok(Ok(secrets))
    }
}
