//! Second factors: a row for an authenticator app, one for each passkey and one for each recovery code.
//!
//! What is spent is spent by one statement. Whoever enrols or takes away holds the user's row before: so nobody enrols for a
//! user who is being removed, and of two who take the last factors away at once the later sees that none is left.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use grantor_domain::time::Timestamp;
use grantor_domain::user::Subject;
use grantor_ports::{EnrolledFactors, RecoveryCodeHash, SecondFactors, StoreFuture, StoredPasskey, StoredTotp};

use crate::batch;
use crate::connection::{Connection, End};
use crate::error::StatementError;
use crate::executor::Repeat;
use crate::row::{RowName, json, time};
use crate::statement::{Bind, Statement};
use crate::store::Store;

/// The tables, each with the user's subject in a column of that name.
pub(crate) const TABLES: [&str; 3] = ["totps", "passkeys", "recovery_codes"];

#[derive(QueryableByName)]
struct PasskeyRow {
    #[diesel(sql_type = Text)]
    subject: String,
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Binary)]
    user_handle: Vec<u8>,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    record: String,
    #[diesel(sql_type = BigInt)]
    added_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    used_at: Option<i64>,
}

impl PasskeyRow {
    fn read(self) -> Result<(Subject, StoredPasskey), StatementError> {
        let row = RowName::bytes("passkeys", &self.id);
        let subject = row.check("subject", Subject::parse(&self.subject))?;
        let passkey = StoredPasskey {
            user_handle: row.array("user_handle", &self.user_handle)?,
            name: self.name,
            record: self.record,
            added_at: Timestamp::from_millis(self.added_at),
            used_at: time(self.used_at),
            id: self.id,
        };
        Ok((subject, passkey))
    }
}

/// All that somebody has: as many rows as they have passkeys, and one if they have none; the rest is the same in each.
#[derive(QueryableByName)]
struct FactorsRow {
    #[diesel(sql_type = BigInt)]
    recovery_codes: i64,
    #[diesel(sql_type = Nullable<Text>)]
    secret: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_step: Option<i64>,
    #[diesel(sql_type = Nullable<Binary>)]
    id: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    user_handle: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    record: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    added_at: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    used_at: Option<i64>,
}

impl FactorsRow {
    fn totp(&self, subject: &str) -> Result<Option<StoredTotp>, StatementError> {
        let (Some(secret), Some(last_step)) = (&self.secret, self.last_step) else { return Ok(None) };
        let row = RowName::text("totps", subject);
        let last_step = row.check("last_step", u64::try_from(last_step))?;
        Ok(Some(StoredTotp { secret: row.json("secret", secret)?, last_step }))
    }

    fn passkey(self, subject: &str) -> Result<Option<StoredPasskey>, StatementError> {
        let (Some(id), Some(user_handle), Some(name), Some(record), Some(added_at)) =
            (self.id, self.user_handle, self.name, self.record, self.added_at)
        else {
            return Ok(None);
        };
        let subject = subject.to_owned();
        let row = PasskeyRow { subject, id, user_handle, name, record, added_at, used_at: self.used_at };
        row.read().map(|(_, passkey)| Some(passkey))
    }
}

fn read(subject: &str, rows: Vec<FactorsRow>) -> Result<EnrolledFactors, StatementError> {
    let Some(first) = rows.first() else { return Ok(EnrolledFactors::default()) };
    let totp = first.totp(subject)?;
    let recovery_codes = u64::try_from(first.recovery_codes).unwrap_or_default();
    let passkeys = rows.into_iter().filter_map(|row| row.passkey(subject).transpose()).collect::<Result<_, _>>()?;
    Ok(EnrolledFactors { totp, passkeys, recovery_codes })
}

/// A time step, as it is stored. No clock shows one that the column cannot hold.
fn stored_step(step: u64) -> i64 {
    i64::try_from(step).unwrap_or(i64::MAX)
}

/// Changes what a user has, or nothing if `work` says that there is nothing to change, or there is no such user.
fn change(
    connection: &mut Connection,
    subject: &Subject,
    work: impl FnOnce(&mut Connection) -> Result<bool, StatementError>,
) -> Result<bool, StatementError> {
    let hold = Statement::new("UPDATE users SET claims = claims WHERE subject = ?").bind(subject.as_str());
    connection.transaction(|connection| {
        let is_changed = connection.execute(&hold)? == 1 && work(connection)?;
        Ok(if is_changed { End::Commit(true) } else { End::Rollback(false) })
    })
}

fn replace_codes(
    connection: &mut Connection,
    subject: &Subject,
    codes: &[RecoveryCodeHash],
) -> Result<(), StatementError> {
    let delete = Statement::new("DELETE FROM recovery_codes WHERE subject = ?").bind(subject.as_str());
    connection.execute(&delete)?;
    let rows: Vec<[Bind; 2]> = codes.iter().map(|code| [subject.as_str().into(), code.into()]).collect();
    batch::insert(connection, "recovery_codes (subject, hash)", &rows, "ON CONFLICT (subject, hash) DO NOTHING")?;
    Ok(())
}

/// Recovery codes stand in for a factor: without one they go.
fn drop_orphaned_codes(connection: &mut Connection, subject: &Subject) -> Result<(), StatementError> {
    let delete = Statement::new(
        "DELETE FROM recovery_codes WHERE subject = ? AND NOT EXISTS (SELECT 1 FROM totps WHERE subject = ?) \
         AND NOT EXISTS (SELECT 1 FROM passkeys WHERE subject = ?)",
    )
    .bind_all([subject.as_str(); 3]);
    connection.execute(&delete).map(|_codes| ())
}

fn upsert_totp(subject: &Subject, totp: &StoredTotp) -> Result<Statement, StatementError> {
    let upsert = Statement::new(
        "INSERT INTO totps (subject, secret, last_step) VALUES (?, ?, ?) \
         ON CONFLICT (subject) DO UPDATE SET secret = excluded.secret, last_step = excluded.last_step",
    );
    Ok(upsert.bind(subject.as_str()).bind(json(&totp.secret)?).bind(stored_step(totp.last_step)))
}

fn insert_passkey(subject: &Subject, passkey: &StoredPasskey) -> Statement {
    Statement::new(
        "INSERT INTO passkeys (id, subject, user_handle, name, record, added_at, used_at) VALUES (?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(passkey.id.clone())
    .bind(subject.as_str())
    .bind(&passkey.user_handle)
    .bind(passkey.name.as_str())
    .bind(passkey.record.as_str())
    .bind(passkey.added_at)
    .bind(passkey.used_at)
}

impl Store {
    /// Takes a factor away, and says whether there was one. Not repeated: it would find nothing left, and say that there was none.
    fn remove_factor<'a>(&'a self, subject: &'a Subject, delete: Statement) -> StoreFuture<'a, bool> {
        let subject = subject.clone();
        self.run(Repeat::Never, move |connection: &mut Connection| {
            change(connection, &subject, |connection| {
                let is_removed = connection.execute(&delete)? == 1;
                if is_removed {
                    drop_orphaned_codes(connection, &subject)?;
                }
                Ok(is_removed)
            })
        })
    }

    /// Uses something up. Not repeated: it would find its own attempt, and call it somebody else's.
    fn spend_factor(&self, spend: Statement) -> StoreFuture<'_, bool> {
        self.run(Repeat::Never, move |connection: &mut Connection| Ok(connection.execute(&spend)? == 1))
    }
}

impl SecondFactors for Store {
    fn of<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, EnrolledFactors> {
        let subject = subject.clone();
        let select = Statement::new(
            "SELECT counted.recovery_codes, totps.secret, totps.last_step, passkeys.id, passkeys.user_handle, \
             passkeys.name, passkeys.record, passkeys.added_at, passkeys.used_at \
             FROM (SELECT COUNT(*) AS recovery_codes FROM recovery_codes WHERE subject = ?) AS counted \
             LEFT JOIN totps ON totps.subject = ? LEFT JOIN passkeys ON passkeys.subject = ? \
             ORDER BY passkeys.added_at, passkeys.id",
        )
        .bind_all([subject.as_str(); 3]);
        self.run(Repeat::Once, move |connection| read(subject.as_str(), connection.load::<FactorsRow>(&select)?))
    }

    fn enrol_totp<'a>(
        &'a self,
        subject: &'a Subject,
        totp: &'a StoredTotp,
        recovery_codes: Option<&'a [RecoveryCodeHash]>,
    ) -> StoreFuture<'a, bool> {
        let (subject, totp, codes) = (subject.clone(), totp.clone(), recovery_codes.map(<[_]>::to_vec));
        self.run(Repeat::Once, move |connection: &mut Connection| {
            let upsert = upsert_totp(&subject, &totp)?;
            change(connection, &subject, |connection| {
                connection.execute(&upsert)?;
                codes.as_deref().map_or(Ok(()), |codes| replace_codes(connection, &subject, codes))?;
                Ok(true)
            })
        })
    }

    fn spend_step<'a>(&'a self, subject: &'a Subject, step: u64) -> StoreFuture<'a, bool> {
        let step = stored_step(step);
        self.spend_factor(
            Statement::new("UPDATE totps SET last_step = ? WHERE subject = ? AND last_step < ?")
                .bind(step)
                .bind(subject.as_str())
                .bind(step),
        )
    }

    fn remove_totp<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, bool> {
        let delete = Statement::new("DELETE FROM totps WHERE subject = ?").bind(subject.as_str());
        self.remove_factor(subject, delete)
    }

    fn enrol_passkey<'a>(
        &'a self,
        subject: &'a Subject,
        passkey: &'a StoredPasskey,
        recovery_codes: Option<&'a [RecoveryCodeHash]>,
    ) -> StoreFuture<'a, bool> {
        let (subject, codes) = (subject.clone(), recovery_codes.map(<[_]>::to_vec));
        let insert = insert_passkey(&subject, passkey);
        // Repeated it would find its own passkey, and call the ID somebody else's.
        self.run(Repeat::Never, move |connection: &mut Connection| {
            change(connection, &subject, |connection| {
                let is_added = connection.execute(&insert)? == 1;
                if let Some(codes) = codes.as_deref().filter(|_| is_added) {
                    replace_codes(connection, &subject, codes)?;
                }
                Ok(is_added)
            })
        })
    }

    fn passkey<'a>(&'a self, id: &'a [u8]) -> StoreFuture<'a, Option<(Subject, StoredPasskey)>> {
        let select = Statement::new(
            "SELECT subject, id, user_handle, name, record, added_at, used_at FROM passkeys WHERE id = ?",
        )
        .bind(id.to_vec());
        self.run(Repeat::Once, move |connection| {
            connection.first::<PasskeyRow>(&select)?.map(PasskeyRow::read).transpose()
        })
    }

    fn use_passkey<'a>(&'a self, id: &'a [u8], record: &'a str, now: Timestamp) -> StoreFuture<'a, ()> {
        let update = Statement::new("UPDATE passkeys SET record = ?, used_at = ? WHERE id = ?")
            .bind(record)
            .bind(now)
            .bind(id.to_vec());
        self.run(Repeat::Once, move |connection| connection.execute(&update).map(|_used| ()))
    }

    fn remove_passkey<'a>(&'a self, subject: &'a Subject, id: &'a [u8]) -> StoreFuture<'a, bool> {
        let delete = Statement::new("DELETE FROM passkeys WHERE id = ? AND subject = ?");
        self.remove_factor(subject, delete.bind(id.to_vec()).bind(subject.as_str()))
    }

    fn replace_recovery_codes<'a>(
        &'a self,
        subject: &'a Subject,
        recovery_codes: &'a [RecoveryCodeHash],
    ) -> StoreFuture<'a, bool> {
        let (subject, codes) = (subject.clone(), recovery_codes.to_vec());
        let factors = Statement::new(
            "SELECT CAST(COUNT(*) AS BIGINT) AS factors FROM \
             (SELECT subject FROM totps WHERE subject = ? UNION ALL SELECT subject FROM passkeys WHERE subject = ?) AS known",
        )
        .bind_all([subject.as_str(); 2]);
        self.run(Repeat::Once, move |connection: &mut Connection| {
            change(connection, &subject, |connection| {
                let has_factor = connection.first::<CountRow>(&factors)?.is_some_and(|row| row.factors > 0);
                if has_factor {
                    replace_codes(connection, &subject, &codes)?;
                }
                Ok(has_factor)
            })
        })
    }

    fn spend_recovery_code<'a>(&'a self, subject: &'a Subject, code: &'a RecoveryCodeHash) -> StoreFuture<'a, bool> {
        let delete = Statement::new("DELETE FROM recovery_codes WHERE subject = ? AND hash = ?");
        self.spend_factor(delete.bind(subject.as_str()).bind(code))
    }

    fn reset<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, bool> {
        let subject = subject.clone();
        // Repeated it would find nothing left, and say that there was none.
        self.run(Repeat::Never, move |connection: &mut Connection| {
            change(connection, &subject, |connection| {
                let mut removed = 0;
                for table in TABLES {
                    let delete =
                        Statement::new(format!("DELETE FROM {table} WHERE subject = ?")).bind(subject.as_str());
                    removed += connection.execute(&delete)?;
                }
                Ok(removed > 0)
            })
        })
    }
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    factors: i64,
}
