//! `grantor grants`: grants listed, and ended with every token that rests on them.

mod list;

use std::fmt;

use anyhow::bail;
use grantor_application::Service;
use grantor_application::admin::RevokeTarget;
use grantor_ports::{Clock as _, GrantQuery, GrantScope};
use serde::Serialize;

use crate::cli::{GrantsCommand, Moment, Output, RevokeArgs, Storage};
use crate::clock::SystemClock;
use crate::output;

/// Lists grants, or ends them and prints how many.
pub(super) fn run(storage: &Storage, command: &GrantsCommand) -> anyhow::Result<()> {
    match command {
        GrantsCommand::List { filter, all, limit, after, output } => {
            let query = GrantQuery { scope: None, ended: *all, after: *after, limit: *limit };
            list::run(storage, filter, query, *output)
        }
        GrantsCommand::Revoke { target, output } => revoke(storage, target, *output),
    }
}

fn revoke(storage: &Storage, target: &RevokeArgs, output: Output) -> anyhow::Result<()> {
    let report = super::administer(storage, async |service| {
        let target = find(service, target).await?;
        let count = service.revoke_grants(&target).await??;
        Ok(Report::new(target, count))
    })?;
    output::print(output, &report)
}

async fn find(service: &Service, args: &RevokeArgs) -> anyhow::Result<RevokeTarget> {
    let RevokeArgs { client, user, session, grant, before } = args;
    Ok(match (client, user, session, grant, before) {
        (Some(client), ..) => RevokeTarget::Scope(GrantScope::Client(client.clone())),
        (_, Some(user), ..) => RevokeTarget::Scope(GrantScope::Subject(super::users::find(service, user).await?)),
        (_, _, Some(session), ..) => RevokeTarget::Scope(GrantScope::Session(*session)),
        (_, _, _, Some(grant), _) => RevokeTarget::One(*grant),
        (.., Some(Moment::At(time))) => RevokeTarget::Before(*time),
        (.., Some(Moment::Now)) => RevokeTarget::Before(SystemClock.now()),
        (None, None, None, None, None) => bail!("say which grants: --client, --user, --session, --grant or --before"),
    })
}

/// What was ended.
#[derive(Serialize)]
struct Report {
    #[serde(skip)]
    target: RevokeTarget,
    #[serde(flatten)]
    ended: Ended,
}

/// How many were ended.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Ended {
    /// So many grants.
    Grants(u64),
    /// All grants of so many users.
    Users(u64),
}

impl Report {
    const fn new(target: RevokeTarget, count: u64) -> Self {
        let ended = match target {
            RevokeTarget::Before(_) => Ended::Users(count),
            RevokeTarget::One(_) | RevokeTarget::Scope(_) => Ended::Grants(count),
        };
        Self { target, ended }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.ended, &self.target) {
            (Ended::Grants(0), RevokeTarget::One(grant)) => write!(f, "the grant {grant} had ended already"),
            (Ended::Grants(0), RevokeTarget::Scope(GrantScope::Session(_))) => {
                f.write_str("no grant of that session is live")
            }
            (Ended::Grants(1), _) => f.write_str("1 grant ended"),
            (Ended::Grants(count), _) => write!(f, "{count} grants ended"),
            (Ended::Users(1), _) => f.write_str("1 user signed out: what they authenticated before that time is void"),
            (Ended::Users(count), _) => {
                write!(f, "{count} users signed out: what they authenticated before that time is void")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use grantor_domain::grant::GrantRef;
    use grantor_domain::id::SessionId;
    use grantor_domain::time::Timestamp;

    use super::*;

    #[test]
    fn counts_are_told() {
        let users = || RevokeTarget::Before(Timestamp::from_secs(0));
        let subject = || RevokeTarget::Scope(GrantScope::Subject("alice".to_owned().try_into().unwrap()));
        let session = RevokeTarget::Scope(GrantScope::Session(SessionId::from_bytes([0; 16])));
        let grant = RevokeTarget::One(GrantRef::parse("l.0190f6d2-0000-7000-8000-000000000000").unwrap());
        let all = [(subject(), 0), (subject(), 1), (session, 0), (grant, 0), (users(), 1), (users(), 2)];
        let all = all.map(|(target, count)| Report::new(target, count));
        let text: Vec<_> = all.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(text.join("\n"), @"
        0 grants ended
        1 grant ended
        no grant of that session is live
        the grant l.0190f6d2-0000-7000-8000-000000000000 had ended already
        1 user signed out: what they authenticated before that time is void
        2 users signed out: what they authenticated before that time is void
        ");
        insta::assert_snapshot!(serde_json::to_string(&all).unwrap(), @r#"[{"grants":0},{"grants":1},{"grants":0},{"grants":0},{"users":1},{"users":2}]"#);
    }
}
