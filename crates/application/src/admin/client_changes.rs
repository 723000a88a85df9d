//! Clients made, changed and deleted one by one. What passes is what passes in a file: the checks are the same.

use grantor_domain::client::{ClientId, ClientSettings, StoredSecret};
use grantor_domain::secret::Secret;
use grantor_ports::{ClientRecord, SecretUse};

use super::apply::{ClientEntry, InvalidEntry, serves};
use super::clients::{ClientProblem, ClientReport, report};
use super::key_changes::{FieldChange, KeyChanges, differences, object_of};
use crate::failure::{Failure, Outcome};
use crate::service::Service;

/// How often a change is decided anew after somebody else was faster.
pub(super) const ATTEMPTS: usize = 5;

/// A client to be made.
#[derive(Clone, Debug, Default)]
pub struct NewClient {
    /// Its id; a random one if none is given.
    pub id: Option<ClientId>,
    /// Its settings, where they differ from the defaults.
    pub changes: KeyChanges,
    /// Its secret; one that uses a secret and is given none gets a new one.
    pub secret: Option<Secret>,
}

/// A client that was made.
#[derive(Clone, Debug)]
pub struct CreatedClient {
    /// As it is now.
    pub client: ClientReport,
    /// Its new secret, if one was made: this is the only time it can be told.
    pub generated: Option<Secret>,
}

/// A client that was changed, or was as wanted.
#[derive(Clone, Debug)]
pub struct UpdatedClient {
    /// As it is now.
    pub client: ClientReport,
    /// What is different.
    pub fields: Vec<FieldChange>,
    /// What became of its secrets.
    pub secrets: SecretsChange,
}

/// What became of a client's secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretsChange {
    /// They are as they were.
    Kept,
    /// It authenticates without one now.
    Removed,
    /// The given one is the only one now.
    Replaced,
}

impl Service {
    /// Makes a client, known to every replica at once.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn create_client(&self, new: &NewClient) -> Outcome<Result<CreatedClient, ClientProblem>> {
        let id = new.id.clone().unwrap_or_else(|| ClientId::generate(self.ports.random.array()));
        let outcome = self.insert_client(&id, new).await;
        self.audit_administration("client.create", &id, outcome)
    }

    async fn insert_client(&self, id: &ClientId, new: &NewClient) -> Outcome<Result<CreatedClient, ClientProblem>> {
        if !new.changes.sets("grant_types") {
            return Ok(Err(ClientProblem::GrantTypesMissing));
        }
        let blank = serde_json::json!({ "client_id": id, "grant_types": [] });
        let settings = match new.changes.settings(&serde_json::from_value(blank)?) {
            Ok(settings) => settings,
            Err(invalid) => return Ok(Err(ClientProblem::Change(invalid))),
        };
        let generated = (settings.uses_secret() && new.secret.is_none()).then(|| self.new_client_secret());
        let secret = new.secret.as_ref().or(generated.as_ref());
        let record = match self.changed_record(None, &settings, secret)? {
            Ok(record) => record,
            Err(problem) => return Ok(Err(problem)),
        };
        if let Err(problem) = self.check_sector(None, &settings).await {
            return Ok(Err(ClientProblem::Invalid(InvalidEntry::Sector(id.to_string(), problem))));
        }
        self.ensure_salt_for(&settings).await?;
        if !self.ports.clients.insert(&record, self.now()).await? {
            return Ok(Err(ClientProblem::IdTaken(id.clone())));
        }
        Ok(Ok(CreatedClient { client: report(record)?, generated }))
    }

    /// Changes a client, decided anew if somebody else changes it at the same moment. A secret that is given becomes its
    /// only one, unless it is that already.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn update_client(
        &self,
        id: &ClientId,
        changes: &KeyChanges,
        secret: Option<&Secret>,
    ) -> Outcome<Result<UpdatedClient, ClientProblem>> {
        let outcome = self.change_client(id, changes, secret).await;
        self.audit_administration("client.update", id, outcome)
    }

    async fn change_client(
        &self,
        id: &ClientId,
        changes: &KeyChanges,
        secret: Option<&Secret>,
    ) -> Outcome<Result<UpdatedClient, ClientProblem>> {
        for _attempt in 0..ATTEMPTS {
            let Some(stored) = self.ports.clients.find(id).await? else {
                return Ok(Err(ClientProblem::Unknown(id.clone())));
            };
            let settings = match changes.settings(&stored.settings) {
                Ok(settings) => settings,
                Err(invalid) => return Ok(Err(ClientProblem::Change(invalid))),
            };
            let record = match self.changed_record(Some(&stored), &settings, secret)? {
                Ok(record) => record,
                Err(problem) => return Ok(Err(problem)),
            };
            if let Err(problem) = self.check_sector(Some(&stored.settings), &settings).await {
                return Ok(Err(ClientProblem::Invalid(InvalidEntry::Sector(id.to_string(), problem))));
            }
            self.ensure_salt_for(&settings).await?;
            if record == stored || self.ports.clients.replace(&stored, &record, self.now()).await? {
                return Ok(Ok(updated(&stored, record)?));
            }
        }
        Ok(Err(ClientProblem::Busy(id.clone())))
    }

    /// Deletes a client: it authenticates no more, its grants end, and what people consented to is forgotten. Says how
    /// many grants ended.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn delete_client(&self, id: &ClientId) -> Outcome<Result<u64, ClientProblem>> {
        let deleted = self.ports.clients.delete(id, self.now()).await;
        let outcome = deleted.map(|deleted| deleted.ok_or_else(|| ClientProblem::Unknown(id.clone())));
        self.audit_administration("client.delete", id, outcome.map_err(Failure::from))
    }

    pub(crate) fn new_client_secret(&self) -> Secret {
        Secret::generate(&self.ports.random.array())
    }

    /// What storage is to keep of a client whose settings become these, if they pass. A given secret that it has already,
    /// as its only one and in the right form, changes nothing.
    pub(crate) fn changed_record(
        &self,
        stored: Option<&ClientRecord>,
        settings: &ClientSettings,
        secret: Option<&Secret>,
    ) -> Outcome<Result<ClientRecord, ClientProblem>> {
        let usage = match self.check_settings(stored, settings, secret) {
            Ok(usage) => usage,
            Err(problem) => return Ok(Err(problem)),
        };
        let kept = stored.map(|stored| stored.secrets.clone()).unwrap_or_default();
        let replacement = secret.filter(|secret| !self.is_only_secret(&kept, usage, secret));
        let entry = ClientEntry { client_secret: replacement.cloned(), settings: known_only(stored, settings) };
        let record = entry.to_record_replacing(kept, &*self.ports.client_secrets)?;
        let whole = |record| ClientRecord { settings: settings.clone(), ..record };
        Ok(record.map(whole).map_err(|invalid| problem(&settings.client_id, invalid)))
    }

    /// How a client of these settings uses its secret, if they and a new secret pass.
    pub(super) fn check_settings(
        &self,
        stored: Option<&ClientRecord>,
        settings: &ClientSettings,
        secret: Option<&Secret>,
    ) -> Result<SecretUse, ClientProblem> {
        let entry = ClientEntry { client_secret: secret.cloned(), settings: known_only(stored, settings) };
        let usage = entry.check().map_err(|invalid| problem(&settings.client_id, invalid))?;
        self.check_algorithms(&entry).map_err(ClientProblem::Invalid)?;
        Ok(usage)
    }

    /// Whether this is the client's only secret, in a form that serves its use. One that cannot be read is as good as
    /// another.
    fn is_only_secret(&self, kept: &[StoredSecret], usage: SecretUse, secret: &Secret) -> bool {
        kept.len() == 1
            && kept.iter().all(|kept| serves(kept, usage))
            && self.ports.client_secrets.matches(kept, secret).unwrap_or(false)
    }
}

/// What is wrong with an entry, in the words of these commands.
fn problem(id: &ClientId, invalid: InvalidEntry) -> ClientProblem {
    match invalid {
        InvalidEntry::SecretMissing(_) => ClientProblem::SecretNeeded(id.clone()),
        InvalidEntry::SecretUnused(_) => ClientProblem::NoSecretUsed(id.clone()),
        invalid => ClientProblem::Invalid(invalid),
    }
}

/// The settings without what only a newer version knows: that was accepted once, and stays as it is.
fn known_only(stored: Option<&ClientRecord>, settings: &ClientSettings) -> ClientSettings {
    let mut settings = settings.clone();
    if let Some(stored) = stored {
        settings.unknown.retain(|key, _| !stored.settings.unknown.contains_key(key));
    }
    settings
}

fn updated(stored: &ClientRecord, record: ClientRecord) -> Outcome<UpdatedClient> {
    let fields = differences(&object_of(&stored.settings), &object_of(&record.settings));
    let secrets = if record.secrets == stored.secrets {
        SecretsChange::Kept
    } else if record.secrets.is_empty() {
        SecretsChange::Removed
    } else {
        SecretsChange::Replaced
    };
    Ok(UpdatedClient { client: report(record)?, fields, secrets })
}
