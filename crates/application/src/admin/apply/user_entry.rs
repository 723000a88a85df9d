//! A user in a file: what they must be, and what storage keeps of them.

use grantor_domain::new_password::PasswordRules;
use grantor_domain::secret::Secret;
use grantor_domain::time::Timestamp;
use grantor_domain::user::{StandardClaims, Subject, User, Username};
use grantor_ports::{PasswordHash, Passwords, UserCredentials};
use serde::Deserialize;

use super::{InvalidEntry, read_secret};
use crate::failure::Outcome;

/// A user in the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserEntry {
    /// Their subject.
    pub subject: Subject,
    /// What they type.
    pub username: Username,
    /// Their password; read, never written anywhere.
    #[serde(default, deserialize_with = "read_secret")]
    pub password: Option<Secret>,
    /// A hash of their password, to begin with: signing in may renew it, so that of a user who has a password is left
    /// alone.
    #[serde(default, deserialize_with = "read_secret")]
    pub password_hash: Option<Secret>,
    /// What clients may learn.
    #[serde(default)]
    pub claims: StandardClaims,
}

impl UserEntry {
    pub(super) fn check(&self, passwords: &dyn Passwords, rules: &PasswordRules) -> Result<(), InvalidEntry> {
        let subject = || self.subject.to_string();
        if self.password.is_some() && self.password_hash.is_some() {
            return Err(InvalidEntry::PasswordTwice(subject()));
        }
        if let Some(password) = &self.password {
            let (length, most) = (password.expose().len(), passwords.max_bytes());
            if length == 0 {
                return Err(InvalidEntry::PasswordEmpty(subject()));
            }
            if length > most {
                return Err(InvalidEntry::PasswordTooLong(subject(), most));
            }
            let guesses = || passwords.guesses(password, &[self.username.as_str()]);
            rules.check(password.expose(), guesses).map_err(|weak| InvalidEntry::PasswordWeak(subject(), weak))?;
        }
        let scheme = self.imported_hash().map(|hash| passwords.scheme(&hash)).transpose();
        scheme.map(|_known| ()).map_err(|unusable| InvalidEntry::PasswordHash(subject(), unusable))
    }

    /// The hash that the file brings.
    pub(super) fn imported_hash(&self) -> Option<PasswordHash> {
        self.password_hash.as_ref().map(|hash| PasswordHash::new(hash.expose()))
    }

    /// What storage keeps of a new user, but for a password that is still to be hashed. Whoever signs in from now on
    /// counts.
    pub(super) fn to_new_user(&self, now: Timestamp) -> UserCredentials {
        let user = User {
            subject: self.subject.clone(),
            username: self.username.clone(),
            claims: self.claims.clone(),
            disabled_at: None,
            not_before: now,
        };
        UserCredentials { user, password: self.imported_hash() }
    }

    /// What storage keeps of a new user.
    ///
    /// # Errors
    /// If the pool that hashes passwords cannot.
    pub async fn to_credentials(&self, passwords: &dyn Passwords, now: Timestamp) -> Outcome<UserCredentials> {
        let mut credentials = self.to_new_user(now);
        if let Some(password) = &self.password {
            credentials.password = Some(passwords.hash(password.clone()).await?);
        }
        Ok(credentials)
    }
}
