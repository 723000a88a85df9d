//! Grants: each port method is one statement that decides, and at most one more that tells why it decided so.
//!
//! The two tables of the lifetime classes have the same columns, so each statement is written once ([`PerTable`]).
//! Statements name the table, never one of its partitions.

mod list;
mod liveness;
mod open;
mod revoke;
mod rotate;
mod row;

use std::sync::LazyLock;

use grantor_domain::grant::refresh_token::{GrantKey, Rotation};
use grantor_domain::grant::{GrantRef, NewGrant};
use grantor_domain::id::TokenId;
use grantor_domain::time::Timestamp;
use grantor_domain::token::lifetime::LifetimeClass;
use grantor_ports::{
    GrantQuery, GrantScope, Grants, ListedGrant, LiveGrant, Liveness, OpenOutcome, RotateOutcome, StoreFuture,
    TokenDependencies,
};

use crate::executor::Repeat;
use crate::statement::Statement;
use crate::store::Store;

/// The table of a lifetime class.
pub(crate) const fn table(class: LifetimeClass) -> &'static str {
    match class {
        LifetimeClass::Long => "grants_long",
        LifetimeClass::Short => "grants_short",
    }
}

/// A statement's text for each of the two tables.
struct PerTable {
    long: String,
    short: String,
}

impl PerTable {
    /// `{grants}` in `template` stands for the table.
    fn new(template: &str) -> Self {
        let of = |class| template.replace("{grants}", table(class));
        Self { long: of(LifetimeClass::Long), short: of(LifetimeClass::Short) }
    }

    fn of(&'static self, class: LifetimeClass) -> Statement {
        Statement::new(match class {
            LifetimeClass::Long => self.long.as_str(),
            LifetimeClass::Short => self.short.as_str(),
        })
    }
}

/// [`PerTable`] as a static.
type Template = LazyLock<PerTable>;

/// Which row, and that whoever asks holds its key ([`bind_held`]). A row without a sender key asks for none.
const HELD: &str = "{grants}.id = ? AND {grants}.client_id = ? AND {grants}.secret_hash = ? \
     AND ({grants}.sender IS NULL OR {grants}.sender = ?)";

fn bind_held(statement: Statement, key: &GrantKey) -> Statement {
    statement
        .bind(key.reference.id.as_bytes())
        .bind(key.client_id.as_str())
        .bind(&key.secret_hash)
        .bind(key.sender.clone())
}

/// What makes a grant live, but for its lifetimes: asked by every statement about it, on the row as it is then.
/// `not_before <= auth_time` is how disabling a user, a new password and "sign out everywhere" reach every grant.
const HONOURED: &str = "{grants}.revoked_at IS NULL \
     AND EXISTS (SELECT 1 FROM users WHERE users.subject = {grants}.subject AND users.disabled_at IS NULL \
     AND users.not_before <= {grants}.auth_time) \
     AND ({grants}.ends_with_session = 0 OR NOT EXISTS \
     (SELECT 1 FROM ended_sessions WHERE ended_sessions.id = {grants}.session_id))";

impl Grants for Store {
    fn open<'a>(&'a self, grant: &'a NewGrant) -> StoreFuture<'a, OpenOutcome> {
        let (opened, unheard) = (grant.clone(), grant.clone());
        // Repeated safely: it recognises its own earlier attempt by the secret's hash. If the caller has given up, its
        // client was told to try again: the code must still be there for it.
        self.run_or_take_back(
            Repeat::Once,
            move |connection| open::open(connection, &opened),
            move |connection| open::take_back(connection, &unheard),
        )
    }

    fn rotate<'a>(&'a self, rotation: &'a Rotation) -> StoreFuture<'a, RotateOutcome> {
        let rotation = rotation.clone();
        // Repeated safely: its own earlier attempt is one step ahead and just spent, which is a retry.
        self.run(Repeat::Once, move |connection| rotate::rotate(connection, &rotation))
    }

    fn find<'a>(&'a self, key: &'a GrantKey, now: Timestamp) -> StoreFuture<'a, Option<LiveGrant>> {
        let key = key.clone();
        self.run(Repeat::Once, move |connection| rotate::find(connection, &key, now))
    }

    fn revoke(&self, grant: GrantRef, now: Timestamp) -> StoreFuture<'_, bool> {
        self.run(Repeat::Once, move |connection| revoke::revoke(connection, grant, now))
    }

    fn revoke_held<'a>(&'a self, key: &'a GrantKey, now: Timestamp) -> StoreFuture<'a, bool> {
        let key = key.clone();
        self.run(Repeat::Once, move |connection| revoke::revoke_held(connection, &key, now))
    }

    fn revoke_all<'a>(&'a self, scope: &'a GrantScope, now: Timestamp) -> StoreFuture<'a, u64> {
        let scope = scope.clone();
        // It reads every grant there is: too long for a request's connection.
        self.run_aside(move |connection| revoke::revoke_all(connection, &scope, now))
    }

    fn list<'a>(&'a self, query: &'a GrantQuery, now: Timestamp) -> StoreFuture<'a, Vec<ListedGrant>> {
        let query = query.clone();
        // It may read every grant there is: too long for a request's connection.
        self.run_aside(move |connection| list::list(connection, &query, now))
    }

    fn liveness<'a>(&'a self, token: TokenDependencies<'a>, now: Timestamp) -> StoreFuture<'a, Liveness> {
        let question = liveness::Question::new(token, now);
        self.run(Repeat::Once, move |connection| question.ask(connection))
    }

    fn revoke_token(&self, token: TokenId, expires_at: Timestamp) -> StoreFuture<'_, ()> {
        self.run(Repeat::Once, move |connection| revoke::revoke_token(connection, token, expires_at))
    }
}
