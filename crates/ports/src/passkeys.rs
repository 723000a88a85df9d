//! Passkeys (Web Authentication): the two ceremonies between a browser and us.

use serde_json::Value;

use crate::{CryptoFailure, StoredPasskey};

/// Who is to have a passkey, as their authenticator lists them (Web Authentication §5.4.3).
#[derive(Clone, Copy, Debug)]
pub struct PasskeyOwner<'a> {
    /// The user handle: no more than a number.
    pub user_handle: [u8; 16],
    /// What they sign in as.
    pub name: &'a str,
    /// What they are called.
    pub display_name: &'a str,
}

/// A ceremony that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceremony {
    /// What the browser's script is told: the options of `navigator.credentials.create` or `get`, in JSON (Web Authentication
    /// §5.1.8, §5.1.9).
    pub options: Value,
    /// What is needed to finish it. Whoever can change it can sign in as anybody: it travels sealed.
    pub state: String,
}

/// The passkey that an answer says it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPasskey {
    /// Its credential ID.
    pub id: Vec<u8>,
    /// The user handle that the authenticator keeps with it, if it tells.
    pub user_handle: Option<Vec<u8>>,
}

/// A passkey that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadePasskey {
    /// Its credential ID.
    pub id: Vec<u8>,
    /// What it is known by.
    pub record: String,
}

/// What the browser sent is not what the ceremony asked for. The text is for the log; it holds no input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyRefused(pub String);

/// The ceremonies. Both demand that the authenticator verified its user (a fingerprint, a PIN), so that a passkey is two factors
/// in one.
pub trait PasskeyCeremonies: Send + Sync {
    /// Begins to make a passkey on an authenticator that has none of `known` (Web Authentication §7.1).
    ///
    /// # Errors
    /// If the library fails.
    fn begin_registration(&self, owner: PasskeyOwner<'_>, known: &[StoredPasskey]) -> Result<Ceremony, CryptoFailure>;

    /// Finishes that with the browser's answer, a `RegistrationResponseJSON`.
    ///
    /// # Errors
    /// If the answer does not fit.
    fn finish_registration(&self, state: &str, answer: &str) -> Result<MadePasskey, PasskeyRefused>;

    /// Begins a sign-in with one of `known`; empty: with whichever passkey the person has for us (Web Authentication §7.2).
    ///
    /// # Errors
    /// If the library fails.
    fn begin_authentication(&self, known: &[StoredPasskey]) -> Result<Ceremony, CryptoFailure>;

    /// The passkey that the browser's answer, an `AuthenticationResponseJSON`, says it is of. Proves nothing.
    fn named(&self, answer: &str) -> Option<NamedPasskey>;

    /// Finishes a sign-in with the passkey of this record. Gives what it is known by from now on.
    ///
    /// # Errors
    /// If the answer does not fit.
    fn finish_authentication(&self, state: &str, answer: &str, record: &str) -> Result<String, PasskeyRefused>;
}
