//! Looking at clients, and what is unwise about them.

use std::fmt;

use grantor_domain::client::{Client, ClientId, ClientSettings, StoredSecret, Warning, lint};
use grantor_ports::{ClientRecord, Unavailable};

use super::apply::InvalidEntry;
use super::key_changes::InvalidChange;
use crate::failure::Outcome;
use crate::service::Service;

/// A client, and what is worth changing about it.
#[derive(Clone, Debug)]
pub struct ClientReport {
    /// As registered.
    pub settings: ClientSettings,
    /// Its live secrets, newest first.
    pub secrets: Vec<SecretReport>,
    /// What is legacy or weak.
    pub warnings: Vec<Warning>,
}

/// What may be told about a stored secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretReport {
    /// Upper bound on the bits of guessing work.
    pub estimated_bits: u32,
    /// It is kept sealed, so that it can sign.
    pub signs: bool,
}

/// Why a client was not changed; each text says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientProblem {
    /// Others kept changing it.
    Busy(ClientId),
    /// What was asked cannot be written.
    Change(InvalidChange),
    /// Nothing says what a new client may do.
    GrantTypesMissing,
    /// A client or a user has the id.
    IdTaken(ClientId),
    /// The settings do not pass.
    Invalid(InvalidEntry),
    /// A secret for a client that authenticates without one.
    NoSecretUsed(ClientId),
    /// The client needs a secret, or needs it in a form that can sign, and it is not at hand.
    SecretNeeded(ClientId),
    /// The new secret is one that it has.
    SecretKnown(ClientId),
    /// It holds two secrets already.
    TwoSecrets(ClientId),
    /// There is no such client.
    Unknown(ClientId),
}

impl fmt::Display for ClientProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(id) => write!(f, "others keep changing the client {id:?}; try again", id = id.as_str()),
            Self::Change(invalid) => invalid.fmt(f),
            Self::GrantTypesMissing => f.write_str(
                "say what the client may do, such as --grant authorization_code --grant refresh_token; a resource server \
                 that only introspects gets --set 'grant_types=[]'",
            ),
            Self::IdTaken(id) => write!(
                f,
                "{id:?} is taken by a client or a user; choose another id, or change the client with `grantor client update`",
                id = id.as_str()
            ),
            Self::Invalid(invalid) => invalid.fmt(f),
            Self::NoSecretUsed(id) => write!(
                f,
                "the client {id:?} authenticates without a secret; give it another --auth-method first",
                id = id.as_str()
            ),
            Self::SecretNeeded(id) => write!(
                f,
                "the client {id:?} needs a secret, and storage has none that serves (of most it keeps a hash, which cannot \
                 sign): give it, or a new one that replaces it, by --secret-stdin",
                id = id.as_str()
            ),
            Self::SecretKnown(id) => write!(f, "the client {id:?} has this secret already", id = id.as_str()),
            Self::TwoSecrets(id) => write!(
                f,
                "the client {id:?} has two secrets already: end the older one with --finish once nobody uses it, or both at \
                 once with --remove-old",
                id = id.as_str()
            ),
            Self::Unknown(id) => write!(f, "there is no client {id:?}; `grantor client list` shows all", id = id.as_str()),
        }
    }
}

impl std::error::Error for ClientProblem {}

impl Service {
    /// Every client, by id.
    ///
    /// # Errors
    /// If storage is away, or holds a client that is not valid.
    pub async fn list_clients(&self) -> Outcome<Vec<ClientReport>> {
        let records = self.ports.clients.list().await?;
        Ok(records.into_iter().map(report).collect::<Result<_, _>>()?)
    }

    /// The client with this id.
    ///
    /// # Errors
    /// Likewise.
    pub async fn show_client(&self, id: &ClientId) -> Outcome<Option<ClientReport>> {
        Ok(self.ports.clients.find(id).await?.map(report).transpose()?)
    }
}

pub(super) fn report(record: ClientRecord) -> Result<ClientReport, Unavailable> {
    let ClientRecord { settings, secrets } = record;
    let client = Client::try_from(settings.clone()).map_err(|error| {
        Unavailable::because(
            "a stored client is not valid",
            format!("clients.settings of {}: {error}", settings.client_id),
        )
    })?;
    let warnings = lint(&client, &secrets);
    let told = |secret: &StoredSecret| SecretReport {
        estimated_bits: secret.estimated_bits(),
        signs: matches!(secret, StoredSecret::Sealed { .. }),
    };
    Ok(ClientReport { settings, secrets: secrets.iter().map(told).collect(), warnings })
}
