//! Clients that register themselves (RFC 7591, OpenID Connect Registration), and look after that themselves (RFC 7592).

mod initial_token;
mod management;

use std::time::Duration;

use grantor_domain::client::{ClientId, ClientSettings, RegistrationPolicy, read_metadata};
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::secret::{Secret, sha256};
use grantor_domain::time::Timestamp;
use grantor_ports::{CryptoFailure, Registered, Registration};
use serde_json::{Map, Value};

use crate::admin::{ClientProblem, InvalidEntry};
use crate::attempts::neighbourhood;
use crate::audit::{AuditEvent, RegistrationAct};
use crate::failure::Outcome;
use crate::sector::SectorProblem;
use crate::service::Service;

pub use initial_token::{InitialTokenUse, LifetimeTooLong};

/// How long an address' registrations are counted.
const WITHIN: Duration = Duration::from_secs(3600);

/// How often an id is drawn that somebody has already: never twice, for it is random.
const DRAWS: usize = 3;

/// Who may register a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationAccess {
    /// Whoever shows an initial access token (RFC 7591 §3).
    InitialToken,
    /// Anybody.
    Open,
}

/// What an operator decides about clients that register themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationSettings {
    /// Who may.
    pub access: RegistrationAccess,
    /// What they may have.
    pub policy: RegistrationPolicy,
    /// When a client goes that was never given a token.
    pub unused_lifetime: Duration,
    /// How many an address may register within an hour, where anybody may.
    pub per_address: u32,
    /// How many there may be.
    pub most: u32,
}

/// A request to register a client, as it arrived.
#[derive(Clone, Debug)]
pub struct RegistrationCall {
    /// The access token that came with it.
    pub token: Option<Secret>,
    /// What the client is to be: the members of the body.
    pub metadata: Map<String, Value>,
    /// Where it came from.
    pub address: Option<String>,
}

/// A client as it is told what it is (RFC 7591 §3.2.1, RFC 7592 §3). Deliberately without `Debug`: it holds credentials.
pub struct RegistrationAnswer {
    /// As registered.
    pub settings: ClientSettings,
    /// `client_id_issued_at`.
    pub issued_at: Timestamp,
    /// `client_secret`, if it has a new one: this is the only time it can be told.
    pub client_secret: Option<Secret>,
    /// `registration_access_token`.
    pub token: Secret,
    /// `registration_client_uri`.
    pub uri: String,
}

impl Service {
    /// Registers a client (RFC 7591 §3).
    ///
    /// # Errors
    /// What is not allowed or not acceptable, or an outage.
    pub async fn register(&self, call: &RegistrationCall) -> Outcome<RegistrationAnswer> {
        let settings = self.registration()?;
        let now = self.now();
        let initial_token = match settings.access {
            RegistrationAccess::InitialToken => Some(self.read_initial_token(call.token.as_ref(), now)?),
            RegistrationAccess::Open => {
                let (what, most) = ("register", u64::from(settings.per_address));
                if self.attempts_of(what, call.address.as_deref(), (now, WITHIN)).await? > most {
                    return Err(Refusal::new(Reason::RegistrationQuotaReached).into());
                }
                None
            }
        };
        let fingerprint = self.fingerprint(call)?;
        for _draw in 0..DRAWS {
            let known = self.ports.registrations.find_unused(&fingerprint, now).await?;
            let id = known
                .as_ref()
                .map_or_else(|| ClientId::generate(self.ports.random.array()), |known| known.client_id.clone());
            let settings_of_client = read_metadata(call.metadata.clone(), &id, &settings.policy)?;
            self.check_registered(None, &settings_of_client).await?;
            let secret = settings_of_client.uses_secret().then(|| self.new_client_secret());
            let record =
                self.changed_record(None, &settings_of_client, secret.as_ref())?.map_err(|problem| misfit(&problem))?;
            let token = Secret::generate(&self.ports.random.array());
            let registration = Registration {
                client_id: id.clone(),
                fingerprint,
                token_hash: sha256(token.expose().as_bytes()),
                registered_at: now,
                expires_at: Some(now.plus(settings.unused_lifetime)),
            };
            let done = match &known {
                // It registers again because no answer came, and nobody can have used what was made for it then.
                Some(known) => self.ports.registrations.renew(known, &record, &registration).await?,
                None => {
                    self.spend_initial_token(initial_token.as_ref()).await?;
                    match self.ports.registrations.register(&record, &registration, settings.most).await? {
                        Registered::Done => true,
                        Registered::NameTaken => false,
                        Registered::TooMany => return Err(Refusal::new(Reason::RegistrationQuotaReached).into()),
                    }
                }
            };
            if done {
                self.clients.forget(&id);
                self.audit(AuditEvent::Registration { act: RegistrationAct::Created, client: &id });
                return Ok(self.told(record.settings, now, secret, token));
            }
        }
        Err(CryptoFailure::new("no client id was free, however often one was drawn").into())
    }

    /// What the operator decided, where clients may register at all.
    fn registration(&self) -> Result<&RegistrationSettings, Refusal> {
        self.settings.registration.as_ref().ok_or(Refusal::new(Reason::RegistrationUnsupported))
    }

    /// What stands for a registration in storage: the same metadata from the same place are the same.
    fn fingerprint(&self, call: &RegistrationCall) -> Outcome<[u8; 32]> {
        let place = neighbourhood(call.address.as_deref());
        // The members of a map are in the order of their names.
        let metadata = serde_json::to_string(&call.metadata)?;
        self.keyed_hash(&format!("registration\n{place}\n{metadata}"))
    }

    /// Checks what the domain cannot know: our keys, and the sector's file.
    async fn check_registered(&self, stored: Option<&ClientSettings>, settings: &ClientSettings) -> Outcome<()> {
        let invalid = |reason, member| Refusal::parameter(reason, member);
        match self.check_sector(stored, settings).await {
            Ok(()) => Ok(()),
            Err(SectorProblem::NotNamed) => Err(invalid(Reason::RegistrationUriInvalid, "redirect_uris").into()),
            Err(SectorProblem::Unreachable(why)) => {
                let refusal = invalid(Reason::ClientMetadataInvalid, "sector_identifier_uri");
                Err(Refusal { cause: Some(why.into()), ..refusal }.into())
            }
        }
    }

    fn told(
        &self,
        settings: ClientSettings,
        issued_at: Timestamp,
        client_secret: Option<Secret>,
        token: Secret,
    ) -> RegistrationAnswer {
        let endpoint = self.settings.url(&self.settings.endpoints.registration);
        let uri = format!("{endpoint}/{}", settings.client_id);
        RegistrationAnswer { settings, issued_at, client_secret, token, uri }
    }

    /// A client that registered itself was given a token: it stays. Asked of storage once by each replica.
    pub(crate) async fn complete_registration(&self, id: &ClientId) -> Outcome<()> {
        if self.completed_registrations.get(id).is_none() {
            self.ports.registrations.complete(id).await?;
            self.completed_registrations.insert(id.clone(), ());
        }
        Ok(())
    }
}

/// What is told of settings that our keys do not serve.
fn misfit(problem: &ClientProblem) -> Refusal {
    let member = match problem {
        ClientProblem::Invalid(InvalidEntry::AlgorithmDisabled(..)) => "id_token_signed_response_alg",
        _ => "token_endpoint_auth_method",
    };
    Refusal { cause: Some(problem.to_string().into()), ..Refusal::parameter(Reason::ClientMetadataInvalid, member) }
}
