//! `grantor session`: where a user is signed in, and the end of that.

use std::fmt;

use anyhow::bail;
use grantor_application::admin::SessionTarget;
use grantor_ports::ListedSession;
use serde::Serialize;

use crate::cli::{EndSessionArgs, SessionCommand, Storage, UserArgs};
use crate::output;
use crate::rfc3339::ShownTime;

/// Lists sessions, or ends them and prints how many.
pub(super) fn run(storage: &Storage, command: SessionCommand) -> anyhow::Result<()> {
    match command {
        SessionCommand::List(UserArgs { name, output }) => {
            let listed = super::administer(storage, async |service| Ok(service.list_sessions(&name).await??))?;
            output::print(output, &Sessions { sessions: listed.into_iter().map(Row::from).collect() })
        }
        SessionCommand::End(EndSessionArgs { name, session, output, .. }) => {
            let target = session.map_or(SessionTarget::All, SessionTarget::One);
            let ended = super::administer(storage, async |service| Ok(service.end_sessions(&name, target).await??))?;
            if let (Some(session), 0) = (session, ended) {
                bail!("{name} has no session {session}; `grantor session list {name}` shows all");
            }
            output::print(output, &Ended { sessions: ended })
        }
    }
}

/// Where a user is signed in.
#[derive(Serialize)]
struct Sessions {
    sessions: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    session: String,
    signed_in_at: ShownTime,
    expires_at: ShownTime,
    address: Option<String>,
    user_agent: Option<String>,
}

impl From<ListedSession> for Row {
    fn from(ListedSession { session, origin }: ListedSession) -> Self {
        Self {
            session: session.id.to_string(),
            signed_in_at: ShownTime(session.authentication.time),
            expires_at: ShownTime(session.expires_at),
            address: origin.address,
            user_agent: origin.user_agent,
        }
    }
}

impl fmt::Display for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sessions.is_empty() {
            return f.write_str("no sessions");
        }
        let cells = |row: &Row| {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let (signed_in_at, expires_at) = (row.signed_in_at.to_string(), row.expires_at.to_string());
            [row.session.clone(), signed_in_at, expires_at, text(&row.address), text(&row.user_agent)]
        };
        let rows: Vec<_> = self.sessions.iter().map(cells).collect();
        output::write_table(f, ["session", "signed in", "expires", "address", "browser"], &rows)
    }
}

/// How many sessions ended.
#[derive(Serialize)]
struct Ended {
    sessions: u64,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.sessions == 1 { "" } else { "s" };
        write!(f, "{} session{plural} ended", self.sessions)
    }
}

#[cfg(test)]
mod tests {
    use grantor_domain::id::SessionId;
    use grantor_domain::session::{Authentication, Session};
    use grantor_domain::time::Timestamp;
    use grantor_domain::user::Subject;
    use grantor_ports::SessionOrigin;

    use super::*;

    #[test]
    fn sessions_are_shown_with_where_they_were_begun() {
        let now = Timestamp::from_secs(1_800_000_000);
        let session = Session {
            id: SessionId::new(now, &[9; 10]),
            subject: Subject::parse("alice").unwrap(),
            authentication: Authentication::by_password(now),
            expires_at: now.plus(std::time::Duration::from_secs(3600)),
        };
        let origin =
            SessionOrigin { address: Some("192.0.2.7".to_owned()), user_agent: Some("A browser/1".to_owned()) };
        let known = ListedSession { session: session.clone(), origin };
        let unknown = ListedSession { session, origin: SessionOrigin::default() };
        let sessions = Sessions { sessions: vec![known.into(), unknown.into()] };
        insta::assert_snapshot!(sessions, @"
        SESSION                               SIGNED IN             EXPIRES               ADDRESS    BROWSER
        01a3185c-5000-7909-8909-090909090909  2027-01-15T08:00:00Z  2027-01-15T09:00:00Z  192.0.2.7  A browser/1
        01a3185c-5000-7909-8909-090909090909  2027-01-15T08:00:00Z  2027-01-15T09:00:00Z
        ");
        insta::assert_snapshot!(Sessions { sessions: Vec::new() }, @"no sessions");
        insta::assert_snapshot!(Ended { sessions: 1 }, @"1 session ended");
    }
}
