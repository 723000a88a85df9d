//! `grantor grants list`: whom something was given to, by whom, what for and until when.

use std::fmt;

use grantor_application::Service;
use grantor_domain::grant::GrantRef;
use grantor_domain::time::Timestamp;
use grantor_ports::{Clock as _, GrantQuery, GrantScope, ListedGrant};
use serde::Serialize;

use crate::cli::{ListArgs, Output, Storage};
use crate::clock::SystemClock;
use crate::output;
use crate::rfc3339::ShownTime;

pub(super) fn run(storage: &Storage, filter: &ListArgs, query: GrantQuery, output: Output) -> anyhow::Result<()> {
    let limit = query.limit;
    let listed = super::super::administer(storage, async |service| {
        let query = GrantQuery { scope: scope(service, filter).await?, ..query };
        Ok(service.list_grants(&query).await?)
    })?;
    output::print(output, &Page::new(listed, limit, SystemClock.now()))
}

async fn scope(service: &Service, filter: &ListArgs) -> anyhow::Result<Option<GrantScope>> {
    let ListArgs { client, user, session } = filter;
    Ok(match (client, user, session) {
        (Some(client), ..) => Some(GrantScope::Client(client.clone())),
        (_, Some(user), _) => Some(GrantScope::Subject(super::super::users::find(service, user).await?)),
        (.., Some(session)) => Some(GrantScope::Session(*session)),
        (None, None, None) => None,
    })
}

/// A page of grants.
#[derive(Serialize)]
struct Page {
    grants: Vec<Row>,
    /// Where the next page begins, if there may be one.
    next: Option<GrantRef>,
}

#[derive(Serialize)]
struct Row {
    grant: GrantRef,
    state: State,
    client_id: String,
    subject: String,
    session: Option<String>,
    scope: String,
    resources: Vec<String>,
    opened_at: ShownTime,
    refreshed_at: Option<ShownTime>,
    idle_expires_at: ShownTime,
    expires_at: ShownTime,
    revoked_at: Option<ShownTime>,
}

/// Whether anything that rests on a grant may still be used.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Its user was disabled, signed out everywhere or removed, or its session ended.
    Ended,
    /// It has lived as long as it may.
    Expired,
    /// It may be used.
    Live,
    /// It was revoked.
    Revoked,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Expired => "expired",
            Self::Live => "live",
            Self::Revoked => "revoked",
        }
    }
}

impl Page {
    fn new(listed: Vec<ListedGrant>, limit: u32, now: Timestamp) -> Self {
        let is_full = u32::try_from(listed.len()).is_ok_and(|length| length >= limit);
        let last = listed.last().map(|listed| listed.grant.terms.reference);
        let grants = listed.into_iter().map(|listed| Row::new(listed, now)).collect();
        Self { grants, next: last.filter(|_| is_full) }
    }
}

impl Row {
    fn new(ListedGrant { grant, live, revoked_at }: ListedGrant, now: Timestamp) -> Self {
        let terms = grant.terms;
        let state = match revoked_at {
            Some(_) => State::Revoked,
            None if live => State::Live,
            None if terms.absolute_expires_at <= now => State::Expired,
            None => State::Ended,
        };
        Self {
            grant: terms.reference,
            state,
            client_id: terms.client_id.into(),
            subject: terms.subject.into(),
            session: terms.session.map(|session| session.to_string()),
            scope: terms.scope.to_string(),
            resources: terms.resources.into_iter().map(String::from).collect(),
            opened_at: ShownTime(terms.reference.id.made_at()),
            refreshed_at: grant.spent_at.map(ShownTime),
            idle_expires_at: ShownTime(grant.expires_at),
            expires_at: ShownTime(terms.absolute_expires_at),
            revoked_at: revoked_at.map(ShownTime),
        }
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.grants.is_empty() {
            return f.write_str("no grants");
        }
        let rows: Vec<_> = self.grants.iter().map(cells).collect();
        let names = ["grant", "state", "client", "subject", "scope", "opened", "refreshed", "expires"];
        output::write_table(f, names, &rows)?;
        match self.next {
            Some(next) => writeln!(f, "there may be more: --after {next}"),
            None => Ok(()),
        }
    }
}

fn cells(row: &Row) -> [String; 8] {
    [
        row.grant.to_string(),
        row.state.as_str().to_owned(),
        row.client_id.clone(),
        row.subject.clone(),
        row.scope.clone(),
        row.opened_at.to_string(),
        row.refreshed_at.map(|time| time.to_string()).unwrap_or_default(),
        row.expires_at.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use grantor_domain::client::ClientId;
    use grantor_domain::grant::{Grant, GrantTerms};
    use grantor_domain::id::{GrantId, SessionId};
    use grantor_domain::resource::Audience;
    use grantor_domain::scope::ScopeSet;
    use grantor_domain::session::Authentication;
    use grantor_domain::token::lifetime::LifetimeClass;
    use grantor_domain::user::Subject;

    use super::*;

    const OPENED: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn listed(number: u8, live: bool, revoked_at: Option<Timestamp>) -> ListedGrant {
        let terms = GrantTerms {
            reference: GrantRef { class: LifetimeClass::Long, id: GrantId::new(OPENED, &[number; 10]) },
            client_id: ClientId::parse("web").unwrap(),
            subject: Subject::parse("alice").unwrap(),
            session: Some(SessionId::new(OPENED, &[9; 10])),
            scope: ScopeSet::parse("openid read").unwrap(),
            resources: vec![Audience::parse("urn:api").unwrap()],
            claims: None,
            authentication: Authentication::by_password(OPENED),
            sender: None,
            ends_with_session: true,
            absolute_expires_at: OPENED.plus(Duration::from_secs(3600)),
        };
        let spent_at = (number == 1).then(|| OPENED.plus(Duration::from_secs(60)));
        let grant = Grant { generation: 0, spent_at, expires_at: terms.absolute_expires_at, terms };
        ListedGrant { grant, live, revoked_at }
    }

    #[test]
    fn a_page_tells_where_the_next_begins() {
        let all = || vec![listed(1, true, None), listed(2, false, Some(OPENED)), listed(3, false, None)];
        insta::assert_snapshot!(Page::new(all(), 3, OPENED), @"
        GRANT                                   STATE    CLIENT  SUBJECT  SCOPE        OPENED                REFRESHED             EXPIRES
        l.01a3185c-5000-7101-8101-010101010101  live     web     alice    openid read  2027-01-15T08:00:00Z  2027-01-15T08:01:00Z  2027-01-15T09:00:00Z
        l.01a3185c-5000-7202-8202-020202020202  revoked  web     alice    openid read  2027-01-15T08:00:00Z                        2027-01-15T09:00:00Z
        l.01a3185c-5000-7303-8303-030303030303  ended    web     alice    openid read  2027-01-15T08:00:00Z                        2027-01-15T09:00:00Z
        there may be more: --after l.01a3185c-5000-7303-8303-030303030303
        ");
        let later = OPENED.plus(Duration::from_secs(3600));
        let page = Page::new(vec![listed(1, false, None)], 3, later);
        insta::assert_snapshot!(output::json(&page).unwrap(), @r#"
        {
          "grants": [
            {
              "grant": "l.01a3185c-5000-7101-8101-010101010101",
              "state": "expired",
              "client_id": "web",
              "subject": "alice",
              "session": "01a3185c-5000-7909-8909-090909090909",
              "scope": "openid read",
              "resources": [
                "urn:api"
              ],
              "opened_at": "2027-01-15T08:00:00Z",
              "refreshed_at": "2027-01-15T08:01:00Z",
              "idle_expires_at": "2027-01-15T09:00:00Z",
              "expires_at": "2027-01-15T09:00:00Z",
              "revoked_at": null
            }
          ],
          "next": null
        }
        "#);
        assert_eq!(Page::new(Vec::new(), 3, OPENED).to_string(), "no grants");
    }
}
