//! Clients, users, keys and the changes that replicas follow, in memory.

use grantor_domain::client::ClientId;
use grantor_domain::throttle::FailureTally;
use grantor_domain::time::Timestamp;
use grantor_domain::user::{StandardClaims, Subject, User, Username};
use grantor_ports::{
    Change, Changes, ClientRecord, Clients, FailureKeys, ImportMode, Imported, KeyRecord, Keys, ObjectKind,
    PasswordHash, SigningIn, StoreFuture, UserCredentials, Users,
};

use super::MemoryStore;
use super::sessions::tally;
use super::state::{FactorsRow, State};

impl Clients for MemoryStore {
    fn find<'a>(&'a self, id: &'a ClientId) -> StoreFuture<'a, Option<ClientRecord>> {
        self.answer(|state| state.clients.get(id).cloned())
    }

    fn list(&self) -> StoreFuture<'_, Vec<ClientRecord>> {
        self.answer(|state| state.clients.values().cloned().collect())
    }

    fn insert<'a>(&'a self, record: &'a ClientRecord, now: Timestamp) -> StoreFuture<'a, bool> {
        self.answer(move |state| !state.clients.contains_key(&record.settings.client_id) && write(state, record, now))
    }

    fn put<'a>(&'a self, record: &'a ClientRecord, now: Timestamp) -> StoreFuture<'a, bool> {
        self.answer(move |state| write(state, record, now))
    }

    fn replace<'a>(
        &'a self,
        expected: &'a ClientRecord,
        record: &'a ClientRecord,
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        self.answer(move |state| {
            let found = state.clients.get(&record.settings.client_id);
            found.is_some_and(|found| found == expected || found == record) && write(state, record, now)
        })
    }

    fn delete<'a>(&'a self, id: &'a ClientId, now: Timestamp) -> StoreFuture<'a, Option<u64>> {
        self.answer(move |state| {
            state.clients.remove(id)?;
            state.owners.remove(&(ObjectKind::Client, id.to_string()));
            state.record_change(Change::Client(id.clone()), now);
            Some(state.end_client(id, now))
        })
    }
}

/// Writes a client; `false` if a user has its name.
fn write(state: &mut State, record: &ClientRecord, now: Timestamp) -> bool {
    let id = &record.settings.client_id;
    if !state.claim_client(id, now) {
        return false;
    }
    state.clients.insert(id.clone(), record.clone());
    state.end_registration(record);
    state.record_change(Change::Client(id.clone()), now);
    true
}

impl Users for MemoryStore {
    fn by_username<'a>(&'a self, username: &'a Username) -> StoreFuture<'a, Option<UserCredentials>> {
        self.answer(|state| state.users.values().find(|known| known.user.username == *username).cloned())
    }

    fn signing_in<'a>(
        &'a self,
        username: Option<&'a Username>,
        keys: &'a FailureKeys,
        since: Timestamp,
    ) -> StoreFuture<'a, (Option<SigningIn>, FailureTally)> {
        self.answer(move |state| {
            let user = state.users.values().find(|known| Some(&known.user.username) == username);
            let found = user.map(|credentials| SigningIn {
                credentials: credentials.clone(),
                has_second_factor: state.factors.get(&credentials.user.subject).is_some_and(FactorsRow::has_factor),
            });
            (found, tally(state, keys, since))
        })
    }

    fn by_subject<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, Option<UserCredentials>> {
        self.answer(|state| state.users.get(subject).cloned())
    }

    fn page<'a>(&'a self, after: Option<&'a Subject>, limit: u32) -> StoreFuture<'a, Vec<User>> {
        self.answer(move |state| {
            let users = state.users.values().map(|known| &known.user);
            let later = users.filter(|user| after.is_none_or(|after| user.subject > *after));
            later.zip(0..limit).map(|(user, _)| user.clone()).collect()
        })
    }

    fn insert<'a>(&'a self, credentials: &'a UserCredentials) -> StoreFuture<'a, bool> {
        self.answer(|state| {
            let is_free = is_free(state, &credentials.user);
            if is_free {
                insert(state, credentials);
            }
            is_free
        })
    }

    fn import<'a>(&'a self, users: &'a [UserCredentials], mode: ImportMode) -> StoreFuture<'a, Vec<Imported>> {
        self.answer(move |state| users.iter().map(|credentials| import(state, credentials, mode)).collect())
    }

    fn replace_claims<'a>(
        &'a self,
        subject: &'a Subject,
        expected: &'a StandardClaims,
        claims: &'a StandardClaims,
    ) -> StoreFuture<'a, bool> {
        self.answer(move |state| {
            let found = state.users.get_mut(subject).map(|credentials| &mut credentials.user.claims);
            let Some(found) = found.filter(|found| *found == expected || *found == claims) else { return false };
            *found = claims.clone();
            true
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

    fn replace_password<'a>(
        &'a self,
        subject: &'a Subject,
        old: Option<&'a PasswordHash>,
        new: &'a PasswordHash,
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        self.answer(move |state| {
            let found = state.users.get_mut(subject).filter(|credentials| credentials.password.as_ref() == old);
            let is_theirs = found.is_some();
            if let Some(credentials) = found {
                credentials.password = Some(new.clone());
                void_before(credentials, now);
            }
            is_theirs
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

/// Whether nobody has any of the user's names.
fn is_free(state: &State, user: &User) -> bool {
    !state.users.contains_key(&user.subject)
        && state.is_for(user.subject.as_str(), ObjectKind::User)
        && !state.users.values().any(|known| known.user.username == user.username)
}

/// Inserts a user whose names are free.
fn insert(state: &mut State, credentials: &UserCredentials) {
    let subject = &credentials.user.subject;
    state.claim_name(subject.as_str(), ObjectKind::User);
    state.users.insert(subject.clone(), credentials.clone());
}

fn import(state: &mut State, credentials: &UserCredentials, mode: ImportMode) -> Imported {
    let user = &credentials.user;
    if state.users.get(&user.subject).is_some_and(|known| known.user.username == user.username) {
        return Imported::Unchanged;
    }
    if !is_free(state, user) {
        return Imported::NameTaken;
    }
    if mode == ImportMode::Commit {
        insert(state, credentials);
    }
    Imported::Inserted
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
            let is_taken = new.iter().any(|key| state.keys.contains_key(&key.number));
            if is_taken || retire.iter().any(|(number, _)| !state.keys.contains_key(number)) {
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
