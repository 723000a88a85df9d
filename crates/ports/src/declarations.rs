//! What files declare: clients, resources, scopes and users, each owned by whoever declared it, changed together or not
//! at all.

use grantor_domain::client::ClientId;
use grantor_domain::registry::{Owner, RegisteredResource, RegisteredScope, Registry, ResourceIdentifier};
use grantor_domain::scope::ScopeValue;
use grantor_domain::time::Timestamp;
use grantor_domain::user::{StandardClaims, Subject, Username};

use crate::{ClientRecord, PasswordHash, StoreFuture, UserCredentials};

/// What can be declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A client, by its id.
    Client,
    /// A resource, by its identifier.
    Resource,
    /// A scope value.
    Scope,
    /// A user, by their subject.
    User,
}

impl ObjectKind {
    /// Every kind, in the order in which a file is applied.
    pub const ALL: [Self; 4] = [Self::Scope, Self::Resource, Self::Client, Self::User];

    /// The name in storage and for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Resource => "resource",
            Self::Scope => "scope",
            Self::User => "user",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The names that a file mentions.
#[derive(Clone, Debug, Default)]
pub struct Mentioned {
    /// Ids of clients.
    pub clients: Vec<ClientId>,
    /// Identifiers of resources.
    pub resources: Vec<ResourceIdentifier>,
    /// Scope values.
    pub scopes: Vec<ScopeValue>,
    /// Subjects of users.
    pub subjects: Vec<Subject>,
    /// Their usernames.
    pub usernames: Vec<Username>,
}

/// Who owns an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// Its owner.
    pub owner: Owner,
}

/// What storage has under the names that a file mentions, each list in no particular order.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Clients.
    pub clients: Vec<ClientRecord>,
    /// Resources.
    pub resources: Vec<RegisteredResource>,
    /// Scopes.
    pub scopes: Vec<RegisteredScope>,
    /// Users with one of the subjects or usernames.
    pub users: Vec<UserCredentials>,
    /// Which of the ids and subjects belong, or once belonged, to a client or to a user.
    pub principals: Vec<(String, ObjectKind)>,
    /// Who owns what is mentioned, and everything that the asking owner owns.
    pub owned: Vec<Owned>,
}

/// One object as a plan wants it.
#[derive(Clone, Debug, PartialEq)]
pub enum Write<T> {
    /// It is as wanted; its owner is recorded.
    Adopt(T),
    /// There is none of its name.
    Create(T),
    /// It is as `seen`, and shall be `wanted`.
    Update {
        /// What the plan saw.
        seen: T,
        /// What it wants.
        wanted: T,
    },
}

impl<T> Write<T> {
    /// What the plan saw; none if there was nothing.
    pub const fn seen(&self) -> Option<&T> {
        match self {
            Self::Adopt(seen) | Self::Update { seen, .. } => Some(seen),
            Self::Create(_) => None,
        }
    }

    /// What it wants.
    pub const fn wanted(&self) -> &T {
        match self {
            Self::Adopt(wanted) | Self::Create(wanted) | Self::Update { wanted, .. } => wanted,
        }
    }
}

/// A change of a user; the rest of them stays.
#[derive(Clone, Debug, PartialEq)]
pub struct UserUpdate {
    /// What the plan saw.
    pub seen: UserCredentials,
    /// New claims, if they change.
    pub claims: Option<StandardClaims>,
    /// A new password, if it changes: whoever knew the old one is out.
    pub password: Option<PasswordHash>,
}

/// What shall become of users.
#[derive(Clone, Debug, PartialEq)]
pub enum UserWrite {
    /// They are as wanted; their owner is recorded.
    Adopt(UserCredentials),
    /// Nobody has their names.
    Create(UserCredentials),
    /// They are as seen, and something of them changes.
    Update(UserUpdate),
}

impl UserWrite {
    /// What the plan saw; none if there was nobody.
    #[must_use]
    pub const fn seen(&self) -> Option<&UserCredentials> {
        match self {
            Self::Adopt(seen) | Self::Update(UserUpdate { seen, .. }) => Some(seen),
            Self::Create(_) => None,
        }
    }

    /// Who it is about.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        match self {
            Self::Adopt(user) | Self::Create(user) | Self::Update(UserUpdate { seen: user, .. }) => &user.user.subject,
        }
    }
}

/// A client whose settings change without becoming the owner's: its exchange policy is declared apart from it.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyWrite {
    /// What the plan saw.
    pub seen: ClientRecord,
    /// What it wants.
    pub wanted: ClientRecord,
}

/// Everything that one application of a file changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeclarationPlan {
    /// Who declares it.
    pub owner: Owner,
    /// Clients.
    pub clients: Vec<Write<ClientRecord>>,
    /// Exchange policies of clients that are declared elsewhere, if at all.
    pub policies: Vec<PolicyWrite>,
    /// Resources.
    pub resources: Vec<Write<RegisteredResource>>,
    /// Scopes.
    pub scopes: Vec<Write<RegisteredScope>>,
    /// Users.
    pub users: Vec<UserWrite>,
    /// What the owner owns and does not declare any more.
    pub remove: Vec<(ObjectKind, String)>,
}

impl DeclarationPlan {
    /// How many objects it writes or removes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clients.len()
            + self.policies.len()
            + self.resources.len()
            + self.scopes.len()
            + self.users.len()
            + self.remove.len()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What carrying out a plan came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commitment {
    /// All of it is done.
    Done,
    /// Something is no longer as the plan saw it. Nothing was done.
    Overtaken,
}

/// What files declare.
pub trait Declarations: Send + Sync {
    /// Every registered scope and resource, in one reading. Called at the start of each replica and whenever
    /// [`Change::Registry`](crate::Change::Registry) is seen. An implementation that leaves resources out hands each
    /// resource server the rights of all others.
    fn registry(&self) -> StoreFuture<'_, Registry>;

    /// What storage has under these names. Need not be of one moment: [`Self::commit`] notices what changed since.
    /// Called before a plan is made; asks in a number of statements that hardly grows with the number of names.
    fn survey<'a>(&'a self, mentioned: &'a Mentioned, owner: &'a Owner) -> StoreFuture<'a, Survey>;

    /// Carries out a plan in one transaction: whole, or, if anything is not as the plan saw it, not at all. What it
    /// creates, updates or adopts is the owner's from then on; if somebody else owns it, the plan was overtaken. Changes
    /// that replicas follow are recorded with it.
    ///
    /// Removals come first, and only of what the owner owns. The name of a removed client or user stays taken: only its
    /// like may have it again, and nothing that was issued before comes back to life. A removed client's or user's grants
    /// and remembered consents end, and a user's sessions.
    ///
    /// Called by `apply` alone. An implementation that writes over what the plan did not see undoes what another
    /// administrator did a moment before, perhaps the removal of a stolen secret.
    fn commit<'a>(&'a self, plan: &'a DeclarationPlan, now: Timestamp) -> StoreFuture<'a, Commitment>;
}
