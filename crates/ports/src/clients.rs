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

    /// Inserts a client and records the change, atomically. `false`, and nothing done, if a client has its name already,
    /// or a user's subject is the same: an attacker who may name a client could otherwise pose as that user (RFC 9700
    /// §4.15).
    ///
    /// A client may take the name of one that was deleted. What a request that had just begun then still opened for that
    /// one is ended in the same breath: nothing is ever revived.
    fn insert<'a>(&'a self, record: &'a ClientRecord, now: Timestamp) -> StoreFuture<'a, bool>;

    /// Inserts or replaces a client and records the change, atomically. `false`, and nothing done, if a user's subject
    /// has the same name. Otherwise as [`Self::insert`].
    fn put<'a>(&'a self, record: &'a ClientRecord, now: Timestamp) -> StoreFuture<'a, bool>;

    /// Replaces a client that is still as `expected`, and records the change, atomically. `false`, and nothing done, if
    /// it was changed or deleted. May be repeated: what finds `record` there already is satisfied.
    ///
    /// Called by administration, which decides on what it read before: without the comparison one administrator would
    /// undo another's change, and bring back a secret that was removed because it leaked. `expected` and `record` are of
    /// one id.
    fn replace<'a>(
        &'a self,
        expected: &'a ClientRecord,
        record: &'a ClientRecord,
        now: Timestamp,
    ) -> StoreFuture<'a, bool>;

    /// Deletes a client, ends its grants, forgets what people consented to for it and records the change, atomically.
    /// Says how many grants it ended; none if there is no such client. The name stays a client's: it never becomes a
    /// user's subject.
    ///
    /// Called by administration. An implementation that leaves grants behind hands them to the next client of that name.
    fn delete<'a>(&'a self, id: &'a ClientId, now: Timestamp) -> StoreFuture<'a, Option<u64>>;
}
