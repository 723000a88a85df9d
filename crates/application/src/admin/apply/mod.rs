//! Applying a file: scopes, resources, exchange policies, clients and users become as it says, in one transaction.
//! Applied twice, the second time changes nothing.
//!
//! Every entry is checked, then storage is asked what it has, then a plan is made, then passwords are hashed, and then
//! the plan is carried out whole, if storage is still as the plan saw it. If not, the plan is made anew.

mod client_entry;
mod diff;
mod file;
mod invalid;
mod passwords;
mod plan;
mod user_entry;

use grantor_domain::registry::Owner;
use grantor_domain::secret::Secret;
use grantor_domain::user::Subject;
use grantor_ports::{Commitment, DeclarationPlan, ObjectKind, Survey, Unavailable, UserUpdate, UserWrite};
use serde::{Deserialize as _, Deserializer};

use crate::audit::Object;
use crate::failure::Outcome;
use crate::service::Service;

pub use client_entry::ClientEntry;
pub(super) use client_entry::serves;
pub use diff::Difference;
pub use file::ApplyFile;
pub use invalid::InvalidEntry;
pub use user_entry::UserEntry;

use passwords::KnownPasswords;
use plan::{Found, NoPlan, Planned, Planner, mentioned};

/// How often a plan is made anew that somebody overtook.
const ATTEMPTS: usize = 5;

/// How a file is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApplyOptions {
    /// Only find out what would change.
    pub dry_run: bool,
    /// Also remove what the file's owner owns and the file does not mention any more.
    pub prune: bool,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The file's passwords are compared with the stored ones.
    ComparingPasswords,
    /// New passwords are hashed.
    HashingPasswords,
    /// Storage is asked what it has.
    Reading,
    /// The plan is carried out.
    Writing,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// With how many it is done.
    pub done: usize,
    /// Of how many.
    pub of: usize,
}

/// What became of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It was as the file says, and nobody's: now it is the owner's.
    Adopted,
    /// It is new.
    Created,
    /// It was the owner's, and is gone.
    Removed,
    /// It was as the file says.
    Unchanged,
    /// It is now as the file says; this differed.
    Updated(Vec<Difference>),
}

/// What became of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct AppliedObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its id, identifier, value or subject.
    pub name: String,
    /// What became of it, or, in a dry run, what would.
    pub change: Change,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// Who declares what is in it.
    pub owner: Owner,
    /// Its objects in the order of application, then those that were removed.
    pub objects: Vec<AppliedObject>,
}

impl Service {
    /// Applies a file, or finds out what that would change. `progress` is told what is being done.
    ///
    /// # Errors
    /// The first invalid entry, or an outage; also, after some attempts, if others keep changing what the file is about.
    /// In each case nothing was changed, but that the answer to a commit may be lost: applying the file again tells.
    pub async fn apply(
        &self,
        file: &ApplyFile,
        options: ApplyOptions,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Outcome<Result<Applied, InvalidEntry>> {
        let outcome = self.apply_whole(file, options, progress).await;
        if options.dry_run {
            return outcome;
        }
        for object in outcome.iter().flatten().flat_map(|applied| &applied.objects) {
            self.audit_applied(object);
        }
        self.audit_administration("apply", Object::Declarations(file.owner().as_str()), outcome)
    }

    async fn apply_whole(
        &self,
        file: &ApplyFile,
        options: ApplyOptions,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Outcome<Result<Applied, InvalidEntry>> {
        if options.prune && file.owner.is_none() {
            return Ok(Err(InvalidEntry::OwnerMissing));
        }
        if let Err(invalid) = self.check(file) {
            return Ok(Err(invalid));
        }
        let owner = file.owner();
        if names(file) == 0 && !options.prune {
            return Ok(Ok(Applied { owner, objects: Vec::new() }));
        }
        let mentioned = mentioned(file);
        let mut known = KnownPasswords::new(&self.ports.passwords, progress);
        for _attempt in 0..ATTEMPTS {
            progress(Progress { stage: Stage::Reading, done: 0, of: names(file) });
            let survey = self.ports.declarations.survey(&mentioned, &owner).await?;
            let planned = match self.plan(file, options, &survey, &mut known).await {
                Ok(planned) => planned,
                Err(NoPlan::Invalid(invalid)) => return Ok(Err(invalid)),
                Err(NoPlan::Failure(failure)) => return Err(failure),
            };
            if !options.dry_run {
                for entry in &file.clients {
                    self.ensure_salt_for(&entry.settings).await?;
                }
            }
            if options.dry_run || self.carry_out(planned.plan, planned.to_hash, &mut known, progress).await? {
                return Ok(Ok(Applied { owner, objects: planned.objects }));
            }
        }
        Err(Unavailable::new("others keep changing what the file is about; nothing was written, try again").into())
    }

    fn check(&self, file: &ApplyFile) -> Result<(), InvalidEntry> {
        for entry in &file.clients {
            entry.check()?;
            self.check_algorithms(entry)?;
        }
        let rules = &self.settings.password_rules;
        file.users.iter().try_for_each(|entry| entry.check(&*self.ports.passwords, rules))?;
        file.repeated().map_or(Ok(()), |name| Err(InvalidEntry::Repeated(name.to_owned())))
    }

    pub(super) fn check_algorithms(&self, entry: &ClientEntry) -> Result<(), InvalidEntry> {
        let settings = &entry.settings;
        let wanted = [settings.access_token_signed_response_alg, settings.id_token_signed_response_alg];
        let wanted = wanted.into_iter().chain(settings.userinfo_signed_response_alg);
        let disabled = wanted.into_iter().find(|wanted| self.lacks_key_for(*wanted));
        disabled
            .map_or(Ok(()), |algorithm| Err(InvalidEntry::AlgorithmDisabled(settings.client_id.to_string(), algorithm)))
    }

    async fn plan(
        &self,
        file: &ApplyFile,
        options: ApplyOptions,
        survey: &Survey,
        known: &mut KnownPasswords<'_>,
    ) -> Result<Planned, NoPlan> {
        let found = Found::new(survey);
        for entry in &file.clients {
            let stored = found.client(entry).map(|record| &record.settings);
            let agreed = self.check_sector(stored, &entry.settings).await;
            agreed.map_err(|problem| InvalidEntry::Sector(entry.settings.client_id.to_string(), problem))?;
        }
        let pairs = file.users.iter().filter_map(|entry| {
            let (stored, password) = (found.user(entry)?, entry.password.clone()?);
            Some((entry.subject.clone(), stored.password.clone(), password))
        });
        let wrong_passwords = known.wrong(pairs.collect()).await?;
        let (secrets, now) = (&*self.ports.client_secrets, self.now());
        Planner { file, owner: file.owner(), found, wrong_passwords, prune: options.prune, secrets, now }.plan()
    }

    /// Hashes what the plan needs and carries it out. `false` if it was overtaken.
    async fn carry_out(
        &self,
        mut plan: DeclarationPlan,
        to_hash: Vec<(Subject, Secret)>,
        known: &mut KnownPasswords<'_>,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Outcome<bool> {
        if plan.is_empty() {
            return Ok(true);
        }
        let mut hashes = known.hash(to_hash).await?;
        let now = self.now();
        for write in &mut plan.users {
            let hash = hashes.remove(write.subject());
            match write {
                UserWrite::Adopt(_) => {}
                UserWrite::Create(credentials) => {
                    credentials.user.not_before = now;
                    credentials.password = credentials.password.take().or(hash);
                }
                UserWrite::Update(UserUpdate { password, .. }) => *password = password.take().or(hash),
            }
        }
        progress(Progress { stage: Stage::Writing, done: 0, of: plan.len() });
        Ok(self.ports.declarations.commit(&plan, now).await? == Commitment::Done)
    }
}

/// Reads a text that must not leak.
fn read_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|text| text.map(Secret::new))
}

/// How many objects a file names.
fn names(file: &ApplyFile) -> usize {
    file.scopes.len() + file.resources.len() + file.policies.len() + file.clients.len() + file.users.len()
}
