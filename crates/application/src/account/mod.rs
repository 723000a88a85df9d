//! My account: what a person sees of themselves, and what they change of it. They must have signed in recently, and with their
//! second factor if they have one. Grantor's own.

mod access;
mod credentials;
mod page;

pub use access::{AccountApplication, AccountGrant};
pub use page::{AccountForm, MyAccountView};

use grantor_domain::authorization::AuthorizationRequest;
use grantor_domain::client::{Client, ClientSettings};
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::id::SessionId;
use grantor_domain::secret::Secret;
use grantor_domain::session::{Acr, Authentication, Session};
use grantor_domain::user::User;
use grantor_ports::{CryptoFailure, EnrolledFactors, PasswordHash, SessionOrigin, UserCredentials};
use serde_json::json;

use crate::admin::KeyChanges;
use crate::authorize::{Browser, Next, Pending, RECENT, SessionCookie};
use crate::failure::{Failure, Outcome};
use crate::second_factor::{BegunFactor, PasskeyAnswer, RecoveryCodes};
use crate::service::Service;

/// Who looks at their own account.
struct Visitor {
    session: Session,
    user: User,
    password: Option<PasswordHash>,
    enrolled: EnrolledFactors,
}

/// What a person does to their account.
#[derive(Clone, Debug)]
pub enum AccountAction {
    /// Enrol an authenticator app, with the code that it shows.
    EnrolTotp {
        /// What the page began.
        begun: BegunFactor,
        /// As typed.
        code: Secret,
    },
    /// Enrol a passkey.
    EnrolPasskey {
        /// What the browser made.
        answer: PasskeyAnswer,
        /// What its owner calls it.
        name: String,
    },
    /// End one of their grants, by its reference.
    EndGrant(String),
    /// End every session but the one that they are in.
    EndOtherSessions,
    /// End a session.
    EndSession(SessionId),
    /// Take a passkey away, by its credential ID.
    RemovePasskey(Vec<u8>),
    /// Take the authenticator app away.
    RemoveTotp,
    /// Get new recovery codes.
    RenewRecoveryCodes,
    /// Change claims of theirs: those that the settings let them.
    SetClaims(KeyChanges),
    /// Choose another password.
    SetPassword {
        /// The one that they have; empty if they have none.
        current: Secret,
        /// The one that they want.
        new: Secret,
    },
    /// Take back all that a client may do for them.
    Withdraw(String),
}

/// What came of it.
#[derive(Debug)]
pub enum AccountChange {
    /// It is done.
    Done,
    /// It is done, and this is the cookie of the session that goes on.
    DoneInSession(SessionCookie),
    /// It is done, and these are to be written down; the cookie, as there, where it is another.
    RecoveryCodes(RecoveryCodes, Option<SessionCookie>),
    /// It is done, and they are signed out with it.
    SignedOut,
    /// It is not done, for a reason that they can do something about.
    Refused(AccountProblem, Failure),
}

/// What they can do something about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountProblem {
    /// A claim cannot have this value, or is not theirs to change.
    Claims,
    /// The code of the new app is wrong, or the passkey does not fit.
    Factor,
    /// The new password is common.
    PasswordCommon,
    /// The new password has fewer characters than this.
    PasswordTooShort(u32),
    /// The present password is wrong.
    PasswordWrong,
    /// Too many were wrong: they must wait.
    Throttled,
}

/// Stands for the pages of this module where a request needs a client: nothing it says leaves them.
pub(crate) fn account_client() -> Outcome<Client> {
    let settings: ClientSettings = serde_json::from_value(json!({
        "client_id": "my-account",
        "first_party": true,
        "grant_types": ["authorization_code"],
        "redirect_uris": ["https://my-account.invalid/"],
        "token_endpoint_auth_methods": ["none"],
    }))?;
    settings.try_into().map_err(|_invalid| CryptoFailure::new("the client of My account is not acceptable").into())
}

impl Service {
    /// Does what somebody asks of their account; or says where they must go first.
    ///
    /// # Errors
    /// If the page that they sent it from is out of date, or storage is away.
    pub async fn change_account(
        &self,
        action: AccountAction,
        form: &AccountForm,
        browser: &Browser,
        (cookie, origin): (Option<&SessionCookie>, SessionOrigin),
    ) -> Outcome<Result<AccountChange, Next>> {
        let visitor = match self.visitor(browser, cookie).await? {
            Ok(visitor) => visitor,
            Err(next) => return Ok(Err(next)),
        };
        self.check_account_form(form, browser, visitor.session.id)?;
        let subject = &visitor.user.subject;
        let change = match action {
            AccountAction::EnrolTotp { begun, code } => {
                let enrolled = self.finish_totp(subject, (&begun, &code), Some(browser)).await;
                self.enrolled(&visitor, enrolled, (origin, Authentication::and_code)).await?
            }
            AccountAction::EnrolPasskey { answer, name } => {
                let enrolled = self.finish_passkey(subject, (&answer, &name), Some(browser)).await;
                self.enrolled(&visitor, enrolled, (origin, Authentication::and_passkey)).await?
            }
            AccountAction::EndGrant(grant) => self.end_own_grant(&visitor, &grant).await?,
            AccountAction::EndOtherSessions => self.end_other_sessions(&visitor).await?,
            AccountAction::EndSession(session) => self.end_own_session(&visitor, session).await?,
            AccountAction::RemovePasskey(id) => self.remove_own_passkey(&visitor, &id).await?,
            AccountAction::RemoveTotp => self.remove_own_totp(&visitor).await?,
            AccountAction::RenewRecoveryCodes => match self.renew_recovery_codes(subject).await? {
                Some(codes) => AccountChange::RecoveryCodes(codes, None),
                None => AccountChange::Done,
            },
            AccountAction::SetClaims(changes) => self.set_own_claims(&visitor, changes).await?,
            AccountAction::SetPassword { current, new } => {
                self.set_own_password(&visitor, (current, new), origin).await?
            }
            AccountAction::Withdraw(client) => self.withdraw_own_consent(&visitor, &client).await?,
        };
        Ok(Ok(change))
    }

    /// Who looks at their account; or where they must go before they may.
    async fn visitor(&self, browser: &Browser, cookie: Option<&SessionCookie>) -> Outcome<Result<Visitor, Next>> {
        let signed_in = self.signed_in(cookie).await?;
        let session = signed_in.map(|signed_in| signed_in.session);
        let enrolled = match &session {
            Some(session) => self.ports.second_factors.of(&session.subject).await?,
            None => EnrolledFactors::default(),
        };
        let least = if enrolled.is_empty() { Acr::Password } else { Acr::Mfa };
        let client = &self.account_client;
        let request = AuthorizationRequest::of_account(client, RECENT, least, self.now());
        let next = self.step(Pending::new(request, browser), client, session.as_ref()).await?;
        let (Next::Account, Some(session)) = (&next, session) else { return Ok(Err(next)) };
        let found = self.ports.users.by_subject(&session.subject).await?;
        let Some(UserCredentials { user, password }) = found else {
            return Err(Refusal::because(Reason::SubjectRefused, "the user is gone").into());
        };
        Ok(Ok(Visitor { session, user, password, enrolled }))
    }
}
