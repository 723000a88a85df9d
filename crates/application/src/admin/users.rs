//! Users: looked at, disabled, enabled, given a new password, let in again after failed sign-ins.

use std::time::Duration;

use grantor_domain::secret::Secret;
use grantor_domain::user::{Subject, User, Username};
use grantor_ports::{PasswordScheme, UnusableHash, UserCredentials};

use crate::failure::{Failure, Outcome};
use crate::service::Service;

/// How far back failed sign-ins are counted for a look at a user.
pub const RECENT: Duration = Duration::from_secs(24 * 3600);

/// A user, and how they sign in.
#[derive(Clone, Debug)]
pub struct UserReport {
    /// Who.
    pub user: User,
    /// What made their password's hash, or why it is of no use; none if they have no password.
    pub password: Option<Result<PasswordScheme, UnusableHash>>,
    /// Failed sign-ins under their name, of the time that [`RECENT`] says.
    pub recent_failures: u64,
}

/// A page of users.
#[derive(Clone, Debug)]
pub struct UserPage {
    /// By subject.
    pub users: Vec<User>,
    /// Whether there are more behind the last.
    pub more: bool,
}

impl Service {
    /// The users whose subjects come after `after`, or all, by subject; at most `limit`.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn list_users(&self, after: Option<&Subject>, limit: u32) -> Outcome<UserPage> {
        let mut users = self.ports.users.page(after, limit.saturating_add(1)).await?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = users.len() > wanted;
        users.truncate(wanted);
        Ok(UserPage { users, more })
    }

    /// The user whom an operator names, by username or by subject.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn show_user(&self, name: &str) -> Outcome<Option<UserReport>> {
        let Some(UserCredentials { user, password }) = self.named(name).await? else { return Ok(None) };
        let key = self.username_key(Some(&user.username))?;
        let recent_failures = self.ports.attempts.count(&key, self.now().minus(RECENT)).await?;
        let password = password.map(|hash| self.ports.passwords.scheme(&hash));
        Ok(Some(UserReport { user, password, recent_failures }))
    }

    /// The subject of the user whom an operator names, by username or by subject.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn find_user(&self, name: &str) -> Outcome<Option<Subject>> {
        Ok(self.named(name).await?.map(|found| found.user.subject))
    }

    /// Disables a user: from now on nothing they authenticated is worth anything. `false` if there is no such user.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn disable_user(&self, subject: &Subject) -> Outcome<bool> {
        let outcome = self.ports.users.disable(subject, self.now()).await;
        self.audit_administration("user.disable", subject, outcome.map_err(Failure::from))
    }

    /// Enables a user: they may sign in again. What was void stays void. `false` if there is no such user.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn enable_user(&self, subject: &Subject) -> Outcome<bool> {
        let outcome = self.ports.users.enable(subject).await;
        self.audit_administration("user.enable", subject, outcome.map_err(Failure::from))
    }

    /// Sets a user's password: whoever signed in with the old one is out. `false` if there is no such user.
    ///
    /// # Errors
    /// If storage is away, or the pool that hashes is full.
    pub async fn set_password(&self, subject: &Subject, password: Secret) -> Outcome<bool> {
        let outcome = self.store_password(subject, password).await;
        self.audit_administration("user.set_password", subject, outcome)
    }

    async fn store_password(&self, subject: &Subject, password: Secret) -> Outcome<bool> {
        let hash = self.ports.passwords.hash(password).await?;
        Ok(self.ports.users.set_password(subject, &hash, self.now()).await?)
    }

    /// Forgets the failed sign-ins of the user whom an operator names. Says who that is and how many there were.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn unlock_user(&self, name: &str) -> Outcome<Option<(Subject, u64)>> {
        let Some(UserCredentials { user, .. }) = self.named(name).await? else { return Ok(None) };
        let forgotten = self.ports.attempts.forget(&self.username_key(Some(&user.username))?).await;
        let forgotten = self.audit_administration("user.unlock", &user.subject, forgotten.map_err(Failure::from))?;
        Ok(Some((user.subject, forgotten)))
    }

    async fn named(&self, name: &str) -> Outcome<Option<UserCredentials>> {
        if let Ok(username) = Username::parse(name)
            && let Some(found) = self.ports.users.by_username(&username).await?
        {
            return Ok(Some(found));
        }
        let Ok(subject) = Subject::parse(name) else { return Ok(None) };
        Ok(self.ports.users.by_subject(&subject).await?)
    }
}
