//! Clients that registered themselves, in memory.

use grantor_domain::client::ClientId;
use grantor_domain::time::Timestamp;
use grantor_ports::{
    Change, ClientRecord, ObjectKind, Registered, Registration, Registrations, SpentToken, StoreFuture,
};

use super::MemoryStore;
use super::state::State;

/// How many registrations of one fingerprint are looked at.
const A_FEW: usize = 10;

impl Registrations for MemoryStore {
    fn register<'a>(
        &'a self,
        record: &'a ClientRecord,
        registration: &'a Registration,
        spent: Option<SpentToken>,
        most: u32,
    ) -> StoreFuture<'a, Registered> {
        self.answer(move |state| {
            let id = &registration.client_id;
            if state.principals.contains_key(id.as_str()) {
                return Registered::NameTaken;
            }
            if state.registrations.len() >= most as usize {
                return Registered::TooMany;
            }
            if let Some(SpentToken { key, expires_at }) = spent
                && !state.spent.insert((expires_at, key))
            {
                return Registered::TokenUsed;
            }
            state.claim_name(id.as_str(), ObjectKind::Client);
            put(state, record, registration);
            Registered::Done
        })
    }

    fn find<'a>(&'a self, id: &'a ClientId) -> StoreFuture<'a, Option<Registration>> {
        self.answer(|state| state.registrations.get(id).cloned())
    }

    fn unused<'a>(&'a self, fingerprint: &'a [u8; 32], now: Timestamp) -> StoreFuture<'a, Vec<Registration>> {
        self.answer(move |state| {
            let unused = state.registrations.values().filter(|registration| {
                registration.fingerprint == *fingerprint && registration.expires_at.is_some_and(|at| at > now)
            });
            unused.take(A_FEW).cloned().collect()
        })
    }

    fn renew<'a>(
        &'a self,
        expected: &'a Registration,
        record: &'a ClientRecord,
        registration: &'a Registration,
    ) -> StoreFuture<'a, bool> {
        self.answer(move |state| {
            let is_expected = state.registrations.get(&expected.client_id) == Some(expected);
            if is_expected && expected.expires_at.is_some() {
                put(state, record, registration);
            }
            is_expected && expected.expires_at.is_some()
        })
    }

    fn complete<'a>(&'a self, id: &'a ClientId) -> StoreFuture<'a, ()> {
        self.answer(|state| {
            if let Some(registration) = state.registrations.get_mut(id) {
                registration.expires_at = None;
            }
        })
    }

    fn remove_unused<'a>(&'a self, id: &'a ClientId, now: Timestamp) -> StoreFuture<'a, bool> {
        self.answer(move |state| {
            let is_unused = state.registrations.get(id).is_some_and(|registration| registration.expires_at.is_some());
            if is_unused {
                state.clients.remove(id);
                state.owners.remove(&(ObjectKind::Client, id.to_string()));
                state.end_client(id, now);
                state.principals.remove(id.as_str());
                state.record_change(Change::Client(id.clone()), now);
            }
            is_unused
        })
    }
}

fn put(state: &mut State, record: &ClientRecord, registration: &Registration) {
    let id = &registration.client_id;
    state.clients.insert(id.clone(), record.clone());
    state.registrations.insert(id.clone(), registration.clone());
    state.record_change(Change::Client(id.clone()), registration.registered_at);
}
