//! Liveness: one statement that counts what is live of a token's grants and what is revoked of its tokens.

use std::collections::BTreeSet;

use diesel::sql_types::{BigInt, Nullable, Text};
use grantor_domain::grant::GrantRef;
use grantor_domain::id::TokenId;
use grantor_domain::time::Timestamp;
use grantor_domain::token::lifetime::LifetimeClass;
use grantor_ports::{Liveness, TokenDependencies};

use super::{HONOURED, table};
use crate::connection::Connection;
use crate::error::StatementError;
use crate::row::RowName;
use crate::statement::{Bind, Statement};
use crate::users;

/// A token's dependencies, owned so that they can go to a thread of the store's.
pub(super) struct Question {
    grants: Vec<GrantRef>,
    tokens: Vec<TokenId>,
    claims_of: Option<String>,
    now: Timestamp,
}

#[derive(diesel::QueryableByName)]
struct Answer {
    #[diesel(sql_type = BigInt)]
    live_grants: i64,
    #[diesel(sql_type = BigInt)]
    revoked_tokens: i64,
    #[diesel(sql_type = Nullable<Text>)]
    user_claims: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    requested: Option<String>,
}

impl Question {
    pub(super) fn new(token: TokenDependencies<'_>, now: Timestamp) -> Self {
        Self {
            grants: token.grants.to_vec(),
            tokens: token.tokens.to_vec(),
            claims_of: token.claims_of.map(str::to_owned),
            now,
        }
    }

    pub(super) fn ask(&self, connection: &mut Connection) -> Result<Liveness, StatementError> {
        let distinct: BTreeSet<GrantRef> = self.grants.iter().copied().collect();
        let Some(answer) = connection.first::<Answer>(&self.statement(&distinct))? else {
            return Ok(Liveness::Dead);
        };
        let all_live = usize::try_from(answer.live_grants) == Ok(distinct.len());
        if !all_live || answer.revoked_tokens > 0 {
            return Ok(Liveness::Dead);
        }
        let claims = users::claims(self.claims_of.as_deref().unwrap_or_default(), answer.user_claims.as_deref())?;
        let requested = match (self.grants.first(), answer.requested) {
            (Some(first), Some(text)) => {
                let row = RowName::bytes(table(first.class), first.id.as_bytes());
                Some(row.json("claims", &text)?)
            }
            _ => None,
        };
        Ok(Liveness::Live { claims, requested })
    }

    fn statement(&self, grants: &BTreeSet<GrantRef>) -> Statement {
        let mut parts = Parts::default();
        let mut counts = Vec::new();
        for class in [LifetimeClass::Long, LifetimeClass::Short] {
            let ids = grants.iter().filter(|grant| grant.class == class).map(|grant| Bind::from(grant.id.as_bytes()));
            if let Some(places) = parts.list(ids.collect()) {
                let honoured = HONOURED.replace("{grants}", table(class));
                let grants = table(class);
                counts.push(format!(
                    "(SELECT COUNT(*) FROM {grants} WHERE id IN ({places}) AND absolute_expires_at > ? AND {honoured})"
                ));
                parts.binds.push(self.now.into());
            }
        }
        let live_grants = if counts.is_empty() { "CAST(0 AS BIGINT)".to_owned() } else { counts.join(" + ") };
        let tokens = parts.list(self.tokens.iter().map(|token| Bind::from(token.as_bytes())).collect());
        let revoked_tokens = tokens.map_or_else(
            || "CAST(0 AS BIGINT)".to_owned(),
            |places| format!("(SELECT COUNT(*) FROM revoked_tokens WHERE id IN ({places}))"),
        );
        let user_claims = self.claims_of.as_deref().map_or("CAST(NULL AS TEXT)", |subject| {
            parts.binds.push(subject.into());
            "(SELECT claims FROM users WHERE subject = ?)"
        });
        let requested = self.grants.first().map_or("CAST(NULL AS TEXT)", |first| {
            parts.binds.push(first.id.as_bytes().into());
            match first.class {
                LifetimeClass::Long => "(SELECT claims FROM grants_long WHERE id = ?)",
                LifetimeClass::Short => "(SELECT claims FROM grants_short WHERE id = ?)",
            }
        });
        Statement::new(format!(
            "SELECT {live_grants} AS live_grants, {revoked_tokens} AS revoked_tokens, {user_claims} AS user_claims, \
             {requested} AS requested"
        ))
        .bind_all(parts.binds)
    }
}

/// The values of a statement whose text is still being written.
#[derive(Default)]
struct Parts {
    binds: Vec<Bind>,
}

impl Parts {
    /// Places for a list of values; none for an empty list. The length is rounded up to a power of two by repeating the
    /// last value, so that there are only a few texts for diesel to keep prepared.
    fn list(&mut self, values: Vec<Bind>) -> Option<String> {
        let last = values.last()?.clone();
        let length = values.len().next_power_of_two();
        self.binds.extend(values.into_iter().chain(std::iter::repeat(last)).take(length));
        Some(vec!["?"; length].join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_grow_by_powers_of_two() {
        let check = |values: i64, expect: Option<&str>| {
            let mut parts = Parts::default();
            assert_eq!(parts.list((0..values).map(Bind::from).collect()).as_deref(), expect);
            assert_eq!(parts.binds.len(), expect.map_or(0, |places| places.matches('?').count()));
        };
        check(0, None);
        check(1, Some("?"));
        check(2, Some("?, ?"));
        check(3, Some("?, ?, ?, ?"));
    }
}
