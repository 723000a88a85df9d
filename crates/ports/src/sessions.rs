//! Sessions in storage.

use grantor_domain::client::ClientId;
use grantor_domain::id::SessionId;
use grantor_domain::session::Session;
use grantor_domain::time::Timestamp;
use grantor_domain::user::{StandardClaims, Subject};

use crate::{LogoutNotice, StoreFuture};

/// Where somebody signed in, to recognise a session by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionOrigin {
    /// The address, as text; none if unknown.
    pub address: Option<String>,
    /// What the browser called itself (`User-Agent`, RFC 9110 §10.1.5); none if it did not.
    pub user_agent: Option<String>,
}

/// A session in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedSession {
    /// The session.
    pub session: Session,
    /// Where its person signed in last.
    pub origin: SessionOrigin,
}

/// A session to be stored. Its cookie carries the identifier and a secret; storage keeps only the secret's hash.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSession {
    /// What it says.
    pub session: Session,
    /// SHA-256 of the cookie's secret.
    pub secret_hash: [u8; 32],
    /// Where its person signs in.
    pub origin: SessionOrigin,
}

/// A live session and the claims of its user.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// The user's claims, to greet them by.
    pub claims: StandardClaims,
}

impl SignedIn {
    /// What to call them: their name, or else their subject.
    #[must_use]
    pub fn name(&self) -> &str {
        self.claims.name().unwrap_or(self.session.subject.as_str())
    }
}

/// Sessions.
pub trait Sessions: Send + Sync {
    /// Stores a session. If one of the same identifier and subject exists (somebody signed in again in the same
    /// browser), its secret, authentication, origin and expiry are replaced, so that the old cookie is worth nothing while the
    /// grants of the session go on. `false`, and nothing done, if the user may not be served or the session ended.
    fn open<'a>(&'a self, session: &'a NewSession) -> StoreFuture<'a, bool>;

    /// The session, if the secret matches, it has neither expired nor ended, and its user is enabled and authenticated
    /// no earlier than their `not_before`. One statement.
    fn find<'a>(
        &'a self,
        id: SessionId,
        secret_hash: &'a [u8; 32],
        now: Timestamp,
    ) -> StoreFuture<'a, Option<SignedIn>>;

    /// The sessions of this person that have neither expired nor ended, whether or not they may still be served, in no order. Found
    /// without reading others'.
    fn of<'a>(&'a self, subject: &'a Subject, now: Timestamp) -> StoreFuture<'a, Vec<ListedSession>>;

    /// Notes that a client got a code in a session and wants to be told of its end. Idempotent.
    fn note_client<'a>(&'a self, id: SessionId, client: &'a ClientId) -> StoreFuture<'a, ()>;

    /// The clients that were noted in a session, in no order.
    fn clients(&self, id: SessionId) -> StoreFuture<'_, Vec<ClientId>>;

    /// Ends a session: it can be used no more, and neither can the grants that end with it. The row is kept until
    /// `keep_until`, when nothing of the session can live any longer. The notices are due at once, and are there if and only
    /// if the end is. Idempotent, and good for a session never stored.
    ///
    /// An implementation that loses it leaves a signed-out person signed in.
    fn end<'a>(&'a self, id: SessionId, keep_until: Timestamp, notices: &'a [LogoutNotice]) -> StoreFuture<'a, ()>;
}
