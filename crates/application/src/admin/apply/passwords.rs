//! The slow part: passwords that are compared or hashed, several at once, and each only once however often the plan is
//! made anew.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use grantor_domain::secret::Secret;
use grantor_domain::user::Subject;
use grantor_ports::{PasswordCheck, PasswordHash, Passwords, Unavailable};
use tokio::task::{JoinError, JoinSet};

use super::{Progress, Stage};
use crate::failure::Outcome;

/// Compares and hashes, and remembers.
pub(super) struct KnownPasswords<'a> {
    passwords: &'a Arc<dyn Passwords>,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
    /// Whether the file's password is wrong for this stored hash.
    compared: HashMap<Subject, (Option<PasswordHash>, bool)>,
    hashed: HashMap<Subject, PasswordHash>,
}

impl<'a> KnownPasswords<'a> {
    pub(super) fn new(passwords: &'a Arc<dyn Passwords>, progress: &'a (dyn Fn(Progress) + Send + Sync)) -> Self {
        Self { passwords, progress, compared: HashMap::new(), hashed: HashMap::new() }
    }

    /// Whose password in the file is not the stored one.
    pub(super) async fn wrong(
        &mut self,
        pairs: Vec<(Subject, Option<PasswordHash>, Secret)>,
    ) -> Outcome<HashSet<Subject>> {
        let mut wrong = HashSet::new();
        let mut unknown = Vec::new();
        for (subject, stored, password) in pairs {
            match self.compared.get(&subject) {
                Some((compared, is_wrong)) if *compared == stored => {
                    wrong.extend(is_wrong.then_some(subject));
                }
                _ => unknown.push((subject, (stored, password))),
            }
        }
        let compare = |passwords: Arc<dyn Passwords>, (stored, password): (Option<PasswordHash>, Secret)| async move {
            let check = passwords.verify(stored.clone(), password).await?;
            Ok((stored, check == PasswordCheck::Wrong))
        };
        for (subject, found) in self.each(Stage::ComparingPasswords, unknown, compare).await? {
            wrong.extend(found.1.then(|| subject.clone()));
            self.compared.insert(subject, found);
        }
        Ok(wrong)
    }

    /// The hashes of these.
    pub(super) async fn hash(&mut self, wanted: Vec<(Subject, Secret)>) -> Outcome<HashMap<Subject, PasswordHash>> {
        let subjects: Vec<Subject> = wanted.iter().map(|(subject, _)| subject.clone()).collect();
        let unknown = wanted.into_iter().filter(|(subject, _)| !self.hashed.contains_key(subject)).collect();
        let hash = |passwords: Arc<dyn Passwords>, password| async move { passwords.hash(password).await };
        let hashed = self.each(Stage::HashingPasswords, unknown, hash).await?;
        self.hashed.extend(hashed);
        let hash_of = |subject: Subject| self.hashed.get(&subject).cloned().map(|hash| (subject, hash));
        Ok(subjects.into_iter().filter_map(hash_of).collect())
    }

    /// Does the same for each, as many at once as there are processors: the pool refuses what would wait for long.
    async fn each<I, T, F>(
        &self,
        stage: Stage,
        inputs: Vec<(Subject, I)>,
        work: impl Fn(Arc<dyn Passwords>, I) -> F,
    ) -> Outcome<Vec<(Subject, T)>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Unavailable>> + Send + 'static,
    {
        let of = inputs.len();
        let at_once = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let mut waiting = inputs.into_iter();
        let mut working = JoinSet::new();
        let mut done = Vec::with_capacity(of);
        loop {
            while working.len() < at_once
                && let Some((subject, input)) = waiting.next()
            {
                let result = work(Arc::clone(self.passwords), input);
                working.spawn(async move { (subject, result.await) });
            }
            let Some(finished) = working.join_next().await else { return Ok(done) };
            let (subject, result) = finished.map_err(interrupted)?;
            done.push((subject, result?));
            (self.progress)(Progress { stage, done: done.len(), of });
        }
    }
}

fn interrupted(error: JoinError) -> Unavailable {
    Unavailable::because("work on a password was interrupted", error)
}
