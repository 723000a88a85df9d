//! Checking a person's password: once for the sign-in page and the password grant.

use grantor_domain::client::StoredSecret;
use grantor_domain::grant::password::refused;
use grantor_domain::secret::{Secret, sha256};
use grantor_domain::user::{User, Username};
use grantor_ports::{FailedAttempt, PasswordCheck, PasswordHash, SecretUse, UserCredentials};

use crate::audit::AuditEvent;
use crate::failure::Outcome;
use crate::service::Service;

/// How much of the keyed hash of a name the audit trail shows: enough to tell names apart.
const NAME_KEY_BYTES: usize = 8;

impl Service {
    /// The user with this name, if the password is theirs and they may sign in. An unknown user, a wrong password and
    /// a disabled user end in the same refusal, after the same work; each leaves a row.
    pub(crate) async fn check_password(
        &self,
        username: Option<&Username>,
        password: Secret,
        address: Option<&str>,
    ) -> Outcome<User> {
        let found = match username {
            Some(username) => self.ports.users.by_username(username).await?,
            None => None,
        };
        let stored = found.as_ref().and_then(|found| found.password.clone());
        let check = self.ports.passwords.verify(stored.clone(), password.clone()).await?;
        let (why, problem) = match (&found, check) {
            (None, _) => ("unknown_user", "there is no such user"),
            (Some(_), PasswordCheck::Wrong) => ("wrong_password", "the password is wrong"),
            (Some(UserCredentials { user, .. }), _) if user.disabled_at.is_some() => {
                ("disabled", "the user is disabled")
            }
            (Some(UserCredentials { user, .. }), check) => {
                if let (PasswordCheck::RightButStale, Some(old)) = (check, stored) {
                    self.rehash(user, &old, password).await?;
                }
                self.audit(AuditEvent::SignInSucceeded { subject: &user.subject });
                return Ok(user.clone());
            }
        };
        let name_key = self.record_failure(username, address).await?;
        let subject = found.as_ref().map(|found| &found.user.subject);
        let name_key = Some(name_key.as_str()).filter(|_| subject.is_none());
        self.audit(AuditEvent::SignInFailed { why, subject, name_key });
        Err(refused(problem).into())
    }

    async fn rehash(&self, user: &User, old: &PasswordHash, password: Secret) -> Outcome<()> {
        let new = self.ports.passwords.hash(password).await?;
        Ok(self.ports.users.rehash(&user.subject, old, &new).await?)
    }

    /// Gives the beginning of what stands for the name, for the audit trail.
    async fn record_failure(&self, username: Option<&Username>, address: Option<&str>) -> Outcome<String> {
        let username_key = self.username_key(username)?;
        let attempt = FailedAttempt { username_key, address: address.map(str::to_owned), at: self.now() };
        self.ports.attempts.record(&attempt).await?;
        Ok(username_key.iter().take(NAME_KEY_BYTES).map(|byte| format!("{byte:02x}")).collect())
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
