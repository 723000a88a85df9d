//! The key ring: wrapped keys and what is public of them.

use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use grantor_domain::time::Timestamp;
use grantor_ports::{Change, KeyPurpose, KeyRecord, Keys, StoreFuture};

use crate::changes;
use crate::connection::{Connection, End};
use crate::error::StatementError;
use crate::executor::Repeat;
use crate::row::{RowName, time};
use crate::statement::Statement;
use crate::store::Store;
use crate::turn;

#[derive(diesel::QueryableByName)]
struct KeyRow {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Text)]
    purpose: String,
    #[diesel(sql_type = BigInt)]
    secret_id: i64,
    #[diesel(sql_type = Binary)]
    wrapped: Vec<u8>,
    #[diesel(sql_type = Text)]
    public_jwk: String,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
    #[diesel(sql_type = BigInt)]
    activates_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    retires_at: Option<i64>,
}

impl KeyRow {
    fn read(self) -> Result<KeyRecord, StatementError> {
        let row = RowName::number("keys", self.number);
        Ok(KeyRecord {
            number: row.small("number", self.number)?,
            purpose: row.check("purpose", KeyPurpose::parse(&self.purpose).ok_or("not a purpose of a key"))?,
            secret_id: row.small("secret_id", self.secret_id)?,
            wrapped: self.wrapped,
            public_jwk: self.public_jwk,
            created_at: Timestamp::from_millis(self.created_at),
            activates_at: Timestamp::from_millis(self.activates_at),
            retires_at: time(self.retires_at),
        })
    }
}

/// Inserts keys, in a transaction. Says whether every number was free; if not, the transaction must be rolled back.
pub(crate) fn insert(connection: &mut Connection, keys: &[KeyRecord]) -> Result<bool, StatementError> {
    for key in keys {
        let insert = Statement::new(
            "INSERT INTO keys (number, purpose, secret_id, wrapped, public_jwk, created_at, activates_at, retires_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO NOTHING",
        )
        .bind(key.number)
        .bind(key.purpose.as_str())
        .bind(key.secret_id)
        .bind(key.wrapped.clone())
        .bind(key.public_jwk.as_str())
        .bind(key.created_at)
        .bind(key.activates_at)
        .bind(key.retires_at);
        if connection.execute(&insert)? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

fn list(connection: &mut Connection) -> Result<Vec<KeyRecord>, StatementError> {
    let select = Statement::new(
        "SELECT number, purpose, secret_id, wrapped, public_jwk, created_at, activates_at, retires_at \
         FROM keys ORDER BY number",
    );
    connection.load::<KeyRow>(&select)?.into_iter().map(KeyRow::read).collect()
}

/// What whoever changes the ring holds meanwhile.
const TURN: &str = "keys";

impl Keys for Store {
    fn list(&self) -> StoreFuture<'_, Vec<KeyRecord>> {
        self.run(Repeat::Once, list)
    }

    fn rotate<'a>(
        &'a self,
        new: &'a [KeyRecord],
        retire: &'a [(u32, Timestamp)],
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        let (new, retire) = (new.to_vec(), retire.to_vec());
        // Not repeated: it would find its own numbers and call them taken.
        self.run(Repeat::Never, move |connection| {
            connection.transaction(|connection| {
                turn::take(connection, TURN, now)?;
                if !insert(connection, &new)? || !retire_keys(connection, &retire)? {
                    return Ok(End::Rollback(false));
                }
                changes::record(connection, &Change::Keys, now)?;
                Ok(End::Commit(true))
            })
        })
    }

    fn replace<'a>(&'a self, seen: &'a [KeyRecord], ring: &'a [KeyRecord], now: Timestamp) -> StoreFuture<'a, bool> {
        let (seen, ring) = (seen.to_vec(), ring.to_vec());
        // Not repeated: it would find its own ring in the place of the one it saw.
        self.run(Repeat::Never, move |connection| {
            connection.transaction(|connection| {
                turn::take(connection, TURN, now)?;
                let is_as_seen = list(connection)? == seen;
                if !is_as_seen || !put_in_place(connection, &seen, &ring)? {
                    return Ok(End::Rollback(false));
                }
                changes::record(connection, &Change::Keys, now)?;
                Ok(End::Commit(true))
            })
        })
    }
}

/// Retires keys, none later than it does already. `false` if one is gone.
fn retire_keys(connection: &mut Connection, retire: &[(u32, Timestamp)]) -> Result<bool, StatementError> {
    for (number, at) in retire {
        let update = Statement::new(
            "UPDATE keys SET retires_at = CASE WHEN retires_at < ? THEN retires_at ELSE ? END WHERE number = ?",
        );
        if connection.execute(&update.bind_all([*at; 2]).bind(*number))? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Changes just what differs. A key that stays keeps its row: whoever waits to change it would else find nothing. `false`
/// if a number was taken meanwhile.
fn put_in_place(connection: &mut Connection, seen: &[KeyRecord], ring: &[KeyRecord]) -> Result<bool, StatementError> {
    let mut new = Vec::new();
    for key in ring {
        match seen.iter().find(|old| old.number == key.number) {
            Some(old) if old == key => {}
            Some(_) => update(connection, key)?,
            None => new.push(key.clone()),
        }
    }
    for old in seen.iter().filter(|old| ring.iter().all(|key| key.number != old.number)) {
        connection.execute(&Statement::new("DELETE FROM keys WHERE number = ?").bind(old.number))?;
    }
    insert(connection, &new)
}

fn update(connection: &mut Connection, key: &KeyRecord) -> Result<(), StatementError> {
    let update = Statement::new(
        "UPDATE keys SET purpose = ?, secret_id = ?, wrapped = ?, public_jwk = ?, created_at = ?, activates_at = ?, \
         retires_at = ? WHERE number = ?",
    )
    .bind(key.purpose.as_str())
    .bind(key.secret_id)
    .bind(key.wrapped.clone())
    .bind(key.public_jwk.as_str())
    .bind(key.created_at)
    .bind(key.activates_at)
    .bind(key.retires_at)
    .bind(key.number);
    connection.execute(&update).map(|_one| ())
}
