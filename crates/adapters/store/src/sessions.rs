//! Sessions: each a row, and the end of one a row beside it, which grants ask for too.

use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use grantor_domain::client::ClientId;
use grantor_domain::id::SessionId;
use grantor_domain::session::{Authentication, Session};
use grantor_domain::time::Timestamp;
use grantor_domain::user::Subject;
use grantor_ports::{ListedSession, LogoutNotice, NewSession, SessionOrigin, Sessions, SignedIn, StoreFuture};

use crate::connection::{Connection, End};
use crate::error::StatementError;
use crate::executor::Repeat;
use crate::row::{RowName, json};
use crate::statement::{Statement, by_bytes};
use crate::store::Store;
use crate::users;

/// Sessions that did not end, with their users.
const SELECT: &str = "SELECT sessions.id, sessions.subject, sessions.auth_time, sessions.acr, sessions.amr, \
     sessions.expires_at, sessions.address, sessions.user_agent, users.claims AS user_claims \
     FROM sessions JOIN users ON users.subject = sessions.subject \
     WHERE NOT EXISTS (SELECT 1 FROM ended_sessions WHERE ended_sessions.id = sessions.id)";

#[derive(diesel::QueryableByName)]
struct SessionRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Text)]
    subject: String,
    #[diesel(sql_type = BigInt)]
    auth_time: i64,
    #[diesel(sql_type = Nullable<Text>)]
    acr: Option<String>,
    #[diesel(sql_type = Text)]
    amr: String,
    #[diesel(sql_type = BigInt)]
    expires_at: i64,
    #[diesel(sql_type = Nullable<Text>)]
    address: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    user_agent: Option<String>,
    #[diesel(sql_type = Text)]
    user_claims: String,
}

#[derive(diesel::QueryableByName)]
struct ClientRow {
    #[diesel(sql_type = Text)]
    client_id: String,
}

impl SessionRow {
    fn read(self) -> Result<SignedIn, StatementError> {
        let row = RowName::bytes("sessions", &self.id);
        let session = Session {
            id: SessionId::from_bytes(row.array("id", &self.id)?),
            subject: row.check("subject", Subject::parse(&self.subject))?,
            authentication: Authentication {
                time: Timestamp::from_millis(self.auth_time),
                acr: self.acr,
                amr: row.json("amr", &self.amr)?,
            },
            expires_at: Timestamp::from_millis(self.expires_at),
        };
        Ok(SignedIn { session, claims: users::claims(&self.subject, Some(&self.user_claims))? })
    }
}

impl SessionRow {
    fn listed(mut self) -> Result<ListedSession, StatementError> {
        let origin = SessionOrigin { address: self.address.take(), user_agent: self.user_agent.take() };
        Ok(ListedSession { session: self.read()?.session, origin })
    }
}

impl Sessions for Store {
    fn open<'a>(&'a self, session: &'a NewSession) -> StoreFuture<'a, bool> {
        let session = session.clone();
        self.run(Repeat::Once, move |connection| open(connection, &session))
    }

    fn find<'a>(
        &'a self,
        id: SessionId,
        secret_hash: &'a [u8; 32],
        now: Timestamp,
    ) -> StoreFuture<'a, Option<SignedIn>> {
        let select = Statement::new(format!(
            "{SELECT} AND sessions.id = ? AND sessions.secret_hash = ? AND sessions.expires_at > ? \
             AND users.disabled_at IS NULL AND users.not_before <= sessions.auth_time"
        ))
        .bind(id.as_bytes())
        .bind(secret_hash)
        .bind(now);
        self.run(Repeat::Once, move |connection| {
            connection.first::<SessionRow>(&select)?.map(SessionRow::read).transpose()
        })
    }

    fn of<'a>(&'a self, subject: &'a Subject, now: Timestamp) -> StoreFuture<'a, Vec<ListedSession>> {
        let subject_column = by_bytes("sessions.subject", self.engine());
        let select = Statement::new(format!("{SELECT} AND {subject_column} = ? AND sessions.expires_at > ?"))
            .bind(subject.as_str())
            .bind(now);
        self.run(Repeat::Once, move |connection| {
            let rows = connection.load::<SessionRow>(&select)?;
            rows.into_iter().map(SessionRow::listed).collect()
        })
    }

    fn note_client<'a>(&'a self, id: SessionId, client: &'a ClientId) -> StoreFuture<'a, ()> {
        let insert = Statement::new(
            "INSERT INTO session_clients (session_id, client_id) VALUES (?, ?) \
             ON CONFLICT (session_id, client_id) DO NOTHING",
        )
        .bind(id.as_bytes())
        .bind(client.as_str());
        self.run(Repeat::Once, move |connection| connection.execute(&insert).map(|_written| ()))
    }

    fn clients(&self, id: SessionId) -> StoreFuture<'_, Vec<ClientId>> {
        let select = Statement::new("SELECT client_id FROM session_clients WHERE session_id = ?").bind(id.as_bytes());
        self.run(Repeat::Once, move |connection: &mut Connection| {
            let row = RowName::bytes("session_clients", id.as_bytes());
            let rows = connection.load::<ClientRow>(&select)?;
            rows.into_iter().map(|found| row.check("client_id", ClientId::try_from(found.client_id))).collect()
        })
    }

    fn end<'a>(&'a self, id: SessionId, keep_until: Timestamp, notices: &'a [LogoutNotice]) -> StoreFuture<'a, ()> {
        let upsert = Statement::new(
            "INSERT INTO ended_sessions (id, keep_until) VALUES (?, ?) ON CONFLICT (id) DO UPDATE \
             SET keep_until = excluded.keep_until WHERE ended_sessions.keep_until < excluded.keep_until",
        )
        .bind(id.as_bytes())
        .bind(keep_until);
        let notices: Vec<_> = notices.iter().map(insert_notice).collect();
        self.run(Repeat::Once, move |connection| {
            if notices.is_empty() {
                return connection.execute(&upsert).map(|_written| ());
            }
            connection.transaction(|connection| {
                connection.execute(&upsert)?;
                for notice in &notices {
                    connection.execute(notice)?;
                }
                Ok(End::Commit(()))
            })
        })
    }
}

/// Due since ever. A repetition finds it there.
fn insert_notice(notice: &LogoutNotice) -> Statement {
    Statement::new(
        "INSERT INTO logout_notices (id, client_id, session_id, subject, attempts, due_at) VALUES (?, ?, ?, ?, ?, 0) \
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(notice.id.as_bytes())
    .bind(notice.client_id.as_str())
    .bind(notice.session.as_bytes())
    .bind(notice.subject.as_str())
    .bind(i64::from(notice.attempts))
}

fn open(connection: &mut Connection, new: &NewSession) -> Result<bool, StatementError> {
    let session = &new.session;
    let authentication = &session.authentication;
    let upsert = Statement::new(
        "INSERT INTO sessions (id, subject, auth_time, acr, amr, secret_hash, expires_at, address, user_agent) \
         SELECT ?, ?, ?, ?, ?, ?, ?, ?, ? \
         WHERE EXISTS (SELECT 1 FROM users WHERE subject = ? AND disabled_at IS NULL AND not_before <= ?) \
         AND NOT EXISTS (SELECT 1 FROM ended_sessions WHERE id = ?) \
         ON CONFLICT (id) DO UPDATE SET auth_time = excluded.auth_time, acr = excluded.acr, amr = excluded.amr, \
         secret_hash = excluded.secret_hash, expires_at = excluded.expires_at, address = excluded.address, \
         user_agent = excluded.user_agent \
         WHERE sessions.subject = excluded.subject",
    )
    .bind(session.id.as_bytes())
    .bind(session.subject.as_str())
    .bind(authentication.time)
    .bind(authentication.acr.clone())
    .bind(json(&authentication.amr)?)
    .bind(&new.secret_hash)
    .bind(session.expires_at)
    .bind(new.origin.address.clone())
    .bind(new.origin.user_agent.clone())
    .bind(session.subject.as_str())
    .bind(authentication.time)
    .bind(session.id.as_bytes());
    Ok(connection.execute(&upsert)? == 1)
}
