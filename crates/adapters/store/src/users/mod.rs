//! Users. What was authenticated before `not_before` is void, so moving it is how people are signed out; it never moves
//! back.

mod import;

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};
use grantor_domain::throttle::FailureTally;
use grantor_domain::time::Timestamp;
use grantor_domain::user::{StandardClaims, Subject, User, Username};
use grantor_ports::{FailureKeys, ImportMode, Imported, PasswordHash, SigningIn, StoreFuture, UserCredentials, Users};

use crate::connection::{Connection, End};
use crate::error::StatementError;
use crate::executor::Repeat;
use crate::guards::{TallyRow, bind_tally, tally_sql};
use crate::row::{RowName, json, time};
use crate::statement::{Bind, Statement};
use crate::store::Store;

#[derive(QueryableByName)]
pub(crate) struct UserRow {
    #[diesel(sql_type = Text)]
    subject: String,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Text)]
    claims: String,
    #[diesel(sql_type = Nullable<Text>)]
    password_hash: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    disabled_at: Option<i64>,
    #[diesel(sql_type = BigInt)]
    not_before: i64,
}

impl UserRow {
    pub(crate) fn read(self) -> Result<UserCredentials, StatementError> {
        Ok(UserCredentials { user: self.user()?, password: self.password_hash.map(PasswordHash::new) })
    }

    fn user(&self) -> Result<User, StatementError> {
        let row = RowName::text("users", &self.subject);
        Ok(User {
            subject: row.check("subject", Subject::parse(&self.subject))?,
            username: row.check("username", Username::parse(&self.username))?,
            claims: claims(&self.subject, Some(&self.claims))?,
            disabled_at: time(self.disabled_at),
            not_before: Timestamp::from_millis(self.not_before),
        })
    }
}

/// Failures, and the user whom they are about, if there is one.
#[derive(QueryableByName)]
struct SigningInRow {
    #[diesel(embed)]
    tally: TallyRow,
    #[diesel(sql_type = Nullable<Text>)]
    subject: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    username: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    claims: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    password_hash: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    disabled_at: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    not_before: Option<i64>,
    #[diesel(sql_type = BigInt)]
    has_second_factor: i64,
}

impl SigningInRow {
    fn read(self) -> Result<(Option<SigningIn>, FailureTally), StatementError> {
        let user = match (self.subject, self.username, self.claims, self.not_before) {
            (Some(subject), Some(username), Some(claims), Some(not_before)) => {
                let (password_hash, disabled_at) = (self.password_hash, self.disabled_at);
                Some(UserRow { subject, username, claims, password_hash, disabled_at, not_before })
            }
            _ => None,
        };
        let credentials = user.map(UserRow::read).transpose()?;
        let has_second_factor = self.has_second_factor != 0;
        Ok((credentials.map(|credentials| SigningIn { credentials, has_second_factor }), self.tally.into()))
    }
}

/// A user's claims, as another table's statement brought them along; none if the user is gone.
pub(crate) fn claims(subject: &str, text: Option<&str>) -> Result<StandardClaims, StatementError> {
    let row = RowName::text("users", subject);
    text.map_or_else(|| Ok(StandardClaims::default()), |text| row.json("claims", text))
}

/// Takes the user's subject in the namespace that it shares with client ids, and holds it until the transaction ends. It
/// changes no row if a client has the name, or had it. A user may have it although another user had: what was issued to
/// that one ended with them.
fn claim_name(subject: &Subject) -> Statement {
    Statement::new(
        "INSERT INTO principals (name, kind) VALUES (?, 'user') \
         ON CONFLICT (name) DO UPDATE SET kind = excluded.kind WHERE principals.kind = excluded.kind",
    )
    .bind(subject.as_str())
}

fn insert_row(credentials: &UserCredentials) -> Result<Statement, StatementError> {
    Ok(Statement::new(
        "INSERT INTO users (subject, username, claims, password_hash, disabled_at, not_before) \
         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind_all(columns(credentials)?))
}

/// The values of a row, in the order of the columns above.
fn columns(credentials: &UserCredentials) -> Result<[Bind; 6], StatementError> {
    let user = &credentials.user;
    Ok([
        user.subject.as_str().into(),
        user.username.as_str().into(),
        json(&user.claims)?.into(),
        credentials.password.as_ref().map(|hash| hash.expose().to_owned()).into(),
        user.disabled_at.into(),
        user.not_before.into(),
    ])
}

fn insert(connection: &mut Connection, credentials: &UserCredentials) -> Result<bool, StatementError> {
    let row = insert_row(credentials)?;
    connection.transaction(|connection| {
        let inserted =
            connection.execute(&claim_name(&credentials.user.subject))? == 1 && connection.execute(&row)? == 1;
        Ok(if inserted { End::Commit(true) } else { End::Rollback(false) })
    })
}

/// The row is written before it is read, so that nobody else changes it in between.
fn replace_claims(
    connection: &mut Connection,
    subject: &Subject,
    expected: &StandardClaims,
    claims: &StandardClaims,
) -> Result<bool, StatementError> {
    let hold = Statement::new(
        "UPDATE users SET claims = claims WHERE subject = ? \
         RETURNING subject, username, claims, password_hash, disabled_at, not_before",
    )
    .bind(subject.as_str());
    let update = set_claims(subject, claims)?;
    connection.transaction(|connection| {
        let found = connection.first::<UserRow>(&hold)?.map(|row| row.user()).transpose()?;
        if found.is_none_or(|found| found.claims != *expected && found.claims != *claims) {
            return Ok(End::Rollback(false));
        }
        connection.execute(&update)?;
        Ok(End::Commit(true))
    })
}

fn set_claims(subject: &Subject, claims: &StandardClaims) -> Result<Statement, StatementError> {
    let update = Statement::new("UPDATE users SET claims = ? WHERE subject = ?");
    Ok(update.bind(json(claims)?).bind(subject.as_str()))
}

/// Inserts a user whose names nobody has; leaves everything alone otherwise. Part of a transaction.
pub(crate) fn insert_absent(connection: &mut Connection, credentials: &UserCredentials) -> Result<(), StatementError> {
    let user = &credentials.user;
    let taken = connection.first::<UserRow>(&Statement::new(SELECT_BY_USERNAME).bind(user.username.as_str()))?;
    if taken.is_none() && connection.execute(&claim_name(&user.subject))? == 1 {
        connection.execute(&insert_row(credentials)?)?;
    }
    Ok(())
}

/// Sets a new password at `now`.
pub(crate) fn new_password(subject: &Subject, hash: &PasswordHash, now: Timestamp) -> Statement {
    Statement::new(
        "UPDATE users SET password_hash = ?, not_before = CASE WHEN not_before < ? THEN ? ELSE not_before END \
         WHERE subject = ?",
    )
    .bind(hash.expose())
    .bind_all([now; 2])
    .bind(subject.as_str())
}

const SELECT_BY_USERNAME: &str =
    "SELECT subject, username, claims, password_hash, disabled_at, not_before FROM users WHERE username = ?";
const SELECT_BY_SUBJECT: &str =
    "SELECT subject, username, claims, password_hash, disabled_at, not_before FROM users WHERE subject = ?";

impl Store {
    fn user(&self, select: Statement) -> StoreFuture<'_, Option<UserCredentials>> {
        self.run(Repeat::Once, move |connection| connection.first::<UserRow>(&select)?.map(UserRow::read).transpose())
    }

    /// Changes one user; the same again changes nothing more.
    fn change_user(&self, update: Statement) -> StoreFuture<'_, bool> {
        self.run(Repeat::Once, move |connection| Ok(connection.execute(&update)? == 1))
    }
}

impl Users for Store {
    fn by_username<'a>(&'a self, username: &'a Username) -> StoreFuture<'a, Option<UserCredentials>> {
        self.user(Statement::new(SELECT_BY_USERNAME).bind(username.as_str()))
    }

    fn signing_in<'a>(
        &'a self,
        username: Option<&'a Username>,
        keys: &'a FailureKeys,
        since: Timestamp,
    ) -> StoreFuture<'a, (Option<SigningIn>, FailureTally)> {
        let select = Statement::new(concat!(
            "WITH tally AS (",
            tally_sql!(),
            ") SELECT tally.*, subject, username, claims, password_hash, disabled_at, not_before, \
             CAST(CASE WHEN EXISTS (SELECT 1 FROM totps WHERE totps.subject = users.subject) \
             OR EXISTS (SELECT 1 FROM passkeys WHERE passkeys.subject = users.subject) \
             THEN 1 ELSE 0 END AS BIGINT) AS has_second_factor \
             FROM tally LEFT JOIN users ON username = ?"
        ));
        // Nobody has the empty name.
        let select = bind_tally(select, keys, since).bind(username.map_or("", Username::as_str));
        self.run(Repeat::Once, move |connection| match connection.first::<SigningInRow>(&select)? {
            Some(row) => row.read(),
            None => Ok((None, FailureTally::default())),
        })
    }

    fn by_subject<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, Option<UserCredentials>> {
        self.user(Statement::new(SELECT_BY_SUBJECT).bind(subject.as_str()))
    }

    fn page<'a>(&'a self, after: Option<&'a Subject>, limit: u32) -> StoreFuture<'a, Vec<User>> {
        // Every subject comes after the empty text, which is none.
        let select = Statement::new(
            "SELECT subject, username, claims, password_hash, disabled_at, not_before FROM users WHERE subject > ? \
             ORDER BY subject LIMIT ?",
        )
        .bind(after.map_or("", Subject::as_str))
        .bind(limit);
        self.run(Repeat::Once, move |connection| {
            connection.load::<UserRow>(&select)?.iter().map(UserRow::user).collect()
        })
    }

    fn insert<'a>(&'a self, credentials: &'a UserCredentials) -> StoreFuture<'a, bool> {
        let credentials = credentials.clone();
        // Not repeated: it would find its own user and call the subject taken.
        self.run(Repeat::Never, move |connection| insert(connection, &credentials))
    }

    fn import<'a>(&'a self, users: &'a [UserCredentials], mode: ImportMode) -> StoreFuture<'a, Vec<Imported>> {
        let users = users.to_vec();
        // Not repeated: it would find its own users and call them there already.
        self.run(Repeat::Never, move |connection| import::import(connection, &users, mode))
    }

    fn replace_claims<'a>(
        &'a self,
        subject: &'a Subject,
        expected: &'a StandardClaims,
        claims: &'a StandardClaims,
    ) -> StoreFuture<'a, bool> {
        let (subject, expected, claims) = (subject.clone(), expected.clone(), claims.clone());
        self.run(Repeat::Once, move |connection| replace_claims(connection, &subject, &expected, &claims))
    }

    fn set_claims<'a>(&'a self, subject: &'a Subject, claims: &'a StandardClaims) -> StoreFuture<'a, bool> {
        let (subject, claims) = (subject.clone(), claims.clone());
        self.run(Repeat::Once, move |connection| Ok(connection.execute(&set_claims(&subject, &claims)?)? == 1))
    }

    fn disable<'a>(&'a self, subject: &'a Subject, now: Timestamp) -> StoreFuture<'a, bool> {
        self.change_user(
            Statement::new(
                "UPDATE users SET disabled_at = ?, not_before = CASE WHEN not_before < ? THEN ? ELSE not_before END \
                 WHERE subject = ?",
            )
            .bind_all([now; 3])
            .bind(subject.as_str()),
        )
    }

    fn enable<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, bool> {
        self.change_user(Statement::new("UPDATE users SET disabled_at = NULL WHERE subject = ?").bind(subject.as_str()))
    }

    fn set_password<'a>(
        &'a self,
        subject: &'a Subject,
        hash: &'a PasswordHash,
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        self.change_user(new_password(subject, hash, now))
    }

    fn replace_password<'a>(
        &'a self,
        subject: &'a Subject,
        old: Option<&'a PasswordHash>,
        new: &'a PasswordHash,
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        let update = Statement::new(
            "UPDATE users SET password_hash = ?, not_before = CASE WHEN not_before < ? THEN ? ELSE not_before END \
             WHERE subject = ? AND password_hash IS NOT DISTINCT FROM ?",
        )
        .bind(new.expose())
        .bind_all([now; 2])
        .bind(subject.as_str())
        .bind(old.map(|old| old.expose().to_owned()));
        // Repeated it would find its own, and call it another.
        self.run(Repeat::Never, move |connection: &mut Connection| Ok(connection.execute(&update)? == 1))
    }

    fn rehash<'a>(&'a self, subject: &'a Subject, old: &'a PasswordHash, new: &'a PasswordHash) -> StoreFuture<'a, ()> {
        let update = Statement::new("UPDATE users SET password_hash = ? WHERE subject = ? AND password_hash = ?")
            .bind(new.expose())
            .bind(subject.as_str())
            .bind(old.expose());
        self.run(Repeat::Once, move |connection| connection.execute(&update).map(|_changed| ()))
    }

    fn sign_out_everywhere<'a>(&'a self, subject: &'a Subject, now: Timestamp) -> StoreFuture<'a, bool> {
        self.change_user(
            Statement::new(
                "UPDATE users SET not_before = CASE WHEN not_before < ? THEN ? ELSE not_before END WHERE subject = ?",
            )
            .bind_all([now; 2])
            .bind(subject.as_str()),
        )
    }

    fn sign_out_everyone_before(&self, time: Timestamp) -> StoreFuture<'_, u64> {
        let update = Statement::new("UPDATE users SET not_before = ? WHERE not_before < ?").bind_all([time; 2]);
        // Every user may be one: too long for a request's connection.
        self.run_aside(move |connection| connection.execute(&update).map(|moved| moved as u64))
    }
}
