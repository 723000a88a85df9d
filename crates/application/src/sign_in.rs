//! Checking a person's password: once for the sign-in page and the password grant.

use grantor_domain::client::StoredSecret;
use grantor_domain::grant::password::refused;
use grantor_domain::secret::{Secret, sha256};
use grantor_domain::user::{User, Username};
use grantor_ports::{FailedAttempt, PasswordCheck, PasswordHash, SecretUse, UserCredentials};

use crate::failure::Outcome;
use crate::service::Service;

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
        let problem = match (&found, check) {
            (None, _) => "there is no such user",
            (Some(_), PasswordCheck::Wrong) => "the password is wrong",
            (Some(UserCredentials { user, .. }), _) if user.disabled_at.is_some() => "the user is disabled",
            (Some(UserCredentials { user, .. }), check) => {
                if let (PasswordCheck::RightButStale, Some(old)) = (check, stored) {
                    self.rehash(user, &old, password).await?;
                }
                return Ok(user.clone());
            }
        };
        self.record_failure(username, address).await?;
        Err(refused(problem).into())
    }

    async fn rehash(&self, user: &User, old: &PasswordHash, password: Secret) -> Outcome<()> {
        let new = self.ports.passwords.hash(password).await?;
        Ok(self.ports.users.rehash(&user.subject, old, &new).await?)
    }

    async fn record_failure(&self, username: Option<&Username>, address: Option<&str>) -> Outcome<()> {
        let username_key = self.username_key(username)?;
        let attempt = FailedAttempt { username_key, address: address.map(str::to_owned), at: self.now() };
        Ok(self.ports.attempts.record(&attempt).await?)
    }

    /// What stands for a name where failures are recorded: a keyed hash only, because people type passwords into that
    /// field.
    pub(crate) fn username_key(&self, username: Option<&Username>) -> Outcome<[u8; 32]> {
        let typed = Secret::new(username.map_or("", Username::as_str));
        Ok(match self.ports.client_secrets.protect(&typed, SecretUse::Compared)? {
            StoredSecret::Hashed { hash, .. } | StoredSecret::Sealed { sealed: hash, .. } => sha256(hash.as_bytes()),
        })
    }
}
