//! Clients that register themselves (RFC 7591, OpenID Connect Registration), and look after that themselves (RFC 7592).

mod initial_token;
mod management;

use std::time::Duration;

use grantor_domain::client::{ClientId, ClientSettings, RegistrationPolicy, read_metadata};
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::secret::{Secret, sha256};
use grantor_domain::time::Timestamp;
use grantor_ports::{ClientRecord, CryptoFailure, Registered, Registration, SpentToken};
use serde_json::{Map, Value};

use crate::admin::ClientProblem;
use crate::attempts::neighbourhood;
use crate::audit::{AuditEvent, RegistrationAct};
use crate::failure::Outcome;
use crate::sector::SectorProblem;
use crate::service::Service;

use initial_token::InitialToken;
pub use initial_token::{InitialTokenUse, LifetimeTooLong};

/// How long an address' registrations are counted.
const WITHIN: Duration = Duration::from_secs(3600);

/// How many that are alike may come from one place before any of them is used: a program that registers at each start, or whose
/// answers get lost.
const ALIKE: usize = 5;

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

/// A client to be registered, and what it is told.
struct NewClient {
    record: ClientRecord,
    registration: Registration,
    secret: Option<Secret>,
    token: Secret,
}

impl Service {
    /// Registers a client (RFC 7591 §3).
    ///
    /// # Errors
    /// What is not allowed or not acceptable, or an outage.
    pub async fn register(&self, call: &RegistrationCall) -> Outcome<RegistrationAnswer> {
        let settings = self.registration()?;
        let token = match settings.access {
            RegistrationAccess::InitialToken => Some(self.read_initial_token(call.token.as_ref(), self.now())?),
            RegistrationAccess::Open => {
                let (what, most) = ("register", u64::from(settings.per_address));
                if self.attempts_of(what, call.address.as_deref(), (self.now(), WITHIN)).await? > most {
                    return Err(Refusal::new(Reason::RegistrationQuotaReached).into());
                }
                None
            }
        };
        let spent = token.as_ref().and_then(InitialToken::spent);
        let place = match &token {
            Some(token) if spent.is_some() => token.id.to_string(),
            _ => neighbourhood(call.address.as_deref()),
        };
        let fingerprint = self.fingerprint(&place, call)?;
        let unused = self.ports.registrations.unused(&fingerprint, self.now()).await?;
        match (spent, unused.first()) {
            (Some(_), Some(known)) => self.register_again(call, known).await,
            (None, _) if unused.len() >= ALIKE => Err(Refusal::new(Reason::RegistrationQuotaReached).into()),
            (spent, _) => self.register_anew(call, fingerprint, spent).await,
        }
    }

    async fn register_anew(
        &self,
        call: &RegistrationCall,
        fingerprint: [u8; 32],
        spent: Option<SpentToken>,
    ) -> Outcome<RegistrationAnswer> {
        let most = self.registration()?.most;
        for _draw in 0..DRAWS {
            let new = self.prepare(call, ClientId::generate(self.ports.random.array()), fingerprint).await?;
            match self.ports.registrations.register(&new.record, &new.registration, spent, most).await? {
                Registered::Done => return Ok(self.registered_as(new)),
                Registered::NameTaken => {}
                Registered::TokenUsed => return Err(used_before().into()),
                Registered::TooMany => return Err(Refusal::new(Reason::RegistrationQuotaReached).into()),
            }
        }
        Err(CryptoFailure::new("no client id was free, however often one was drawn").into())
    }

    /// Whoever has a token that is good for one client asks the same again because no answer came: nobody can have used what was
    /// made for it then.
    async fn register_again(&self, call: &RegistrationCall, known: &Registration) -> Outcome<RegistrationAnswer> {
        let new = self.prepare(call, known.client_id.clone(), known.fingerprint).await?;
        if self.ports.registrations.renew(known, &new.record, &new.registration).await? {
            Ok(self.registered_as(new))
        } else {
            Err(used_before().into())
        }
    }

    /// The client that a call asks for, if it may have it.
    async fn prepare(&self, call: &RegistrationCall, id: ClientId, fingerprint: [u8; 32]) -> Outcome<NewClient> {
        let RegistrationSettings { policy, unused_lifetime, .. } = self.registration()?;
        let settings = read_metadata(call.metadata.clone(), &id, policy)?;
        self.check_registered(None, &settings).await?;
        let secret = settings.uses_secret().then(|| self.new_client_secret());
        let record = self.changed_record(None, &settings, secret.as_ref())?.map_err(|problem| misfit(&problem))?;
        let (token, now) = (Secret::generate(&self.ports.random.array()), self.now());
        let registration = Registration {
            client_id: id,
            fingerprint,
            token_hash: sha256(token.expose().as_bytes()),
            registered_at: now,
            expires_at: Some(now.plus(*unused_lifetime)),
        };
        Ok(NewClient { record, registration, secret, token })
    }

    fn registered_as(&self, new: NewClient) -> RegistrationAnswer {
        let client = &new.registration.client_id;
        self.clients.forget(client);
        self.audit(AuditEvent::Registration { act: RegistrationAct::Created, client });
        self.told(new.record.settings, new.registration.registered_at, new.secret, new.token)
    }

    /// What the operator decided, where clients may register at all.
    fn registration(&self) -> Result<&RegistrationSettings, Refusal> {
        self.settings.registration.as_ref().ok_or(Refusal::new(Reason::RegistrationUnsupported))
    }

    /// What stands for a registration in storage: the same metadata from the same place, or with the same token that is good for
    /// one client, are the same.
    fn fingerprint(&self, place: &str, call: &RegistrationCall) -> Outcome<[u8; 32]> {
        // The members of a map are in the order of their names.
        let metadata = serde_json::to_string(&call.metadata)?;
        self.keyed_hash(&format!("registration\n{place}\n{metadata}"))
    }

    /// Checks what the domain cannot know: our keys, and the sector's file.
    async fn check_registered(&self, stored: Option<&ClientSettings>, settings: &ClientSettings) -> Outcome<()> {
        let invalid = |reason, member| Refusal::parameter(reason, member);
        for (member, algorithm) in [
            ("id_token_signed_response_alg", Some(settings.id_token_signed_response_alg)),
            ("userinfo_signed_response_alg", settings.userinfo_signed_response_alg),
        ] {
            if algorithm.is_some_and(|algorithm| self.lacks_key_for(algorithm)) {
                return Err(invalid(Reason::ClientMetadataInvalid, member).into());
            }
        }
        match self.check_sector(stored, settings).await {
            // What is refused needs none, and nobody is to have one made by asking in vain.
            Ok(()) => self.ensure_salt_for(settings).await,
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

    /// A client that registered itself is about to be given something: it stays. Asked of storage once by each replica, and before
    /// anything is given: what fails here costs nobody a code.
    pub(crate) async fn complete_registration(&self, id: &ClientId) -> Outcome<()> {
        if self.completed_registrations.get(id).is_none() {
            self.ports.registrations.complete(id).await?;
            self.completed_registrations.insert(id.clone(), ());
        }
        Ok(())
    }
}

/// What is told of settings that have no secret that serves them.
fn misfit(problem: &ClientProblem) -> Refusal {
    let refusal = Refusal::parameter(Reason::ClientMetadataInvalid, "token_endpoint_auth_method");
    Refusal { cause: Some(problem.to_string().into()), ..refusal }
}

fn used_before() -> Refusal {
    Refusal::because(Reason::AccessTokenInvalid, "the initial access token was used before")
}
