//! Clients, users, keys and the changes that replicas follow, in memory.

use grantor_domain::client::ClientId;
use grantor_domain::time::Timestamp;
use grantor_domain::user::{StandardClaims, Subject, Username};
use grantor_ports::{
    Change, Changes, ClientRecord, Clients, KeyRecord, Keys, ObjectKind, PasswordHash, StoreFuture, UserCredentials,
    Users,
};

use super::MemoryStore;
use super::state::State;

impl Clients for MemoryStore {
    fn find<'a>(&'a self, id: &'a ClientId) -> StoreFuture<'a, Option<ClientRecord>> {
        self.answer(|state| state.clients.get(id).cloned())
    }

    fn list(&self) -> StoreFuture<'_, Vec<ClientRecord>> {
        self.answer(|state| state.clients.values().cloned().collect())
    }

    fn put<'a>(&'a self, record: &'a ClientRecord, now: Timestamp) -> StoreFuture<'a, bool> {
        self.answer(move |state| {
            let id = &record.settings.client_id;
            if !state.claim_name(id.as_str(), ObjectKind::Client) {
                return false;
            }
            state.clients.insert(id.clone(), record.clone());
            state.record_change(Change::Client(id.clone()), now);
            true
        })
    }
}

impl Users for MemoryStore {
    fn by_username<'a>(&'a self, username: &'a Username) -> StoreFuture<'a, Option<UserCredentials>> {
        self.answer(|state| state.users.values().find(|known| known.user.username == *username).cloned())
    }

    fn by_subject<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, Option<UserCredentials>> {
        self.answer(|state| state.users.get(subject).cloned())
    }

    fn insert<'a>(&'a self, credentials: &'a UserCredentials) -> StoreFuture<'a, bool> {
        self.answer(|state| {
            let user = &credentials.user;
            let taken = state.users.contains_key(&user.subject)
                || state.users.values().any(|known| known.user.username == user.username);
            let inserts = !taken && state.claim_name(user.subject.as_str(), ObjectKind::User);
            if inserts {
                state.users.insert(user.subject.clone(), credentials.clone());
            }
            inserts
        })
    }

    fn set_claims<'a>(&'a self, subject: &'a Subject, claims: &'a StandardClaims) -> StoreFuture<'a, bool> {
        self.answer(|state| change(state, subject, |credentials| credentials.user.claims = claims.clone()))
    }

    fn disable<'a>(&'a self, subject: &'a Subject, now: Timestamp) -> StoreFuture<'a, bool> {
        self.answer(move |state| {
            change(state, subject, |credentials| {
                credentials.user.disabled_at = Some(now);
                void_before(credentials, now);
            })
        })
    }

    fn enable<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, bool> {
        self.answer(|state| change(state, subject, |credentials| credentials.user.disabled_at = None))
    }

    fn set_password<'a>(
        &'a self,
        subject: &'a Subject,
        hash: &'a PasswordHash,
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        self.answer(move |state| {
            change(state, subject, |credentials| {
                credentials.password = Some(hash.clone());
                void_before(credentials, now);
            })
        })
    }

    fn rehash<'a>(&'a self, subject: &'a Subject, old: &'a PasswordHash, new: &'a PasswordHash) -> StoreFuture<'a, ()> {
        self.answer(|state| {
            change(state, subject, |credentials| {
                if credentials.password.as_ref() == Some(old) {
                    credentials.password = Some(new.clone());
                }
            });
        })
    }

    fn sign_out_everywhere<'a>(&'a self, subject: &'a Subject, now: Timestamp) -> StoreFuture<'a, bool> {
        self.answer(move |state| change(state, subject, |credentials| void_before(credentials, now)))
    }

    fn sign_out_everyone_before(&self, time: Timestamp) -> StoreFuture<'_, u64> {
        self.answer(move |state| {
            let mut moved = 0;
            for credentials in state.users.values_mut().filter(|known| known.user.not_before < time) {
                credentials.user.not_before = time;
                moved += 1;
            }
            moved
        })
    }
}

/// Changes a user; whether there is one.
fn change(state: &mut State, subject: &Subject, change: impl FnOnce(&mut UserCredentials)) -> bool {
    state.users.get_mut(subject).map(change).is_some()
}

/// `not_before` never moves back, whichever replica's clock is behind.
pub(super) fn void_before(credentials: &mut UserCredentials, now: Timestamp) {
    credentials.user.not_before = credentials.user.not_before.max(now);
}

impl Keys for MemoryStore {
    fn list(&self) -> StoreFuture<'_, Vec<KeyRecord>> {
        self.answer(|state| state.keys.values().cloned().collect())
    }

    fn rotate<'a>(
        &'a self,
        new: &'a [KeyRecord],
        retire: &'a [(u32, Timestamp)],
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        self.answer(move |state| {
            if new.iter().any(|key| state.keys.contains_key(&key.number)) {
                return false;
            }
            for (number, at) in retire {
                if let Some(key) = state.keys.get_mut(number) {
                    key.retires_at = Some(key.retires_at.map_or(*at, |earlier| earlier.min(*at)));
                }
            }
            state.keys.extend(new.iter().map(|key| (key.number, key.clone())));
            state.record_change(Change::Keys, now);
            true
        })
    }

    fn replace<'a>(&'a self, seen: &'a [KeyRecord], ring: &'a [KeyRecord], now: Timestamp) -> StoreFuture<'a, bool> {
        self.answer(move |state| {
            if !state.keys.values().eq(seen) {
                return false;
            }
            state.keys = ring.iter().map(|key| (key.number, key.clone())).collect();
            state.record_change(Change::Keys, now);
            true
        })
    }
}

impl Changes for MemoryStore {
    fn since(&self, since: Timestamp) -> StoreFuture<'_, Vec<(i64, Change)>> {
        self.answer(move |state| {
            let numbered = (1..).zip(&state.changes);
            numbered.filter(|(_, (at, _))| *at >= since).map(|(id, (_, change))| (id, change.clone())).collect()
        })
    }
}
