//! Cryptography: signatures, seals and client secrets. Synchronous: a hop would cost as much as a signature.

use grantor_domain::client::{Sector, StoredSecret};
use grantor_domain::id::SessionId;
use grantor_domain::jwt::{JwsAlgorithm, JwtType};
use grantor_domain::secret::Secret;
use grantor_domain::time::Timestamp;
use grantor_domain::token::refresh_token::RefreshToken;
use grantor_domain::user::Subject;
use serde_json::Value;

use crate::cause::failure_with_cause;
use crate::{KeyPurpose, KeyRecord};

failure_with_cause! {
    /// Something on our side failed although it should not: no key for the purpose, an error of a library. Its text
    /// never holds key material or input.
    CryptoFailure
}

/// Why a token is not one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOurs {
    /// It is damaged, forged, or of another kind.
    Invalid,
    /// It names a key that this replica does not know; another replica may have made it a moment ago.
    UnknownKey,
}

/// A JWT of ours whose signature holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedJwt {
    /// Its `typ`, as it came.
    pub kind: Option<JwtType>,
    /// Its `alg`, which is the key's.
    pub algorithm: JwsAlgorithm,
    /// The claims' bytes.
    pub payload: Vec<u8>,
}

/// The key ring in memory, which storage feeds.
pub trait KeyRing: Send + Sync {
    /// Takes over what storage holds now. Keys that did not change stay prepared. Callers take turns, each from reading
    /// storage to replacing: else an older reading may win.
    ///
    /// # Errors
    /// If a key cannot be unwrapped; then the ring stays as it was.
    fn replace(&self, records: &[KeyRecord]) -> Result<(), CryptoFailure>;

    /// Makes a new key of this number for storage; the ring itself does not change.
    ///
    /// # Errors
    /// If the library fails.
    fn make(
        &self,
        purpose: KeyPurpose,
        number: u32,
        now: Timestamp,
        activates_at: Timestamp,
    ) -> Result<KeyRecord, CryptoFailure>;

    /// The identifiers of the key-encryption secrets at hand, the current one first.
    fn secret_ids(&self) -> Vec<u32>;

    /// A random key wrapped under the current key-encryption secret instead of its own; the ring itself does not change.
    ///
    /// # Errors
    /// If the key is derived, cannot be unwrapped, or the library fails.
    fn rewrap(&self, record: &KeyRecord) -> Result<KeyRecord, CryptoFailure>;

    /// When the key that is in use at `now` was made, for each purpose that has one.
    fn in_use(&self, now: Timestamp) -> Vec<(KeyPurpose, Timestamp)>;
}

/// Signs and verifies our own JWTs with the key ring.
pub trait Signer: Send + Sync {
    /// Signs claims with the key in use at `now` for an asymmetric algorithm, naming it in `kid`.
    ///
    /// # Errors
    /// If the ring has no key for the algorithm, or the library fails.
    fn sign(
        &self,
        algorithm: JwsAlgorithm,
        kind: JwtType,
        claims: &[u8],
        now: Timestamp,
    ) -> Result<String, CryptoFailure>;

    /// Checks the signature of a JWT against the key that it names, if that key is not retired at `now`. Whatever the
    /// header says, the algorithm is the key's. Claims are not looked at.
    ///
    /// # Errors
    /// See [`NotOurs`].
    fn verify(&self, jwt: &str, now: Timestamp) -> Result<VerifiedJwt, NotOurs>;

    /// The public keys that are published at `now`, as a JWK set (RFC 7517 §5).
    fn jwks(&self, now: Timestamp) -> Value;

    /// The asymmetric algorithms that the ring can sign with, in alphabetical order.
    fn algorithms(&self) -> Vec<JwsAlgorithm>;
}

/// What is sealed. The kind is authenticated, so that one can never be opened as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sealed {
    /// What travels through a browser while a person looks at their own account.
    AccountForm,
    /// Whom a token is about whose `sub` is pairwise.
    Account,
    /// An opaque access token.
    AccessToken,
    /// An authorization code.
    AuthorizationCode,
    /// A device code.
    DeviceCode,
    /// An initial access token (RFC 7591 §3).
    InitialToken,
    /// What travels through a browser while a person decides about a client.
    Interaction,
    /// Who signed in in a browser before.
    KnownBrowser,
    /// What travels through a browser while a person decides whether to sign out.
    Logout,
    /// What travels through a browser between two steps of the playground.
    Playground,
    /// What travels through a browser while a second factor is set up or used.
    SecondFactor,
}

/// Seals what travels, and authenticates refresh tokens. The text form has a fixed prefix by kind and a checksum, so
/// that secret scanners recognise it.
pub trait Sealer: Send + Sync {
    /// Seals `content` under the key in use at `now`.
    ///
    /// # Errors
    /// If the library fails.
    fn seal(&self, kind: Sealed, content: &[u8], now: Timestamp) -> Result<String, CryptoFailure>;

    /// Opens what [`Self::seal`] made, whichever key of the ring made it.
    ///
    /// # Errors
    /// See [`NotOurs`]; [`NotOurs::UnknownKey`] means a key-encryption secret that is no longer configured.
    fn open(&self, kind: Sealed, text: &str) -> Result<Vec<u8>, NotOurs>;

    /// The text of a refresh token, authenticated under the key in use at `at`: the moment its predecessor was spent, so
    /// that a retry makes the same text again.
    fn refresh_token(&self, token: &RefreshToken, at: Timestamp) -> String;

    /// Reads the text of a refresh token and checks its tag, before any statement runs.
    ///
    /// # Errors
    /// See [`NotOurs`].
    fn open_refresh_token(&self, text: &str) -> Result<RefreshToken, NotOurs>;
}

/// Pairwise subject identifiers (OpenID Connect Core §8.1).
pub trait PairwiseSubjects: Send + Sync {
    /// Whether the ring has the salt: it comes with the first client that needs it, and another replica may have made that.
    fn has_salt(&self) -> bool;

    /// The identifier of this account in this sector: for ever the same, and nobody without the salt can tell which account it is.
    ///
    /// # Errors
    /// If the ring has no salt.
    fn pairwise(&self, sector: &Sector, account: &str) -> Result<Subject, CryptoFailure>;

    /// Likewise the name of this session: one `sid` for all clients would tell them what the subject does not.
    ///
    /// # Errors
    /// Likewise.
    fn pairwise_session(&self, sector: &Sector, session: SessionId) -> Result<SessionId, CryptoFailure>;
}

/// How a client secret will be used, which decides how it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretUse {
    /// Only compared: kept as a keyed hash.
    Compared,
    /// Also signs: kept sealed.
    Signs,
}

/// Client secrets.
pub trait ClientSecrets: Send + Sync {
    /// Turns a secret into what storage keeps.
    ///
    /// # Errors
    /// If the ring has no key for it, or the library fails.
    fn protect(&self, secret: &Secret, usage: SecretUse) -> Result<StoredSecret, CryptoFailure>;

    /// The hashed form of each, so that comparing costs the same whatever storage keeps. Not for storage.
    ///
    /// # Errors
    /// If one could not be read; see [`Self::matches`].
    fn comparable(&self, stored: &[StoredSecret]) -> Result<Vec<StoredSecret>, CryptoFailure>;

    /// Whether `presented` is one of `stored`. If all are hashed, it takes the same time whether it is, is not, or there
    /// is none to compare with. `stored` is empty for an unknown client.
    ///
    /// # Errors
    /// If it matches none, but one could not be read: its key is not in the ring (another replica may have made it a
    /// moment ago), or it is damaged. That is never "no".
    fn matches(&self, stored: &[StoredSecret], presented: &Secret) -> Result<bool, CryptoFailure>;

    /// The secret that was kept sealed ([`SecretUse::Signs`]).
    ///
    /// # Errors
    /// If it was not, or could not be read; see [`Self::matches`].
    fn reveal(&self, stored: &StoredSecret) -> Result<Secret, CryptoFailure>;

    /// Signs claims with HS256 under the oldest sealed secret: clients change over before it is removed.
    ///
    /// # Errors
    /// If none is sealed, or the library fails.
    fn sign(&self, stored: &[StoredSecret], kind: JwtType, claims: &[u8]) -> Result<String, CryptoFailure>;

    /// The payload of a JWT signed with HS256 under one of the sealed secrets, compared in constant time; none if none
    /// made it.
    ///
    /// # Errors
    /// If none made it, but one could not be read; see [`Self::matches`].
    fn verify(&self, stored: &[StoredSecret], jwt: &str) -> Result<Option<Vec<u8>>, CryptoFailure>;
}

/// What a client signs its assertions with, while it is in somebody's hands who plays that client: nothing of it is stored.
#[derive(Clone, Debug)]
pub enum ClientSigningKey {
    /// A private key: a JWK (RFC 7517 §4), or PKCS#8 in PEM (RFC 7468 §10).
    Private(Secret),
    /// The client's secret, for HS256 (OpenID Connect Core §9).
    Secret(Secret),
}

/// Why nothing can be signed with a key. The key itself is never told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnusableKey {
    /// It is the public part, with which signatures are checked.
    Public,
    /// The secret is shorter than HS256 needs (RFC 7518 §3.2).
    TooShort,
    /// It is neither a JWK nor PKCS#8 in PEM, or its numbers are missing, too small or not of one key.
    Unreadable,
    /// It is of a kind or for a purpose for which there is no algorithm here.
    Unsupported,
}

/// Keys of clients.
pub trait ClientKeys: Send + Sync {
    /// The payload of a JWT signed by one of the keys in `jwks` (RFC 7517 §5); none if none made it. The algorithm must
    /// be asymmetric and fit the key (RFC 8725 §3.1).
    fn verify(&self, jwks: &Value, jwt: &str) -> Option<Vec<u8>>;

    /// Signs claims as the client would: with what `alg` of a JWK names, or else with ES256, EdDSA or RS256 by the kind of
    /// the key, and with its `kid`.
    ///
    /// # Errors
    /// See [`UnusableKey`].
    fn sign(&self, key: &ClientSigningKey, claims: &[u8]) -> Result<String, UnusableKey>;
}
