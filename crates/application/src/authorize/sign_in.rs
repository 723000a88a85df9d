//! The sign-in page: shown, and answered.

use grantor_domain::authorization::AuthorizationRequest;
use grantor_domain::client::{Client, ClientLinks};
use grantor_domain::error::Reason;
use grantor_domain::grant::password::refused;
use grantor_domain::secret::Secret;
use grantor_domain::ui_locales::UiLocales;
use grantor_domain::user::Username;
use grantor_ports::{SessionOrigin, SignedIn};

use crate::attempts::PasswordOrigin;
use crate::authorize::{Browser, Interaction, KnownBrowserCookie, Next, SessionCookie};
use crate::failure::{Failure, Outcome};
use crate::service::Service;

/// What the sign-in page shows.
#[derive(Clone, Debug)]
pub struct SignInView {
    /// Who asks.
    pub client_name: String,
    /// What it says of itself.
    pub links: ClientLinks,
    /// Whether it registered itself, so that nobody vouches for it.
    pub is_self_registered: bool,
    /// Fills in the name.
    pub login_hint: Option<String>,
    /// The languages that it is to be shown in, if we have them.
    pub ui_locales: UiLocales,
}

impl SignInView {
    fn of(client: &Client, request: &AuthorizationRequest, login_hint: Option<String>) -> Self {
        Self {
            client_name: client.name.clone(),
            links: client.links.clone(),
            is_self_registered: client.self_registered,
            login_hint,
            ui_locales: request.ui_locales.clone(),
        }
    }
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
    /// Where it came from, for the record of failures.
    pub address: Option<String>,
    /// What the browser calls itself, for the list of sessions.
    pub user_agent: Option<String>,
    /// Whether that is a browser in which somebody signed in before.
    pub known_browser: Option<KnownBrowserCookie>,
}

/// How much is kept of what a browser calls itself, in characters.
const USER_AGENT: usize = 256;

impl SignInForm {
    /// What the session will be recognised by.
    fn origin(&self) -> SessionOrigin {
        let readable =
            |text: &String| text.chars().filter(|character| !character.is_control()).take(USER_AGENT).collect();
        SessionOrigin { address: self.address.clone(), user_agent: self.user_agent.as_ref().map(readable) }
    }
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
    /// Signed in.
    SignedIn {
        /// The new cookie.
        cookie: SessionCookie,
        /// And the one by which this browser is known from now on.
        known_browser: KnownBrowserCookie,
        /// Where the request stands now.
        next: Next,
    },
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
        let view = SignInView::of(&client, &pending.request, pending.request.login_hint.clone());
        let signed_in = self.signed_in(cookie).await?;
        Ok(match self.step(pending, &client, signed_in.as_ref()).await? {
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
        let view = SignInView::of(&client, &pending.request, Some(form.username.clone()));
        let username = Username::parse(&form.username).ok();
        // Before the password is checked, which takes a while: what voids older sign-ins meanwhile, above all a new
        // password, must void this one.
        let now = self.now();
        let known = self.known_browser(form.known_browser.as_ref());
        let origin = PasswordOrigin { address: form.address.as_deref(), browser: known.as_ref() };
        let user = match self.check_password(username.as_ref(), form.password.clone(), origin).await {
            Ok(user) => user,
            Err(failure) if matches!(failure.reason(), Reason::CredentialsInvalid | Reason::SignInThrottled) => {
                return Ok(SignInOutcome::Wrong { view, failure });
            }
            Err(failure) => return Err(failure),
        };
        let current = self.signed_in(cookie).await?;
        let Some((cookie, session)) = self.open_session(user.subject, current.as_ref(), (now, form.origin())).await?
        else {
            return Ok(SignInOutcome::Wrong { view, failure: refused("the user may not be served").into() });
        };
        if let Some(former) = current.filter(|current| current.session.subject != session.subject) {
            // Whoever sits there now has taken the browser over, and with the cookie goes the only way to end that session.
            // No page of theirs could open its front-channel addresses.
            self.end_session(&former.session, None).await?;
        }
        let signed_in = SignedIn { session, claims: user.claims };
        let next = self.step(pending, &client, Some(&signed_in)).await?;
        let known_browser = self.remember_browser(known, &self.username_key(username.as_ref())?)?;
        Ok(SignInOutcome::SignedIn { cookie, known_browser, next })
    }
}
