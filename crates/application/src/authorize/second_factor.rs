//! The page that asks for a second factor: after the password, or of somebody who is signed in and needs to prove more.

use grantor_domain::client::Client;
use grantor_domain::error::Reason;
use grantor_domain::grant::password::refused;
use grantor_domain::secret::Secret;
use grantor_domain::session::{Authentication, Session};
use grantor_domain::time::Timestamp;
use grantor_domain::ui_locales::UiLocales;
use grantor_domain::user::Subject;
use grantor_ports::{EnrolledFactors, SessionOrigin, SignedIn};
use serde::{Deserialize, Serialize};

use crate::authorize::interaction::{AskingPage, Pending};
use crate::authorize::{Browser, Interaction, KnownBrowserCookie, Next, SessionCookie};
use crate::failure::{Failure, Outcome};
use crate::second_factor::{PasskeyAnswer, PasskeyOffer};
use crate::service::Service;

/// Somebody whose password was right, and who is not signed in yet.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Proven {
    #[serde(rename = "u")]
    pub(super) subject: Subject,
    /// When they sent it.
    #[serde(rename = "t")]
    pub(super) time: Timestamp,
    /// The key of the name that they typed.
    #[serde(rename = "n")]
    pub(super) name: [u8; 32],
}

/// Who is asked for a second factor, and what they have proven so far.
pub(super) struct Asked {
    pub(super) subject: Subject,
    pub(super) authentication: Authentication,
}

/// What a proof makes of what was proven before.
type Raised = fn(Authentication) -> Authentication;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct SecondFactorView {
    /// Who asks; none if the person looks at their own account.
    pub client_name: Option<String>,
    /// Whether a code of an authenticator app will do.
    pub takes_totp: bool,
    /// Whether a recovery code will.
    pub takes_recovery_code: bool,
    /// Whether a passkey will, and how.
    pub passkey: Option<PasskeyOffer>,
    /// The languages that it is to be shown in, if we have them.
    pub ui_locales: UiLocales,
}

/// What a person sent from it.
#[derive(Clone, Debug)]
pub struct SecondFactorForm {
    /// What is pending.
    pub interaction: Interaction,
    /// What they prove themselves with.
    pub proof: SecondFactorProof,
    /// Where it came from, for the record of failures and the list of sessions.
    pub origin: SessionOrigin,
    /// Whether that is a browser in which somebody signed in before.
    pub known_browser: Option<KnownBrowserCookie>,
}

/// What somebody proves themselves with.
#[derive(Clone, Debug)]
pub enum SecondFactorProof {
    /// A code of an app, or one that was written down; as typed.
    Code(Secret),
    /// What a passkey signed.
    Passkey(PasskeyAnswer),
}

/// What became of it.
#[derive(Debug)]
pub enum SecondFactorOutcome {
    /// It is wrong, or too many were: show the page again.
    Wrong {
        /// What it shows.
        view: SecondFactorView,
        /// Why, for the log and the reference on the page.
        failure: Failure,
    },
    /// Signed in, or nothing was asked any more.
    Passed {
        /// The new cookie.
        cookie: Option<SessionCookie>,
        /// And the one by which this browser is known from now on, if it is their password that was asked for before.
        known_browser: Option<KnownBrowserCookie>,
        /// Where the request stands now.
        next: Next,
    },
}

impl Service {
    /// What the page shows; or, if there is nothing to ask, where the request stands.
    ///
    /// # Errors
    /// If nothing is pending in this browser, or storage is away.
    pub async fn second_factor_page(
        &self,
        interaction: &Interaction,
        browser: Option<&Browser>,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<Result<SecondFactorView, Next>> {
        let pending = self.unseal(interaction, browser)?;
        let client = self.pending_client(&pending).await?;
        let signed_in = self.signed_in(cookie).await?;
        let Some(asked) = pending.asks_for_factor(signed_in.as_ref()) else {
            return Ok(Err(self.step(pending, &client, session_of(signed_in.as_ref())).await?));
        };
        let enrolled = self.ports.second_factors.of(&asked.subject).await?;
        if enrolled.is_empty() {
            return Ok(Err(self.step(pending.without_proof(), &client, session_of(signed_in.as_ref())).await?));
        }
        Ok(Ok(self.second_factor_view(&pending, &client, &asked.subject, &enrolled)?))
    }

    /// Takes the second factor and goes on with what is pending.
    ///
    /// # Errors
    /// If nothing is pending in this browser, or storage is away.
    pub async fn second_factor(
        &self,
        form: &SecondFactorForm,
        browser: Option<&Browser>,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<SecondFactorOutcome> {
        let pending = self.unseal(&form.interaction, browser)?;
        let client = self.pending_client(&pending).await?;
        let current = self.signed_in(cookie).await?;
        let Some(Asked { subject, authentication }) = pending.asks_for_factor(current.as_ref()) else {
            let next = self.step(pending, &client, session_of(current.as_ref())).await?;
            return Ok(SecondFactorOutcome::Passed { cookie: None, known_browser: None, next });
        };
        let known = self.known_browser(form.known_browser.as_ref());
        let within = match &pending.proven {
            Some(Proven { name, .. }) => {
                known.as_ref().filter(|known| known.knows(name)).map(|known| known.names_own(name))
            }
            None => current.as_ref().map(|current| current.session.id.to_string()),
        };
        let proven = self.prove(&subject, form, browser, within.as_deref()).await.map(|raised| raised(authentication));
        let failure = match proven {
            Ok(authentication) => {
                let who = (subject.clone(), authentication);
                match self.settle(pending.clone(), &client, who, (current.as_ref(), form.origin.clone())).await? {
                    Some((cookie, next)) => {
                        let remember = |Proven { name, .. }: &Proven| self.remember_browser(known, name);
                        let known_browser = pending.proven.as_ref().map(remember).transpose()?;
                        return Ok(SecondFactorOutcome::Passed { cookie: Some(cookie), known_browser, next });
                    }
                    None => refused("the user may not be served").into(),
                }
            }
            Err(failure) => failure,
        };
        if !matches!(failure.reason(), Reason::CredentialsInvalid | Reason::SignInThrottled) {
            return Err(failure);
        }
        let enrolled = self.ports.second_factors.of(&subject).await?;
        let view = self.second_factor_view(&pending, &client, &subject, &enrolled)?;
        Ok(SecondFactorOutcome::Wrong { view, failure })
    }

    /// Checks what somebody proves themselves with; wrong codes are counted `within` a session or browser of theirs, if this is one.
    async fn prove(
        &self,
        subject: &Subject,
        form: &SecondFactorForm,
        browser: Option<&Browser>,
        within: Option<&str>,
    ) -> Outcome<Raised> {
        match &form.proof {
            SecondFactorProof::Code(typed) => {
                let counted = self.counted_as_code(subject, within)?;
                self.check_code(subject, typed, (&counted, form.origin.address.as_deref())).await?;
                Ok(Authentication::and_code)
            }
            SecondFactorProof::Passkey(answer) => {
                self.check_passkey(Some(subject), answer, browser).await?;
                Ok(Authentication::and_passkey)
            }
        }
    }

    /// Signs somebody in who has proven enough, ends the session of whoever was signed in before them, and goes on. None if they
    /// may not be served.
    pub(super) async fn settle(
        &self,
        pending: Pending,
        client: &Client,
        who: (Subject, Authentication),
        (current, origin): (Option<&SignedIn>, SessionOrigin),
    ) -> Outcome<Option<(SessionCookie, Next)>> {
        let Some((cookie, session)) = self.open_session(who, current, origin).await? else { return Ok(None) };
        if let Some(former) = current.filter(|current| current.session.subject != session.subject) {
            // Whoever sits there now has taken the browser over, and with the cookie goes the only way to end that session.
            // No page of theirs could open its front-channel addresses.
            self.end_session(&former.session, None).await?;
        }
        let next = self.step(pending.without_proof(), client, Some(&session)).await?;
        Ok(Some((cookie, next)))
    }

    fn second_factor_view(
        &self,
        pending: &Pending,
        client: &Client,
        subject: &Subject,
        enrolled: &EnrolledFactors,
    ) -> Outcome<SecondFactorView> {
        let passkeys = enrolled.passkeys.as_slice();
        Ok(SecondFactorView {
            client_name: pending.asks_for(client),
            takes_totp: enrolled.totp.is_some(),
            takes_recovery_code: enrolled.recovery_codes > 0,
            passkey: match passkeys.is_empty() {
                true => None,
                false => self.offer_passkey(Some((subject, passkeys)), pending.browser())?,
            },
            ui_locales: pending.request.ui_locales.clone(),
        })
    }
}

impl Pending {
    /// Who is to prove themselves with a second factor: whoever gave their password a moment ago, or the session that the page
    /// asks. None if nobody is.
    pub(super) fn asks_for_factor(&self, signed_in: Option<&SignedIn>) -> Option<Asked> {
        if let Some(Proven { subject, time, .. }) = &self.proven {
            return Some(Asked { subject: subject.clone(), authentication: Authentication::by_password(*time) });
        }
        let session =
            session_of(signed_in).filter(|session| self.asked_by(AskingPage::SecondFactor) == Some(session.id))?;
        Some(Asked { subject: session.subject.clone(), authentication: session.authentication.clone() })
    }
}

/// The session of whoever is signed in.
pub(super) fn session_of(signed_in: Option<&SignedIn>) -> Option<&Session> {
    signed_in.map(|signed_in| &signed_in.session)
}
