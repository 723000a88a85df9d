//! The sign-in page: shown, and answered.

use grantor_domain::client::{Client, ClientLinks};
use grantor_domain::error::Reason;
use grantor_domain::grant::password::refused;
use grantor_domain::secret::Secret;
use grantor_domain::session::Authentication;
use grantor_domain::ui_locales::UiLocales;
use grantor_domain::user::Username;
use grantor_ports::SessionOrigin;

use crate::attempts::PasswordOrigin;
use crate::audit::AuditEvent;
use crate::authorize::interaction::Pending;
use crate::authorize::second_factor::{Proven, session_of};
use crate::authorize::{Browser, Interaction, KnownBrowserCookie, Next, SessionCookie};
use crate::failure::{Failure, Outcome};
use crate::second_factor::{PasskeyAnswer, PasskeyOffer};
use crate::service::Service;

/// What the sign-in page shows.
#[derive(Clone, Debug)]
pub struct SignInView {
    /// Who asks; none if the person looks at their own account.
    pub client_name: Option<String>,
    /// What it says of itself.
    pub links: ClientLinks,
    /// Whether it registered itself, so that nobody vouches for it.
    pub is_self_registered: bool,
    /// Fills in the name.
    pub login_hint: Option<String>,
    /// How to sign in without a password, where that is possible.
    pub passkey: Option<PasskeyOffer>,
    /// The languages that it is to be shown in, if we have them.
    pub ui_locales: UiLocales,
}

/// What a person sent from the sign-in page.
#[derive(Clone, Debug)]
pub struct SignInForm {
    /// What is pending.
    pub interaction: Interaction,
    /// As typed.
    pub username: String,
    /// As typed.
    pub password: Secret,
    /// Where it came from, for the record of failures and the list of sessions.
    pub origin: SessionOrigin,
    /// Whether that is a browser in which somebody signed in before.
    pub known_browser: Option<KnownBrowserCookie>,
}

/// What became of it.
#[derive(Debug)]
pub enum SignInOutcome {
    /// Name or password is wrong, the user may not sign in, or too many attempts were wrong before: show the page again.
    Wrong {
        /// What it shows.
        view: SignInView,
        /// Why, for the log and the reference on the page.
        failure: Failure,
    },
    /// Signed in, or asked for a second factor.
    Right {
        /// The new cookie; none if more is needed.
        cookie: Option<SessionCookie>,
        /// And the one by which this browser is known from now on; none if more is needed, or no password was asked for.
        known_browser: Option<KnownBrowserCookie>,
        /// Where the request stands now.
        next: Next,
    },
}

/// What a person sent who signs in with a passkey.
#[derive(Clone, Debug)]
pub struct PasskeyForm {
    /// What is pending.
    pub interaction: Interaction,
    /// What the passkey signed.
    pub answer: PasskeyAnswer,
    /// Where it came from, for the list of sessions.
    pub origin: SessionOrigin,
}

impl Service {
    /// What the sign-in page shows; or, if nobody needs to sign in any more (another tab did), where the request stands.
    ///
    /// # Errors
    /// If nothing is pending in this browser, or storage is away.
    pub async fn sign_in_page(
        &self,
        interaction: &Interaction,
        browser: Option<&Browser>,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<Result<SignInView, Next>> {
        let pending = self.unseal(interaction, browser)?;
        let client = self.pending_client(&pending).await?;
        let signed_in = self.signed_in(cookie).await?;
        let username = pending.request.login_hint.clone();
        let view = self.sign_in_view(&pending, &client, username)?;
        Ok(match self.step(pending, &client, session_of(signed_in.as_ref())).await? {
            Next::SignIn(_) => Ok(view),
            next => Err(next),
        })
    }

    /// Signs a person in and goes on with what is pending.
    ///
    /// # Errors
    /// If nothing is pending in this browser, or storage is away.
    pub async fn sign_in(
        &self,
        form: &SignInForm,
        browser: Option<&Browser>,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<SignInOutcome> {
        let pending = self.unseal(&form.interaction, browser)?;
        let client = self.pending_client(&pending).await?;
        let username = Username::parse(&form.username).ok();
        // Before the password is checked, which takes a while: what voids older sign-ins meanwhile, above all a new
        // password, must void this one.
        let now = self.now();
        let known = self.known_browser(form.known_browser.as_ref());
        let origin = PasswordOrigin { address: form.origin.address.as_deref(), browser: known.as_ref() };
        let proven = match self.check_password(username.as_ref(), form.password.clone(), origin).await {
            Ok(proven) => proven,
            Err(failure) => return self.sign_in_again(&pending, &client, Some(form.username.clone()), failure),
        };
        let (name, subject) = (self.username_key(username.as_ref())?, proven.user.subject);
        if proven.has_second_factor {
            let next = Next::SecondFactor(self.seal(&pending.proving(Proven { subject, time: now, name }))?);
            return Ok(SignInOutcome::Right { cookie: None, known_browser: None, next });
        }
        let known_browser = Some(self.remember_browser(known, &name)?);
        let current = self.signed_in(cookie).await?;
        let (who, at) = ((subject, Authentication::by_password(now)), (current.as_ref(), form.origin.clone()));
        match self.settle(pending.clone(), &client, who, at).await? {
            Some((cookie, next)) => Ok(SignInOutcome::Right { cookie: Some(cookie), known_browser, next }),
            None => {
                let failure = refused("the user may not be served").into();
                self.sign_in_again(&pending, &client, Some(form.username.clone()), failure)
            }
        }
    }

    /// Signs a person in by a passkey alone and goes on with what is pending.
    ///
    /// # Errors
    /// If nothing is pending in this browser, or storage is away.
    pub async fn sign_in_by_passkey(
        &self,
        form: &PasskeyForm,
        browser: Option<&Browser>,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<SignInOutcome> {
        let pending = self.unseal(&form.interaction, browser)?;
        let client = self.pending_client(&pending).await?;
        let now = self.now();
        let subject = match self.check_passkey(None, &form.answer, browser).await {
            Ok(subject) => subject,
            Err(failure) => return self.sign_in_again(&pending, &client, None, failure),
        };
        let current = self.signed_in(cookie).await?;
        let (who, at) = ((subject.clone(), Authentication::by_passkey(now)), (current.as_ref(), form.origin.clone()));
        match self.settle(pending.clone(), &client, who, at).await? {
            Some((cookie, next)) => {
                self.audit(AuditEvent::SignInSucceeded { subject: &subject });
                Ok(SignInOutcome::Right { cookie: Some(cookie), known_browser: None, next })
            }
            None => {
                self.audit(AuditEvent::SignInFailed { why: "disabled", subject: Some(&subject), name_key: None });
                let failure = refused("the user may not be served").into();
                self.sign_in_again(&pending, &client, None, failure)
            }
        }
    }

    /// The page again after what did not prove anybody; a failure of ours is none of theirs.
    fn sign_in_again(
        &self,
        pending: &Pending,
        client: &Client,
        username: Option<String>,
        failure: Failure,
    ) -> Outcome<SignInOutcome> {
        match failure.reason() {
            Reason::CredentialsInvalid | Reason::SignInThrottled => {
                Ok(SignInOutcome::Wrong { view: self.sign_in_view(pending, client, username)?, failure })
            }
            _ => Err(failure),
        }
    }

    fn sign_in_view(&self, pending: &Pending, client: &Client, username: Option<String>) -> Outcome<SignInView> {
        Ok(SignInView {
            client_name: pending.asks_for(client),
            links: client.links.clone(),
            is_self_registered: client.self_registered,
            login_hint: username,
            passkey: self.offer_passkey(None, pending.browser())?,
            ui_locales: pending.request.ui_locales.clone(),
        })
    }
}
