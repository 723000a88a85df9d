//! Users made and changed one by one, and imported by the thousand.

use std::fmt;

use grantor_domain::new_password::WeakPassword;
use grantor_domain::secret::Secret;
use grantor_domain::user::{StandardClaims, Subject, User, Username};
use grantor_ports::{ImportMode, Imported, PasswordHash, UnusableHash, UserCredentials};
use serde::{Deserialize, Deserializer};

use super::client_changes::ATTEMPTS;
use super::key_changes::{FieldChange, InvalidChange, KeyChanges, differences};
use crate::audit::Object;
use crate::failure::{Failure, Outcome};
use crate::service::Service;

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// What they type.
    pub username: Username,
    /// Their subject; a random one if none is given.
    pub subject: Option<Subject>,
    /// What clients may learn.
    pub claims: KeyChanges,
    /// Their password; without one they cannot sign in until they get one.
    pub password: Option<Secret>,
}

/// A user as another system exports them: one line of an import.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportedUser {
    /// Their subject, which clients know them by.
    pub subject: Subject,
    /// What they type.
    pub username: Username,
    /// Their password's hash, as its maker wrote it.
    #[serde(default, deserialize_with = "hash")]
    pub password_hash: Option<PasswordHash>,
    /// What clients may learn.
    #[serde(default)]
    pub claims: StandardClaims,
    /// Whether they may not sign in.
    #[serde(default)]
    pub disabled: bool,
}

fn hash<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PasswordHash>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|text| text.map(PasswordHash::new))
}

/// Why a user was not made or changed; each text says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserProblem {
    /// Others kept changing them.
    Busy,
    /// What was asked cannot be written.
    Claims(InvalidChange),
    /// A user or a client has the subject, or a client had it.
    SubjectTaken(Subject),
    /// Their password is too weak.
    Password(WeakPassword),
    /// Another user has the name.
    UsernameTaken(Username),
}

impl fmt::Display for UserProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("others keep changing the user; try again"),
            Self::Claims(invalid) => invalid.fmt(f),
            Self::Password(weak) => weak.fmt(f),
            Self::SubjectTaken(subject) => write!(
                f,
                "the subject {:?} is taken: a user has it, or a client has or had that id; choose another, or leave \
                 --subject out to get a new one",
                subject.as_str()
            ),
            Self::UsernameTaken(username) => write!(
                f,
                "the username {:?} is taken; choose another, or change its user with `grantor user update`",
                username.as_str()
            ),
        }
    }
}

impl std::error::Error for UserProblem {}

impl Service {
    /// Makes a user. Whoever signs in from now on counts.
    ///
    /// # Errors
    /// If storage is away, or the pool that hashes passwords is full.
    pub async fn create_user(&self, new: NewUser) -> Outcome<Result<User, UserProblem>> {
        let subject = new.subject.clone().unwrap_or_else(|| Subject::generate(self.ports.random.array()));
        let outcome = self.insert_user(subject.clone(), new).await;
        self.audit_administration("user.create", &subject, outcome)
    }

    async fn insert_user(&self, subject: Subject, new: NewUser) -> Outcome<Result<User, UserProblem>> {
        let claims = match new.claims.claims(&StandardClaims::default()) {
            Ok(claims) => claims,
            Err(invalid) => return Ok(Err(UserProblem::Claims(invalid))),
        };
        let password = match new.password {
            Some(password) if let Err(weak) = self.check_new_password(&password, &new.username) => {
                return Ok(Err(UserProblem::Password(weak)));
            }
            Some(password) => Some(self.ports.passwords.hash(password).await?),
            None => None,
        };
        let user = User { subject, username: new.username, claims, disabled_at: None, not_before: self.now() };
        let credentials = UserCredentials { user, password };
        if self.ports.users.insert(&credentials).await? {
            return Ok(Ok(credentials.user));
        }
        let User { subject, username, .. } = credentials.user;
        let has_username = self.ports.users.by_username(&username).await?.is_some();
        Ok(Err(if has_username { UserProblem::UsernameTaken(username) } else { UserProblem::SubjectTaken(subject) }))
    }

    /// Changes a user's claims, decided anew if somebody else changes them at the same moment. Says what is different;
    /// none if there is no such user.
    ///
    /// # Errors
    /// If storage is away.
    pub async fn update_user(
        &self,
        subject: &Subject,
        changes: &KeyChanges,
    ) -> Outcome<Option<Result<Vec<FieldChange>, UserProblem>>> {
        let outcome = self.change_claims(subject, changes).await;
        self.audit_administration("user.update", subject, outcome)
    }

    pub(crate) async fn change_claims(
        &self,
        subject: &Subject,
        changes: &KeyChanges,
    ) -> Outcome<Option<Result<Vec<FieldChange>, UserProblem>>> {
        for _attempt in 0..ATTEMPTS {
            let Some(found) = self.ports.users.by_subject(subject).await? else { return Ok(None) };
            let before = found.user.claims;
            let after = match changes.claims(&before) {
                Ok(after) => after,
                Err(invalid) => return Ok(Some(Err(UserProblem::Claims(invalid)))),
            };
            if before == after || self.ports.users.replace_claims(subject, &before, &after).await? {
                return Ok(Some(Ok(differences(&before.into(), &after.into()))));
            }
        }
        Ok(Some(Err(UserProblem::Busy)))
    }

    /// What storage is to keep of an imported user, if their hash is one that can be checked.
    ///
    /// # Errors
    /// See [`UnusableHash`].
    pub fn read_imported(&self, imported: ImportedUser) -> Result<UserCredentials, UnusableHash> {
        let ImportedUser { subject, username, password_hash: password, claims, disabled } = imported;
        if let Some(hash) = &password {
            self.ports.passwords.scheme(hash)?;
        }
        let now = self.now();
        let user = User { subject, username, claims, disabled_at: disabled.then_some(now), not_before: now };
        Ok(UserCredentials { user, password })
    }

    /// Imports a batch of users, or finds out what would become of them. Says of each, in order, what became of them.
    ///
    /// # Errors
    /// If storage is away: then nobody of this batch came in, or everybody did, and importing them again does no harm.
    pub async fn import_users(&self, users: &[UserCredentials], mode: ImportMode) -> Outcome<Vec<Imported>> {
        let outcome = self.ports.users.import(users, mode).await.map_err(Failure::from);
        match mode {
            ImportMode::Commit => self.audit_administration("user.import", Object::Users, outcome),
            ImportMode::Rehearse => outcome,
        }
    }
}
