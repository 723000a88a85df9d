//! The plan: what of a file differs from storage, and what must be written so that it does not.

use std::collections::{HashMap, HashSet};

use grantor_domain::client::{Client, ClientId, ExchangeSettings};
use grantor_domain::registry::{Owner, RegisteredResource, RegisteredScope};
use grantor_domain::secret::Secret;
use grantor_domain::time::Timestamp;
use grantor_domain::user::{Subject, Username};
use grantor_ports::{
    ClientRecord, ClientSecrets, DeclarationPlan, Mentioned, ObjectKind, PolicyWrite, Survey, UserCredentials,
    UserUpdate, UserWrite, Write,
};
use serde::Serialize;

use super::diff::{Difference, differences};
use super::{AppliedObject, ApplyFile, Change, ClientEntry, InvalidEntry, UserEntry};
use crate::failure::Failure;

/// A plan, what it comes to, and the passwords that it still needs hashed.
pub(super) struct Planned {
    pub(super) plan: DeclarationPlan,
    pub(super) objects: Vec<AppliedObject>,
    pub(super) to_hash: Vec<(Subject, Secret)>,
}

/// Why there is no plan.
pub(super) enum NoPlan {
    Failure(Failure),
    Invalid(InvalidEntry),
}

impl From<Failure> for NoPlan {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<InvalidEntry> for NoPlan {
    fn from(invalid: InvalidEntry) -> Self {
        Self::Invalid(invalid)
    }
}

/// The names in the file, to ask storage about.
pub(super) fn mentioned(file: &ApplyFile) -> Mentioned {
    let clients = file.clients.iter().map(|entry| entry.settings.client_id.clone());
    Mentioned {
        clients: clients.chain(file.policies.keys().cloned()).collect(),
        resources: file.resources.iter().map(|resource| resource.identifier.clone()).collect(),
        scopes: file.scopes.iter().map(|scope| scope.name.clone()).collect(),
        subjects: file.users.iter().map(|entry| entry.subject.clone()).collect(),
        usernames: file.users.iter().map(|entry| entry.username.clone()).collect(),
    }
}

/// What storage was found to have, by name.
pub(super) struct Found<'a> {
    clients: HashMap<&'a str, &'a ClientRecord>,
    resources: HashMap<&'a str, &'a RegisteredResource>,
    scopes: HashMap<&'a str, &'a RegisteredScope>,
    users: HashMap<&'a Subject, &'a UserCredentials>,
    usernames: HashMap<&'a Username, &'a Subject>,
    principals: HashMap<&'a str, ObjectKind>,
    owners: HashMap<(ObjectKind, &'a str), &'a Owner>,
}

impl<'a> Found<'a> {
    pub(super) fn new(survey: &'a Survey) -> Self {
        Self {
            clients: survey.clients.iter().map(|record| (record.settings.client_id.as_str(), record)).collect(),
            resources: survey.resources.iter().map(|resource| (resource.identifier.as_str(), resource)).collect(),
            scopes: survey.scopes.iter().map(|scope| (scope.name.as_str(), scope)).collect(),
            users: survey.users.iter().map(|found| (&found.user.subject, found)).collect(),
            usernames: survey.users.iter().map(|found| (&found.user.username, &found.user.subject)).collect(),
            principals: survey.principals.iter().map(|(name, kind)| (name.as_str(), *kind)).collect(),
            owners: survey.owned.iter().map(|owned| ((owned.kind, owned.name.as_str()), &owned.owner)).collect(),
        }
    }

    /// The stored client of an entry.
    pub(super) fn client(&self, entry: &ClientEntry) -> Option<&'a ClientRecord> {
        self.clients.get(entry.settings.client_id.as_str()).copied()
    }

    /// The stored user of an entry.
    pub(super) fn user(&self, entry: &UserEntry) -> Option<&'a UserCredentials> {
        self.users.get(&entry.subject).copied()
    }
}

/// Makes a plan out of what was found.
pub(super) struct Planner<'a> {
    pub(super) file: &'a ApplyFile,
    pub(super) owner: Owner,
    pub(super) found: Found<'a>,
    /// Whose password in the file is not the stored one.
    pub(super) wrong_passwords: HashSet<Subject>,
    pub(super) prune: bool,
    pub(super) secrets: &'a dyn ClientSecrets,
    pub(super) now: Timestamp,
}

impl Planner<'_> {
    /// The plan.
    pub(super) fn plan(&self) -> Result<Planned, NoPlan> {
        let plan = DeclarationPlan { owner: self.owner.clone(), ..DeclarationPlan::default() };
        let mut planned = Planned { plan, objects: Vec::new(), to_hash: Vec::new() };
        let remove = if self.prune { self.undeclared() } else { Vec::new() };
        for scope in &self.file.scopes {
            let found = self.found.scopes.get(scope.name.as_str()).copied();
            let change =
                self.registered(ObjectKind::Scope, scope.name.as_str(), (found, scope), &mut planned.plan.scopes)?;
            planned.objects.push(change);
        }
        for resource in &self.file.resources {
            let name = resource.identifier.as_str();
            let found = self.found.resources.get(name).copied();
            let change = self.registered(ObjectKind::Resource, name, (found, resource), &mut planned.plan.resources)?;
            planned.objects.push(change);
        }
        for entry in &self.file.clients {
            let change = self.client(entry, &mut planned.plan)?;
            planned.objects.push(change);
        }
        for (id, policy) in &self.file.policies {
            let change = self.policy(id, policy, &mut planned.plan)?;
            planned.objects.push(change);
        }
        for entry in &self.file.users {
            self.user(entry, &remove, &mut planned)?;
        }
        planned.objects.extend(remove.iter().map(|(kind, name)| object(*kind, name, Change::Removed)));
        planned.plan.remove = remove;
        Ok(planned)
    }

    /// What the owner owns and the file does not mention any more.
    fn undeclared(&self) -> Vec<(ObjectKind, String)> {
        let file = self.file;
        let mut declared: HashSet<(ObjectKind, &str)> = HashSet::new();
        declared.extend(file.scopes.iter().map(|scope| (ObjectKind::Scope, scope.name.as_str())));
        declared.extend(file.resources.iter().map(|resource| (ObjectKind::Resource, resource.identifier.as_str())));
        declared.extend(file.clients.iter().map(|entry| (ObjectKind::Client, entry.settings.client_id.as_str())));
        declared.extend(file.policies.keys().map(|id| (ObjectKind::Client, id.as_str())));
        declared.extend(file.users.iter().map(|entry| (ObjectKind::User, entry.subject.as_str())));
        let own = self.found.owners.iter().filter(|(_, owner)| ***owner == self.owner);
        let gone = own.filter(|(object, _)| !declared.contains(*object));
        let mut gone: Vec<_> = gone.map(|((kind, name), _)| (*kind, (*name).to_owned())).collect();
        gone.sort_unstable();
        gone
    }

    /// Whether the object is the owner's already; if it is somebody else's, nothing about it may change.
    fn owns(&self, kind: ObjectKind, name: &str) -> Result<bool, InvalidEntry> {
        match self.found.owners.get(&(kind, name)) {
            None => Ok(false),
            Some(owner) if **owner == self.owner => Ok(true),
            Some(owner) => Err(InvalidEntry::Owned(kind, name.to_owned(), (*owner).clone())),
        }
    }

    fn registered<T: Clone + PartialEq + Serialize>(
        &self,
        kind: ObjectKind,
        name: &str,
        (found, wanted): (Option<&T>, &T),
        writes: &mut Vec<Write<T>>,
    ) -> Result<AppliedObject, NoPlan> {
        let owns = self.owns(kind, name)?;
        let change = match found {
            None => {
                writes.push(Write::Create(wanted.clone()));
                Change::Created
            }
            Some(found) if found == wanted => {
                if !owns {
                    writes.push(Write::Adopt(found.clone()));
                }
                if owns { Change::Unchanged } else { Change::Adopted }
            }
            Some(found) => {
                writes.push(Write::Update { seen: found.clone(), wanted: wanted.clone() });
                Change::Updated(differences(found, wanted)?)
            }
        };
        Ok(object(kind, name, change))
    }

    fn client(&self, entry: &ClientEntry, plan: &mut DeclarationPlan) -> Result<AppliedObject, NoPlan> {
        let id = entry.settings.client_id.as_str();
        let owns = self.owns(ObjectKind::Client, id)?;
        let Some(found) = self.found.client(entry) else {
            if self.found.principals.get(id) == Some(&ObjectKind::User) {
                return Err(InvalidEntry::NameTaken(id.to_owned()).into());
            }
            plan.clients.push(Write::Create(entry.to_record(self.secrets)??));
            return Ok(object(ObjectKind::Client, id, Change::Created));
        };
        let wanted = entry.to_record_beside(&found.secrets, self.secrets)??;
        if wanted == *found {
            if !owns {
                plan.clients.push(Write::Adopt(found.clone()));
            }
            return Ok(object(ObjectKind::Client, id, if owns { Change::Unchanged } else { Change::Adopted }));
        }
        let mut changed = differences(&found.settings, &wanted.settings)?;
        if found.secrets != wanted.secrets {
            changed.push(Difference::secret("client_secret"));
        }
        plan.clients.push(Write::Update { seen: found.clone(), wanted });
        Ok(object(ObjectKind::Client, id, Change::Updated(changed)))
    }

    /// A policy of a client that only storage knows. It stays whose it was.
    fn policy(
        &self,
        id: &ClientId,
        policy: &ExchangeSettings,
        plan: &mut DeclarationPlan,
    ) -> Result<AppliedObject, NoPlan> {
        self.owns(ObjectKind::Client, id.as_str())?;
        let Some(found) = self.found.clients.get(id.as_str()).copied() else {
            return Err(InvalidEntry::PolicyWithoutClient(id.to_string()).into());
        };
        let mut wanted = found.clone();
        wanted.settings.exchange = Some(policy.clone());
        if wanted == *found {
            return Ok(object(ObjectKind::Client, id.as_str(), Change::Unchanged));
        }
        Client::try_from(wanted.settings.clone()).map_err(|error| InvalidEntry::Settings(id.to_string(), error))?;
        let changed = differences(&found.settings, &wanted.settings)?;
        plan.policies.push(PolicyWrite { seen: found.clone(), wanted });
        Ok(object(ObjectKind::Client, id.as_str(), Change::Updated(changed)))
    }

    fn user(&self, entry: &UserEntry, remove: &[(ObjectKind, String)], planned: &mut Planned) -> Result<(), NoPlan> {
        let subject = entry.subject.as_str();
        let owns = self.owns(ObjectKind::User, subject)?;
        let Some(found) = self.found.user(entry) else {
            self.refuse_taken(entry, remove)?;
            planned.to_hash.extend(entry.password.clone().map(|password| (entry.subject.clone(), password)));
            planned.plan.users.push(UserWrite::Create(entry.to_new_user(self.now)));
            planned.objects.push(object(ObjectKind::User, subject, Change::Created));
            return Ok(());
        };
        if found.user.username != entry.username {
            return Err(InvalidEntry::Renamed(subject.to_owned()).into());
        }
        let mut changed = Vec::new();
        for Difference { field, values } in differences(&found.user.claims, &entry.claims)? {
            changed.push(Difference { field: format!("claims.{field}"), values });
        }
        let claims = (!changed.is_empty()).then(|| entry.claims.clone());
        let is_wrong = self.wrong_passwords.contains(&entry.subject);
        planned
            .to_hash
            .extend(entry.password.clone().filter(|_| is_wrong).map(|password| (entry.subject.clone(), password)));
        let imported = if found.password.is_none() { entry.imported_hash() } else { None };
        if is_wrong || imported.is_some() {
            changed.push(Difference::secret("password"));
        }
        let change = if !changed.is_empty() {
            let update = UserUpdate { seen: found.clone(), claims, password: imported };
            planned.plan.users.push(UserWrite::Update(update));
            Change::Updated(changed)
        } else if owns {
            Change::Unchanged
        } else {
            planned.plan.users.push(UserWrite::Adopt(found.clone()));
            Change::Adopted
        };
        planned.objects.push(object(ObjectKind::User, subject, change));
        Ok(())
    }

    /// A new user's names must be free, or become so by this very plan.
    fn refuse_taken(&self, entry: &UserEntry, remove: &[(ObjectKind, String)]) -> Result<(), InvalidEntry> {
        if self.found.principals.get(entry.subject.as_str()) == Some(&ObjectKind::Client) {
            return Err(InvalidEntry::NameTaken(entry.subject.to_string()));
        }
        let goes =
            |holder: &Subject| remove.iter().any(|(kind, name)| *kind == ObjectKind::User && name == holder.as_str());
        match self.found.usernames.get(&entry.username) {
            Some(holder) if !goes(holder) => Err(InvalidEntry::NameTaken(entry.username.to_string())),
            _ => Ok(()),
        }
    }
}

fn object(kind: ObjectKind, name: &str, change: Change) -> AppliedObject {
    AppliedObject { kind, name: name.to_owned(), change }
}
