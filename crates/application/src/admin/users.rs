//! Users: disabled, enabled, given a new password.

use grantor_domain::secret::Secret;
use grantor_domain::user::{Subject, Username};

use crate::failure::{Failure, Outcome};
use crate::service::Service;

impl Service {
    /// The subject of the user whom an operator names, by username or by subject.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn find_user(&self, name: &str) -> Outcome<Option<Subject>> {
        if let Ok(username) = Username::parse(name)
            && let Some(found) = self.ports.users.by_username(&username).await?
        {
            return Ok(Some(found.user.subject));
        }
        let Ok(subject) = Subject::parse(name) else { return Ok(None) };
        Ok(self.ports.users.by_subject(&subject).await?.map(|found| found.user.subject))
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
}
