//! Sessions, consents and what must not happen twice, in memory.

use grantor_domain::authorization::RememberedConsent;
use grantor_domain::client::ClientId;
use grantor_domain::id::{LogoutNoticeId, SessionId};
use grantor_domain::scope::ScopeSet;
use grantor_domain::throttle::{FailureTally, Failures};
use grantor_domain::time::Timestamp;
use grantor_domain::user::Subject;
use grantor_ports::{
    Attempts, Consents, FailedAttempt, FailureKeys, ListedSession, LogoutNotice, LogoutNotices, NewSession,
    RememberedClient, ReplayGuard, Sessions, SignedIn, Spend, StoreFuture,
};

use super::MemoryStore;
use super::state::{ConsentRow, State};

impl Sessions for MemoryStore {
    fn open<'a>(&'a self, session: &'a NewSession) -> StoreFuture<'a, bool> {
        self.answer(|state| {
            let NewSession { session: new, .. } = session;
            let anothers = state.sessions.get(&new.id).is_some_and(|known| known.session.subject != new.subject);
            let served = state.served(&new.subject, new.authentication.time).is_some();
            let opens = served && !anothers && !state.has_ended(Some(new.id));
            if opens {
                state.sessions.insert(new.id, session.clone());
            }
            opens
        })
    }

    fn find<'a>(
        &'a self,
        id: SessionId,
        secret_hash: &'a [u8; 32],
        now: Timestamp,
    ) -> StoreFuture<'a, Option<SignedIn>> {
        self.answer(move |state| signed_in(state, id, secret_hash, now))
    }

    fn of<'a>(&'a self, subject: &'a Subject, now: Timestamp) -> StoreFuture<'a, Vec<ListedSession>> {
        self.answer(move |state| {
            let of_them = state.sessions.values().filter(|NewSession { session, .. }| {
                session.subject == *subject && session.expires_at > now && !state.has_ended(Some(session.id))
            });
            let listed =
                |stored: &NewSession| ListedSession { session: stored.session.clone(), origin: stored.origin.clone() };
            of_them.map(listed).collect()
        })
    }

    fn note_client<'a>(&'a self, id: SessionId, client: &'a ClientId) -> StoreFuture<'a, ()> {
        self.answer(move |state| {
            state.session_clients.insert((id, client.clone()));
        })
    }

    fn clients(&self, id: SessionId) -> StoreFuture<'_, Vec<ClientId>> {
        self.answer(move |state| {
            let of_it = state.session_clients.iter().filter(|(session, _)| *session == id);
            of_it.map(|(_, client)| client.clone()).collect()
        })
    }

    fn end<'a>(&'a self, id: SessionId, _keep_until: Timestamp, notices: &'a [LogoutNotice]) -> StoreFuture<'a, ()> {
        self.answer(move |state| {
            state.ended_sessions.insert(id);
            let at_once = Timestamp::from_millis(0);
            for notice in notices {
                state.logout_notices.entry(notice.id).or_insert_with(|| (at_once, notice.clone()));
            }
        })
    }
}

impl LogoutNotices for MemoryStore {
    fn claim(&self, now: Timestamp, until: Timestamp, limit: u32) -> StoreFuture<'_, Vec<LogoutNotice>> {
        self.answer(move |state| {
            let mut due: Vec<_> = state.logout_notices.values_mut().filter(|(due_at, _)| *due_at <= now).collect();
            due.sort_by_key(|(due_at, notice)| (*due_at, notice.id));
            let claim = |(due_at, notice): &mut (Timestamp, LogoutNotice)| {
                *due_at = until;
                notice.attempts += 1;
                notice.clone()
            };
            let mut claimed: Vec<_> = due.into_iter().take(limit as usize).map(claim).collect();
            claimed.sort_by_key(|notice| notice.id);
            claimed
        })
    }

    fn postpone(&self, id: LogoutNoticeId, due_at: Timestamp) -> StoreFuture<'_, ()> {
        self.answer(move |state| {
            if let Some((due, _)) = state.logout_notices.get_mut(&id) {
                *due = due_at;
            }
        })
    }

    fn remove(&self, id: LogoutNoticeId) -> StoreFuture<'_, ()> {
        self.answer(move |state| {
            state.logout_notices.remove(&id);
        })
    }
}

fn signed_in(state: &State, id: SessionId, secret_hash: &[u8; 32], now: Timestamp) -> Option<SignedIn> {
    let NewSession { session, secret_hash: stored, .. } = state.sessions.get(&id)?;
    if stored != secret_hash || now >= session.expires_at || state.has_ended(Some(id)) {
        return None;
    }
    let claims = state.served(&session.subject, session.authentication.time)?;
    Some(SignedIn { session: session.clone(), claims })
}

impl Consents for MemoryStore {
    fn find<'a>(&'a self, subject: &'a Subject, client: &'a ClientId) -> StoreFuture<'a, Option<RememberedConsent>> {
        self.answer(|state| {
            let row = state.consents.get(&(subject.clone(), client.clone()));
            row.map(|row| RememberedConsent(row.scope.clone()))
        })
    }

    fn remember<'a>(
        &'a self,
        subject: &'a Subject,
        client: &'a ClientId,
        scope: &'a ScopeSet,
        now: Timestamp,
    ) -> StoreFuture<'a, ()> {
        self.answer(move |state| {
            let first = || ConsentRow { scope: ScopeSet::default(), since: now };
            let row = state.consents.entry((subject.clone(), client.clone())).or_insert_with(first);
            row.scope = union(&row.scope, scope);
        })
    }

    fn of<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, Vec<RememberedClient>> {
        self.answer(move |state| {
            let of_them = state.consents.iter().filter(|((known, _), _)| known == subject);
            let remembered = |((_, client), row): (&(Subject, ClientId), &ConsentRow)| RememberedClient {
                client: client.clone(),
                consent: RememberedConsent(row.scope.clone()),
                since: row.since,
            };
            of_them.map(remembered).collect()
        })
    }

    fn withdraw<'a>(&'a self, subject: &'a Subject, client: &'a ClientId) -> StoreFuture<'a, ()> {
        self.answer(|state| {
            state.consents.remove(&(subject.clone(), client.clone()));
        })
    }

    fn forget<'a>(&'a self, client: &'a ClientId) -> StoreFuture<'a, ()> {
        self.answer(move |state| state.consents.retain(|(_, allowed), _| allowed != client))
    }
}

/// What outgrows the longest scope there can be is forgotten, the oldest first: then the person is asked again.
fn union(remembered: &ScopeSet, scope: &ScopeSet) -> ScopeSet {
    let both = format!("{remembered} {}", scope.difference(remembered));
    ScopeSet::parse(&both).unwrap_or_else(|_too_long| scope.clone())
}

impl ReplayGuard for MemoryStore {
    fn spend<'a>(&'a self, key: &'a [u8; 32], expires_at: Timestamp) -> StoreFuture<'a, Spend> {
        self.answer(move |state| if state.spent.insert((expires_at, *key)) { Spend::First } else { Spend::Replayed })
    }
}

impl Attempts for MemoryStore {
    fn record<'a>(&'a self, attempt: &'a FailedAttempt) -> StoreFuture<'a, ()> {
        self.answer(|state| state.attempts.push(attempt.clone()))
    }

    fn count<'a>(&'a self, username_key: &'a [u8; 32], since: Timestamp) -> StoreFuture<'a, u64> {
        self.answer(move |state| {
            let meant = |attempt: &&FailedAttempt| attempt.username_key == *username_key && attempt.at >= since;
            state.attempts.iter().filter(meant).count() as u64
        })
    }

    fn tally<'a>(&'a self, keys: &'a FailureKeys, since: Timestamp) -> StoreFuture<'a, FailureTally> {
        self.answer(move |state| tally(state, keys, since))
    }

    fn forgive<'a>(&'a self, keys: &'a FailureKeys) -> StoreFuture<'a, ()> {
        self.answer(move |state| {
            let is_forgiven =
                |attempt: &FailedAttempt| attempt.username_key == keys.username && attempt.place_key == keys.place;
            state.attempts.retain(|attempt| !is_forgiven(attempt));
        })
    }

    fn forget<'a>(&'a self, username_key: &'a [u8; 32]) -> StoreFuture<'a, u64> {
        self.answer(|state| {
            let before = state.attempts.len();
            state.attempts.retain(|attempt| attempt.username_key != *username_key);
            (before - state.attempts.len()) as u64
        })
    }
}

/// The failures at `since` or later under this name, from this place, and both.
pub(super) fn tally(state: &State, keys: &FailureKeys, since: Timestamp) -> FailureTally {
    let of = |meant: &dyn Fn(&FailedAttempt) -> bool| {
        let found = || state.attempts.iter().filter(|attempt| attempt.at >= since && meant(attempt));
        Failures { count: found().count() as u64, last: found().map(|attempt| attempt.at).max() }
    };
    let is_name = |attempt: &FailedAttempt| attempt.username_key == keys.username;
    let is_here = |attempt: &FailedAttempt| keys.place.is_some() && attempt.place_key == keys.place;
    FailureTally {
        name_here: of(&|attempt| is_name(attempt) && is_here(attempt)),
        name: of(&is_name),
        here: of(&is_here),
    }
}
