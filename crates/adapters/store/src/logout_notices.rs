//! Notices of logout: rows until they are delivered.

use diesel::sql_types::{BigInt, Binary, Text};
use grantor_domain::client::ClientId;
use grantor_domain::id::{LogoutNoticeId, SessionId};
use grantor_domain::time::Timestamp;
use grantor_domain::user::Subject;
use grantor_ports::{LogoutNotice, LogoutNotices, StoreFuture};

use crate::connection::Connection;
use crate::error::StatementError;
use crate::executor::Repeat;
use crate::row::RowName;
use crate::statement::Statement;
use crate::store::Store;

#[derive(diesel::QueryableByName)]
struct NoticeRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Text)]
    client_id: String,
    #[diesel(sql_type = Binary)]
    session_id: Vec<u8>,
    #[diesel(sql_type = Text)]
    subject: String,
    #[diesel(sql_type = BigInt)]
    attempts: i64,
}

impl NoticeRow {
    fn read(self) -> Result<LogoutNotice, StatementError> {
        let row = RowName::bytes("logout_notices", &self.id);
        Ok(LogoutNotice {
            id: LogoutNoticeId::from_bytes(row.array("id", &self.id)?),
            client_id: row.check("client_id", ClientId::try_from(self.client_id))?,
            session: SessionId::from_bytes(row.array("session_id", &self.session_id)?),
            subject: row.check("subject", Subject::parse(&self.subject))?,
            attempts: u32::try_from(self.attempts).unwrap_or(u32::MAX),
        })
    }
}

impl LogoutNotices for Store {
    fn claim(&self, now: Timestamp, until: Timestamp, limit: u32) -> StoreFuture<'_, Vec<LogoutNotice>> {
        // Whoever waited for the row finds it not due any more.
        let update = Statement::new(
            "UPDATE logout_notices SET due_at = ?, attempts = attempts + 1 WHERE due_at <= ? AND id IN \
             (SELECT id FROM logout_notices WHERE due_at <= ? ORDER BY due_at, id LIMIT ?) \
             RETURNING id, client_id, session_id, subject, attempts",
        )
        .bind(until)
        .bind(now)
        .bind(now)
        .bind(i64::from(limit));
        // What was claimed by a statement whose answer got lost comes again when the claim has run out.
        self.run(Repeat::Once, move |connection: &mut Connection| {
            let rows = connection.load::<NoticeRow>(&update)?;
            let mut notices = rows.into_iter().map(NoticeRow::read).collect::<Result<Vec<_>, _>>()?;
            notices.sort_unstable_by_key(|notice| notice.id);
            Ok(notices)
        })
    }

    fn postpone(&self, id: LogoutNoticeId, due_at: Timestamp) -> StoreFuture<'_, ()> {
        let update =
            Statement::new("UPDATE logout_notices SET due_at = ? WHERE id = ?").bind(due_at).bind(id.as_bytes());
        self.run(Repeat::Once, move |connection| connection.execute(&update).map(|_changed| ()))
    }

    fn remove(&self, id: LogoutNoticeId) -> StoreFuture<'_, ()> {
        let delete = Statement::new("DELETE FROM logout_notices WHERE id = ?").bind(id.as_bytes());
        self.run(Repeat::Once, move |connection| connection.execute(&delete).map(|_changed| ()))
    }
}
