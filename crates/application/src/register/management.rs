//! What a client that registered itself may do about that later (RFC 7592): read, change, delete.

use grantor_domain::client::{ClientId, ClientSettings, read_metadata};
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::secret::{Secret, same_bytes, sha256};
use grantor_ports::{ClientRecord, Registration};
use serde_json::{Map, Value};

use super::{RegistrationAnswer, misfit};
use crate::admin::ClientProblem;
use crate::audit::{AuditEvent, RegistrationAct};
use crate::failure::Outcome;
use crate::service::Service;

/// How often a change is decided anew after somebody else was faster.
const ATTEMPTS: usize = 5;

/// What an update must not hold (RFC 7592 §2.2).
const OURS: [&str; 4] =
    ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];

impl Service {
    /// What a client is (RFC 7592 §2.1).
    ///
    /// # Errors
    /// `invalid_token` unless the token is that client's, or an outage.
    pub async fn read_registration(&self, id: &str, token: Option<&Secret>) -> Outcome<RegistrationAnswer> {
        let (record, registration, token) = self.own_registration(id, token).await?;
        Ok(self.told(record.settings, registration.registered_at, None, token))
    }

    /// Makes a client what the metadata say, and nothing that they do not (RFC 7592 §2.2).
    ///
    /// # Errors
    /// Likewise, and what is not acceptable.
    pub async fn update_registration(
        &self,
        id: &str,
        token: Option<&Secret>,
        metadata: &Map<String, Value>,
    ) -> Outcome<RegistrationAnswer> {
        let policy = &self.registration()?.policy;
        for _attempt in 0..ATTEMPTS {
            let (stored, registration, token) = self.own_registration(id, token).await?;
            let client_id = &registration.client_id;
            self.check_update(&stored, metadata)?;
            let settings = read_metadata(metadata.clone(), client_id, policy)?;
            self.check_registered(Some(&stored.settings), &settings).await?;
            // One that authenticates by a secret from now on, or signs with it, may have none that serves.
            let kept = self.changed_record(Some(&stored), &settings, None)?;
            let secret = matches!(kept, Err(ClientProblem::SecretNeeded(_))).then(|| self.new_client_secret());
            let record = match &secret {
                Some(secret) => self.changed_record(Some(&stored), &settings, Some(secret))?,
                None => kept,
            };
            let record = record.map_err(|problem| misfit(&problem))?;
            if is_somebody_else(&stored.settings, &record.settings) {
                self.ports.consents.forget(client_id).await?;
            }
            if record == stored || self.ports.clients.replace(&stored, &record, self.now()).await? {
                self.clients.forget(client_id);
                self.audit(AuditEvent::Registration { act: RegistrationAct::Updated, client: client_id });
                return Ok(self.told(record.settings, registration.registered_at, secret, token));
            }
        }
        Err(grantor_ports::Unavailable::new("others keep changing the client").into())
    }

    /// Deletes a client with all that it was given (RFC 7592 §2.3).
    ///
    /// # Errors
    /// `invalid_token` unless the token is that client's, or an outage.
    pub async fn delete_registration(&self, id: &str, token: Option<&Secret>) -> Outcome<()> {
        let (_, registration, _) = self.own_registration(id, token).await?;
        let (client, now) = (&registration.client_id, self.now());
        // One that was given nothing leaves nothing that would have to be looked for.
        if !self.ports.registrations.remove_unused(client, now).await? {
            self.ports.clients.delete(client, now).await?;
        }
        self.clients.forget(client);
        self.audit(AuditEvent::Registration { act: RegistrationAct::Deleted, client });
        Ok(())
    }

    /// The client that a registration access token is for. Whether it is another's, or nobody's, is not told (RFC 7592 §2.1).
    async fn own_registration(
        &self,
        id: &str,
        token: Option<&Secret>,
    ) -> Outcome<(ClientRecord, Registration, Secret)> {
        let token = token.ok_or(Refusal::new(Reason::AccessTokenMissing))?;
        let invalid = |cause: &'static str| Refusal::because(Reason::AccessTokenInvalid, cause);
        let id = ClientId::parse(id).ok_or_else(|| invalid("there is no such client"))?;
        let registration = self.ports.registrations.find(&id).await?;
        let registration = registration.ok_or_else(|| invalid("the client did not register itself"))?;
        if !same_bytes(&sha256(token.expose().as_bytes()), &registration.token_hash) {
            return Err(invalid("the token is another").into());
        }
        // Whom an administrator vouches for is what the administrator saw.
        let record = self.ports.clients.find(&id).await?.filter(|record| record.settings.self_registered);
        let record = record.ok_or_else(|| invalid("the client is an administrator's now"))?;
        Ok((record, registration, token.clone()))
    }

    fn check_update(&self, stored: &ClientRecord, metadata: &Map<String, Value>) -> Outcome<()> {
        let invalid = |member| Err(Refusal::parameter(Reason::ClientMetadataInvalid, member).into());
        if let Some(member) = OURS.into_iter().find(|member| metadata.contains_key(*member)) {
            return invalid(member);
        }
        if metadata.get("client_id").and_then(Value::as_str) != Some(stored.settings.client_id.as_str()) {
            return invalid("client_id");
        }
        // "the value of this field MUST match the currently issued client secret" (RFC 7592 §2.2).
        match metadata.get("client_secret").map(|secret| secret.as_str().map(Secret::new)) {
            None => Ok(()),
            Some(Some(secret)) if self.ports.client_secrets.matches(&stored.secrets, &secret)? => Ok(()),
            Some(_) => invalid("client_secret"),
        }
    }
}

/// Whether people who allowed the one might not allow the other.
fn is_somebody_else(before: &ClientSettings, after: &ClientSettings) -> bool {
    let looks = |settings: &ClientSettings| {
        (
            settings.client_name.clone(),
            settings.logo_uri.clone(),
            settings.client_uri.clone(),
            settings.redirect_uris.clone(),
        )
    };
    looks(before) != looks(after)
}
