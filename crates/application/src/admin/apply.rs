//! Clients and users from a file: applied twice, the second time changes nothing.

use std::collections::BTreeSet;
use std::fmt;

use grantor_domain::client::{Client, ClientSettings, InvalidClientSettings, MIN_HS256_BYTES, StoredSecret};
use grantor_domain::jwt::JwsAlgorithm;
use grantor_domain::secret::Secret;
use grantor_domain::time::Timestamp;
use grantor_domain::user::{StandardClaims, Subject, User, Username};
use grantor_ports::{ClientRecord, ClientSecrets, PasswordCheck, Passwords, SecretUse, UserCredentials};
use serde::Deserialize;

use crate::failure::Outcome;
use crate::service::Service;

/// The file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplyFile {
    /// Clients.
    #[serde(default)]
    pub clients: Vec<ClientEntry>,
    /// Users.
    #[serde(default)]
    pub users: Vec<UserEntry>,
}

/// A client in the file.
#[derive(Clone, Debug, Deserialize)]
pub struct ClientEntry {
    /// Its secret; read, never written anywhere.
    #[serde(default, deserialize_with = "secret")]
    pub client_secret: Option<Secret>,
    /// Everything else.
    #[serde(flatten)]
    pub settings: ClientSettings,
}

/// A user in the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserEntry {
    /// Their subject.
    pub subject: Subject,
    /// What they type.
    pub username: Username,
    /// Their password; read, never written anywhere.
    #[serde(default, deserialize_with = "secret")]
    pub password: Option<Secret>,
    /// What clients may learn.
    #[serde(default)]
    pub claims: StandardClaims,
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|text| text.map(Secret::new))
}

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A client.
    Client,
    /// A user.
    User,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Created,
    /// It was as the file says.
    Unchanged,
    /// It is now as the file says.
    Updated,
}

/// What became of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Client or user.
    pub kind: Kind,
    /// Its id or subject.
    pub name: String,
    /// What became of it.
    pub change: Change,
}

/// An entry that cannot be applied, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidEntry {
    /// It is in the file twice.
    Repeated(String),
    /// Its tokens are to be signed with an algorithm that the server has no key for.
    AlgorithmDisabled(String, JwsAlgorithm),
    /// Its name belongs to somebody else.
    NameTaken(String),
    /// Its secret must sign, but is not in the file, and storage has no more than a hash of it.
    SecretMissing(String),
    /// Its secret is too short to sign with.
    SecretTooShort(String),
    /// Its settings do not pass.
    Settings(String, InvalidClientSettings),
}

impl fmt::Display for InvalidEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlgorithmDisabled(id, algorithm) => {
                write!(f, "client {id:?}: the server has no {algorithm} key; add it to keys.algorithms and restart")
            }
            Self::Repeated(name) => write!(f, "{name:?} is in the file twice"),
            Self::NameTaken(name) => {
                write!(f, "{name:?} is taken: client ids, subjects and usernames must each be unique")
            }
            Self::SecretMissing(id) => {
                write!(f, "client {id:?}: a client that signs with its secret needs client_secret in the file")
            }
            Self::SecretTooShort(id) => {
                write!(f, "client {id:?}: a secret that signs (HS256) must have at least {MIN_HS256_BYTES} bytes")
            }
            Self::Settings(id, error) => write!(f, "client {id:?}: {error}"),
        }
    }
}

impl std::error::Error for InvalidEntry {}

impl ClientEntry {
    fn check(&self) -> Result<SecretUse, InvalidEntry> {
        let id = || self.settings.client_id.to_string();
        self.settings.refuse_unknown_keys().map_err(|error| InvalidEntry::Settings(id(), error))?;
        let client = Client::try_from(self.settings.clone()).map_err(|error| InvalidEntry::Settings(id(), error))?;
        let usage = if client.signs_with_secret() { SecretUse::Signs } else { SecretUse::Compared };
        let short = self.client_secret.as_ref().is_some_and(|secret| secret.expose().len() < MIN_HS256_BYTES);
        if usage == SecretUse::Signs && short { Err(InvalidEntry::SecretTooShort(id())) } else { Ok(usage) }
    }

    /// What storage keeps of a new client.
    ///
    /// # Errors
    /// An invalid entry, or a failure to protect its secret.
    pub fn to_record(&self, secrets: &dyn ClientSecrets) -> Outcome<Result<ClientRecord, InvalidEntry>> {
        self.to_record_over(Vec::new(), secrets)
    }

    /// The same, over the secrets that storage has, which an entry without a secret leaves as they are.
    fn to_record_over(
        &self,
        stored: Vec<StoredSecret>,
        secrets: &dyn ClientSecrets,
    ) -> Outcome<Result<ClientRecord, InvalidEntry>> {
        let usage = match self.check() {
            Ok(usage) => usage,
            Err(invalid) => return Ok(Err(invalid)),
        };
        let kept = match &self.client_secret {
            Some(secret) => vec![secrets.protect(secret, usage)?],
            None => stored,
        };
        let can_sign = kept.iter().any(|secret| matches!(secret, StoredSecret::Sealed { .. }));
        Ok(if usage == SecretUse::Signs && !can_sign {
            Err(InvalidEntry::SecretMissing(self.settings.client_id.to_string()))
        } else {
            Ok(ClientRecord { settings: self.settings.clone(), secrets: kept })
        })
    }
}

impl UserEntry {
    /// What storage keeps of a new user. Whoever signs in from now on counts.
    ///
    /// # Errors
    /// If the pool that hashes passwords cannot.
    pub async fn to_credentials(&self, passwords: &dyn Passwords, now: Timestamp) -> Outcome<UserCredentials> {
        let password = match &self.password {
            Some(password) => Some(passwords.hash(password.clone()).await?),
            None => None,
        };
        let user = User {
            subject: self.subject.clone(),
            username: self.username.clone(),
            claims: self.claims.clone(),
            disabled_at: None,
            not_before: now,
        };
        Ok(UserCredentials { user, password })
    }
}

/// A name that two entries share: one of them was copied and not renamed, and would silently replace the other.
fn repeated(file: &ApplyFile) -> Option<String> {
    let mut seen = BTreeSet::new();
    let clients = file.clients.iter().map(|entry| entry.settings.client_id.as_str());
    let names = clients.chain(file.users.iter().map(|entry| entry.subject.as_str()));
    names.into_iter().find(|name| !seen.insert(*name)).map(str::to_owned)
}

impl Service {
    /// Applies a file: every entry is checked before the first is written. What storage alone can tell (a name that is
    /// taken, a secret that is missing) is found on the way; applying the mended file again goes on from there.
    ///
    /// # Errors
    /// The first invalid entry, or an outage.
    pub async fn apply(&self, file: &ApplyFile) -> Outcome<Result<Vec<Applied>, InvalidEntry>> {
        for entry in &file.clients {
            if let Err(invalid) = entry.check().and_then(|_usage| self.check_algorithms(entry)) {
                return Ok(Err(invalid));
            }
        }
        if let Some(name) = repeated(file) {
            return Ok(Err(InvalidEntry::Repeated(name)));
        }
        let mut applied = Vec::new();
        for entry in &file.clients {
            let name = entry.settings.client_id.to_string();
            let outcome = self.apply_client(entry).await;
            match self.audit_administration("client.apply", &entry.settings.client_id, outcome)? {
                Ok(change) => applied.push(Applied { kind: Kind::Client, name, change }),
                Err(invalid) => return Ok(Err(invalid)),
            }
        }
        for entry in &file.users {
            let name = entry.subject.to_string();
            let outcome = self.apply_user(entry).await;
            match self.audit_administration("user.apply", &entry.subject, outcome)? {
                Ok(change) => applied.push(Applied { kind: Kind::User, name, change }),
                Err(invalid) => return Ok(Err(invalid)),
            }
        }
        Ok(Ok(applied))
    }

    fn check_algorithms(&self, entry: &ClientEntry) -> Result<(), InvalidEntry> {
        let settings = &entry.settings;
        let enabled = self.ports.signer.algorithms();
        let wanted = [settings.access_token_signed_response_alg, settings.id_token_signed_response_alg];
        let disabled = wanted.into_iter().find(|wanted| !wanted.is_symmetric() && !enabled.contains(wanted));
        disabled
            .map_or(Ok(()), |algorithm| Err(InvalidEntry::AlgorithmDisabled(settings.client_id.to_string(), algorithm)))
    }

    async fn apply_client(&self, entry: &ClientEntry) -> Outcome<Result<Change, InvalidEntry>> {
        let found = self.ports.clients.find(&entry.settings.client_id).await?;
        // One that cannot be read is as good as another: the file's takes its place.
        let secret_holds = |stored: &ClientRecord| {
            let holds = |secret| self.ports.client_secrets.matches(&stored.secrets, secret).unwrap_or(false);
            entry.client_secret.as_ref().is_none_or(holds)
        };
        let change = match &found {
            None => Change::Created,
            Some(stored) if stored.settings == entry.settings && secret_holds(stored) => {
                return Ok(Ok(Change::Unchanged));
            }
            Some(_) => Change::Updated,
        };
        let stored = found.map(|stored| stored.secrets).unwrap_or_default();
        let record = match entry.to_record_over(stored, &*self.ports.client_secrets)? {
            Ok(record) => record,
            Err(invalid) => return Ok(Err(invalid)),
        };
        let written = self.ports.clients.put(&record, self.now()).await?;
        Ok(if written { Ok(change) } else { Err(InvalidEntry::NameTaken(entry.settings.client_id.to_string())) })
    }

    async fn apply_user(&self, entry: &UserEntry) -> Outcome<Result<Change, InvalidEntry>> {
        let Some(found) = self.ports.users.by_subject(&entry.subject).await? else {
            let credentials = entry.to_credentials(&*self.ports.passwords, self.now()).await?;
            let written = self.ports.users.insert(&credentials).await?;
            return Ok(if written {
                Ok(Change::Created)
            } else {
                Err(InvalidEntry::NameTaken(entry.username.to_string()))
            });
        };
        if found.user.username != entry.username {
            return Ok(Err(InvalidEntry::NameTaken(entry.subject.to_string())));
        }
        let mut change = Change::Unchanged;
        if found.user.claims != entry.claims {
            self.ports.users.set_claims(&entry.subject, &entry.claims).await?;
            change = Change::Updated;
        }
        if let Some(password) = &entry.password {
            let check = self.ports.passwords.verify(found.password, password.clone()).await?;
            if check == PasswordCheck::Wrong {
                self.set_password(&entry.subject, password.clone()).await?;
                change = Change::Updated;
            }
        }
        Ok(Ok(change))
    }
}
