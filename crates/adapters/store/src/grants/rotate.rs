//! Rotation: one conditional update, and the read that tells a step already taken from anything else.

use std::collections::HashMap;
use std::sync::LazyLock;

use grantor_domain::grant::refresh_token::{GrantKey, Rotation};
use grantor_domain::time::Timestamp;
use grantor_ports::{LiveGrant, RotateOutcome};

use super::row::{LIVE_GRANT, LiveGrantRow};
use super::{HELD, HELD_NAMES, HONOURED, PerTable, Template, bind_held, bind_held_columns, in_order, locked};
use crate::connection::Connection;
use crate::error::StatementError;
use crate::executor::{Groupable, Repeat};
use crate::statement::Statement;

/// Neither lifetime has ended.
const USABLE: &str = "{grants}.expires_at > {v.now} AND {grants}.absolute_expires_at > {v.now}";

static SELECT: Template = LazyLock::new(|| {
    PerTable::single(&format!("SELECT {LIVE_GRANT} FROM {{grants}} WHERE {HELD} AND {USABLE} AND {HONOURED}"))
});

static ROTATE: Template = LazyLock::new(|| PerTable::single(&update("")));

static ROTATE_MANY: Template = LazyLock::new(|| {
    let names = [&["generation", "is_step", "now", "idle_end"], HELD_NAMES.as_slice(), &["presented"]].concat();
    PerTable::many(&format!("{}{}", locked(&names), update("FROM v ")))
});

/// `generation <= presented`, not `=`: a genuine token ahead of its row means that the row went back in time.
///
/// Under policy `fixed` no step is taken, so nothing is spent; a row that went back in time catches up.
fn update(from: &str) -> String {
    format!(
        "UPDATE {{grants}} SET generation = {{v.generation}}, \
         spent_at = CASE WHEN {{v.is_step}} = 1 THEN {{v.now}} ELSE {{grants}}.spent_at END, \
         expires_at = CASE WHEN {{v.idle_end}} < {{grants}}.absolute_expires_at THEN {{v.idle_end}} \
         ELSE {{grants}}.absolute_expires_at END \
         {from}WHERE {HELD} AND {USABLE} AND {{grants}}.generation <= {{v.presented}} AND {HONOURED} \
         RETURNING {LIVE_GRANT}"
    )
}

impl Groupable for Rotation {
    type Outcome = RotateOutcome;
    type Key = [u8; 16];

    // Its own earlier attempt is one step ahead and just spent, which is a retry.
    const REPEAT: Repeat = Repeat::Once;

    fn key(&self) -> [u8; 16] {
        *self.key.reference.id.as_bytes()
    }

    fn alone(&self, connection: &mut Connection) -> Result<RotateOutcome, StatementError> {
        let class = self.key.reference.class;
        let step = ROTATE.of(class).bind(self.generation()).bind(self.is_step()).bind(self.now);
        let slid = step.bind_all([self.now.plus(self.idle); 2]);
        let update = bind_usable(slid, &self.key, self.now).bind(self.presented);
        if let Some(row) = connection.first::<LiveGrantRow>(&update)? {
            return row.read(class).map(RotateOutcome::Rotated);
        }
        Ok(match find(connection, &self.key, self.now)? {
            Some(live) if live.grant.generation > self.presented => RotateOutcome::Past(live),
            // Not past, and yet not rotated: some other condition did not hold a moment ago.
            _ => RotateOutcome::Refused,
        })
    }

    fn in_one_statement(
        connection: &mut Connection,
        pieces: &[&Self],
    ) -> Result<Vec<Option<RotateOutcome>>, StatementError> {
        let Some(class) = pieces.first().map(|first| first.key.reference.class) else { return Ok(Vec::new()) };
        let keys: Vec<&GrantKey> = pieces.iter().map(|piece| &piece.key).collect();
        let update = ROTATE_MANY
            .of(class)
            .bind_column(pieces.iter().map(|piece| piece.generation()))
            .bind_column(pieces.iter().map(|piece| piece.is_step()))
            .bind_column(pieces.iter().map(|piece| piece.now))
            .bind_column(pieces.iter().map(|piece| piece.now.plus(piece.idle)));
        let update = bind_held_columns(update, &keys).bind_column(pieces.iter().map(|piece| piece.presented));
        let mut rotated = HashMap::with_capacity(pieces.len());
        for row in connection.load::<LiveGrantRow>(&update)? {
            // A row that cannot be read is its own caller's concern, who asks again alone and is told.
            if let Ok(live) = row.read(class) {
                rotated.insert(live.grant.terms.reference.id.as_bytes().to_vec(), RotateOutcome::Rotated(live));
            }
        }
        Ok(in_order(pieces.iter().map(|piece| piece.key()), rotated))
    }
}

pub(super) fn find(
    connection: &mut Connection,
    key: &GrantKey,
    now: Timestamp,
) -> Result<Option<LiveGrant>, StatementError> {
    let class = key.reference.class;
    let select = bind_usable(SELECT.of(class), key, now);
    connection.first::<LiveGrantRow>(&select)?.map(|row| row.read(class)).transpose()
}

fn bind_usable(statement: Statement, key: &GrantKey, now: Timestamp) -> Statement {
    bind_held(statement, key).bind_all([now; 2])
}
