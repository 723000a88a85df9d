//! Sessions, listed and ended by the shell.

use grantor_domain::id::SessionId;
use grantor_domain::user::User;
use grantor_ports::ListedSession;

use crate::admin::NameProblem;
use crate::audit::Object;
use crate::failure::Outcome;
use crate::service::Service;

/// Which sessions of a user to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionTarget {
    /// Every one.
    All,
    /// This one.
    One(SessionId),
}

impl Service {
    /// The sessions in which the user whom an operator names is signed in, the newest sign-in first.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn list_sessions(&self, name: &str) -> Outcome<Result<Vec<ListedSession>, NameProblem>> {
        match self.named(name).await? {
            Ok(found) => Ok(Ok(self.live_sessions(&found.user).await?)),
            Err(problem) => Ok(Err(problem)),
        }
    }

    /// Ends sessions of the user whom an operator names, and has their clients told. Says how many there were; grants that
    /// outlive their session go on.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn end_sessions(&self, name: &str, target: SessionTarget) -> Outcome<Result<u64, NameProblem>> {
        let user = match self.named(name).await? {
            Ok(found) => found.user,
            Err(problem) => return Ok(Err(problem)),
        };
        let outcome = self.end_live_sessions(&user, target).await;
        let object = match target {
            SessionTarget::All => Object::from(&user.subject),
            SessionTarget::One(id) => Object::Session(id),
        };
        self.audit_administration("session.end", object, outcome).map(Ok)
    }

    async fn end_live_sessions(&self, user: &User, target: SessionTarget) -> Outcome<u64> {
        let mut sessions = self.live_sessions(user).await?;
        if let SessionTarget::One(id) = target {
            sessions.retain(|listed| listed.session.id == id);
        }
        for ListedSession { session, .. } in &sessions {
            self.end_session(session, None).await?;
        }
        Ok(sessions.len() as u64)
    }

    /// Those that are still good for something.
    pub(crate) async fn live_sessions(&self, user: &User) -> Outcome<Vec<ListedSession>> {
        let mut sessions = self.ports.sessions.of(&user.subject, self.now()).await?;
        sessions.retain(|listed| user.honours(listed.session.authentication.time));
        sessions.sort_by_key(|listed| std::cmp::Reverse(listed.session.authentication.time));
        Ok(sessions)
    }
}
