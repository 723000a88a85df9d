//! Why a file cannot be applied: which entry is wrong, and what to do about it.

use std::fmt;

use grantor_domain::client::{InvalidClientSettings, MIN_HS256_BYTES};
use grantor_domain::jwt::JwsAlgorithm;
use grantor_domain::new_password::WeakPassword;
use grantor_domain::registry::Owner;
use grantor_ports::{ObjectKind, UnusableHash};

use crate::sector::SectorProblem;

/// An entry that cannot be applied, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidEntry {
    /// Its tokens are to be signed with an algorithm that the server has no key for.
    AlgorithmDisabled(String, JwsAlgorithm),
    /// Its name belongs to somebody else.
    NameTaken(String),
    /// It belongs to another owner.
    Owned(ObjectKind, String, Owner),
    /// The file names no owner, and so shares it with every other that does not: pruning would remove what those declare.
    OwnerMissing,
    /// Its password is empty.
    PasswordEmpty(String),
    /// Its password hash is none that signing in could be checked against.
    PasswordHash(String, UnusableHash),
    /// Its password has more than so many bytes.
    PasswordTooLong(String, usize),
    /// Its password is too weak.
    PasswordWeak(String, WeakPassword),
    /// It has a password and a hash.
    PasswordTwice(String),
    /// A policy is for a client that nobody knows.
    PolicyWithoutClient(String),
    /// A user would get another username.
    Renamed(String),
    /// It is in the file twice.
    Repeated(String),
    /// Its sector does not agree.
    Sector(String, SectorProblem),
    /// Its secret is empty.
    SecretEmpty(String),
    /// It authenticates with a secret, or signs with it; none is in the file, and storage has none that serves.
    SecretMissing(String),
    /// Its secret is too short to sign with.
    SecretTooShort(String),
    /// It has a secret, but authenticates without one.
    SecretUnused(String),
    /// Its settings do not pass.
    Settings(String, InvalidClientSettings),
}

impl fmt::Display for InvalidEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlgorithmDisabled(id, algorithm) => {
                write!(f, "client {id:?}: the server has no {algorithm} key; add it to keys.algorithms and restart")
            }
            Self::NameTaken(name) => {
                write!(
                    f,
                    "{name:?} is taken: client ids, subjects and usernames must each be unique, and a client and a user \
                     never have the same name, not even one after the other"
                )
            }
            Self::Owned(kind, name, owner) => {
                let (kind, owner) = (kind.as_str(), owner.as_str());
                write!(
                    f,
                    "{kind} {name:?} belongs to {owner:?}: change it in that owner's file, or give it up there first \
                     (take it out and apply that file with --prune, which removes it)"
                )
            }
            Self::OwnerMissing => write!(
                f,
                "--prune removes what the file's owner owns, and all files that name none share the owner {:?}: name one, \
                 such as owner = \"platform\", at the top of the file",
                Owner::default().as_str()
            ),
            Self::PasswordEmpty(subject) => {
                write!(f, "user {subject:?}: password is empty; leave it out for a user who has none yet")
            }
            Self::PasswordHash(subject, unusable) => write!(f, "user {subject:?}: {unusable}"),
            Self::PasswordTooLong(subject, most) => {
                write!(f, "user {subject:?}: password is longer than {most} bytes")
            }
            Self::PasswordWeak(subject, weak) => write!(f, "user {subject:?}: {weak}"),
            Self::PasswordTwice(subject) => {
                write!(f, "user {subject:?}: password and password_hash exclude each other")
            }
            Self::PolicyWithoutClient(id) => {
                write!(f, "exchange_policies: client {id:?} is neither in the file nor in storage")
            }
            Self::Renamed(subject) => {
                write!(f, "user {subject:?} has another username in storage; a file does not rename people")
            }
            Self::Repeated(name) => write!(f, "{name:?} is in the file twice"),
            Self::Sector(id, problem) => write!(f, "client {id:?}: {problem}"),
            Self::SecretEmpty(id) => {
                write!(f, "client {id:?}: client_secret is empty; leave it out to keep the secrets that storage has")
            }
            Self::SecretMissing(id) => write!(
                f,
                "client {id:?}: client_secret is missing: the client uses a secret, and storage has none that serves (of \
                 most it keeps a hash, which cannot sign)"
            ),
            Self::SecretTooShort(id) => {
                write!(f, "client {id:?}: a secret that signs (HS256) must have at least {MIN_HS256_BYTES} bytes")
            }
            Self::SecretUnused(id) => write!(
                f,
                "client {id:?}: client_secret is given, but the client authenticates without one; leave it out, or add a \
                 method that uses it to token_endpoint_auth_methods"
            ),
            Self::Settings(id, error) => write!(f, "client {id:?}: {error}"),
        }
    }
}

impl std::error::Error for InvalidEntry {}
