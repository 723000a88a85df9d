//! What files declare, in memory: a plan is carried out on a copy, which takes the state's place if everything was as the
//! plan saw it.

use std::collections::{BTreeMap, HashSet};

use grantor_domain::client::ClientId;
use grantor_domain::registry::{Owner, Registry};
use grantor_domain::time::Timestamp;
use grantor_domain::user::{Subject, Username};
use grantor_ports::{
    Change, Commitment, DeclarationPlan, Declarations, Mentioned, ObjectKind, Owned, PolicyWrite, StoreFuture, Survey,
    UserCredentials, UserUpdate, UserWrite, Write,
};

use super::MemoryStore;
use super::registry::void_before;
use super::state::State;

impl Declarations for MemoryStore {
    fn registry(&self) -> StoreFuture<'_, Registry> {
        self.answer(|state| Registry::new(state.scopes.values().cloned(), state.resources.values().cloned()))
    }

    fn survey<'a>(&'a self, mentioned: &'a Mentioned, owner: &'a Owner) -> StoreFuture<'a, Survey> {
        self.answer(|state| survey(state, mentioned, owner))
    }

    fn commit<'a>(&'a self, plan: &'a DeclarationPlan, now: Timestamp) -> StoreFuture<'a, Commitment> {
        self.answer(move |state| {
            let mut next = state.clone();
            match carry_out(&mut next, plan, now) {
                Some(()) => {
                    *state = next;
                    Commitment::Done
                }
                None => Commitment::Overtaken,
            }
        })
    }
}

fn survey(state: &State, mentioned: &Mentioned, owner: &Owner) -> Survey {
    let subjects: HashSet<&Subject> = mentioned.subjects.iter().collect();
    let usernames: HashSet<&Username> = mentioned.usernames.iter().collect();
    let is_mentioned =
        |known: &&UserCredentials| subjects.contains(&known.user.subject) || usernames.contains(&known.user.username);
    let names = names(mentioned);
    let principals = names.iter().filter(|(kind, _)| matches!(kind, ObjectKind::Client | ObjectKind::User));
    let owned = state.owners.iter().filter(|(object, known)| *known == owner || names.contains(object));
    Survey {
        clients: mentioned.clients.iter().filter_map(|id| state.clients.get(id)).cloned().collect(),
        resources: mentioned.resources.iter().filter_map(|id| state.resources.get(id)).cloned().collect(),
        scopes: mentioned.scopes.iter().filter_map(|name| state.scopes.get(name)).cloned().collect(),
        users: state.users.values().filter(is_mentioned).cloned().collect(),
        principals: principals
            .filter_map(|(_, name)| state.principals.get(name).map(|kind| (name.clone(), *kind)))
            .collect(),
        owned: owned
            .map(|((kind, name), owner)| Owned { kind: *kind, name: name.clone(), owner: owner.clone() })
            .collect(),
    }
}

fn names(mentioned: &Mentioned) -> HashSet<(ObjectKind, String)> {
    let clients = mentioned.clients.iter().map(|id| (ObjectKind::Client, id.to_string()));
    let resources = mentioned.resources.iter().map(|id| (ObjectKind::Resource, id.as_str().to_owned()));
    let scopes = mentioned.scopes.iter().map(|name| (ObjectKind::Scope, name.to_string()));
    let users = mentioned.subjects.iter().map(|subject| (ObjectKind::User, subject.to_string()));
    clients.chain(resources).chain(scopes).chain(users).collect()
}

/// None if anything is not as the plan saw it.
fn carry_out(state: &mut State, plan: &DeclarationPlan, now: Timestamp) -> Option<()> {
    for (kind, name) in &plan.remove {
        remove(state, *kind, name, &plan.owner, now)?;
    }
    for write in &plan.scopes {
        let name = write.wanted().name.clone();
        own(state, ObjectKind::Scope, name.as_str(), &plan.owner)?;
        if put(&mut state.scopes, name, write)? {
            state.record_change(Change::Registry, now);
        }
    }
    for write in &plan.resources {
        let identifier = write.wanted().identifier.clone();
        own(state, ObjectKind::Resource, identifier.as_str(), &plan.owner)?;
        if put(&mut state.resources, identifier, write)? {
            state.record_change(Change::Registry, now);
        }
    }
    for write in &plan.clients {
        let id = write.wanted().settings.client_id.clone();
        own(state, ObjectKind::Client, id.as_str(), &plan.owner)?;
        state.claim_client(&id, now).then_some(())?;
        if put(&mut state.clients, id.clone(), write)? {
            state.end_registration(write.wanted());
            state.record_change(Change::Client(id), now);
        }
    }
    for PolicyWrite { seen, wanted } in &plan.policies {
        let id = wanted.settings.client_id.clone();
        put(&mut state.clients, id.clone(), &Write::Update { seen: seen.clone(), wanted: wanted.clone() })?;
        state.end_registration(wanted);
        state.record_change(Change::Client(id), now);
    }
    plan.users.iter().try_for_each(|write| {
        own(state, ObjectKind::User, write.subject().as_str(), &plan.owner)?;
        put_user(state, write, now)
    })
}

/// Says whether it changed anything.
fn put<K: Ord, T: Clone + PartialEq>(rows: &mut BTreeMap<K, T>, key: K, write: &Write<T>) -> Option<bool> {
    if rows.get(&key) != write.seen() {
        return None;
    }
    rows.insert(key, write.wanted().clone());
    Some(!matches!(write, Write::Adopt(_)))
}

fn put_user(state: &mut State, write: &UserWrite, now: Timestamp) -> Option<()> {
    let subject = write.subject();
    if state.users.get(subject) != write.seen() {
        return None;
    }
    match write {
        UserWrite::Adopt(_) => {}
        UserWrite::Create(credentials) => {
            let is_taken = state.users.values().any(|known| known.user.username == credentials.user.username);
            (!is_taken && state.claim_name(subject.as_str(), ObjectKind::User)).then_some(())?;
            state.users.insert(subject.clone(), credentials.clone());
        }
        UserWrite::Update(UserUpdate { claims, password, .. }) => {
            let stored = state.users.get_mut(subject)?;
            if let Some(claims) = claims {
                stored.user.claims = claims.clone();
            }
            if let Some(hash) = password {
                stored.password = Some(hash.clone());
                void_before(stored, now);
            }
        }
    }
    Some(())
}

fn own(state: &mut State, kind: ObjectKind, name: &str, owner: &Owner) -> Option<()> {
    let known = state.owners.entry((kind, name.to_owned())).or_insert_with(|| owner.clone());
    (known == owner).then_some(())
}

fn remove(state: &mut State, kind: ObjectKind, name: &str, owner: &Owner, now: Timestamp) -> Option<()> {
    if state.owners.get(&(kind, name.to_owned())) != Some(owner) {
        return None;
    }
    state.owners.remove(&(kind, name.to_owned()));
    match kind {
        ObjectKind::Client => {
            let id = ClientId::parse(name)?;
            state.clients.remove(&id);
            state.end_client(&id, now);
            state.record_change(Change::Client(id), now);
        }
        ObjectKind::Resource => {
            state.resources.retain(|identifier, _| identifier.as_str() != name);
            state.record_change(Change::Registry, now);
        }
        ObjectKind::Scope => {
            state.scopes.retain(|value, _| value.as_str() != name);
            state.record_change(Change::Registry, now);
        }
        ObjectKind::User => {
            state.users.retain(|subject, _| subject.as_str() != name);
            state.consents.retain(|(subject, _), _| subject.as_str() != name);
            state.factors.retain(|subject, _| subject.as_str() != name);
            state.sessions.retain(|_, known| known.session.subject.as_str() != name);
            state.end_grants(now, |row| row.grant.terms.subject.as_str() == name);
        }
    }
    Some(())
}
