//! Grantor's storage on Postgres and SQLite: every storage port of `grantor-ports` on one [`Store`].
//!
//! What must be decided once is decided by the database in one statement, whose text is the same on both engines
//! (`statement`). Statements run on threads of the store's own (`executor`). No rule lives here: a statement asks
//! exactly the conditions that its port names.

mod batch;
mod changes;
mod clients;
mod connection;
mod consents;
mod declarations;
mod devices;
mod error;
mod executor;
mod grants;
mod guards;
mod install;
mod keys;
mod logout_notices;
mod maintenance;
mod migrations;
mod registrations;
mod removal;
mod row;
mod second_factors;
mod sessions;
mod statement;
mod store;
mod target;
mod turn;
mod users;

// Bundles the libraries that diesel links; nothing here calls them.
use libsqlite3_sys as _;
#[cfg(feature = "bundled")]
use openssl_sys as _;
use pq_sys as _;

pub use error::StoreError;
pub use install::{InstallError, Installation};
pub use maintenance::{Maintained, Retention};
pub use migrations::MigrationStatus;
pub use store::{Store, StoreConfig};
pub use target::{Engine, PostgresTls};
