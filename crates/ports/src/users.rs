//! Users in storage.

use grantor_domain::throttle::FailureTally;
use grantor_domain::time::Timestamp;
use grantor_domain::user::{StandardClaims, Subject, User, Username};

use crate::{FailureKeys, StoreFuture};

/// A password hash as its maker wrote it: ours in the PHC string format, imported ones in any form that
/// [`Passwords::scheme`](crate::Passwords::scheme) knows. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps the text of a hash.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// A user and how they prove to be who they are.
#[derive(Clone, Debug, PartialEq)]
pub struct UserCredentials {
    /// Who.
    pub user: User,
    /// Their password's hash; none if they have no password.
    pub password: Option<PasswordHash>,
}

/// What is known of somebody who signs in.
#[derive(Clone, Debug, PartialEq)]
pub struct SigningIn {
    /// Who, and their password.
    pub credentials: UserCredentials,
    /// Whether they have a second factor ([`EnrolledFactors::is_empty`](crate::EnrolledFactors::is_empty)).
    pub has_second_factor: bool,
}

/// What became of a user who was to be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imported {
    /// They are new.
    Inserted,
    /// Their subject is a client's or of a user with another name, or their username is another user's.
    NameTaken,
    /// A user of this subject and name is there already, and was left as they are.
    Unchanged,
}

/// Whether an import counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    /// It does.
    Commit,
    /// It does not: it finds out what would become of everybody, and leaves no trace.
    Rehearse,
}

/// Users.
pub trait Users: Send + Sync {
    /// The user who signs in with this name, enabled or not.
    fn by_username<'a>(&'a self, username: &'a Username) -> StoreFuture<'a, Option<UserCredentials>>;

    /// The user who signs in with this name, if there can be one, and the failures recorded at `since` or later that
    /// speak against another attempt ([`Attempts::tally`](crate::Attempts::tally)). One statement.
    fn signing_in<'a>(
        &'a self,
        username: Option<&'a Username>,
        keys: &'a FailureKeys,
        since: Timestamp,
    ) -> StoreFuture<'a, (Option<SigningIn>, FailureTally)>;

    /// The user with this subject.
    fn by_subject<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, Option<UserCredentials>>;

    /// The users whose subjects come after `after`, or all, by subject; at most `limit`.
    ///
    /// Called by administration.
    fn page<'a>(&'a self, after: Option<&'a Subject>, limit: u32) -> StoreFuture<'a, Vec<User>>;

    /// Inserts a user. `false`, and nothing done, if the subject is taken by a user or by a client, removed or not, or the
    /// username by another user. A removed user's subject may be taken again: nothing of theirs is left by then, but for
    /// a code of the last minute, which `not_before` must void. Atomic with its look at the common namespace of clients
    /// and users.
    fn insert<'a>(&'a self, credentials: &'a UserCredentials) -> StoreFuture<'a, bool>;

    /// Inserts those of a batch whose names nobody has, and says of each, in order, what became of them. Whole or not at
    /// all: only an outage leaves in doubt whether a batch took effect, and repeating it shows. Like [`Self::insert`] it
    /// looks at the common namespace of clients and users. Of two in a batch that share a name at most one is inserted;
    /// which one is not said.
    ///
    /// Called by administration, with some hundred users at a time.
    fn import<'a>(&'a self, users: &'a [UserCredentials], mode: ImportMode) -> StoreFuture<'a, Vec<Imported>>;

    /// Replaces a user's claims that are still `expected`. `false`, and nothing done, if they were changed or there is no
    /// such user. May be repeated: what finds `claims` there already is satisfied.
    ///
    /// Called by administration, which decides on what it read before.
    fn replace_claims<'a>(
        &'a self,
        subject: &'a Subject,
        expected: &'a StandardClaims,
        claims: &'a StandardClaims,
    ) -> StoreFuture<'a, bool>;

    /// Replaces a user's claims, leaving password and status. `false` if there is no such user.
    fn set_claims<'a>(&'a self, subject: &'a Subject, claims: &'a StandardClaims) -> StoreFuture<'a, bool>;

    /// Disables the user at `now`, moving `not_before` to `now`: whatever was authenticated before stays void, also
    /// after the user is enabled again. `false` if there is no such user.
    fn disable<'a>(&'a self, subject: &'a Subject, now: Timestamp) -> StoreFuture<'a, bool>;

    /// Enables the user; `not_before` stays where it is. `false` if there is no such user.
    fn enable<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, bool>;

    /// Sets a new password at `now`, moving `not_before` to `now`: whoever knew the old one is out. `false` if there
    /// is no such user.
    fn set_password<'a>(
        &'a self,
        subject: &'a Subject,
        hash: &'a PasswordHash,
        now: Timestamp,
    ) -> StoreFuture<'a, bool>;

    /// Sets a new password at `now` like [`Self::set_password`], in place of this one or of none. `false`, and nothing done, if they
    /// have another, or there is no such user. Never repeated.
    ///
    /// Called by a person who has proven that the old one is theirs. An implementation that does not look brings back what an
    /// administrator changed meanwhile.
    fn replace_password<'a>(
        &'a self,
        subject: &'a Subject,
        old: Option<&'a PasswordHash>,
        new: &'a PasswordHash,
        now: Timestamp,
    ) -> StoreFuture<'a, bool>;

    /// Replaces `old` by `new`, two hashes of the same password. Does nothing if the password was changed in between:
    /// otherwise a slow sign-in could bring an old password back.
    fn rehash<'a>(&'a self, subject: &'a Subject, old: &'a PasswordHash, new: &'a PasswordHash) -> StoreFuture<'a, ()>;

    /// Voids whatever the user authenticated before `now`. `false` if there is no such user.
    fn sign_out_everywhere<'a>(&'a self, subject: &'a Subject, now: Timestamp) -> StoreFuture<'a, bool>;

    /// Voids whatever anybody authenticated before `time`: after a restored backup. Says how many users it moved.
    fn sign_out_everyone_before(&self, time: Timestamp) -> StoreFuture<'_, u64>;
}
