//! Clients that registered themselves (RFC 7591, RFC 7592): how they prove that, and until when they must have been used.

use grantor_domain::client::ClientId;
use grantor_domain::time::Timestamp;

use crate::{ClientRecord, StoreFuture};

/// What is kept beside a client that registered itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The client.
    pub client_id: ClientId,
    /// A keyed hash of what it registered with: of the token that was good for one client, or of what it sent and from where.
    /// Who registers again meanwhile is recognised by it.
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
    /// What it registered with is used up.
    TokenUsed,
    /// There are as many as there may be.
    TooMany,
}

/// What a registration uses up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpentToken {
    /// Names it among the values that may be used once.
    pub key: [u8; 32],
    /// From when on it would be refused for its age alone.
    pub expires_at: Timestamp,
}

/// Registrations. One ends where an administrator writes its client as one that did not register itself ([`crate::Clients`],
/// [`crate::Declarations`]): whom they vouch for is theirs, and stays.
pub trait Registrations: Send + Sync {
    /// Inserts a client with its registration, uses up what it registers with and records the change, atomically, unless `most`
    /// are registered. Several at once may pass the bound by their number.
    ///
    /// An implementation that forgets the bound lets anybody fill the database; one that uses the token up apart from the rest
    /// lets it register two clients, or none.
    fn register<'a>(
        &'a self,
        record: &'a ClientRecord,
        registration: &'a Registration,
        spent: Option<SpentToken>,
        most: u32,
    ) -> StoreFuture<'a, Registered>;

    /// The registration of a client.
    fn find<'a>(&'a self, id: &'a ClientId) -> StoreFuture<'a, Option<Registration>>;

    /// The registrations with this fingerprint whose clients were not used yet, and may be still at `now`; a few of them, if
    /// there are many.
    fn unused<'a>(&'a self, fingerprint: &'a [u8; 32], now: Timestamp) -> StoreFuture<'a, Vec<Registration>>;

    /// Puts `record` and `registration` in the place of what a client has whose registration is still `expected`, and records
    /// the change, atomically. `false`, and nothing done, if it was used, replaced or removed meanwhile.
    ///
    /// Called for whoever registers a second time with a token that is good for one client, because no answer came. An
    /// implementation that replaces a client in use locks that one out; one that replaces what an administrator vouched for since
    /// brings back what was not vouched for.
    fn renew<'a>(
        &'a self,
        expected: &'a Registration,
        record: &'a ClientRecord,
        registration: &'a Registration,
    ) -> StoreFuture<'a, bool>;

    /// Notes that the client is about to be given something: it stays. Nothing happens to one that did not register itself.
    ///
    /// Called before anything is given. An implementation that forgets it has upkeep remove a client that people use.
    fn complete<'a>(&'a self, id: &'a ClientId) -> StoreFuture<'a, ()>;

    /// Removes a client that was given nothing yet, with its registration and its name, and records the change, atomically.
    /// `false`, and nothing done, if it was given something, or is not there.
    fn remove_unused<'a>(&'a self, id: &'a ClientId, now: Timestamp) -> StoreFuture<'a, bool>;
}
