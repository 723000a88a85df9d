//! The ends of grants and of single access tokens.

use std::sync::LazyLock;

use grantor_domain::grant::GrantRef;
use grantor_domain::grant::refresh_token::GrantKey;
use grantor_domain::id::TokenId;
use grantor_domain::time::Timestamp;
use grantor_domain::token::lifetime::LifetimeClass;
use grantor_ports::GrantScope;

use super::{
    HELD, HELD_NAMES, IdRow, PerTable, Template, bind_held, bind_held_columns, in_order, locked, scope_column, table,
};
use crate::connection::Connection;
use crate::error::StatementError;
use crate::executor::{Groupable, Repeat};
use crate::statement::{Bind, Statement};

const REVOKE_ONE: &str = "UPDATE {grants} SET revoked_at = {v.now} WHERE {grants}.revoked_at IS NULL AND ";

const REVOKE_MANY: &str = "UPDATE {grants} SET revoked_at = {v.now} FROM v WHERE {grants}.revoked_at IS NULL AND ";

/// The end of a grant, whoever asks.
pub(super) struct Revocation {
    pub(super) grant: GrantRef,
    pub(super) now: Timestamp,
}

/// The end of a grant whose key its client holds.
pub(super) struct HeldRevocation {
    pub(super) key: GrantKey,
    pub(super) now: Timestamp,
}

/// The end of one access token.
pub(super) struct TokenRevocation {
    pub(super) token: TokenId,
    pub(super) expires_at: Timestamp,
}

impl Groupable for Revocation {
    type Outcome = bool;
    type Key = [u8; 16];

    const REPEAT: Repeat = Repeat::Once;

    fn key(&self) -> [u8; 16] {
        *self.grant.id.as_bytes()
    }

    fn alone(&self, connection: &mut Connection) -> Result<bool, StatementError> {
        static SINGLE: Template = LazyLock::new(|| PerTable::single(&format!("{REVOKE_ONE}{{grants}}.id = {{v.id}}")));
        let update = SINGLE.of(self.grant.class).bind(self.now).bind(self.grant.id.as_bytes());
        Ok(connection.execute(&update)? == 1)
    }

    fn in_one_statement(connection: &mut Connection, pieces: &[&Self]) -> Result<Vec<Option<bool>>, StatementError> {
        static MANY: Template = LazyLock::new(|| {
            let v = locked(&["now", "id"]);
            PerTable::many(&format!("{v}{REVOKE_MANY}{{grants}}.id = {{v.id}} RETURNING {{grants}}.id"))
        });
        let Some(class) = pieces.first().map(|first| first.grant.class) else { return Ok(Vec::new()) };
        let update = MANY
            .of(class)
            .bind_column(pieces.iter().map(|piece| piece.now))
            .bind_column(pieces.iter().map(|piece| piece.grant.id.as_bytes()));
        revoked(connection, &update, pieces)
    }
}

impl Groupable for HeldRevocation {
    type Outcome = bool;
    type Key = [u8; 16];

    const REPEAT: Repeat = Repeat::Once;

    fn key(&self) -> [u8; 16] {
        *self.key.reference.id.as_bytes()
    }

    fn alone(&self, connection: &mut Connection) -> Result<bool, StatementError> {
        static SINGLE: Template = LazyLock::new(|| PerTable::single(&format!("{REVOKE_ONE}{HELD}")));
        let update = bind_held(SINGLE.of(self.key.reference.class).bind(self.now), &self.key);
        Ok(connection.execute(&update)? == 1)
    }

    fn in_one_statement(connection: &mut Connection, pieces: &[&Self]) -> Result<Vec<Option<bool>>, StatementError> {
        static MANY: Template = LazyLock::new(|| {
            let v = locked(&[&["now"], HELD_NAMES.as_slice()].concat());
            PerTable::many(&format!("{v}{REVOKE_MANY}{HELD} RETURNING {{grants}}.id"))
        });
        let Some(class) = pieces.first().map(|first| first.key.reference.class) else { return Ok(Vec::new()) };
        let keys: Vec<&GrantKey> = pieces.iter().map(|piece| &piece.key).collect();
        let update = bind_held_columns(MANY.of(class).bind_column(pieces.iter().map(|piece| piece.now)), &keys);
        revoked(connection, &update, pieces)
    }
}

/// Which of `pieces` came back.
fn revoked<G: Groupable<Key = [u8; 16]>>(
    connection: &mut Connection,
    update: &Statement,
    pieces: &[&G],
) -> Result<Vec<Option<bool>>, StatementError> {
    let rows = connection.load::<IdRow>(update)?;
    let found = rows.into_iter().map(|row| (row.id, true)).collect();
    Ok(in_order(pieces.iter().map(|piece| piece.key()), found))
}

impl Groupable for TokenRevocation {
    type Outcome = ();
    type Key = [u8; 16];

    const REPEAT: Repeat = Repeat::Once;

    fn key(&self) -> [u8; 16] {
        *self.token.as_bytes()
    }

    fn alone(&self, connection: &mut Connection) -> Result<(), StatementError> {
        let insert =
            Statement::new("INSERT INTO revoked_tokens (id, expires_at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING")
                .bind(self.token.as_bytes())
                .bind(self.expires_at);
        connection.execute(&insert).map(|_written| ())
    }

    /// In the order of their keys, as everybody else: two that insert the same ones wait for each other in one direction.
    fn in_one_statement(connection: &mut Connection, pieces: &[&Self]) -> Result<Vec<Option<()>>, StatementError> {
        let insert = Statement::new(
            "INSERT INTO revoked_tokens (id, expires_at) SELECT v.id, v.expires_at FROM unnest(?, ?) AS v (id, expires_at) \
             ORDER BY v.id ON CONFLICT (id) DO NOTHING",
        )
        .bind_column(pieces.iter().map(|piece| piece.token.as_bytes()))
        .bind_column(pieces.iter().map(|piece| piece.expires_at));
        connection.execute(&insert)?;
        Ok(vec![Some(()); pieces.len()])
    }
}

/// Rows that are read at a time where there may be very many: what changes among them is locked until it is committed, and requests
/// wait for that.
const PIECE: u32 = 5000;

/// Reads both tables from end to end, unless it is of one subject: administration does this rarely, and an index on client or
/// session would be one more page to write for every grant opened.
pub(crate) fn revoke_all(
    connection: &mut Connection,
    scope: &GrantScope,
    now: Timestamp,
) -> Result<u64, StatementError> {
    let column = scope_column(scope, connection.engine());
    let value: Bind = match scope {
        GrantScope::Client(id) => id.as_str().into(),
        GrantScope::Session(id) => id.as_bytes().into(),
        GrantScope::Subject(subject) => subject.as_str().into(),
    };
    let mut revoked = 0;
    for class in [LifetimeClass::Long, LifetimeClass::Short] {
        let update = format!("UPDATE {} SET revoked_at = ? WHERE revoked_at IS NULL AND {column} = ?", table(class));
        let update = |condition: &str| Statement::new(format!("{update}{condition}")).bind(now).bind(value.clone());
        revoked += if matches!(scope, GrantScope::Subject(_)) {
            connection.execute(&update(""))? as u64
        } else {
            in_pieces(connection, class, update)?
        };
    }
    Ok(revoked)
}

/// Does an update to all grants, some thousand at a time from the oldest on, each time committed.
fn in_pieces(
    connection: &mut Connection,
    class: LifetimeClass,
    update: impl Fn(&str) -> Statement,
) -> Result<u64, StatementError> {
    let last_of_piece =
        format!("SELECT id FROM {} WHERE id > ? ORDER BY id LIMIT 1 OFFSET {}", table(class), PIECE - 1);
    let (mut after, mut changed) = (Vec::new(), 0);
    loop {
        let last = connection.first::<IdRow>(&Statement::new(last_of_piece.clone()).bind(after.clone()))?;
        let Some(IdRow { id: last }) = last else {
            return Ok(changed + connection.execute(&update(" AND id > ?").bind(after))? as u64);
        };
        let piece = update(" AND id > ? AND id <= ?").bind(after.clone()).bind(last.clone());
        changed += connection.execute(&piece)? as u64;
        after = last;
    }
}
