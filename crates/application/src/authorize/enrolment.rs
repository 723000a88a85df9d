//! The page on which somebody sets a second factor up because what they want to do demands one.

use std::time::Duration;

use grantor_domain::client::Client;
use grantor_domain::error::Reason;
use grantor_domain::session::Session;
use grantor_domain::ui_locales::UiLocales;
use grantor_domain::user::User;
use grantor_ports::EnrolledFactors;

use crate::authorize::interaction::{AskingPage, Pending};
use crate::authorize::second_factor::{SecondFactorForm, SecondFactorProof, session_of};
use crate::authorize::{Browser, Interaction, Next, SessionCookie};
use crate::failure::{Failure, Outcome};
use crate::second_factor::{BegunFactor, PasskeyOffer, RecoveryCodes, TotpSetUp};
use crate::service::Service;

/// How long ago the sign-in may be of somebody who changes how they sign in.
pub(crate) const RECENT: Duration = Duration::from_secs(3600);

/// What the page shows.
#[derive(Clone, Debug)]
pub struct EnrolmentView {
    /// Who demands it; none if the person looks at their own account.
    pub client_name: Option<String>,
    /// Whose factor it will be: what they sign in as.
    pub username: String,
    /// For an authenticator app.
    pub totp: TotpSetUp,
    /// For a passkey, where that is possible.
    pub passkey: Option<PasskeyOffer>,
    /// The languages that it is to be shown in, if we have them.
    pub ui_locales: UiLocales,
}

/// What became of what a person sent from it.
#[derive(Debug)]
pub enum EnrolmentOutcome {
    /// The code or the passkey does not fit: show the page again.
    Wrong {
        /// What it shows.
        view: EnrolmentView,
        /// Why, for the log and the reference on the page.
        failure: Failure,
    },
    /// It is theirs, and they are signed in with it: show them their recovery codes, then go on.
    Enrolled {
        /// The new cookie.
        cookie: SessionCookie,
        /// What they must write down.
        recovery_codes: RecoveryCodes,
        /// What is pending, for the way on.
        interaction: Interaction,
        /// The languages that the page is to be shown in, if we have them.
        ui_locales: UiLocales,
    },
    /// There is nothing to set up any more: where the request stands.
    Next(Next),
}

/// Who is to have a factor: whoever signed in in this session, recently.
struct Enrolling {
    session: Session,
    user: User,
}

impl Service {
    /// What the page shows; or, if there is nothing to set up, where the request stands.
    ///
    /// # Errors
    /// If nothing is pending in this browser, or storage is away.
    pub async fn enrolment_page(
        &self,
        interaction: &Interaction,
        browser: Option<&Browser>,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<Result<EnrolmentView, Next>> {
        let pending = self.unseal(interaction, browser)?;
        let client = self.pending_client(&pending).await?;
        let signed_in = self.signed_in(cookie).await?;
        match self.enrolling(&pending, session_of(signed_in.as_ref())).await? {
            Some(enrolling) => {
                let totp = self.begin_totp(&enrolling.user, pending.browser())?;
                Ok(Ok(self.enrolment_view(&pending, &client, &enrolling.user, totp)?))
            }
            None => Ok(Err(self.step(pending, &client, session_of(signed_in.as_ref())).await?)),
        }
    }

    /// Enrols what the person set up, signs them in with it, and gives them their recovery codes. `begun` is what the page began for
    /// an app.
    ///
    /// # Errors
    /// If nothing is pending in this browser, or storage is away.
    pub async fn enrol(
        &self,
        form: &SecondFactorForm,
        begun: &BegunFactor,
        browser: Option<&Browser>,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<EnrolmentOutcome> {
        let pending = self.unseal(&form.interaction, browser)?;
        let client = self.pending_client(&pending).await?;
        let current = self.signed_in(cookie).await?;
        let current = session_of(current.as_ref());
        let Some(Enrolling { session, user }) = self.enrolling(&pending, current).await? else {
            return Ok(EnrolmentOutcome::Next(self.step(pending, &client, current).await?));
        };
        let (subject, before) = (&user.subject, session.authentication.clone());
        let enrolled = match &form.proof {
            SecondFactorProof::Code(typed) => {
                let enrolled = self.finish_totp(subject, (begun, typed), browser).await;
                enrolled.map(|codes| (codes, before.and_code()))
            }
            SecondFactorProof::Passkey(answer) => {
                let enrolled = self.finish_passkey(subject, (answer, ""), browser).await;
                enrolled.map(|codes| (codes, before.and_passkey()))
            }
        };
        let (recovery_codes, authentication) = match enrolled {
            Ok(enrolled) => enrolled,
            Err(failure) if failure.reason() == Reason::CredentialsInvalid => {
                let totp = self.resume_totp(&user, begun, browser)?;
                let view = self.enrolment_view(&pending, &client, &user, totp)?;
                return Ok(EnrolmentOutcome::Wrong { view, failure });
            }
            Err(failure) => return Err(failure),
        };
        match self.raise_session(&session, authentication, form.origin.clone()).await? {
            Some(cookie) => {
                let ui_locales = pending.request.ui_locales.clone();
                let interaction = self.seal(&pending)?;
                Ok(EnrolmentOutcome::Enrolled { cookie, recovery_codes, interaction, ui_locales })
            }
            // It ended meanwhile.
            None => Ok(EnrolmentOutcome::Next(self.step(pending, &client, None).await?)),
        }
    }

    /// Who is to set a factor up: the session that the page asks, if it is still recent and its person has none yet. A password that
    /// was right a moment ago is not enough: that is how somebody with a factor begins to sign in.
    async fn enrolling(&self, pending: &Pending, session: Option<&Session>) -> Outcome<Option<Enrolling>> {
        let asked = pending.asked_by(AskingPage::SecondFactor);
        let Some(session) = session.filter(|session| asked == Some(session.id) && self.is_recent(session)) else {
            return Ok(None);
        };
        if !self.ports.second_factors.of(&session.subject).await?.is_empty() {
            return Ok(None);
        }
        let found = self.ports.users.by_subject(&session.subject).await?;
        Ok(found.map(|found| Enrolling { session: session.clone(), user: found.user }))
    }

    /// Whether somebody signed in so lately that they may change how they do.
    pub(crate) fn is_recent(&self, session: &Session) -> bool {
        session.authentication.time.plus(RECENT) > self.now()
    }

    fn enrolment_view(
        &self,
        pending: &Pending,
        client: &Client,
        user: &User,
        totp: TotpSetUp,
    ) -> Outcome<EnrolmentView> {
        Ok(EnrolmentView {
            client_name: pending.asks_for(client),
            username: user.username.as_str().to_owned(),
            totp,
            passkey: self.begin_passkey(user, &EnrolledFactors::default(), pending.browser())?,
            ui_locales: pending.request.ui_locales.clone(),
        })
    }
}
