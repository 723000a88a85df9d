//! Administration in the audit trail: what was done to what, by whom, and whether it worked. Use cases pass their outcome
//! through [`Service::audit_administration`].

use grantor_domain::client::ClientId;
use grantor_domain::grant::GrantRef;
use grantor_domain::id::SessionId;
use grantor_domain::secret::Secret;
use grantor_domain::user::{Subject, User};
use grantor_ports::{Imported, ObjectKind};

use super::AuditEvent;
use crate::admin::{
    Applied, AppliedObject, Change, CreatedClient, FieldChange, KeyReport, Rewrapped, RotatedSecret, SecretsChange,
    UpdatedClient,
};
use crate::failure::{Failure, Outcome};
use crate::service::Service;

/// What an administrator does something to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object<'a> {
    /// A client, by id.
    Client(&'a str),
    /// Everything that a file declares, by its owner.
    Declarations(&'a str),
    /// A grant.
    Grant(GrantRef),
    /// A key, by number.
    Key(u32),
    /// Keys, by purpose; none for all that rotate.
    Keys(Option<&'a str>),
    /// Clients that register themselves.
    Registrations,
    /// A registered resource, by its identifier.
    Resource(&'a str),
    /// The schema of a database, by its address.
    Schema(&'a str),
    /// A registered scope value.
    Scope(&'a str),
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
            Self::Declarations(_) => "declarations",
            Self::Grant(_) => "grant",
            Self::Key(_) => "key",
            Self::Keys(_) => "keys",
            Self::Registrations => "registrations",
            Self::Resource(_) => "resource",
            Self::Schema(_) => "schema",
            Self::Scope(_) => "scope",
            Self::Session(_) => "session",
            Self::User(_) => "user",
            Self::Users => "users",
        }
    }

    pub(super) fn name(self) -> Option<String> {
        match self {
            Self::Client(name)
            | Self::Declarations(name)
            | Self::Resource(name)
            | Self::Schema(name)
            | Self::Scope(name)
            | Self::User(name) => Some(name.to_owned()),
            Self::Key(number) => Some(number.to_string()),
            Self::Grant(grant) => Some(grant.to_string()),
            Self::Keys(purpose) => purpose.map(str::to_owned),
            Self::Session(session) => Some(session.to_string()),
            Self::Registrations | Self::Users => None,
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

/// A credential that was made.
impl Verdict for Secret {
    fn verdict(&self) -> Option<&'static str> {
        Some("done")
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

/// What a rule may refuse.
impl<T: Verdict, E> Verdict for Result<T, E> {
    fn verdict(&self) -> Option<&'static str> {
        self.as_ref().map_or(Some("refused"), Verdict::verdict)
    }

    fn count(&self) -> Option<u64> {
        self.as_ref().ok().and_then(Verdict::count)
    }
}

/// What there may be nobody for.
impl<T: Verdict> Verdict for Option<T> {
    fn verdict(&self) -> Option<&'static str> {
        self.as_ref().map_or(Some("not_found"), Verdict::verdict)
    }
}

/// A file that changed nothing is no event; how many objects it changed is its count.
impl Verdict for Applied {
    fn verdict(&self) -> Option<&'static str> {
        (self.count() != Some(0)).then_some("done")
    }

    fn count(&self) -> Option<u64> {
        u64::try_from(self.objects.iter().filter(|object| object.change.verdict().is_some()).count()).ok()
    }
}

impl Verdict for Change {
    fn verdict(&self) -> Option<&'static str> {
        match self {
            Self::Adopted => Some("adopted"),
            Self::Created => Some("created"),
            Self::Removed => Some("removed"),
            Self::Unchanged => None,
            Self::Updated(_) => Some("updated"),
        }
    }
}

/// A change that changed nothing is no event.
impl Verdict for UpdatedClient {
    fn verdict(&self) -> Option<&'static str> {
        (!self.fields.is_empty() || self.secrets != SecretsChange::Kept).then_some("done")
    }
}

/// Likewise.
impl Verdict for Vec<FieldChange> {
    fn verdict(&self) -> Option<&'static str> {
        (!self.is_empty()).then_some("done")
    }
}

/// How many came in; a batch in which everybody was there already is no event.
impl Verdict for Vec<Imported> {
    fn verdict(&self) -> Option<&'static str> {
        self.contains(&Imported::Inserted).then_some("done")
    }

    fn count(&self) -> Option<u64> {
        u64::try_from(self.iter().filter(|imported| **imported == Imported::Inserted).count()).ok()
    }
}

/// Acts that are done when they succeed.
macro_rules! done {
    ($($Type:ty),+) => {
        $(
            impl Verdict for $Type {
                fn verdict(&self) -> Option<&'static str> {
                    Some("done")
                }
            }
        )+
    };
}

done!((), CreatedClient, KeyReport, Rewrapped, RotatedSecret, User);

impl Service {
    /// Writes what became of one object of an applied file.
    pub(crate) fn audit_applied(&self, applied: &AppliedObject) {
        let name = applied.name.as_str();
        let object = match applied.kind {
            ObjectKind::Client => Object::Client(name),
            ObjectKind::Resource => Object::Resource(name),
            ObjectKind::Scope => Object::Scope(name),
            ObjectKind::User => Object::User(name),
        };
        if let Some(outcome) = applied.change.verdict() {
            self.audit(AuditEvent::Administration { action: "apply", object, outcome, count: None });
        }
    }

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
