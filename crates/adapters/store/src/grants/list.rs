//! Lists of grants, newest first, a page at a time.

use std::cmp::Reverse;

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable};
use grantor_domain::time::Timestamp;
use grantor_domain::token::lifetime::LifetimeClass;
use grantor_ports::{GrantQuery, GrantScope, ListedGrant};

use super::row::{LIVE_GRANT, LiveGrantRow};
use super::{HONOURED, scope_column, table};
use crate::connection::Connection;
use crate::error::StatementError;
use crate::row::time;
use crate::statement::Statement;
use crate::target::Engine;

#[derive(QueryableByName)]
struct ListedRow {
    #[diesel(embed)]
    grant: LiveGrantRow,
    #[diesel(sql_type = BigInt)]
    live: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    revoked_at: Option<i64>,
}

/// One statement a table: each may fill the page by itself.
pub(super) fn list(
    connection: &mut Connection,
    query: &GrantQuery,
    now: Timestamp,
) -> Result<Vec<ListedGrant>, StatementError> {
    let mut listed = Vec::new();
    for class in [LifetimeClass::Long, LifetimeClass::Short] {
        let select = select((class, connection.engine()), query, now);
        for row in connection.load::<ListedRow>(&select)? {
            let grant = row.grant.read(class)?.grant;
            listed.push(ListedGrant { grant, live: row.live != 0, revoked_at: time(row.revoked_at) });
        }
    }
    listed.sort_by_key(|listed| {
        let reference = listed.grant.terms.reference;
        (Reverse(reference.id), reference.class)
    });
    listed.truncate(usize::try_from(query.limit).unwrap_or(usize::MAX));
    Ok(listed)
}

fn select((class, engine): (LifetimeClass, Engine), query: &GrantQuery, now: Timestamp) -> Statement {
    let column = query.scope.as_ref().map(|scope| scope_column(scope, engine));
    let live = format!("{{grants}}.absolute_expires_at > ? AND {HONOURED}");
    let mut conditions = Vec::new();
    if !query.ended {
        conditions.push(live.clone());
    }
    conditions.extend(column.map(|column| format!("{{grants}}.{column} = ?")));
    if let Some(after) = query.after {
        // Of two with one identifier, the one in the first table came first.
        let comparison = if after.class < class { "<=" } else { "<" };
        conditions.push(format!("{{grants}}.id {comparison} ?"));
    }
    let and = if conditions.is_empty() { "" } else { " WHERE " };
    let sql = format!(
        "SELECT {LIVE_GRANT}, {{grants}}.revoked_at, CAST(CASE WHEN {live} THEN 1 ELSE 0 END AS BIGINT) AS live \
         FROM {{grants}}{and}{} ORDER BY {{grants}}.id DESC LIMIT ?",
        conditions.join(" AND ")
    );
    let mut statement = Statement::new(sql.replace("{grants}", table(class))).bind(now);
    if !query.ended {
        statement = statement.bind(now);
    }
    statement = match &query.scope {
        None => statement,
        Some(GrantScope::Client(id)) => statement.bind(id.as_str()),
        Some(GrantScope::Session(id)) => statement.bind(id.as_bytes()),
        Some(GrantScope::Subject(subject)) => statement.bind(subject.as_str()),
    };
    if let Some(after) = query.after {
        statement = statement.bind(after.id.as_bytes());
    }
    statement.bind(query.limit)
}
