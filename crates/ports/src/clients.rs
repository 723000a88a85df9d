//! Clients in storage.

use grantor_domain::client::{ClientId, ClientSettings, StoredSecret};
use grantor_domain::time::Timestamp;

use crate::StoreFuture;

/// A client as storage keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientRecord {
    /// What was registered.
    pub settings: ClientSettings,
    /// Its live secrets, newest first; at most two while it rotates.
    pub secrets: Vec<StoredSecret>,
}

/// Clients.
pub trait Clients: Send + Sync {
    /// The client with this id.
    ///
    /// Called on a cache miss. An implementation that invents clients lets anybody in.
    fn find<'a>(&'a self, id: &'a ClientId) -> StoreFuture<'a, Option<ClientRecord>>;

    /// All clients, by id. Called by administration.
    fn list(&self) -> StoreFuture<'_, Vec<ClientRecord>>;

    /// Inserts or replaces a client and records the change, atomically. `false`, and nothing done, if a user's subject
    /// has the same name: an attacker who may name a client could otherwise pose as that user (RFC 9700 §4.15).
    fn put<'a>(&'a self, record: &'a ClientRecord, now: Timestamp) -> StoreFuture<'a, bool>;
}
