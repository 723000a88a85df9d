//! Grants in memory.

use std::cmp::Reverse;

use grantor_domain::client::RefreshPolicy;
use grantor_domain::grant::refresh_token::{GrantKey, Rotation};
use grantor_domain::grant::{GrantRef, NewGrant};
use grantor_domain::id::TokenId;
use grantor_domain::time::Timestamp;
use grantor_domain::user::{StandardClaims, Subject};
use grantor_ports::{
    GrantQuery, GrantScope, Grants, ListedGrant, LiveGrant, Liveness, OpenOutcome, RotateOutcome, StoreFuture,
    TokenDependencies,
};

use super::MemoryStore;
use super::state::{GrantRow, State};

impl Grants for MemoryStore {
    fn open<'a>(&'a self, grant: &'a NewGrant) -> StoreFuture<'a, OpenOutcome> {
        self.answer(|state| open(state, grant))
    }

    fn rotate<'a>(&'a self, rotation: &'a Rotation) -> StoreFuture<'a, RotateOutcome> {
        self.answer(|state| rotate(state, rotation))
    }

    fn find<'a>(&'a self, key: &'a GrantKey, now: Timestamp) -> StoreFuture<'a, Option<LiveGrant>> {
        self.answer(move |state| usable(state, key, now))
    }

    fn revoke(&self, grant: GrantRef, now: Timestamp) -> StoreFuture<'_, bool> {
        self.answer(move |state| state.end_grants(now, |row| row.grant.terms.reference == grant) == 1)
    }

    fn revoke_held<'a>(&'a self, key: &'a GrantKey, now: Timestamp) -> StoreFuture<'a, bool> {
        self.answer(move |state| state.end_grants(now, |row| is_held(row, key)) == 1)
    }

    fn revoke_all<'a>(&'a self, scope: &'a GrantScope, now: Timestamp) -> StoreFuture<'a, u64> {
        self.answer(move |state| state.end_grants(now, |row| is_in(row, scope)))
    }

    fn list<'a>(&'a self, query: &'a GrantQuery, now: Timestamp) -> StoreFuture<'a, Vec<ListedGrant>> {
        self.answer(move |state| list(state, query, now))
    }

    fn liveness<'a>(&'a self, token: TokenDependencies<'a>, now: Timestamp) -> StoreFuture<'a, Liveness> {
        self.answer(move |state| liveness(state, token, now))
    }

    fn revoke_token(&self, token: TokenId, _expires_at: Timestamp) -> StoreFuture<'_, ()> {
        self.answer(move |state| {
            state.revoked_tokens.insert(token);
        })
    }
}

fn is_in(row: &GrantRow, scope: &GrantScope) -> bool {
    match scope {
        GrantScope::Client(client) => row.grant.terms.client_id == *client,
        GrantScope::Session(session) => row.grant.terms.session == Some(*session),
        GrantScope::Subject(subject) => row.grant.terms.subject == *subject,
    }
}

fn list(state: &State, query: &GrantQuery, now: Timestamp) -> Vec<ListedGrant> {
    let place = |grant: GrantRef| (Reverse(grant.id), grant.class);
    let mut listed: Vec<ListedGrant> = state
        .grants
        .values()
        .filter(|row| query.scope.as_ref().is_none_or(|scope| is_in(row, scope)))
        .filter(|row| query.after.is_none_or(|after| place(row.grant.terms.reference) > place(after)))
        .map(|row| ListedGrant {
            grant: row.grant.clone(),
            live: state.claims_if_live(row, now).is_some(),
            revoked_at: row.revoked_at,
        })
        .filter(|listed| listed.live || query.ended)
        .collect();
    listed.sort_by_key(|listed| place(listed.grant.terms.reference));
    listed.truncate(usize::try_from(query.limit).unwrap_or(usize::MAX));
    listed
}

/// A row that exists is the first thing looked at: a code used twice is noticed even if its user was disabled since.
fn open(state: &mut State, new: &NewGrant) -> OpenOutcome {
    let terms = &new.terms;
    let existing = state.grants.get(&terms.reference);
    if existing.is_some_and(|row| row.secret_hash != new.secret_hash) {
        return OpenOutcome::AlreadyRedeemed;
    }
    if existing.is_some_and(|row| row.revoked_at.is_some()) {
        return OpenOutcome::SubjectRefused;
    }
    let Some(claims) = state.served(&terms.subject, terms.authentication.time) else {
        return OpenOutcome::SubjectRefused;
    };
    if state.has_ended(terms.session) {
        return OpenOutcome::SubjectRefused;
    }
    let row = GrantRow { grant: new.opened(), secret_hash: new.secret_hash, revoked_at: None };
    state.grants.entry(terms.reference).or_insert(row);
    OpenOutcome::Opened(claims)
}

/// The grant, if it is live, its key matches and its idle expiry lies ahead.
fn usable(state: &State, key: &GrantKey, now: Timestamp) -> Option<LiveGrant> {
    let row = state.grants.get(&key.reference)?;
    if !is_held(row, key) || now >= row.grant.expires_at {
        return None;
    }
    let claims = state.claims_if_live(row, now)?;
    Some(LiveGrant { grant: row.grant.clone(), claims })
}

/// Whether the key is the row's. A grant bound to no sender asks for no proof.
fn is_held(row: &GrantRow, key: &GrantKey) -> bool {
    let terms = &row.grant.terms;
    terms.reference == key.reference
        && terms.client_id == key.client_id
        && row.secret_hash == key.secret_hash
        && (terms.sender.is_none() || terms.sender == key.sender)
}

fn rotate(state: &mut State, rotation: &Rotation) -> RotateOutcome {
    let Rotation { key, presented, policy, now, idle } = rotation;
    let Some(mut live) = usable(state, key, *now) else { return RotateOutcome::Refused };
    if live.grant.generation > *presented {
        return RotateOutcome::Past(live);
    }
    match policy {
        RefreshPolicy::Fixed => live.grant.generation = *presented,
        RefreshPolicy::Rotate => {
            live.grant.generation = presented.saturating_add(1);
            live.grant.spent_at = Some(*now);
        }
    }
    live.grant.expires_at = now.plus(*idle).min(live.grant.terms.absolute_expires_at);
    if let Some(row) = state.grants.get_mut(&key.reference) {
        row.grant = live.grant.clone();
    }
    RotateOutcome::Rotated(live)
}

fn liveness(state: &State, token: TokenDependencies<'_>, now: Timestamp) -> Liveness {
    let is_live =
        |grant: &GrantRef| state.grants.get(grant).is_some_and(|row| state.claims_if_live(row, now).is_some());
    let stands = token.grants.iter().all(is_live) && !token.tokens.iter().any(|id| state.revoked_tokens.contains(id));
    if !stands {
        return Liveness::Dead;
    }
    let first = token.grants.first().and_then(|reference| state.grants.get(reference));
    Liveness::Live {
        claims: token.claims_of.map(|subject| claims_of(state, subject)).unwrap_or_default(),
        requested: first.and_then(|row| row.grant.terms.claims.clone()),
    }
}

/// A client stands as its own subject and has no claims.
fn claims_of(state: &State, subject: &str) -> StandardClaims {
    Subject::parse(subject)
        .ok()
        .and_then(|subject| state.users.get(&subject))
        .map(|credentials| credentials.user.claims.clone())
        .unwrap_or_default()
}
