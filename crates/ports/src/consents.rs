//! Remembered consent in storage.

use grantor_domain::authorization::RememberedConsent;
use grantor_domain::client::ClientId;
use grantor_domain::scope::ScopeSet;
use grantor_domain::time::Timestamp;
use grantor_domain::user::Subject;

use crate::StoreFuture;

/// What a person allowed one client.
#[derive(Clone, Debug, PartialEq)]
pub struct RememberedClient {
    /// Which.
    pub client: ClientId,
    /// What.
    pub consent: RememberedConsent,
    /// When they first did.
    pub since: Timestamp,
}

/// What people allowed clients.
pub trait Consents: Send + Sync {
    /// What the user allowed the client so far; none if nothing.
    fn find<'a>(&'a self, subject: &'a Subject, client: &'a ClientId) -> StoreFuture<'a, Option<RememberedConsent>>;

    /// Adds `scope` to what the user allowed the client. Two at once add up: neither is lost.
    fn remember<'a>(
        &'a self,
        subject: &'a Subject,
        client: &'a ClientId,
        scope: &'a ScopeSet,
        now: Timestamp,
    ) -> StoreFuture<'a, ()>;

    /// All that the user allowed anybody, by client.
    fn of<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, Vec<RememberedClient>>;

    /// Forgets what the user allowed the client: it must ask again. Idempotent.
    fn withdraw<'a>(&'a self, subject: &'a Subject, client: &'a ClientId) -> StoreFuture<'a, ()>;

    /// Forgets what anybody allowed the client.
    ///
    /// Called before a client that registered itself calls itself something else. An implementation that forgets it hands on what
    /// people allowed somebody else.
    fn forget<'a>(&'a self, client: &'a ClientId) -> StoreFuture<'a, ()>;
}
