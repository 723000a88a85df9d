//! Grants in storage: opened, rotated, asked for and ended, each in one statement that decides single use and replay.

use grantor_domain::client::ClientId;
use grantor_domain::grant::refresh_token::{GrantKey, Rotation};
use grantor_domain::grant::{Grant, GrantRef, NewGrant};
use grantor_domain::id::{SessionId, TokenId};
use grantor_domain::time::Timestamp;
use grantor_domain::user::{StandardClaims, Subject};

use crate::StoreFuture;

/// A grant that may be used now, with what its user's tokens may say.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveGrant {
    /// The grant.
    pub grant: Grant,
    /// The user's claims, read in the same statement.
    pub claims: StandardClaims,
}

/// What opening a grant came to.
#[derive(Clone, Debug, PartialEq)]
pub enum OpenOutcome {
    /// The identifier was opened before, by a request with another grant secret: the code was used before.
    AlreadyRedeemed,
    /// It is open, by this request or by an earlier attempt of this very request.
    Opened(StandardClaims),
    /// The user is disabled, unknown, signed out since, or the session ended; or this request opened it before, and it
    /// was revoked in between.
    SubjectRefused,
}

/// What a rotation came to.
#[derive(Clone, Debug, PartialEq)]
pub enum RotateOutcome {
    /// Every condition holds but the generation: the row has moved past the one presented.
    Past(LiveGrant),
    /// Some other condition does not hold, or there is no such grant. Says nothing about theft.
    Refused,
    /// The row took the step.
    Rotated(LiveGrant),
}

/// What an access token rests on (see `AccessToken` in the domain).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenDependencies<'a> {
    /// All of these must be live.
    pub grants: &'a [GrantRef],
    /// None of these may be revoked.
    pub tokens: &'a [TokenId],
    /// The user whose claims are wanted, if any are.
    pub claims_of: Option<&'a str>,
}

/// Whether a token may still be used.
#[derive(Clone, Debug, PartialEq)]
pub enum Liveness {
    /// Some grant is gone, revoked, or its user or session is; or some token is revoked.
    Dead,
    /// Everything it rests on is live. The claims asked for and the `claims` parameter of the first grant come along.
    Live {
        /// Claims of the user asked for; empty if none was.
        claims: StandardClaims,
        /// The `claims` parameter of the first grant.
        requested: Option<grantor_domain::authorization::ClaimsRequest>,
    },
}

/// Which grants to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantScope {
    /// Those of one client.
    Client(ClientId),
    /// Those opened in one session.
    Session(SessionId),
    /// Those of one user.
    Subject(Subject),
}

/// Which grants to list, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantQuery {
    /// Only these; all if none.
    pub scope: Option<GrantScope>,
    /// Also those that have ended, as long as they are stored.
    pub ended: bool,
    /// Only those older than this one.
    pub after: Option<GrantRef>,
    /// At most so many.
    pub limit: u32,
}

/// A grant in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedGrant {
    /// The grant.
    pub grant: Grant,
    /// Whether it is live.
    pub live: bool,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Grants.
///
/// A grant is *live* at `now` if it is not revoked, its absolute expiry lies ahead, its user is enabled and
/// authenticated no earlier than the user's `not_before`, and, where it ends with its session, that session has not
/// ended. Expiry of a session ends no grant.
pub trait Grants: Send + Sync {
    /// Opens a grant, if no grant has its identifier, its user may be served, and its session (whether or not the grant
    /// ends with it) has not ended. One statement decides; the call may be repeated, because it recognises its own
    /// earlier attempt by the secret's hash.
    ///
    /// Called by code redemption and the password grant. An implementation that lets two callers open one identifier
    /// lets a stolen code be redeemed beside the client's own redemption.
    fn open<'a>(&'a self, grant: &'a NewGrant) -> StoreFuture<'a, OpenOutcome>;

    /// Moves a live grant on to `presented + 1` (or, policy `fixed`, to `presented`), if its key matches, its idle
    /// expiry lies ahead and its generation is at most `presented`. One statement decides; when it changed nothing, the
    /// grant is read under the same conditions but the generation. The call may be repeated: its own earlier attempt
    /// then answers [`RotateOutcome::Past`], one step ahead and just spent.
    ///
    /// Called by the refresh grant. An implementation that lets two generations pass hides a stolen token for ever.
    fn rotate<'a>(&'a self, rotation: &'a Rotation) -> StoreFuture<'a, RotateOutcome>;

    /// The grant, if it is live, its key matches and its idle expiry lies ahead. Changes nothing.
    ///
    /// Called before a refresh that narrows, by introspection and by token exchange.
    fn find<'a>(&'a self, key: &'a GrantKey, now: Timestamp) -> StoreFuture<'a, Option<LiveGrant>>;

    /// Ends a grant and all that rests on it. Says whether there was one that was not ended yet.
    ///
    /// Called on replay and revocation. An implementation that loses it keeps a thief in.
    fn revoke(&self, grant: GrantRef, now: Timestamp) -> StoreFuture<'_, bool>;

    /// Ends the grant that a refresh token belongs to, if its key matches, whatever state the grant is in. Says whether
    /// there was one that was not ended yet. Called by revocation: a client ends only its own grants.
    fn revoke_held<'a>(&'a self, key: &'a GrantKey, now: Timestamp) -> StoreFuture<'a, bool>;

    /// Ends every grant in `scope`. Says how many it ended. After a failure some may have ended: it can be called again. Called by
    /// administration.
    fn revoke_all<'a>(&'a self, scope: &'a GrantScope, now: Timestamp) -> StoreFuture<'a, u64>;

    /// A page of the grants that `query` names, by identifier, the latest first; of two that share one (the tables are
    /// apart), the long-lived first. Changes nothing. Called by administration, and for a person who looks at their own: those
    /// of one subject are found without reading others.
    fn list<'a>(&'a self, query: &'a GrantQuery, now: Timestamp) -> StoreFuture<'a, Vec<ListedGrant>>;

    /// Whether everything that a token rests on is live, decided in one statement.
    ///
    /// Called by introspection, UserInfo and token exchange. An implementation that says live too often keeps revoked
    /// tokens good.
    fn liveness<'a>(&'a self, token: TokenDependencies<'a>, now: Timestamp) -> StoreFuture<'a, Liveness>;

    /// Revokes one access token, and thereby all exchanged from it. The row is kept until `expires_at`, after which the
    /// token's own expiry refuses it. Idempotent.
    fn revoke_token(&self, token: TokenId, expires_at: Timestamp) -> StoreFuture<'_, ()>;
}
