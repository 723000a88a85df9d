//! A client in a file: what it must be, and what storage keeps of it. The commands that make and change one client go
//! through here too.

use grantor_domain::client::{Client, ClientSettings, MIN_HS256_BYTES, StoredSecret};
use grantor_domain::secret::Secret;
use grantor_ports::{ClientRecord, ClientSecrets, SecretUse};
use serde::Deserialize;

use super::{InvalidEntry, read_secret};
use crate::failure::Outcome;

/// A client in the file.
#[derive(Clone, Debug, Deserialize)]
pub struct ClientEntry {
    /// Its secret; read, never written anywhere.
    #[serde(default, deserialize_with = "read_secret")]
    pub client_secret: Option<Secret>,
    /// Everything else.
    #[serde(flatten)]
    pub settings: ClientSettings,
}

impl ClientEntry {
    /// How the client uses its secret, if its settings and the secret that it is given pass.
    pub(in crate::admin) fn check(&self) -> Result<SecretUse, InvalidEntry> {
        let id = || self.settings.client_id.to_string();
        self.settings.refuse_unknown_keys().map_err(|error| InvalidEntry::Settings(id(), error))?;
        let client = Client::try_from(self.settings.clone()).map_err(|error| InvalidEntry::Settings(id(), error))?;
        let usage = if client.signs_with_secret() { SecretUse::Signs } else { SecretUse::Compared };
        let Some(secret) = &self.client_secret else { return Ok(usage) };
        match secret.expose().len() {
            _ if !self.settings.uses_secret() => Err(InvalidEntry::SecretUnused(id())),
            0 => Err(InvalidEntry::SecretEmpty(id())),
            1..MIN_HS256_BYTES if usage == SecretUse::Signs => Err(InvalidEntry::SecretTooShort(id())),
            _ => Ok(usage),
        }
    }

    /// What storage keeps of a new client.
    ///
    /// # Errors
    /// An invalid entry, or a failure to protect its secret.
    pub fn to_record(&self, secrets: &dyn ClientSecrets) -> Outcome<Result<ClientRecord, InvalidEntry>> {
        self.to_record_replacing(Vec::new(), secrets)
    }

    /// What storage keeps of a client that it has: the entry's secret in place of all, unless it is one of them.
    pub(super) fn to_record_beside(
        &self,
        stored: &[StoredSecret],
        secrets: &dyn ClientSecrets,
    ) -> Outcome<Result<ClientRecord, InvalidEntry>> {
        let usage = match self.check() {
            Ok(usage) => usage,
            Err(invalid) => return Ok(Err(invalid)),
        };
        let serving: Vec<_> = stored.iter().filter(|secret| serves(secret, usage)).cloned().collect();
        // One that cannot be read is as good as another: the file's takes its place.
        let replacement =
            self.client_secret.clone().filter(|secret| !secrets.matches(&serving, secret).unwrap_or(false));
        let entry = Self { client_secret: replacement, settings: self.settings.clone() };
        entry.to_record_replacing(stored.to_vec(), secrets)
    }

    /// What storage keeps of a client that has these secrets: the entry's in place of all, or else those. A client that
    /// authenticates without one keeps none: it would be good again when the client is set back.
    pub(in crate::admin) fn to_record_replacing(
        &self,
        stored: Vec<StoredSecret>,
        secrets: &dyn ClientSecrets,
    ) -> Outcome<Result<ClientRecord, InvalidEntry>> {
        let usage = match self.check() {
            Ok(usage) => usage,
            Err(invalid) => return Ok(Err(invalid)),
        };
        let settings = self.settings.clone();
        if !settings.uses_secret() {
            return Ok(Ok(ClientRecord { settings, secrets: Vec::new() }));
        }
        let kept = match &self.client_secret {
            Some(secret) => vec![secrets.protect(secret, usage)?],
            None => stored,
        };
        Ok(if kept.iter().any(|secret| serves(secret, usage)) {
            Ok(ClientRecord { settings, secrets: kept })
        } else {
            Err(InvalidEntry::SecretMissing(settings.client_id.to_string()))
        })
    }
}

/// Whether a secret is kept in a form that serves its use.
pub(in crate::admin) fn serves(secret: &StoredSecret, usage: SecretUse) -> bool {
    usage == SecretUse::Compared || matches!(secret, StoredSecret::Sealed { .. })
}
