//! Administration: what an operator does to clients, users, keys and grants. Acts on the storage of a running service;
//! every replica follows within seconds.

mod apply;
mod clients;
mod grants;
mod keys;
mod users;

pub use apply::{
    Applied, AppliedObject, ApplyFile, ApplyOptions, Change, ClientEntry, Difference, InvalidEntry, Progress, Stage,
    UserEntry,
};
pub use clients::ClientReport;
pub use grants::RevokeTarget;
pub use keys::{KeyReport, NeededSecret, NotRetired, Retirement, Rewrapped, Rotation};
