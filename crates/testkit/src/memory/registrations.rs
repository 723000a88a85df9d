//! Clients that registered themselves, in memory.

use grantor_domain::client::ClientId;
use grantor_domain::time::Timestamp;
use grantor_ports::{Change, ClientRecord, ObjectKind, Registered, Registration, Registrations, StoreFuture};

use super::MemoryStore;
use super::state::State;

impl Registrations for MemoryStore {
    fn register<'a>(
        &'a self,
        record: &'a ClientRecord,
        registration: &'a Registration,
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
            state.claim_name(id.as_str(), ObjectKind::Client);
            put(state, record, registration);
            Registered::Done
        })
    }

    fn find<'a>(&'a self, id: &'a ClientId) -> StoreFuture<'a, Option<Registration>> {
        self.answer(|state| state.registrations.get(id).cloned())
    }

    fn find_unused<'a>(&'a self, fingerprint: &'a [u8; 32], now: Timestamp) -> StoreFuture<'a, Option<Registration>> {
        self.answer(move |state| {
            let unused = state.registrations.values().filter(|registration| {
                registration.fingerprint == *fingerprint && registration.expires_at.is_some_and(|at| at > now)
            });
            unused.max_by_key(|registration| registration.expires_at).cloned()
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
}

fn put(state: &mut State, record: &ClientRecord, registration: &Registration) {
    let id = &registration.client_id;
    state.clients.insert(id.clone(), record.clone());
    state.registrations.insert(id.clone(), registration.clone());
    state.record_change(Change::Client(id.clone()), registration.registered_at);
}
