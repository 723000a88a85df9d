//! Grants, listed and ended by the shell.

use std::fmt;
use std::time::Duration;

use grantor_domain::client::ClientId;
use grantor_domain::grant::GrantRef;
use grantor_domain::id::GrantId;
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

/// Why no grant was ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevokeProblem {
    /// The time of [`RevokeTarget::Before`] lies in the future: nobody could sign in until then, and it cannot be moved
    /// back.
    Future,
    /// There is no such client.
    UnknownClient(ClientId),
    /// There is no such grant.
    UnknownGrant(GrantRef),
}

impl fmt::Display for RevokeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Future => f.write_str(
                "the time lies in the future: nobody could sign in until then, and that cannot be taken back; give one \
                 that has passed",
            ),
            Self::UnknownClient(id) => {
                write!(f, "there is no client {:?}; `grantor client list` shows all", id.as_str())
            }
            Self::UnknownGrant(grant) => {
                write!(f, "there is no grant {grant}; `grantor grants list --all` shows all that are stored")
            }
        }
    }
}

impl std::error::Error for RevokeProblem {}

/// How many grants are looked through at once for one.
const PAGE: u32 = 1_000;

impl Service {
    /// A page of grants, the newest first.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn list_grants(&self, query: &GrantQuery) -> Outcome<Vec<ListedGrant>> {
        Ok(self.ports.grants.list(query, self.now()).await?)
    }

    /// Ends grants. Says how many rows it touched: grants, or for [`RevokeTarget::Before`] users. None if all had ended.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn revoke_grants(&self, target: &RevokeTarget) -> Outcome<Result<u64, RevokeProblem>> {
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

    async fn end_grants(&self, target: &RevokeTarget) -> Outcome<Result<u64, RevokeProblem>> {
        let (grants, now) = (&self.ports.grants, self.now());
        Ok(match target {
            RevokeTarget::Before(time) if *time > now => Err(RevokeProblem::Future),
            RevokeTarget::Before(time) => Ok(self.ports.users.sign_out_everyone_before(*time).await?),
            RevokeTarget::One(grant) => {
                if grants.revoke(*grant, now).await? {
                    let by = RevokedBy::Administrator;
                    self.audit(AuditEvent::GrantRevoked { by, client: None, subject: None, grant: *grant });
                    Ok(1)
                } else if self.is_stored(*grant).await? {
                    Ok(0)
                } else {
                    Err(RevokeProblem::UnknownGrant(*grant))
                }
            }
            RevokeTarget::Scope(GrantScope::Client(id)) if self.ports.clients.find(id).await?.is_none() => {
                Err(RevokeProblem::UnknownClient(id.clone()))
            }
            RevokeTarget::Scope(scope) => Ok(grants.revoke_all(scope, now).await?),
        })
    }

    /// Whether storage has a grant, ended or not: looked for among those of its millisecond.
    async fn is_stored(&self, grant: GrantRef) -> Outcome<bool> {
        let moment = grant.id.made_at();
        let after = GrantRef { id: GrantId::new(moment.plus(Duration::from_millis(1)), &[0; 10]), ..grant };
        let mut query = GrantQuery { scope: None, ended: true, after: Some(after), limit: PAGE };
        loop {
            let page = self.list_grants(&query).await?;
            if page.iter().any(|listed| listed.grant.terms.reference == grant) {
                return Ok(true);
            }
            query.after = page.last().map(|listed| listed.grant.terms.reference);
            if query.after.is_none_or(|last| last.id.made_at() < moment) {
                return Ok(false);
            }
        }
    }
}
