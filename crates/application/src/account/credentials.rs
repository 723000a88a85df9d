//! What a person signs in with, and what is said of them, changed by themselves.

use grantor_domain::error::Reason;
use grantor_domain::new_password::WeakPassword;
use grantor_domain::secret::Secret;
use grantor_domain::session::Authentication;
use grantor_ports::SessionOrigin;

use super::{AccountChange, AccountProblem, Visitor};
use crate::admin::{KeyChanges, UserProblem};
use crate::attempts::PasswordOrigin;
use crate::audit::{AccountAct, AuditEvent};
use crate::failure::{Failure, Outcome};
use crate::second_factor::RecoveryCodes;
use crate::service::Service;

/// Longest claim that people may give themselves, in characters.
pub(super) const CLAIM_CHARACTERS: usize = 256;

/// The claims that say that another was checked (OpenID Connect Core §5.1).
const VERIFIED: [(&str, &str); 2] = [("email", "email_verified"), ("phone_number", "phone_number_verified")];

impl Service {
    /// A new factor was just shown: the session is worth more from now on.
    pub(super) async fn enrolled(
        &self,
        visitor: &Visitor,
        enrolled: Outcome<RecoveryCodes>,
        (origin, raised): (SessionOrigin, fn(Authentication) -> Authentication),
    ) -> Outcome<AccountChange> {
        let codes = match enrolled {
            Ok(codes) => codes,
            Err(failure) => return refused(AccountProblem::Factor, failure),
        };
        let authentication = raised(visitor.session.authentication.clone());
        let cookie = self.raise_session(&visitor.session, authentication, origin).await?;
        Ok(match (cookie, codes.is_empty()) {
            (None, _) => AccountChange::SignedOut,
            (Some(cookie), true) => AccountChange::DoneInSession(cookie),
            (Some(cookie), false) => AccountChange::RecoveryCodes(codes, Some(cookie)),
        })
    }

    pub(super) async fn remove_own_totp(&self, visitor: &Visitor) -> Outcome<AccountChange> {
        let subject = &visitor.user.subject;
        if self.ports.second_factors.remove_totp(subject).await? {
            self.audit(AuditEvent::AccountChanged { act: AccountAct::RemovedTotp, subject });
        }
        Ok(AccountChange::Done)
    }

    pub(super) async fn remove_own_passkey(&self, visitor: &Visitor, id: &[u8]) -> Outcome<AccountChange> {
        let subject = &visitor.user.subject;
        if self.ports.second_factors.remove_passkey(subject, id).await? {
            self.audit(AuditEvent::AccountChanged { act: AccountAct::RemovedPasskey, subject });
        }
        Ok(AccountChange::Done)
    }

    pub(super) async fn set_own_claims(&self, visitor: &Visitor, changes: KeyChanges) -> Outcome<AccountChange> {
        let subject = &visitor.user.subject;
        if let Some((key, _)) = changes.set.iter().find(|(_, value)| value.chars().count() > CLAIM_CHARACTERS) {
            return refused(AccountProblem::Claims, invalid(format!("{key:?} is too long")));
        }
        let mut keys = changes.set.iter().map(|(key, _)| key).chain(&changes.unset);
        if let Some(other) = keys.find(|key| !self.settings.editable_claims.contains(key)) {
            return refused(AccountProblem::Claims, invalid(format!("{other:?} is not theirs to change")));
        }
        let changes = unverified(visitor, changes);
        match self.change_claims(subject, &changes).await? {
            Some(Ok(differences)) => {
                if !differences.is_empty() {
                    self.audit(AuditEvent::AccountChanged { act: AccountAct::SetClaims, subject });
                }
                Ok(AccountChange::Done)
            }
            Some(Err(UserProblem::Claims(problem))) => refused(AccountProblem::Claims, invalid(problem.to_string())),
            Some(Err(_)) | None => Err(grantor_ports::Unavailable::new("others keep changing the user").into()),
        }
    }

    /// Whoever knows the old password is out, everywhere; the person stays signed in here.
    pub(super) async fn set_own_password(
        &self,
        visitor: &Visitor,
        (current, new): (Secret, Secret),
        origin: SessionOrigin,
    ) -> Outcome<AccountChange> {
        let user = &visitor.user;
        if visitor.password.is_some() {
            let from = PasswordOrigin { address: origin.address.as_deref(), browser: None };
            if let Err(failure) = self.check_password(Some(&user.username), current, from).await {
                let is_throttled = failure.reason() == Reason::SignInThrottled;
                let problem = if is_throttled { AccountProblem::Throttled } else { AccountProblem::PasswordWrong };
                return refused(problem, failure);
            }
        }
        if let Err(weak) = self.check_new_password(&new, &user.username) {
            let problem = match weak {
                WeakPassword::TooShort(min_length) => AccountProblem::PasswordTooShort(min_length),
                WeakPassword::Common => AccountProblem::PasswordCommon,
            };
            return refused(problem, invalid(weak.to_string()));
        }
        let hash = self.ports.passwords.hash(new).await?;
        let now = self.now();
        if !self.ports.users.replace_password(&user.subject, visitor.password.as_ref(), &hash, now).await? {
            let cause = "it was changed meanwhile".to_owned();
            return refused(AccountProblem::PasswordWrong, invalid(cause));
        }
        self.end_sessions_of(&user.subject, now).await?;
        self.audit(AuditEvent::AccountChanged { act: AccountAct::SetPassword, subject: &user.subject });
        if visitor.password.is_none() {
            // Nothing was proven just now: what they signed in with before is void like everybody's.
            return Ok(AccountChange::SignedOut);
        }
        // Their second factor is as old as this sign-in, which is recent; the password they gave just now.
        let authentication = Authentication { time: now, ..visitor.session.authentication.clone() };
        let opened = self.open_session((user.subject.clone(), authentication), None, origin).await?;
        Ok(opened.map_or(AccountChange::SignedOut, |(cookie, _session)| AccountChange::DoneInSession(cookie)))
    }
}

/// The same, and whoever calls an address another one says no more that it was checked.
fn unverified(visitor: &Visitor, mut changes: KeyChanges) -> KeyChanges {
    for (claim, verified) in VERIFIED {
        let new = changes.set.iter().find(|(key, _)| key == claim).map(|(_, value)| value.as_str());
        let is_changed = changes.unset.iter().any(|key| key == claim) || new.is_some();
        if is_changed && new != visitor.user.claims.text(claim) {
            changes.unset.push(verified.to_owned());
        }
    }
    changes
}

fn invalid(cause: String) -> Failure {
    grantor_domain::error::Refusal::because(Reason::ParameterInvalid, cause).into()
}

/// What the person can do something about; what they cannot is a failure.
fn refused(problem: AccountProblem, failure: Failure) -> Outcome<AccountChange> {
    match failure.reason() {
        Reason::CredentialsInvalid | Reason::ParameterInvalid | Reason::SignInThrottled => {
            Ok(AccountChange::Refused(problem, failure))
        }
        _ => Err(failure),
    }
}
