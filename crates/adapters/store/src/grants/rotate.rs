//! Rotation: one conditional update, and the read that tells a step already taken from anything else.

use std::sync::LazyLock;

use grantor_domain::client::RefreshPolicy;
use grantor_domain::grant::refresh_token::{GrantKey, Rotation};
use grantor_domain::time::Timestamp;
use grantor_ports::{LiveGrant, RotateOutcome};

use super::row::{LIVE_GRANT, LiveGrantRow};
use super::{HELD, HONOURED, PerTable, Template, bind_held};
use crate::connection::Connection;
use crate::error::StatementError;
use crate::statement::Statement;

/// Neither lifetime has ended.
const USABLE: &str = "{grants}.expires_at > ? AND {grants}.absolute_expires_at > ?";

static SELECT: Template = LazyLock::new(|| {
    PerTable::new(&format!("SELECT {LIVE_GRANT} FROM {{grants}} WHERE {HELD} AND {USABLE} AND {HONOURED}"))
});

static ROTATE: Template = LazyLock::new(|| update("generation = ?, spent_at = ?"));

/// Policy `fixed`: no step is taken, so nothing is spent; a row that went back in time catches up.
static KEEP: Template = LazyLock::new(|| update("generation = ?"));

/// `generation <= presented`, not `=`: a genuine token ahead of its row means that the row went back in time.
fn update(step: &str) -> PerTable {
    PerTable::new(&format!(
        "UPDATE {{grants}} SET {step}, \
         expires_at = CASE WHEN ? < absolute_expires_at THEN ? ELSE absolute_expires_at END \
         WHERE {HELD} AND {USABLE} AND {{grants}}.generation <= ? AND {HONOURED} RETURNING {LIVE_GRANT}"
    ))
}

pub(super) fn rotate(connection: &mut Connection, rotation: &Rotation) -> Result<RotateOutcome, StatementError> {
    let class = rotation.key.reference.class;
    let stepped = match rotation.policy {
        RefreshPolicy::Fixed => KEEP.of(class).bind(rotation.presented),
        RefreshPolicy::Rotate => ROTATE.of(class).bind(rotation.presented.saturating_add(1)).bind(rotation.now),
    };
    let slid = stepped.bind_all([rotation.now.plus(rotation.idle); 2]);
    let update = bind_usable(slid, &rotation.key, rotation.now).bind(rotation.presented);
    if let Some(row) = connection.first::<LiveGrantRow>(&update)? {
        return row.read(class).map(RotateOutcome::Rotated);
    }
    Ok(match find(connection, &rotation.key, rotation.now)? {
        Some(live) if live.grant.generation > rotation.presented => RotateOutcome::Past(live),
        // Not past, and yet not rotated: some other condition did not hold a moment ago.
        _ => RotateOutcome::Refused,
    })
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
