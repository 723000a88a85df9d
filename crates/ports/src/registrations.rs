//! Clients that registered themselves (RFC 7591, RFC 7592): how they prove that, and until when they must have been used.

use grantor_domain::client::ClientId;
use grantor_domain::time::Timestamp;

use crate::{ClientRecord, StoreFuture};

/// What is kept beside a client that registered itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The client.
    pub client_id: ClientId,
    /// A keyed hash of what it sent and of where it sent it from: who registers again meanwhile is recognised by it.
    pub fingerprint: [u8; 32],
    /// SHA-256 of the registration access token (RFC 7592 §3).
    pub token_hash: [u8; 32],
    /// When it registered (`client_id_issued_at`, RFC 7591 §3.2.1).
    pub registered_at: Timestamp,
    /// When it goes unless it was given a token before; none once it was.
    pub expires_at: Option<Timestamp>,
}

/// What became of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// It is there.
    Done,
    /// Somebody has the id, or had it.
    NameTaken,
    /// There are as many as there may be.
    TooMany,
}

/// Registrations.
pub trait Registrations: Send + Sync {
    /// Inserts a client with its registration and records the change, atomically, unless `most` are registered. Several at
    /// once may pass the bound by their number.
    ///
    /// An implementation that forgets the bound lets anybody fill the database.
    fn register<'a>(
        &'a self,
        record: &'a ClientRecord,
        registration: &'a Registration,
        most: u32,
    ) -> StoreFuture<'a, Registered>;

    /// The registration of a client.
    fn find<'a>(&'a self, id: &'a ClientId) -> StoreFuture<'a, Option<Registration>>;

    /// A registration with this fingerprint whose client was not used yet, and may be still at `now`.
    fn find_unused<'a>(&'a self, fingerprint: &'a [u8; 32], now: Timestamp) -> StoreFuture<'a, Option<Registration>>;

    /// Puts `record` and `registration` in the place of what a client has whose registration is still `expected`, and records
    /// the change, atomically. `false`, and nothing done, if it was used, replaced or removed meanwhile.
    ///
    /// Called for whoever registers a second time because no answer came. An implementation that replaces a client in use locks
    /// that one out.
    fn renew<'a>(
        &'a self,
        expected: &'a Registration,
        record: &'a ClientRecord,
        registration: &'a Registration,
    ) -> StoreFuture<'a, bool>;

    /// Notes that the client was given a token: it stays. Nothing happens to one that did not register itself.
    fn complete<'a>(&'a self, id: &'a ClientId) -> StoreFuture<'a, ()>;
}
