//! Grants, listed and ended by the shell.

use grantor_domain::error::{Reason, Refusal};
use grantor_domain::grant::GrantRef;
use grantor_domain::time::Timestamp;
use grantor_ports::{GrantQuery, GrantScope, ListedGrant};

use crate::audit::{AuditEvent, Object, RevokedBy};
use crate::failure::Outcome;
use crate::service::Service;

/// Which grants to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevokeTarget {
    /// Whatever anybody authenticated before this: after a restored backup.
    Before(Timestamp),
    /// One grant.
    One(GrantRef),
    /// All of a client, a session or a user.
    Scope(GrantScope),
}

impl Service {
    /// A page of grants, the newest first.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn list_grants(&self, query: &GrantQuery) -> Outcome<Vec<ListedGrant>> {
        Ok(self.ports.grants.list(query, self.now()).await?)
    }

    /// Ends grants. Says how many rows it touched: grants, or for [`RevokeTarget::Before`] users.
    ///
    /// # Errors
    /// If storage is away, or [`RevokeTarget::Before`] lies in the future: nobody could sign in until then, and it cannot
    /// be moved back.
    pub async fn revoke_grants(&self, target: &RevokeTarget) -> Outcome<u64> {
        let outcome = self.end_grants(target).await;
        let object = match target {
            RevokeTarget::Before(_) => Object::Users,
            RevokeTarget::One(grant) => Object::Grant(*grant),
            RevokeTarget::Scope(GrantScope::Client(client)) => client.into(),
            RevokeTarget::Scope(GrantScope::Session(session)) => Object::Session(*session),
            RevokeTarget::Scope(GrantScope::Subject(subject)) => subject.into(),
        };
        self.audit_administration("grants.revoke", object, outcome)
    }

    async fn end_grants(&self, target: &RevokeTarget) -> Outcome<u64> {
        let (grants, now) = (&self.ports.grants, self.now());
        Ok(match target {
            RevokeTarget::Before(time) if *time > now => {
                return Err(Refusal::because(Reason::ParameterInvalid, "the time lies in the future").into());
            }
            RevokeTarget::Before(time) => self.ports.users.sign_out_everyone_before(*time).await?,
            RevokeTarget::One(grant) => {
                let ended = grants.revoke(*grant, now).await?;
                if ended {
                    let by = RevokedBy::Administrator;
                    self.audit(AuditEvent::GrantRevoked { by, client: None, subject: None, grant: *grant });
                }
                u64::from(ended)
            }
            RevokeTarget::Scope(scope) => grants.revoke_all(scope, now).await?,
        })
    }
}
