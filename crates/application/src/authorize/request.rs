//! An authorization request arrives, and where it stands: the step that every page leads back to.

use std::sync::Arc;

use grantor_domain::authorization::{
    AnswerTo, AuthorizationRequest, ConsentedScope, Decision, Destination, DeviceLink, Page, Parameters,
    RememberedConsent, Situation, code_for, decide, destination,
};
use grantor_domain::client::Client;
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::grant::device_code::DeviceDecision;
use grantor_domain::secret::Secret;
use grantor_domain::session::Session;
use grantor_ports::Sealed;

use crate::authorize::interaction::{AskingPage, Pending};
use crate::authorize::second_factor::session_of;
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
        let is_silent = parameters.prompt.as_deref() == Some("none");
        let next = self.answer_request(parameters, &registered, browser, cookie).await?;
        match next {
            // "The authorization server MUST take precautions" where nobody vouches for the client, nor has the person shown
            // that they mean it by signing in (RFC 9700 §4.11.2).
            Next::Refusal { destination, refusal, .. }
                if client.self_registered
                    && !(is_silent || is_of_silence(&refusal))
                    && !self.is_signed_in(cookie).await =>
            {
                Ok(Next::Leave { client: Arc::clone(client), destination, refusal })
            }
            next => Ok(next),
        }
    }

    async fn answer_request(
        &self,
        parameters: &Parameters,
        registered: &RegisteredClient,
        browser: &Browser,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<Next> {
        let client = &registered.client;
        let parameters = match self.parameters_that_count(parameters, registered).await {
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

    /// Whether somebody is, as far as storage tells.
    async fn is_signed_in(&self, cookie: Option<&SessionCookie>) -> bool {
        matches!(self.signed_in(cookie).await, Ok(Some(_)))
    }

    /// Begins a request that did not come from a client's redirect.
    pub(crate) async fn begin(
        &self,
        request: AuthorizationRequest,
        browser: &Browser,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<Next> {
        let pending = Pending::new(request, browser);
        let client = self.pending_client(&pending).await?;
        self.first_step(pending, &client, cookie).await
    }

    async fn first_step(&self, pending: Pending, client: &Client, cookie: Option<&SessionCookie>) -> Outcome<Next> {
        let signed_in = self.signed_in(cookie).await?;
        self.step(pending, client, session_of(signed_in.as_ref())).await
    }

    async fn requesting_client(&self, parameters: &Parameters) -> Outcome<Arc<RegisteredClient>> {
        let id = parameters.client_id.as_deref().ok_or(Refusal::parameter(Reason::ParameterMissing, "client_id"))?;
        Ok(self.registered(id).await?.ok_or(Refusal::new(Reason::ClientUnknown))?)
    }

    /// The client that a pending request came from. It may be gone meanwhile, or may have lost what the request asks for.
    pub(super) async fn pending_client(&self, pending: &Pending) -> Outcome<Arc<Client>> {
        let request = &pending.request;
        if matches!(request.answer_to, AnswerTo::Account) {
            return Ok(Arc::clone(&self.account_client));
        }
        let registered = self.registered(request.client_id.as_str()).await?;
        let client = Arc::clone(&registered.ok_or(Refusal::new(Reason::ClientUnknown))?.client);
        request.recheck(&client)?;
        Ok(client)
    }

    /// Decides where a pending request stands, and takes the step.
    pub(crate) async fn step(&self, pending: Pending, client: &Client, session: Option<&Session>) -> Outcome<Next> {
        let remembered = self.remembered(&pending.request, client, session).await?;
        let pairwise = match session {
            Some(session) => self.pairwise_sub(client, session.subject.as_str())?,
            None => None,
        };
        let (pairwise, remembered) = (pairwise.as_ref(), remembered.as_ref());
        let situation = Situation { client, session, pairwise, remembered, choice: pending.choice };
        match (decide(&pending.request, situation), session) {
            (Decision::Answer(consented), Some(session)) => {
                self.answer(&pending.request, client, session, &consented).await
            }
            (Decision::Refuse(refusal), _) => refuse(pending.request.answer_to, client, refusal),
            (Decision::Show(Page::ChooseAccount), Some(session)) => {
                Ok(Next::ChooseAccount(self.seal(&pending.asking(AskingPage::AccountChooser, session.id))?))
            }
            (Decision::Show(Page::Consent { .. }), Some(session)) => {
                Ok(Next::Consent(self.seal(&pending.asking(AskingPage::Consent, session.id))?))
            }
            (Decision::Show(Page::SecondFactor), Some(session)) => {
                let enrolled = self.ports.second_factors.of(&session.subject).await?;
                if enrolled.is_empty() && !self.is_recent(session) {
                    return Ok(Next::SignIn(self.seal(&pending)?));
                }
                let interaction = self.seal(&pending.asking(AskingPage::SecondFactor, session.id))?;
                Ok(if enrolled.is_empty() { Next::EnrolFactor(interaction) } else { Next::SecondFactor(interaction) })
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
            Some(session) if request.remembers_consent(client) => {
                Ok(self.ports.consents.find(&session.subject, &client.id).await?)
            }
            _ => Ok(None),
        }
    }

    /// Gives the client its code, or the device its approval.
    pub(super) async fn answer(
        &self,
        request: &AuthorizationRequest,
        client: &Client,
        session: &Session,
        consented: &ConsentedScope,
    ) -> Outcome<Next> {
        let now = self.now();
        let id = match &request.answer_to {
            AnswerTo::Redirect(_) => self.new_grant_id(now),
            AnswerTo::Device(device) => device.grant,
            AnswerTo::Account => return Ok(Next::Account),
        };
        let code = match code_for(request, session, consented, client, (id, now, &self.settings.lifetimes)) {
            Ok(code) => code,
            Err(refusal) => return refuse(request.answer_to.clone(), client, refusal),
        };
        if client.self_registered {
            self.complete_registration(&client.id).await?;
        }
        match &request.answer_to {
            AnswerTo::Redirect(destination) => {
                self.note_client(session, client).await?;
                let sealed = self.ports.sealer.seal(Sealed::AuthorizationCode, &serde_json::to_vec(&code)?, now)?;
                Ok(Next::Code { destination: destination.clone(), code: Secret::new(sealed) })
            }
            AnswerTo::Device(device) => {
                self.decide_device(device, &DeviceDecision::Allowed(Box::new(code))).await?;
                Ok(Next::DeviceDecided { allowed: true })
            }
            AnswerTo::Account => Ok(Next::Account),
        }
    }

    /// Keeps what the person decided about a device.
    pub(super) async fn decide_device(&self, device: &DeviceLink, decision: &DeviceDecision) -> Outcome<()> {
        if self.ports.devices.decide(device.grant, decision, self.now()).await? {
            Ok(())
        } else {
            Err(Refusal::new(Reason::DeviceCodeDecided).into())
        }
    }
}

/// Whether it is told because `prompt=none` forbids a page.
fn is_of_silence(refusal: &Refusal) -> bool {
    matches!(refusal.reason, Reason::ConsentRequired | Reason::LoginRequired)
}

/// Tells the client no, if there is a place to tell it.
pub(super) fn refuse(answer_to: AnswerTo, client: &Client, refusal: Refusal) -> Outcome<Next> {
    match answer_to {
        AnswerTo::Redirect(destination) => Ok(Next::Refusal { client_id: client.id.clone(), destination, refusal }),
        AnswerTo::Device(_) | AnswerTo::Account => Err(refusal.into()),
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
