//! Administration: what an operator does to clients, users, keys and grants. Acts on the storage of a running service;
//! every replica follows within seconds.

mod apply;
mod client_changes;
mod client_secrets;
mod clients;
mod grants;
mod key_changes;
mod keys;
mod sessions;
mod user_changes;
mod users;

pub use apply::{
    Applied, AppliedObject, ApplyFile, ApplyOptions, Change, ClientEntry, Difference, InvalidEntry, Progress, Stage,
    UserEntry,
};
pub use client_changes::{CreatedClient, NewClient, SecretsChange, UpdatedClient};
pub use client_secrets::{RotatedSecret, SecretRotation};
pub use clients::{ClientProblem, ClientReport, SecretReport};
pub use grants::{RevokeProblem, RevokeTarget};
pub use key_changes::{FieldChange, InvalidChange, KeyChanges};
pub use keys::{KeyReport, NeededSecret, NotRetired, Retirement, Rewrapped, Rotation};
pub use sessions::SessionTarget;
pub use user_changes::{ImportedUser, NewUser, UserProblem};
pub use users::{NameProblem, RECENT, UserPage, UserReport};
