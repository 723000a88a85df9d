//! What clients are to be told of the end of sessions (OpenID Connect Back-Channel Logout §2.5), until they are.

use grantor_domain::client::ClientId;
use grantor_domain::id::{LogoutNoticeId, SessionId};
use grantor_domain::time::Timestamp;
use grantor_domain::user::Subject;

use crate::StoreFuture;

/// One client that is to be told of the end of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutNotice {
    /// Names it.
    pub id: LogoutNoticeId,
    /// Who is told.
    pub client_id: ClientId,
    /// Which session ended.
    pub session: SessionId,
    /// Whose it was.
    pub subject: Subject,
    /// How often it was tried.
    pub attempts: u32,
}

/// Notices that are not delivered yet. [`Sessions::end`](crate::Sessions::end) makes them.
pub trait LogoutNotices: Send + Sync {
    /// Takes notices that are due at `now`, the oldest first, at most `limit`, counting an attempt for each; nobody else gets
    /// them before `until`. One statement.
    ///
    /// An implementation that gives one to several callers has a client told twice, which is harmless; one that loses it
    /// leaves somebody signed in there.
    fn claim(&self, now: Timestamp, until: Timestamp, limit: u32) -> StoreFuture<'_, Vec<LogoutNotice>>;

    /// Has a notice be due at `due_at`.
    fn postpone(&self, id: LogoutNoticeId, due_at: Timestamp) -> StoreFuture<'_, ()>;

    /// Removes a notice: it was delivered, or is given up.
    fn remove(&self, id: LogoutNoticeId) -> StoreFuture<'_, ()>;
}
