//! Checking a person's password: once for the sign-in page and the password grant.

use grantor_domain::client::StoredSecret;
use grantor_domain::error::Refusal;
use grantor_domain::grant::password::refused;
use grantor_domain::new_password::WeakPassword;
use grantor_domain::secret::{Secret, sha256};
use grantor_domain::user::{Subject, User, Username};
use grantor_ports::{PasswordCheck, PasswordHash, SecretUse, SigningIn};

use crate::attempts::{CountedAs, PasswordOrigin};
use crate::audit::AuditEvent;
use crate::failure::Outcome;
use crate::service::Service;

/// Somebody whose password was right.
pub(crate) struct ProvenUser {
    pub(crate) user: User,
    /// Whether the password is not all that they sign in with.
    pub(crate) has_second_factor: bool,
}

impl Service {
    /// The user with this name, if the password is theirs and they may sign in. An unknown user, a wrong password and
    /// a disabled user end in the same refusal, after the same work; each leaves a row, and after too many of them nobody's
    /// password is looked at for a while.
    pub(crate) async fn check_password(
        &self,
        username: Option<&Username>,
        password: Secret,
        origin: PasswordOrigin<'_>,
    ) -> Outcome<ProvenUser> {
        let counted = self.counted_as(username, origin)?;
        let (found, failures) = self.ports.users.signing_in(username, &counted.keys, self.failures_since()).await?;
        let subject = found.as_ref().map(|found| &found.credentials.user.subject);
        self.require_patience(&counted, failures)
            .inspect_err(|_| self.audit_failure("throttled", subject, &counted))?;
        let stored = found.as_ref().and_then(|found| found.credentials.password.clone());
        let check = self.ports.passwords.verify(stored.clone(), password.clone()).await?;
        let failures = self.ports.attempts.tally(&counted.keys, self.failures_since()).await?;
        // Of many that were checked at the same time no more are heard than one after another: the rest are told to wait, and
        // whether they were right shows in nothing.
        let patience = self.require_patience(&counted, failures).map_err(|throttled| ("throttled", throttled));
        let (is_forgiven, found) =
            match patience.and_then(|is_forgiven| Ok((is_forgiven, served(found.as_ref(), check)?))) {
                Ok(served) => served,
                Err((why, refusal)) => {
                    self.record_failure(&counted, origin.address).await?;
                    self.audit_failure(why, subject, &counted);
                    return Err(refusal.into());
                }
            };
        if let (PasswordCheck::RightButStale, Some(old)) = (check, stored) {
            self.rehash(&found.credentials.user, &old, password).await?;
        }
        if is_forgiven {
            self.forgive(&counted).await?;
        }
        let user = found.credentials.user.clone();
        self.audit(AuditEvent::SignInSucceeded { subject: &user.subject });
        Ok(ProvenUser { user, has_second_factor: found.has_second_factor })
    }

    /// Whether this may be the password of a user who is called so.
    pub(crate) fn check_new_password(&self, password: &Secret, username: &Username) -> Result<(), WeakPassword> {
        let guesses = || self.ports.passwords.guesses(password, &[username.as_str()]);
        self.settings.password_rules.check(password.expose(), guesses)
    }

    fn audit_failure(&self, why: &'static str, subject: Option<&Subject>, counted: &CountedAs) {
        let name_key = Some(counted.audited.as_str()).filter(|_| subject.is_none());
        self.audit(AuditEvent::SignInFailed { why, subject, name_key });
    }

    async fn rehash(&self, user: &User, old: &PasswordHash, password: Secret) -> Outcome<()> {
        let new = self.ports.passwords.hash(password).await?;
        Ok(self.ports.users.rehash(&user.subject, old, &new).await?)
    }

    /// What stands for a name where failures are recorded: a keyed hash only, because people type passwords into that
    /// field.
    pub(crate) fn username_key(&self, username: Option<&Username>) -> Outcome<[u8; 32]> {
        self.keyed_hash(username.map_or("", Username::as_str))
    }

    /// What stands for a text that nobody who reads storage should learn. A username has no line break, so that whatever
    /// has one is no username.
    pub(crate) fn keyed_hash(&self, text: &str) -> Outcome<[u8; 32]> {
        Ok(match self.ports.client_secrets.protect(&Secret::new(text), SecretUse::Compared)? {
            StoredSecret::Hashed { hash, .. } | StoredSecret::Sealed { sealed: hash, .. } => sha256(hash.as_bytes()),
        })
    }
}

/// The user, if the password is theirs and they may sign in; else why not, for the audit trail and for the answer.
fn served(found: Option<&SigningIn>, check: PasswordCheck) -> Result<&SigningIn, (&'static str, Refusal)> {
    match (found, check) {
        (None, _) => Err(("unknown_user", refused("there is no such user"))),
        (Some(_), PasswordCheck::Wrong) => Err(("wrong_password", refused("the password is wrong"))),
        (Some(found), _) if found.credentials.user.disabled_at.is_some() => {
            Err(("disabled", refused("the user is disabled")))
        }
        (Some(found), _) => Ok(found),
    }
}
