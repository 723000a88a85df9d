//! Users: looked at, disabled, enabled, given a new password, let in again after failed sign-ins.

use std::fmt;
use std::time::Duration;

use grantor_domain::new_password::WeakPassword;
use grantor_domain::secret::Secret;
use grantor_domain::time::Timestamp;
use grantor_domain::user::{Subject, User, Username};
use grantor_ports::{ListedSession, PasswordScheme, UnusableHash, UserCredentials};

use crate::failure::{Failure, Outcome};
use crate::service::Service;

/// How far back failed sign-ins are counted for a look at a user.
pub const RECENT: Duration = Duration::from_secs(24 * 3600);

/// A user, and how they sign in.
#[derive(Clone, Debug)]
pub struct UserReport {
    /// Who.
    pub user: User,
    /// What made their password's hash, or why it is of no use; none if they have no password.
    pub password: Option<Result<PasswordScheme, UnusableHash>>,
    /// Failed sign-ins under their name, of the time that [`RECENT`] says.
    pub recent_failures: u64,
}

/// What stands before a subject where an operator means nothing but a subject.
const SUBJECT_PREFIX: &str = "sub:";

/// Why a name that an operator gave names nobody; each text says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameProblem {
    /// It is the username of one user and the subject of another.
    Ambiguous {
        /// The name, which is the subject of one.
        name: String,
        /// The subject of the other.
        username_of: Subject,
    },
    /// No user has it.
    Unknown(String),
    /// No user has this subject.
    UnknownSubject(String),
}

impl fmt::Display for NameProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous { name, username_of } => write!(
                f,
                "{name:?} is the username of one user and the subject of another: say {SUBJECT_PREFIX}{username_of} for the \
                 one with that username, or {SUBJECT_PREFIX}{name} for the one with that subject"
            ),
            Self::Unknown(name) => {
                write!(f, "there is no user whose username or subject is {name:?}; `grantor user list` shows all")
            }
            Self::UnknownSubject(subject) => {
                write!(f, "there is no user whose subject is {subject:?}; `grantor user list` shows all")
            }
        }
    }
}

impl std::error::Error for NameProblem {}

/// A page of users.
#[derive(Clone, Debug)]
pub struct UserPage {
    /// By subject.
    pub users: Vec<User>,
    /// Whether there are more behind the last.
    pub more: bool,
}

impl Service {
    /// The users whose subjects come after `after`, or all, by subject; at most `limit`.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn list_users(&self, after: Option<&Subject>, limit: u32) -> Outcome<UserPage> {
        let mut users = self.ports.users.page(after, limit.saturating_add(1)).await?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = users.len() > wanted;
        users.truncate(wanted);
        Ok(UserPage { users, more })
    }

    /// The user whom an operator names: by username, by subject, or by subject alone as `sub:SUBJECT`.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn show_user(&self, name: &str) -> Outcome<Result<UserReport, NameProblem>> {
        let UserCredentials { user, password } = match self.named(name).await? {
            Ok(found) => found,
            Err(problem) => return Ok(Err(problem)),
        };
        let key = self.username_key(Some(&user.username))?;
        let recent_failures = self.ports.attempts.count(&key, self.now().minus(RECENT)).await?;
        let password = password.map(|hash| self.ports.passwords.scheme(&hash));
        Ok(Ok(UserReport { user, password, recent_failures }))
    }

    /// The subject of the user whom an operator names likewise.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn find_user(&self, name: &str) -> Outcome<Result<Subject, NameProblem>> {
        Ok(self.named(name).await?.map(|found| found.user.subject))
    }

    /// Disables a user: from now on nothing they authenticated is worth anything, and the clients of their sessions are told.
    /// `false` if there is no such user.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn disable_user(&self, subject: &Subject) -> Outcome<bool> {
        let outcome = self.disable_and_end_sessions(subject).await;
        self.audit_administration("user.disable", subject, outcome)
    }

    async fn disable_and_end_sessions(&self, subject: &Subject) -> Outcome<bool> {
        let now = self.now();
        let is_there = self.ports.users.disable(subject, now).await?;
        if is_there {
            self.end_sessions_of(subject, now).await?;
        }
        Ok(is_there)
    }

    /// Ends what was signed in before this time: to storage it is good for nothing already, but its clients have to be told.
    pub(crate) async fn end_sessions_of(&self, subject: &Subject, before: Timestamp) -> Outcome<()> {
        for ListedSession { session, .. } in self.ports.sessions.of(subject, self.now()).await? {
            if session.authentication.time < before {
                self.end_session(&session, None).await?;
            }
        }
        Ok(())
    }

    /// Enables a user: they may sign in again. What was void stays void. `false` if there is no such user.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn enable_user(&self, subject: &Subject) -> Outcome<bool> {
        let outcome = self.ports.users.enable(subject).await;
        self.audit_administration("user.enable", subject, outcome.map_err(Failure::from))
    }

    /// Sets a user's password, if it is strong enough: whoever signed in with the old one is out, and the clients of those
    /// sessions are told. `false` if there is no such user.
    ///
    /// # Errors
    /// If storage is away, or the pool that hashes is full.
    pub async fn set_password(&self, subject: &Subject, password: Secret) -> Outcome<Result<bool, WeakPassword>> {
        let outcome = self.store_password(subject, password).await;
        self.audit_administration("user.set_password", subject, outcome)
    }

    async fn store_password(&self, subject: &Subject, password: Secret) -> Outcome<Result<bool, WeakPassword>> {
        let Some(UserCredentials { user, .. }) = self.ports.users.by_subject(subject).await? else {
            return Ok(Ok(false));
        };
        if let Err(weak) = self.check_new_password(&password, &user.username) {
            return Ok(Err(weak));
        }
        let hash = self.ports.passwords.hash(password).await?;
        let now = self.now();
        let is_there = self.ports.users.set_password(subject, &hash, now).await?;
        if is_there {
            self.end_sessions_of(subject, now).await?;
        }
        Ok(Ok(is_there))
    }

    /// Forgets the failed sign-ins of the user whom an operator names likewise. Says who that is and how many there were.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn unlock_user(&self, name: &str) -> Outcome<Result<(Subject, u64), NameProblem>> {
        let user = match self.named(name).await? {
            Ok(found) => found.user,
            Err(problem) => return Ok(Err(problem)),
        };
        let forgotten = self.forget_failures(&user).await;
        let forgotten = self.audit_administration("user.unlock", &user.subject, forgotten)?;
        Ok(Ok((user.subject, forgotten)))
    }

    /// Those of passwords and those of codes.
    async fn forget_failures(&self, user: &User) -> Outcome<u64> {
        let (passwords, codes) = (self.username_key(Some(&user.username))?, self.counted_as_code(&user.subject, None)?);
        let attempts = &self.ports.attempts;
        Ok(attempts.forget(&passwords).await? + attempts.forget(&codes.keys.username).await?)
    }

    /// Takes the second factors of the user whom an operator names likewise, and ends whatever they authenticated. Says who that is
    /// and whether they had any.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn reset_second_factor(&self, name: &str) -> Outcome<Result<(Subject, bool), NameProblem>> {
        let subject = match self.named(name).await? {
            Ok(found) => found.user.subject,
            Err(problem) => return Ok(Err(problem)),
        };
        let had_some = self.take_second_factor(&subject).await;
        let had_some = self.audit_administration("user.reset_second_factor", &subject, had_some)?;
        Ok(Ok((subject, had_some)))
    }

    /// With it goes what it signed in: whoever enrolled it may be somebody else.
    async fn take_second_factor(&self, subject: &Subject) -> Outcome<bool> {
        let had_some = self.ports.second_factors.reset(subject).await?;
        if had_some {
            let now = self.now();
            self.ports.users.sign_out_everywhere(subject, now).await?;
            self.end_sessions_of(subject, now).await?;
        }
        Ok(had_some)
    }

    pub(super) async fn named(&self, name: &str) -> Outcome<Result<UserCredentials, NameProblem>> {
        if let Some(subject) = name.strip_prefix(SUBJECT_PREFIX) {
            let found = self.with_subject(subject).await?;
            return Ok(found.ok_or_else(|| NameProblem::UnknownSubject(subject.to_owned())));
        }
        let by_username = match Username::parse(name) {
            Ok(username) => self.ports.users.by_username(&username).await?,
            Err(_invalid) => None,
        };
        Ok(match (by_username, self.with_subject(name).await?) {
            (Some(one), Some(other)) if one.user.subject != other.user.subject => {
                Err(NameProblem::Ambiguous { name: name.to_owned(), username_of: one.user.subject })
            }
            (Some(found), _) | (None, Some(found)) => Ok(found),
            (None, None) => Err(NameProblem::Unknown(name.to_owned())),
        })
    }

    async fn with_subject(&self, text: &str) -> Outcome<Option<UserCredentials>> {
        match Subject::parse(text) {
            Ok(subject) => Ok(self.ports.users.by_subject(&subject).await?),
            Err(_invalid) => Ok(None),
        }
    }
}
