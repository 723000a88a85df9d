//! The consent page: shown, and answered.

use std::collections::BTreeMap;

use grantor_domain::authorization::{AnswerTo, ConsentedScope, RememberedConsent};
use grantor_domain::client::ClientLinks;
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::grant::device_code::DeviceDecision;
use grantor_domain::scope::ScopeSet;
use grantor_domain::ui_locales::UiLocales;

use crate::audit::AuditEvent;
use crate::authorize::interaction::AskingPage;
use crate::authorize::request::refuse;
use crate::authorize::second_factor::session_of;
use crate::authorize::{Browser, Interaction, Next, SessionCookie};
use crate::failure::Outcome;
use crate::service::Service;

/// What the consent page shows.
#[derive(Clone, Debug)]
pub struct ConsentView {
    /// Who asks.
    pub client_name: String,
    /// What it says of itself.
    pub links: ClientLinks,
    /// Whether it registered itself, so that nobody vouches for it.
    pub is_self_registered: bool,
    /// Who is asked: their name, or else their subject.
    pub subject_name: String,
    /// What for.
    pub scope: ScopeSet,
    /// What its values let the client do, where somebody registered that.
    pub descriptions: BTreeMap<String, String>,
    /// What people call the resources that it is for, where somebody registered that.
    pub resources: Vec<String>,
    /// The part that was not allowed before.
    pub new: ScopeSet,
    /// Where the answer will be sent; none if a device waits for it.
    pub redirect_uri: Option<String>,
    /// What that device shows.
    pub user_code: Option<String>,
    /// The languages that it is to be shown in, if we have them.
    pub ui_locales: UiLocales,
    /// What is pending, for the form.
    pub interaction: Interaction,
}

/// What the person pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentDecision {
    /// `allow`.
    Allow,
    /// `deny`.
    Deny,
}

impl Service {
    /// What the consent page shows; or, if it has nothing to ask, where the request stands.
    ///
    /// # Errors
    /// If nothing is pending in this browser, or storage is away.
    pub async fn consent_page(
        &self,
        interaction: &Interaction,
        browser: Option<&Browser>,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<Result<ConsentView, Next>> {
        let pending = self.unseal(interaction, browser)?;
        let client = self.pending_client(&pending).await?;
        let signed_in = self.signed_in(cookie).await?;
        let request = pending.request.clone();
        let next = self.step(pending, &client, session_of(signed_in.as_ref())).await?;
        let (Next::Consent(interaction), Some(signed_in)) = (&next, signed_in) else { return Ok(Err(next)) };
        let before = self.remembered(&request, &client, Some(&signed_in.session)).await?;
        let RememberedConsent(before) = before.unwrap_or_default();
        let scope = request.consent_scope();
        let registry = self.registry();
        let described = scope.iter().filter_map(|value| Some((value.to_owned(), registry.describe(value)?.to_owned())));
        Ok(Ok(ConsentView {
            client_name: client.name.clone(),
            links: client.links.clone(),
            is_self_registered: client.self_registered,
            subject_name: signed_in.name().to_owned(),
            new: scope.difference(&before),
            descriptions: described.collect(),
            resources: request
                .resources
                .iter()
                .filter_map(|resource| registry.name_of(resource))
                .map(str::to_owned)
                .collect(),
            scope,
            redirect_uri: match &request.answer_to {
                AnswerTo::Redirect(destination) => Some(destination.redirect_uri.as_str().to_owned()),
                AnswerTo::Device(_) | AnswerTo::Account => None,
            },
            user_code: match &request.answer_to {
                AnswerTo::Redirect(_) | AnswerTo::Account => None,
                AnswerTo::Device(device) => Some(device.user_code.to_string()),
            },
            ui_locales: request.ui_locales,
            interaction: interaction.clone(),
        }))
    }

    /// Takes the person's decision. It counts only for the session that was asked: whoever signed in meanwhile is asked
    /// anew.
    ///
    /// # Errors
    /// If nothing is pending in this browser, or storage is away.
    pub async fn consent(
        &self,
        interaction: &Interaction,
        decision: ConsentDecision,
        browser: Option<&Browser>,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<Next> {
        let pending = self.unseal(interaction, browser)?;
        let client = self.pending_client(&pending).await?;
        let signed_in = self.signed_in(cookie).await?;
        let asked = signed_in
            .as_ref()
            .map(|signed_in| &signed_in.session)
            .filter(|session| pending.asked_by(AskingPage::Consent) == Some(session.id));
        let Some(session) = asked else { return self.step(pending, &client, session_of(signed_in.as_ref())).await };
        let request = &pending.request;
        let allowed = request.consent_scope();
        let consent = AuditEvent::Consent {
            decision,
            client: &client.id,
            subject: &session.subject,
            session: session.id,
            scope: &allowed,
        };
        if decision == ConsentDecision::Deny {
            self.audit(consent);
            if let AnswerTo::Device(device) = &request.answer_to {
                self.decide_device(device, &DeviceDecision::Denied).await?;
                return Ok(Next::DeviceDecided { allowed: false });
            }
            return refuse(request.answer_to.clone(), &client, Refusal::new(Reason::AccessDenied));
        }
        if request.remembers_consent(&client) {
            self.ports.consents.remember(&session.subject, &client.id, &allowed, self.now()).await?;
        }
        self.audit(consent);
        self.answer(request, &client, session, &ConsentedScope::given(&allowed)).await
    }
}
