//! Grants: each port method is one statement that decides, and at most one more that tells why it decided so. What many
//! callers ask for at once, Postgres does for all of them in one statement, under the same conditions ([`Groupable`]).
//!
//! The two tables of the lifetime classes have the same columns, so each statement is written once ([`PerTable`]).
//! Statements name the table, never one of its partitions.

mod list;
mod liveness;
mod open;
pub(crate) mod revoke;
mod rotate;
mod row;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use diesel::sql_types::Binary;
use grantor_domain::grant::refresh_token::{GrantKey, Rotation};
use grantor_domain::grant::{GrantRef, NewGrant};
use grantor_domain::id::TokenId;
use grantor_domain::time::Timestamp;
use grantor_domain::token::lifetime::LifetimeClass;
use grantor_ports::{
    GrantQuery, GrantScope, Grants, ListedGrant, LiveGrant, Liveness, OpenOutcome, RotateOutcome, StoreFuture,
    TokenDependencies,
};

use self::revoke::{HeldRevocation, Revocation, TokenRevocation};
use crate::executor::{Executor, Groupable, LaneOf, Repeat};
use crate::statement::{Statement, by_bytes};
use crate::store::Store;
use crate::target::Engine;

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
    /// About one grant. `{grants}` in `template` stands for the table, and `{v.…}` for a value of the caller's: each is
    /// bound where it stands.
    fn single(template: &str) -> Self {
        Self::new(&with_values(template, |_name| "?".to_owned()))
    }

    /// About many. A `{v.…}` stands for a column of `v`, which the text itself says what it is.
    fn many(template: &str) -> Self {
        Self::new(&with_values(template, |name| format!("v.{name}")))
    }

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

/// `template` with each `{v.name}` replaced.
fn with_values(template: &str, replacement: impl Fn(&str) -> String) -> String {
    let mut parts = template.split("{v.");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        text.push_str(&replacement(name));
        text.push_str(rest);
    }
    text
}

/// Which row, and that whoever asks holds its key ([`bind_held`]). A row without a sender key asks for none.
const HELD: &str = "{grants}.id = {v.id} AND {grants}.client_id = {v.client_id} \
     AND {grants}.secret_hash = {v.secret_hash} AND ({grants}.sender IS NULL OR {grants}.sender = {v.sender})";

fn bind_held(statement: Statement, key: &GrantKey) -> Statement {
    statement
        .bind(key.reference.id.as_bytes())
        .bind(key.client_id.as_str())
        .bind(&key.secret_hash)
        .bind(key.sender.clone())
}

/// `v`: a statement about many grants begins with it. Names are of the arrays that are bound to it, in their order.
///
/// Each grant's row is locked first, unless somebody else holds it: then it is passed over, and its caller's work is done
/// alone, holding nothing else while it waits. So whoever meets whom in the same grants, in whatever order the plans of
/// their statements come to them, none waits for the other while it holds what the other waits for.
fn locked(names: &[&str]) -> String {
    format!(
        "WITH v AS MATERIALIZED (SELECT v.* FROM unnest({}) AS v ({}) JOIN {{grants}} ON {{grants}}.id = v.id \
         FOR UPDATE OF {{grants}} SKIP LOCKED) ",
        vec!["?"; names.len()].join(", "),
        names.join(", ")
    )
}

/// The names of [`HELD`]'s values, for [`locked`]; [`bind_held_columns`] binds them.
const HELD_NAMES: [&str; 4] = ["id", "client_id", "secret_hash", "sender"];

fn bind_held_columns(statement: Statement, keys: &[&GrantKey]) -> Statement {
    statement
        .bind_column(keys.iter().map(|key| key.reference.id.as_bytes()))
        .bind_column(keys.iter().map(|key| key.client_id.as_str()))
        .bind_column(keys.iter().map(|key| &key.secret_hash))
        .bind_column(keys.iter().map(|key| key.sender.clone()))
}

/// The column that tells whether a grant is in a scope, as the index on it compares it if there is one.
fn scope_column(scope: &GrantScope, engine: Engine) -> String {
    match scope {
        GrantScope::Client(_) => "client_id".to_owned(),
        GrantScope::Session(_) => "session_id".to_owned(),
        GrantScope::Subject(_) => by_bytes("subject", engine),
    }
}

/// What makes a grant live, but for its lifetimes: asked by every statement about it, on the row as it is then.
/// `not_before <= auth_time` is how disabling a user, a new password and "sign out everywhere" reach every grant.
///
/// Sub-selects of one value, because no planner turns those into a join: each is one look into an index, whatever
/// anybody thinks of the sizes of the tables.
const HONOURED: &str = "{grants}.revoked_at IS NULL \
     AND (SELECT users.not_before FROM users WHERE users.subject = {grants}.subject AND users.disabled_at IS NULL) \
     <= {grants}.auth_time \
     AND ({grants}.ends_with_session = 0 OR \
     (SELECT 1 FROM ended_sessions WHERE ended_sessions.id = {grants}.session_id) IS NULL)";

/// The row of a statement about many that tells which were changed.
#[derive(diesel::QueryableByName)]
struct IdRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
}

/// The outcome of each piece, by what came back of it.
fn in_order<T>(ids: impl Iterator<Item = [u8; 16]>, mut found: HashMap<Vec<u8>, T>) -> Vec<Option<T>> {
    ids.map(|id| found.remove(id.as_slice())).collect()
}

/// The lanes of what is done to grants.
pub(crate) struct GrantLanes {
    open: PerClass<NewGrant>,
    revoke: PerClass<Revocation>,
    revoke_held: PerClass<HeldRevocation>,
    revoke_token: Arc<LaneOf<TokenRevocation>>,
    rotate: PerClass<Rotation>,
}

impl GrantLanes {
    pub(crate) fn of(executor: &Executor) -> Self {
        Self {
            open: PerClass::of(executor),
            revoke: PerClass::of(executor),
            revoke_held: PerClass::of(executor),
            revoke_token: executor.lane(),
            rotate: PerClass::of(executor),
        }
    }
}

/// A lane for each of the two tables: a statement names one.
struct PerClass<G: Groupable> {
    long: Arc<LaneOf<G>>,
    short: Arc<LaneOf<G>>,
}

impl<G: Groupable> PerClass<G> {
    fn of(executor: &Executor) -> Self {
        Self { long: executor.lane(), short: executor.lane() }
    }

    fn get(&self, class: LifetimeClass) -> &LaneOf<G> {
        match class {
            LifetimeClass::Long => &self.long,
            LifetimeClass::Short => &self.short,
        }
    }
}

impl Grants for Store {
    fn open<'a>(&'a self, grant: &'a NewGrant) -> StoreFuture<'a, OpenOutcome> {
        self.join(self.grants().open.get(grant.terms.reference.class), grant.clone())
    }

    fn rotate<'a>(&'a self, rotation: &'a Rotation) -> StoreFuture<'a, RotateOutcome> {
        self.join(self.grants().rotate.get(rotation.key.reference.class), rotation.clone())
    }

    fn find<'a>(&'a self, key: &'a GrantKey, now: Timestamp) -> StoreFuture<'a, Option<LiveGrant>> {
        let key = key.clone();
        self.run(Repeat::Once, move |connection| rotate::find(connection, &key, now))
    }

    fn revoke(&self, grant: GrantRef, now: Timestamp) -> StoreFuture<'_, bool> {
        self.join(self.grants().revoke.get(grant.class), Revocation { grant, now })
    }

    fn revoke_held<'a>(&'a self, key: &'a GrantKey, now: Timestamp) -> StoreFuture<'a, bool> {
        self.join(self.grants().revoke_held.get(key.reference.class), HeldRevocation { key: key.clone(), now })
    }

    fn revoke_all<'a>(&'a self, scope: &'a GrantScope, now: Timestamp) -> StoreFuture<'a, u64> {
        let scope = scope.clone();
        // It may read every grant there is: too long for a request's connection.
        self.run_aside(move |connection| revoke::revoke_all(connection, &scope, now))
    }

    fn list<'a>(&'a self, query: &'a GrantQuery, now: Timestamp) -> StoreFuture<'a, Vec<ListedGrant>> {
        let query = query.clone();
        if matches!(query.scope, Some(GrantScope::Subject(_))) {
            return self.run(Repeat::Once, move |connection| list::list(connection, &query, now));
        }
        // It may read every grant there is: too long for a request's connection.
        self.run_aside(move |connection| list::list(connection, &query, now))
    }

    fn liveness<'a>(&'a self, token: TokenDependencies<'a>, now: Timestamp) -> StoreFuture<'a, Liveness> {
        let question = liveness::Question::new(token, now);
        self.run(Repeat::Once, move |connection| question.ask(connection))
    }

    fn revoke_token(&self, token: TokenId, expires_at: Timestamp) -> StoreFuture<'_, ()> {
        self.join(&self.grants().revoke_token, TokenRevocation { token, expires_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_bound_one_by_one_or_named() {
        let template = "{grants}.id = {v.id} AND x < {v.now}";
        assert_eq!(PerTable::single(template).long, "grants_long.id = ? AND x < ?");
        assert_eq!(PerTable::many(template).short, "grants_short.id = v.id AND x < v.now");
    }
}
