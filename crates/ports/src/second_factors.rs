//! Second factors in storage: authenticator apps (RFC 6238), passkeys (Web Authentication) and recovery codes.

use grantor_domain::client::StoredSecret;
use grantor_domain::time::Timestamp;
use grantor_domain::user::Subject;

use crate::StoreFuture;

/// A person's authenticator app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTotp {
    /// The secret that it shares with us, sealed.
    pub secret: StoredSecret,
    /// The time step (RFC 6238 §4.2) of the last code that counted: neither it nor one before it counts again (§5.2).
    pub last_step: u64,
}

/// A person's passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPasskey {
    /// Its credential ID (Web Authentication §4), which nobody else's has.
    pub id: Vec<u8>,
    /// Whose user handle it holds (Web Authentication §5.4.3): the same for all of one person, and nothing about them.
    pub user_handle: [u8; 16],
    /// What its owner calls it.
    pub name: String,
    /// What [`PasskeyCeremonies`](crate::PasskeyCeremonies) knows it by.
    pub record: String,
    /// When it was added.
    pub added_at: Timestamp,
    /// When somebody last signed in with it.
    pub used_at: Option<Timestamp>,
}

/// What a person can prove themselves with beside their password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnrolledFactors {
    /// Their authenticator app.
    pub totp: Option<StoredTotp>,
    /// Their passkeys, the oldest first.
    pub passkeys: Vec<StoredPasskey>,
    /// How many recovery codes they have left: they stand in for the others, and are no factor alone.
    pub recovery_codes: u64,
}

impl EnrolledFactors {
    /// Whether there is a second factor to ask for.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.totp.is_none() && self.passkeys.is_empty()
    }
}

/// SHA-256 of a recovery code. Nothing slower is needed for what cannot be guessed.
pub type RecoveryCodeHash = [u8; 32];

/// Second factors.
pub trait SecondFactors: Send + Sync {
    /// All that this person has; nothing for one who does not exist. One statement, or one a table.
    fn of<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, EnrolledFactors>;

    /// Gives the person an authenticator app in place of the one that they had, and with it these recovery codes in place of
    /// those that they had, unless none are given. All or nothing. `false`, and nothing done, if there is no such user. May be
    /// repeated.
    fn enrol_totp<'a>(
        &'a self,
        subject: &'a Subject,
        totp: &'a StoredTotp,
        recovery_codes: Option<&'a [RecoveryCodeHash]>,
    ) -> StoreFuture<'a, bool>;

    /// Counts a code of this time step (RFC 6238 §5.2): `false` if it is not later than the last one that counted, or there is no
    /// app. One statement decides; never repeated after a lost connection.
    ///
    /// An implementation that lets two callers spend one step accepts a code that somebody looked at over a shoulder.
    fn spend_step<'a>(&'a self, subject: &'a Subject, step: u64) -> StoreFuture<'a, bool>;

    /// Takes the authenticator app away, and the recovery codes too if that leaves no factor. `false` if there was none.
    fn remove_totp<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, bool>;

    /// Adds a passkey, and these recovery codes in place of those that the person had, unless none are given. All or nothing.
    /// `false`, and nothing done, if there is no such user or somebody has a passkey of this ID. Never repeated.
    fn enrol_passkey<'a>(
        &'a self,
        subject: &'a Subject,
        passkey: &'a StoredPasskey,
        recovery_codes: Option<&'a [RecoveryCodeHash]>,
    ) -> StoreFuture<'a, bool>;

    /// The passkey with this ID, and whose it is.
    fn passkey<'a>(&'a self, id: &'a [u8]) -> StoreFuture<'a, Option<(Subject, StoredPasskey)>>;

    /// Notes that a passkey was used at `now`, and what it is known by from now on. Idempotent; nothing if it is gone.
    fn use_passkey<'a>(&'a self, id: &'a [u8], record: &'a str, now: Timestamp) -> StoreFuture<'a, ()>;

    /// Takes a passkey of this person away, and the recovery codes too if that leaves no factor. `false` if there was none.
    fn remove_passkey<'a>(&'a self, subject: &'a Subject, id: &'a [u8]) -> StoreFuture<'a, bool>;

    /// Replaces the recovery codes of a person who has a factor. `false`, and nothing done, if they have none. May be repeated.
    fn replace_recovery_codes<'a>(
        &'a self,
        subject: &'a Subject,
        recovery_codes: &'a [RecoveryCodeHash],
    ) -> StoreFuture<'a, bool>;

    /// Uses a recovery code up. `false` if it is none of theirs, or was used. One statement decides; never repeated after a lost
    /// connection.
    ///
    /// An implementation that lets two callers spend one code lets one that was written down twice be used twice.
    fn spend_recovery_code<'a>(&'a self, subject: &'a Subject, code: &'a RecoveryCodeHash) -> StoreFuture<'a, bool>;

    /// Takes every factor and recovery code away. `false` if there was none. Called by administration, for somebody who lost them.
    fn reset<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, bool>;
}
