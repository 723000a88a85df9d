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
        let count = service.revoke_grants(&target).await?;
        Ok(match target {
            RevokeTarget::Before(_) => Report::Users(count),
            RevokeTarget::One(_) | RevokeTarget::Scope(_) => Report::Grants(count),
        })
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

/// How many were ended.
#[derive(Serialize)]
enum Report {
    /// So many grants.
    #[serde(rename = "grants")]
    Grants(u64),
    /// All grants of so many users.
    #[serde(rename = "users")]
    Users(u64),
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grants(1) => f.write_str("1 grant ended"),
            Self::Grants(count) => write!(f, "{count} grants ended"),
            Self::Users(1) => f.write_str("1 user signed out: what they authenticated before that time is void"),
            Self::Users(count) => {
                write!(f, "{count} users signed out: what they authenticated before that time is void")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told() {
        let all = [Report::Grants(0), Report::Grants(1), Report::Users(1), Report::Users(2)];
        let text: Vec<_> = all.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(text.join("\n"), @"
        0 grants ended
        1 grant ended
        1 user signed out: what they authenticated before that time is void
        2 users signed out: what they authenticated before that time is void
        ");
        insta::assert_snapshot!(output::json(&all).unwrap(), @r#"
        [
          {
            "grants": 0
          },
          {
            "grants": 1
          },
          {
            "users": 1
          },
          {
            "users": 2
          }
        ]
        "#);
    }
}
