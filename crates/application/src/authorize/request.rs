//! An authorization request arrives, and where it stands: the step that every page leads back to.

use std::sync::Arc;

use grantor_domain::authorization::{
    AuthorizationRequest, ConsentedScope, Decision, Destination, Page, Parameters, RememberedConsent, Situation,
    code_for, decide, destination,
};
use grantor_domain::client::Client;
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::secret::Secret;
use grantor_domain::session::Session;
use grantor_ports::{Sealed, SignedIn};

use crate::authorize::interaction::Pending;
use crate::authorize::{Browser, Next, SessionCookie};
use crate::cache::RegisteredClient;
use crate::failure::{Failure, Outcome};
use crate::service::Service;

impl Service {
    /// Answers an authorization request.
    ///
    /// # Errors
    /// What must be shown on a page because there is no place of the client's to send it to, or an outage. Everything
    /// else is a [`Next`].
    pub async fn authorize(
        &self,
        parameters: &Parameters,
        browser: &Browser,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<Next> {
        let registered = self.requesting_client(parameters).await?;
        let client = &registered.client;
        let parameters = match self.parameters_that_count(parameters, &registered).await {
            Ok(parameters) => parameters,
            // What it says of where to answer does not count; what stands beside it may still be the client's own.
            Err(failure) => return Ok(told(failure, client, destination(parameters, client)?)),
        };
        let destination = destination(&parameters, client)?;
        let context = (&self.settings.issuer, self.now());
        match AuthorizationRequest::read(&parameters, client, destination.clone(), context) {
            Ok(request) => {
                let next = self.first_step(Pending::new(request, browser), client, cookie).await;
                // The client waits there, perhaps in a frame that nobody sees: it is told of an outage too.
                Ok(next.unwrap_or_else(|failure| told(failure, client, destination)))
            }
            Err(refusal) => Ok(Next::Refusal { client_id: client.id.clone(), destination, refusal }),
        }
    }

    async fn first_step(&self, pending: Pending, client: &Client, cookie: Option<&SessionCookie>) -> Outcome<Next> {
        let signed_in = self.signed_in(cookie).await?;
        self.step(pending, client, signed_in.as_ref()).await
    }

    async fn requesting_client(&self, parameters: &Parameters) -> Outcome<Arc<RegisteredClient>> {
        let id = parameters.client_id.as_deref().ok_or(Refusal::parameter(Reason::ParameterMissing, "client_id"))?;
        Ok(self.registered(id).await?.ok_or(Refusal::new(Reason::ClientUnknown))?)
    }

    /// The client that a pending request came from. It may be gone meanwhile, or may have lost what the request asks for.
    pub(super) async fn pending_client(&self, pending: &Pending) -> Outcome<Arc<Client>> {
        let request = &pending.request;
        let registered = self.registered(request.client_id.as_str()).await?;
        let client = Arc::clone(&registered.ok_or(Refusal::new(Reason::ClientUnknown))?.client);
        request.recheck(&client)?;
        Ok(client)
    }

    /// Decides where a pending request stands, and takes the step.
    pub(super) async fn step(&self, pending: Pending, client: &Client, signed_in: Option<&SignedIn>) -> Outcome<Next> {
        let session = signed_in.map(|signed_in| &signed_in.session);
        let remembered = self.remembered(&pending.request, client, session).await?;
        let situation = Situation { client, session, remembered: remembered.as_ref(), choice: pending.choice };
        match (decide(&pending.request, situation), session) {
            (Decision::Answer(consented), Some(session)) => {
                self.answer(&pending.request, client, session, &consented).await
            }
            (Decision::Refuse(refusal), _) => {
                let destination = pending.request.destination;
                Ok(Next::Refusal { client_id: client.id.clone(), destination, refusal })
            }
            (Decision::Show(Page::ChooseAccount), Some(session)) => {
                Ok(Next::ChooseAccount(self.seal(&pending.asking(session.id))?))
            }
            (Decision::Show(Page::Consent { .. }), Some(session)) => {
                Ok(Next::Consent(self.seal(&pending.asking(session.id))?))
            }
            (Decision::Answer(_) | Decision::Show(_), _) => Ok(Next::SignIn(self.seal(&pending)?)),
        }
    }

    /// What the person allowed this client before, where that may count.
    pub(super) async fn remembered(
        &self,
        request: &AuthorizationRequest,
        client: &Client,
        session: Option<&Session>,
    ) -> Outcome<Option<RememberedConsent>> {
        match session {
            Some(session) if client.remembers_consent(request.destination.redirect_uri.is_native()) => {
                Ok(self.ports.consents.find(&session.subject, &client.id).await?)
            }
            _ => Ok(None),
        }
    }

    /// Sends the client its code.
    pub(super) async fn answer(
        &self,
        request: &AuthorizationRequest,
        client: &Client,
        session: &Session,
        consented: &ConsentedScope,
    ) -> Outcome<Next> {
        let now = self.now();
        let destination: Destination = request.destination.clone();
        let context = (self.new_grant_id(now), now, &self.settings.lifetimes);
        let code = match code_for(request, session, consented, client, context) {
            Ok(code) => serde_json::to_vec(&code)?,
            Err(refusal) => return Ok(Next::Refusal { client_id: client.id.clone(), destination, refusal }),
        };
        self.note_client(session, client).await?;
        let code = Secret::new(self.ports.sealer.seal(Sealed::AuthorizationCode, &code, now)?);
        Ok(Next::Code { destination, code })
    }
}

/// A failure as the client is told of it.
fn told(failure: Failure, client: &Client, destination: Destination) -> Next {
    let refusal = match failure {
        Failure::Refused(refusal) => refusal,
        failure => Refusal::because(failure.reason(), failure.cause()),
    };
    Next::Refusal { client_id: client.id.clone(), destination, refusal }
}
