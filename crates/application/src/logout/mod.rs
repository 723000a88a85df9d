//! Logout that a client asks for (OpenID Connect RP-Initiated Logout §2): the question, the end of the session, and who is
//! told of it.

mod delivery;

pub use delivery::deliver_logout_notices;

use std::sync::Arc;

use grantor_domain::client::{Client, ClientId, WebUri};
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::id::{LogoutNoticeId, SessionId};
use grantor_domain::jwt::{Claims, JoseHeader, JwtType, peek_claims};
use grantor_domain::logout::{LogoutDecision, LogoutHint, LogoutParameters, LogoutRequest, decide};
use grantor_domain::session::Session;
use grantor_domain::time::Timestamp;
use grantor_domain::ui_locales::UiLocales;
use grantor_ports::{LogoutNotice, Sealed};
use serde::{Deserialize, Serialize};

use crate::audit::AuditEvent;
use crate::authorize::{Browser, SessionCookie};
use crate::browser_text::browser_text;
use crate::failure::{Failure, Outcome};
use crate::service::Service;

browser_text! {
    /// The sealed text of a request to be signed out. Worth nothing in another browser.
    PendingLogout
}

/// What a [`PendingLogout`] carries.
#[derive(Serialize, Deserialize)]
struct Asked {
    #[serde(rename = "r")]
    request: LogoutRequest,
    /// The session that the page asks about: nobody signs somebody else out.
    #[serde(rename = "s")]
    session: SessionId,
    #[serde(rename = "b")]
    browser: [u8; 32],
    #[serde(rename = "t")]
    at: Timestamp,
}

/// What the page shows that asks.
#[derive(Clone, Debug)]
pub struct LogoutView {
    /// Who is signed in: their name, or else their subject.
    pub subject_name: String,
    /// Who asks, if that is known.
    pub client_name: Option<String>,
    /// The languages that it is to be shown in, if we have them.
    pub ui_locales: UiLocales,
    /// What is pending, for the form.
    pub pending: PendingLogout,
}

/// Nobody is signed in in this browser any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOut {
    /// Where the person goes, and the `state` to take there; none: a page of ours says goodbye.
    pub destination: Option<(String, Option<String>)>,
    /// What the browser opens before, so that clients notice (OpenID Connect Front-Channel Logout §2).
    pub frames: Vec<WebUri>,
    /// The languages that our page is to be shown in, if we have them.
    pub ui_locales: UiLocales,
}

/// What becomes of a request to be signed out.
#[derive(Clone, Debug)]
pub enum LogoutOutcome {
    /// The person must be asked.
    Ask(LogoutView),
    /// They are signed out, or were not signed in.
    Done(SignedOut),
}

impl Service {
    /// Answers a client's request that the person be signed out.
    ///
    /// # Errors
    /// What must be shown on a page because there is no place of the client's to send it to, or an outage.
    pub async fn logout(
        &self,
        parameters: &LogoutParameters,
        browser: &Browser,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<LogoutOutcome> {
        let hint = match &parameters.id_token_hint {
            Some(hint) => self.read_logout_hint(hint).await?,
            None => None,
        };
        let client = self.logout_client(parameters, hint.as_ref()).await?;
        let request = LogoutRequest::read(parameters, hint.as_ref(), client.as_deref())?;
        let signed_in = self.signed_in(cookie).await?;
        let session = signed_in.as_ref().map(|signed_in| &signed_in.session);
        let known_as = match (&client, session) {
            (Some(client), Some(session)) => {
                let pairwise = self.pairwise_sub(client, session.subject.as_str())?;
                Some((pairwise.unwrap_or_else(|| session.subject.clone()), self.sid(client, session.id)?))
            }
            _ => None,
        };
        match (decide(hint.as_ref(), session, known_as.as_ref()), signed_in) {
            (LogoutDecision::Ask, Some(signed_in)) => {
                let (session, ui_locales) = (signed_in.session.id, request.ui_locales.clone());
                let asked = Asked { request, session, browser: browser.hash(), at: self.now() };
                let sealed = self.ports.sealer.seal(Sealed::Logout, &serde_json::to_vec(&asked)?, self.now())?;
                Ok(LogoutOutcome::Ask(LogoutView {
                    subject_name: signed_in.name().to_owned(),
                    client_name: client.map(|client| client.name.clone()),
                    ui_locales,
                    pending: PendingLogout(sealed),
                }))
            }
            (LogoutDecision::SignOut, Some(signed_in)) => {
                let frames = self.end_session(&signed_in.session, request.client_id.as_ref()).await?;
                Ok(LogoutOutcome::Done(SignedOut::of(request, frames)))
            }
            (LogoutDecision::Ask | LogoutDecision::GoOn | LogoutDecision::SignOut, _) => {
                Ok(LogoutOutcome::Done(SignedOut::of(request, Vec::new())))
            }
        }
    }

    /// The person pressed "sign out" on the page that asked. Whoever signed in meanwhile stays.
    ///
    /// # Errors
    /// If nothing is pending in this browser, or storage is away.
    pub async fn confirm_logout(
        &self,
        pending: &PendingLogout,
        browser: Option<&Browser>,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<SignedOut> {
        let asked: Asked = self.open_sealed(Sealed::Logout, &pending.0, Reason::LogoutExpired)?;
        let out_of_date = |refusal| Refusal { reason: Reason::LogoutExpired, ..refusal };
        self.check_browser(browser, &asked.browser, asked.at).map_err(out_of_date)?;
        let frames = match self.signed_in(cookie).await? {
            Some(signed_in) if signed_in.session.id != asked.session => {
                return Err(Refusal::because(Reason::LogoutExpired, "somebody else signed in meanwhile").into());
            }
            Some(signed_in) => self.end_session(&signed_in.session, asked.request.client_id.as_ref()).await?,
            None => Vec::new(),
        };
        Ok(SignedOut::of(asked.request, frames))
    }

    /// What an `id_token_hint` says, if it is an ID token of ours. One that has expired still counts; one whose key has
    /// retired does not.
    async fn read_logout_hint(&self, jwt: &str) -> Outcome<Option<LogoutHint>> {
        let header = JoseHeader::peek(jwt);
        // Another JWT of ours, or of the client's, is none, however well it is signed (RFC 8725 §3.11).
        let header = header.filter(|header| header.kind.as_deref().and_then(JwtType::parse) == Some(JwtType::IdToken));
        let Some(algorithm) = header.and_then(|header| header.algorithm) else { return Ok(None) };
        let payload = if algorithm.is_symmetric() {
            let claimed = peek_claims(jwt).and_then(|claims| claims.audience().first().map(|id| (*id).to_owned()));
            match self.registered(claimed.as_deref().unwrap_or_default()).await? {
                Some(registered) => self.verify_by_client(&registered, algorithm, jwt).await?,
                None => None,
            }
        } else {
            match self.verify_own_jwt(jwt).await {
                Ok(verified) => Some(verified.payload),
                Err(Failure::Refused(_)) => None,
                Err(failure) => return Err(failure),
            }
        };
        let claims = payload.as_deref().and_then(Claims::from_payload);
        Ok(claims.and_then(|claims| LogoutHint::from_claims(&claims, &self.settings.issuer)))
    }

    /// The client that asks: the one of a good hint, or the one that is named.
    async fn logout_client(
        &self,
        parameters: &LogoutParameters,
        hint: Option<&LogoutHint>,
    ) -> Outcome<Option<Arc<Client>>> {
        let named = hint.map(|hint| hint.client_id.as_str()).or(parameters.client_id.as_deref());
        let Some(named) = named else { return Ok(None) };
        match self.registered(named).await? {
            Some(registered) => Ok(Some(Arc::clone(&registered.client))),
            // It was deleted since; the person may still sign out.
            None if hint.is_some() => Ok(None),
            None => Err(Refusal::new(Reason::ClientUnknown).into()),
        }
    }

    /// Ends a session, at the request of that client if there is one, and sees to it that its clients are told. Gives what
    /// the browser should open for that.
    pub(crate) async fn end_session(&self, session: &Session, asked_by: Option<&ClientId>) -> Outcome<Vec<WebUri>> {
        let now = self.now();
        let (mut notices, mut frames) = (Vec::new(), Vec::new());
        for client in self.ports.sessions.clients(session.id).await? {
            let Some(registered) = self.registered(client.as_str()).await? else { continue };
            let uris = &registered.client.logout_uris;
            if uris.backchannel.is_some() {
                let id = LogoutNoticeId::new(now, &self.ports.random.array());
                let subject = session.subject.clone();
                notices.push(LogoutNotice { id, client_id: client, session: session.id, subject, attempts: 0 });
            }
            let query = [
                ("iss", self.settings.issuer.as_str()),
                ("sid", &self.sid(&registered.client, session.id)?.to_string()),
            ];
            frames.extend(uris.frontchannel.as_ref().map(|uri| uri.with_query(&query)));
        }
        // A code of this moment may still open a grant, which lives so long at most.
        let keep_until = now.plus(self.settings.lifetimes.grant_max.max(self.settings.lifetimes.session));
        self.ports.sessions.end(session.id, keep_until, &notices).await?;
        self.logout_notices.notify_one();
        self.audit(AuditEvent::SessionEnded { session: session.id, subject: &session.subject, client: asked_by });
        Ok(frames)
    }

    /// Notes that a client got a code in a session, if it wants to be told of the end.
    pub(crate) async fn note_client(&self, session: &Session, client: &Client) -> Outcome<()> {
        if !client.logout_uris.is_empty() {
            self.ports.sessions.note_client(session.id, &client.id).await?;
        }
        Ok(())
    }
}

impl SignedOut {
    fn of(request: LogoutRequest, frames: Vec<WebUri>) -> Self {
        let destination = request.redirect_uri.map(|uri| (uri, request.state));
        Self { destination, frames, ui_locales: request.ui_locales }
    }
}
