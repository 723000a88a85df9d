//! People's passwords. Asynchronous, because hashing one takes long on purpose: it has a bounded pool of its own.

use std::fmt;

use grantor_domain::secret::Secret;

use crate::{PasswordHash, PortFuture, Unavailable};

/// How a password hash was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordScheme {
    /// RFC 9106.
    Argon2d,
    /// RFC 9106.
    Argon2i,
    /// RFC 9106. The one that new hashes are made with.
    Argon2id,
    /// `$2a$`, `$2b$` or `$2y$`.
    Bcrypt,
    /// RFC 8018 §5.2 with HMAC-SHA-1.
    Pbkdf2Sha1,
    /// The same with HMAC-SHA-256.
    Pbkdf2Sha256,
    /// The same with HMAC-SHA-512.
    Pbkdf2Sha512,
}

impl PasswordScheme {
    /// Its usual name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Argon2d => "argon2d",
            Self::Argon2i => "argon2i",
            Self::Argon2id => "argon2id",
            Self::Bcrypt => "bcrypt",
            Self::Pbkdf2Sha1 => "pbkdf2-sha1",
            Self::Pbkdf2Sha256 => "pbkdf2-sha256",
            Self::Pbkdf2Sha512 => "pbkdf2-sha512",
        }
    }
}

/// Why a password hash is of no use. Its text shows nothing of the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnusableHash {
    /// It says what made it, but is not of that form.
    Damaged(PasswordScheme),
    /// Nothing that we know made it.
    Foreign,
    /// Checking it would cost more than a sign-in may; the text says how much that is.
    TooCostly(&'static str),
}

impl fmt::Display for UnusableHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(scheme) => write!(f, "the password hash begins like {} but is damaged", scheme.as_str()),
            Self::Foreign => f.write_str(
                "the password hash is of no known form: argon2 and PBKDF2 in the PHC string format, bcrypt as $2a$, $2b$ or \
                 $2y$, and PBKDF2 as passlib and Django write it are known",
            ),
            Self::TooCostly(most) => write!(f, "the password hash is too costly to check: the most is {most}"),
        }
    }
}

impl std::error::Error for UnusableHash {}

/// What checking a password found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordCheck {
    /// It is right, and its hash is as it should be.
    Right,
    /// It is right, but its hash was made with another scheme or old parameters.
    RightButStale,
    /// It is wrong, or there is none.
    Wrong,
}

/// People's passwords.
pub trait Passwords: Send + Sync {
    /// Hashes a password under the current parameters.
    fn hash(&self, password: Secret) -> PortFuture<'_, Result<PasswordHash, Unavailable>>;

    /// Checks a password against `stored`, or against a dummy that costs what a hash of ours does if there is none.
    fn verify(
        &self,
        stored: Option<PasswordHash>,
        password: Secret,
    ) -> PortFuture<'_, Result<PasswordCheck, Unavailable>>;

    /// After how many guesses somebody finds a password who knows `about`: names, addresses. Quick enough to be asked while a
    /// person waits.
    fn guesses(&self, password: &Secret, about: &[&str]) -> u64;

    /// The most bytes of a password that [`Self::hash`] takes; a longer one is never right.
    fn max_bytes(&self) -> usize;

    /// What made a hash, if [`Self::verify`] can check it at a cost that is bounded. Checks no password.
    ///
    /// Called by import: an implementation that takes any cost lets one imported user bring sign-in to a halt.
    ///
    /// # Errors
    /// See [`UnusableHash`].
    fn scheme(&self, hash: &PasswordHash) -> Result<PasswordScheme, UnusableHash>;
}
