//! The refresh token grant: what is decided before the one statement that rotates, and after it when no row came back
//! (RFC 6749 §6, RFC 9700 §4.14.2).

use std::time::Duration;

use crate::client::{AuthenticatedClient, ClientId, RefreshPolicy};
use crate::error::{Reason, Refusal};
use crate::grant::{Grant, GrantRef, GrantType, required};
use crate::resource::{Audience, read_resources};
use crate::scope::ScopeSet;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::token::lifetime::{LifetimeClass, Lifetimes};
use crate::token::refresh_token::RefreshToken;

/// What the client sent (RFC 6749 §6).
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// `refresh_token` (RFC 6749 §6).
    pub refresh_token: Option<Secret>,
    /// `scope`, to narrow this answer (RFC 6749 §6).
    pub scope: Option<String>,
    /// `resource`, to narrow this answer (RFC 8707 §2.2).
    pub resource: Vec<String>,
}

impl Parameters {
    /// The token (RFC 6749 §6).
    ///
    /// # Errors
    /// `invalid_request` (RFC 6749 §5.2) if it is missing.
    pub fn refresh_token(&self) -> Result<&Secret, Refusal> {
        required(self.refresh_token.as_ref(), "refresh_token")
    }

    /// Whether the grant must be read before anything is spent, because the request may ask too much (RFC 6749 §6).
    #[must_use]
    pub const fn narrows(&self) -> bool {
        self.scope.is_some() || !self.resource.is_empty()
    }
}

/// Which grant a refresh token claims to belong to: the conditions of every statement about it. A refresh token is bound
/// to its client (RFC 6749 §10.4); the rest is Grantor's own, see docs/architecture.md.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantKey {
    /// Where it is: table and row.
    pub reference: GrantRef,
    /// Whose it must be (RFC 6749 §6).
    pub client_id: ClientId,
    /// What the hash of its secret must be: [`GrantSecret::hash`](crate::secret::GrantSecret::hash).
    pub secret_hash: [u8; 32],
    /// The key that the sender proved to hold (RFC 9700 §2.2.1); none if it proved none.
    pub sender: Option<String>,
}

/// The one conditional update: it happens if the row still accepts the presented generation. Rotation is RFC 9700
/// §4.14.2; generations are Grantor's own, see docs/architecture.md.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Which row, under which conditions.
    pub key: GrantKey,
    /// The row's generation must not be above this. A row *below* it went back in time (a restored backup); its holder
    /// must not be logged out for that.
    pub presented: u32,
    /// Whether the row moves on to `presented + 1`, or stays (policy `fixed`).
    pub policy: RefreshPolicy,
    /// When: `spent_at` of the row, if it moves on.
    pub now: Timestamp,
    /// The sliding lifetime that starts anew, up to the absolute end of the grant.
    pub idle: Duration,
}

impl Rotation {
    /// The generation that the row takes.
    #[must_use]
    pub fn generation(&self) -> u32 {
        if self.is_step() { self.presented.saturating_add(1) } else { self.presented }
    }

    /// Whether the row moves on, and the presented token is spent.
    #[must_use]
    pub fn is_step(&self) -> bool {
        self.policy == RefreshPolicy::Rotate
    }
}

/// The grant that a refresh token of `client` belongs to (RFC 6749 §6). Refresh tokens exist in the long table alone.
#[must_use]
pub fn key(token: &RefreshToken, client_id: &ClientId) -> GrantKey {
    GrantKey {
        reference: GrantRef { class: LifetimeClass::Long, id: token.grant },
        client_id: client_id.clone(),
        secret_hash: token.secret.hash(),
        sender: None,
    }
}

/// Decides, from token and client alone, what rotating takes (RFC 6749 §6, RFC 9700 §4.14.2).
///
/// # Errors
/// `unauthorized_client` (RFC 6749 §5.2) if the client may not refresh.
pub fn rotation(
    token: &RefreshToken,
    client: &AuthenticatedClient,
    clock: (Timestamp, &Lifetimes),
) -> Result<Rotation, Refusal> {
    let (now, lifetimes) = clock;
    client.require_grant(GrantType::RefreshToken)?;
    Ok(Rotation {
        key: key(token, &client.id),
        presented: token.generation,
        policy: client.refresh_policy,
        now,
        idle: lifetimes.refresh_idle,
    })
}

/// What this answer's access token may carry: what was granted, or less (RFC 6749 §6). The grant itself never narrows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrowed {
    /// Scope of this answer (RFC 6749 §3.3).
    pub scope: ScopeSet,
    /// Resources of this answer (RFC 8707 §2.2).
    pub resources: Vec<Audience>,
}

/// Narrows a grant to what the request asks (RFC 6749 §6, RFC 8707 §2.2); what it does not ask about stays.
///
/// # Errors
/// `invalid_scope` or `invalid_target` if it asks for more than was granted; then nothing may be spent.
pub fn narrow(parameters: &Parameters, grant: &Grant) -> Result<Narrowed, Refusal> {
    let granted = &grant.terms.scope;
    let asked = parameters.scope.as_deref().map(ScopeSet::parse).transpose();
    let scope = match asked.map_err(|_malformed| Refusal::new(Reason::ScopeInvalid))? {
        Some(asked) if !asked.is_subset(granted) => return Err(Refusal::new(Reason::ScopeWidened)),
        Some(asked) if !asked.is_empty() => asked,
        _ => granted.clone(),
    };
    let resources = if parameters.resource.is_empty() {
        grant.terms.resources.clone()
    } else {
        read_resources(&parameters.resource, |resource| grant.terms.resources.contains(resource))?
    };
    Ok(Narrowed { scope, resources })
}

/// The last time storage was away, as this replica saw it: from sending the first statement that failed to the first
/// that succeeded. Grantor's own; see docs/architecture.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// When the first statement that failed was sent.
    pub since: Timestamp,
    /// When the first statement succeeded again; none while it lasts.
    pub until: Option<Timestamp>,
}

/// What a refresh token is whose row has moved past its generation (RFC 9700 §4.14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// Used before, and its holder is stealing or was stolen from: the grant must be revoked (RFC 9700 §4.14.2).
    Replayed,
    /// Used a moment ago by a client that did not get the answer: it gets the same successor again. Grantor's own.
    Retried,
}

/// Tells a retry from a replay (RFC 9700 §4.14.2). `grant` met every condition of the rotation but the generation.
/// `examples/code_flow.rs` spends a token and presents it again.
///
/// Only the row's last step counts as a retry: once the successor was used, the row is two ahead. An outage does not
/// eat the window: what was spent just before or during it may be repeated until the window after it has passed.
#[must_use]
pub fn judge_spent(grant: &Grant, presented: u32, clock: (Timestamp, &Lifetimes), outage: Option<Outage>) -> Spent {
    let (now, lifetimes) = clock;
    let window = lifetimes.refresh_retry_window;
    let Some(spent_at) = grant.spent_at.filter(|_| presented.checked_add(1) == Some(grant.generation)) else {
        return Spent::Replayed;
    };
    let in_window = now <= spent_at.plus(window);
    let over_outage = outage.is_some_and(|outage| {
        spent_at >= outage.since.minus(window) && outage.until.is_none_or(|until| now <= until.plus(window))
    });
    if in_window || over_outage { Spent::Retried } else { Spent::Replayed }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::grant::testing::{OPENED, authenticated, client, grant};

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn judge(row: u32, spent_at: Option<Timestamp>, presented: u32, now: Timestamp, outage: Option<Outage>) -> Spent {
        let grant = Grant { generation: row, spent_at, ..grant("a") };
        judge_spent(&grant, presented, (now, &Lifetimes::default()), outage)
    }

    #[test]
    fn the_last_step_may_be_repeated_inside_the_window() {
        let check = |row, presented, after, expect| {
            assert_eq!(judge(row, Some(OPENED), presented, OPENED.plus(after), None), expect);
        };
        check(1, 0, seconds(0), Spent::Retried);
        check(1, 0, seconds(30), Spent::Retried);
        check(1, 0, seconds(31), Spent::Replayed);
        check(2, 0, seconds(0), Spent::Replayed);
        check(u32::MAX, u32::MAX, seconds(0), Spent::Replayed);
        assert_eq!(judge(1, None, 0, OPENED, None), Spent::Replayed);
    }

    #[test]
    fn an_outage_does_not_eat_the_window() {
        let outage = |from: u64, to: Option<u64>| {
            Some(Outage { since: OPENED.plus(seconds(from)), until: to.map(|to| OPENED.plus(seconds(to))) })
        };
        let check =
            |after, outage, expect| assert_eq!(judge(1, Some(OPENED), 0, OPENED.plus(seconds(after)), outage), expect);
        check(600, outage(0, Some(590)), Spent::Retried);
        check(600, outage(30, Some(590)), Spent::Retried);
        check(600, outage(31, Some(590)), Spent::Replayed);
        check(621, outage(0, Some(590)), Spent::Replayed);
        check(600, outage(0, None), Spent::Retried);
    }

    #[test]
    fn only_less_than_was_granted_may_be_asked() {
        let granted = Grant {
            terms: crate::grant::GrantTerms {
                resources: vec![Audience::parse("urn:a").unwrap()],
                ..grant("a b").terms
            },
            ..grant("a b")
        };
        let check = |scope: Option<&str>, resource: &[&str], expect: Result<&str, Reason>| {
            let parameters = Parameters {
                refresh_token: None,
                scope: scope.map(str::to_owned),
                resource: resource.iter().map(|r| (*r).to_owned()).collect(),
            };
            let found = narrow(&parameters, &granted);
            assert_eq!(found.map(|n| n.scope.to_string()).map_err(|r| r.reason), expect.map(str::to_owned));
        };
        check(None, &[], Ok("a b"));
        check(Some("b"), &["urn:a"], Ok("b"));
        check(Some("a c"), &[], Err(Reason::ScopeWidened));
        check(None, &["urn:b"], Err(Reason::ResourceNotAllowed));
    }

    #[test]
    fn a_client_without_the_grant_type_may_not_refresh() {
        let token = RefreshToken {
            grant: grant("").terms.reference.id,
            generation: 0,
            secret: crate::secret::GrantSecret::new([1; 16]),
        };
        let mut client = client();
        client.grant_types.clear();
        let found = rotation(&token, &authenticated(client), (OPENED, &Lifetimes::default()));
        assert_eq!(found.unwrap_err().reason, Reason::GrantTypeNotAllowed);
    }

    proptest! {
        #[test]
        fn an_older_generation_is_always_a_replay(row in 2u32.., behind in 2u32.., after in 0u64..100, outage: bool) {
            prop_assume!(behind <= row);
            let outage = outage.then_some(Outage { since: OPENED, until: None });
            prop_assert_eq!(judge(row, Some(OPENED), row - behind, OPENED.plus(seconds(after)), outage), Spent::Replayed);
        }
    }
}
