//! What a person sees of themselves.

use std::collections::BTreeMap;

use grantor_domain::error::{Reason, Refusal};
use grantor_domain::id::SessionId;
use grantor_domain::time::Timestamp;
use grantor_domain::user::User;
use grantor_ports::{EnrolledFactors, ListedSession, Sealed};
use serde::{Deserialize, Serialize};

use super::{AccountApplication, Visitor};
use crate::authorize::{Browser, Next, SessionCookie};
use crate::browser_text::browser_text;
use crate::failure::Outcome;
use crate::second_factor::{BegunFactor, PasskeyOffer, TotpSetUp};
use crate::service::Service;

browser_text! {
    /// The sealed text that every form of the page sends back: nobody can make one for somebody else's browser or session.
    AccountForm
}

/// What it carries.
#[derive(Serialize, Deserialize)]
struct Content {
    #[serde(rename = "s")]
    session: SessionId,
    #[serde(rename = "b")]
    browser: [u8; 32],
    #[serde(rename = "t")]
    at: Timestamp,
}

/// What a person sees of themselves.
#[derive(Clone, Debug)]
pub struct MyAccountView {
    /// Who they are.
    pub user: User,
    /// Whether they have a password.
    pub has_password: bool,
    /// What they prove themselves with beside it.
    pub factors: EnrolledFactors,
    /// How to make another passkey, where that is possible.
    pub passkey: Option<PasskeyOffer>,
    /// Where they are signed in, the newest sign-in first.
    pub sessions: Vec<ListedSession>,
    /// The session that they look from.
    pub session: SessionId,
    /// What clients may do for them, by name.
    pub applications: Vec<AccountApplication>,
    /// What the scopes of these let them do, where somebody registered that.
    pub descriptions: BTreeMap<String, String>,
    /// Which claims they may change.
    pub editable_claims: Vec<String>,
    /// For the forms.
    pub form: AccountForm,
}

impl Service {
    /// What a person sees of themselves; or where they must go first.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn my_account(
        &self,
        browser: &Browser,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<Result<MyAccountView, Next>> {
        let visitor = match self.visitor(browser, cookie).await? {
            Ok(visitor) => visitor,
            Err(next) => return Ok(Err(next)),
        };
        let applications = self.applications(&visitor.user.subject).await?;
        let sessions = self.live_sessions(&visitor.user).await?;
        let passkey = self.begin_passkey(&visitor.user, &visitor.enrolled, browser.hash())?;
        let (form, registry) = (self.account_form(&visitor, browser)?, self.registry());
        Ok(Ok(MyAccountView {
            user: visitor.user,
            has_password: visitor.password.is_some(),
            factors: visitor.enrolled,
            passkey,
            sessions,
            session: visitor.session.id,
            descriptions: applications
                .iter()
                .flat_map(|application| application.scope.iter())
                .filter_map(|value| Some((value.to_owned(), registry.describe(value)?.to_owned())))
                .collect(),
            applications,
            editable_claims: self.settings.editable_claims.clone(),
            form,
        }))
    }

    /// What a person needs who wants to set an authenticator app up; or where they must go first.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn totp_set_up(
        &self,
        browser: &Browser,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<Result<(TotpSetUp, AccountForm), Next>> {
        Ok(match self.visitor(browser, cookie).await? {
            Ok(visitor) => Ok((self.begin_totp(&visitor.user, browser.hash())?, self.account_form(&visitor, browser)?)),
            Err(next) => Err(next),
        })
    }

    /// The same for what they began, after what they typed did not fit.
    ///
    /// # Errors
    /// If what they began is out of date, or storage is away.
    pub async fn resume_totp_set_up(
        &self,
        begun: &BegunFactor,
        browser: &Browser,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<Result<(TotpSetUp, AccountForm), Next>> {
        Ok(match self.visitor(browser, cookie).await? {
            Ok(visitor) => {
                let set_up = self.resume_totp(&visitor.user, begun, Some(browser))?;
                Ok((set_up, self.account_form(&visitor, browser)?))
            }
            Err(next) => Err(next),
        })
    }

    fn account_form(&self, visitor: &Visitor, browser: &Browser) -> Outcome<AccountForm> {
        let content = Content { session: visitor.session.id, browser: browser.hash(), at: self.now() };
        let content = serde_json::to_vec(&content)?;
        Ok(AccountForm(self.ports.sealer.seal(Sealed::AccountForm, &content, self.now())?))
    }

    pub(super) fn check_account_form(
        &self,
        form: &AccountForm,
        browser: &Browser,
        session: SessionId,
    ) -> Result<(), Refusal> {
        let content: Content = self.open_sealed(Sealed::AccountForm, &form.0, Reason::RequestExpired)?;
        self.check_browser(Some(browser), &content.browser, content.at)?;
        match content.session == session {
            true => Ok(()),
            false => Err(Refusal::because(Reason::RequestExpired, "it was made for another session")),
        }
    }
}
