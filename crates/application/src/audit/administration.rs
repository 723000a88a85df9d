//! Administration in the audit trail: what was done to what, by whom, and whether it worked. Use cases pass their outcome
//! through [`Service::audit_administration`].

use grantor_domain::client::ClientId;
use grantor_domain::grant::GrantRef;
use grantor_domain::id::SessionId;
use grantor_domain::user::Subject;

use super::AuditEvent;
use crate::admin::{Change, InvalidEntry, KeyReport};
use crate::failure::{Failure, Outcome};
use crate::service::Service;

/// What an administrator does something to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object<'a> {
    /// A client, by id.
    Client(&'a str),
    /// A grant.
    Grant(GrantRef),
    /// Keys, by purpose; none for all that rotate.
    Keys(Option<&'a str>),
    /// A session.
    Session(SessionId),
    /// A user, by subject.
    User(&'a str),
    /// Every user.
    Users,
}

impl Object<'_> {
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Client(_) => "client",
            Self::Grant(_) => "grant",
            Self::Keys(_) => "keys",
            Self::Session(_) => "session",
            Self::User(_) => "user",
            Self::Users => "users",
        }
    }

    pub(super) fn name(self) -> Option<String> {
        match self {
            Self::Client(name) | Self::User(name) => Some(name.to_owned()),
            Self::Grant(grant) => Some(grant.to_string()),
            Self::Keys(purpose) => purpose.map(str::to_owned),
            Self::Session(session) => Some(session.to_string()),
            Self::Users => None,
        }
    }
}

impl<'a> From<&'a ClientId> for Object<'a> {
    fn from(client: &'a ClientId) -> Self {
        Self::Client(client.as_str())
    }
}

impl<'a> From<&'a Subject> for Object<'a> {
    fn from(subject: &'a Subject) -> Self {
        Self::User(subject.as_str())
    }
}

/// What the success of an administrative act is called in the audit trail.
pub trait Verdict {
    /// `done`, or why there was nothing to do; none if it is not worth an event.
    fn verdict(&self) -> Option<&'static str>;

    /// How many records it touched, if it can be more than one.
    fn count(&self) -> Option<u64> {
        None
    }
}

impl Verdict for () {
    fn verdict(&self) -> Option<&'static str> {
        Some("done")
    }
}

/// Whether there was something of that name.
impl Verdict for bool {
    fn verdict(&self) -> Option<&'static str> {
        Some(if *self { "done" } else { "not_found" })
    }
}

/// How many records were touched.
impl Verdict for u64 {
    fn verdict(&self) -> Option<&'static str> {
        Some("done")
    }

    fn count(&self) -> Option<u64> {
        Some(*self)
    }
}

impl Verdict for Vec<KeyReport> {
    fn verdict(&self) -> Option<&'static str> {
        Some("done")
    }

    fn count(&self) -> Option<u64> {
        u64::try_from(self.len()).ok()
    }
}

/// An entry of an applied file. What was as the file says is no event.
impl Verdict for Result<Change, InvalidEntry> {
    fn verdict(&self) -> Option<&'static str> {
        match self {
            Ok(Change::Created) => Some("created"),
            Ok(Change::Unchanged) => None,
            Ok(Change::Updated) => Some("updated"),
            Err(_) => Some("refused"),
        }
    }
}

impl Service {
    /// Writes what an administrator did, or tried to do, and passes the outcome through. `action` is the command that
    /// does it, such as `user.disable`.
    pub fn audit_administration<'a, T: Verdict>(
        &self,
        action: &'static str,
        object: impl Into<Object<'a>>,
        outcome: Outcome<T>,
    ) -> Outcome<T> {
        let (told, count) = match &outcome {
            Ok(done) => (done.verdict(), done.count()),
            Err(Failure::Refused(_)) => (Some("refused"), None),
            Err(Failure::Defect(_) | Failure::Unavailable(_)) => (Some("failed"), None),
        };
        if let Some(told) = told {
            self.audit(AuditEvent::Administration { action, object: object.into(), outcome: told, count });
        }
        outcome
    }
}
