//! The key ring in storage, and the changes that replicas follow.

use grantor_domain::client::ClientId;
use grantor_domain::jwt::JwsAlgorithm;
use grantor_domain::time::Timestamp;

use crate::StoreFuture;

/// What a key is for; each has keys of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyPurpose {
    /// Hashes client secrets. Random, wrapped.
    ClientSecretHash,
    /// Seals client secrets that sign. Random, wrapped.
    ClientSecretSeal,
    /// Makes pairwise subjects (OpenID Connect Core §8.1). Random, wrapped; never rotated, for every client would take its users
    /// for strangers.
    PairwiseSalt,
    /// Authenticates refresh tokens. Derived from the key-encryption secret and the number.
    RefreshMac,
    /// Seals codes, opaque tokens and what travels through browsers. Derived likewise.
    Seal,
    /// Signs tokens with this algorithm. Random, wrapped.
    Sign(JwsAlgorithm),
}

impl KeyPurpose {
    /// The name in storage and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretHash => "client_secret_hash",
            Self::ClientSecretSeal => "client_secret_seal",
            Self::PairwiseSalt => "pairwise_salt",
            Self::RefreshMac => "refresh_mac",
            Self::Seal => "seal",
            Self::Sign(JwsAlgorithm::EdDSA) => "sign_eddsa",
            Self::Sign(JwsAlgorithm::ES256) => "sign_es256",
            Self::Sign(JwsAlgorithm::HS256) => "sign_hs256",
            Self::Sign(JwsAlgorithm::PS256) => "sign_ps256",
            Self::Sign(JwsAlgorithm::RS256) => "sign_rs256",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = [Self::ClientSecretHash, Self::ClientSecretSeal, Self::PairwiseSalt, Self::RefreshMac, Self::Seal];
        let signing = JwsAlgorithm::ALL.map(Self::Sign);
        plain.into_iter().chain(signing).find(|purpose| purpose.as_str() == text)
    }

    /// Whether the key is computed from the key-encryption secret, so that nothing of it is stored and a restored
    /// database loses none.
    #[must_use]
    pub const fn is_derived(self) -> bool {
        matches!(self, Self::RefreshMac | Self::Seal)
    }

    /// Whether nothing depends for ever on one key: those of client secrets stay, because stored secrets are bound to them, and
    /// so does the salt.
    #[must_use]
    pub const fn rotates(self) -> bool {
        self.is_derived() || matches!(self, Self::Sign(_))
    }
}

/// One key of the ring, as storage keeps it: never in the clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its number, unique in the ring and growing.
    pub number: u32,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// Which key-encryption secret it is derived from or wrapped under.
    pub secret_id: u32,
    /// The wrapped key; empty for derived keys.
    pub wrapped: Vec<u8>,
    /// The public part as a JWK in JSON, with `kid`; empty for keys that have none.
    pub public_jwk: String,
    /// When it was made, and published if it has a public part.
    pub created_at: Timestamp,
    /// From when on it is used for new tokens, unless a later one is in use.
    pub activates_at: Timestamp,
    /// When it stops being published and accepted; none until a successor is made.
    pub retires_at: Option<Timestamp>,
}

impl KeyRecord {
    /// The retirement of a derived key that leaked. Its row stays for good: what nobody knows anything about is derived
    /// on the spot, and so would this be wherever its key-encryption secret is configured, or is again.
    pub const REFUSED: Timestamp = Timestamp::from_millis(0);

    /// Whether this is a derived key that nothing may be read with any more.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.purpose.is_derived() && self.retires_at == Some(Self::REFUSED)
    }
}

/// The key ring.
pub trait Keys: Send + Sync {
    /// Every key, by number.
    fn list(&self) -> StoreFuture<'_, Vec<KeyRecord>>;

    /// Adds keys, sets the retirement of those they succeed, and records the change, atomically. `false`, and nothing
    /// done, if a number is taken or a key to retire is gone: somebody else changed the ring at the same moment. A
    /// retirement never moves later: a key that was retired because it leaked stays so.
    ///
    /// Called by administration, which plans anew after `false`. An implementation that says `true` without having
    /// retired each of them leaves keys accepted for ever.
    fn rotate<'a>(
        &'a self,
        new: &'a [KeyRecord],
        retire: &'a [(u32, Timestamp)],
        now: Timestamp,
    ) -> StoreFuture<'a, bool>;

    /// Puts `ring` in the place of `seen` and records the change, atomically. `false`, and nothing done, if storage does
    /// not hold exactly `seen`. Both are in the order of their numbers.
    ///
    /// Called to retire a key at once and to wrap keys anew. An implementation that replaces a ring other than `seen`
    /// loses the key that another administrator made a moment before, with every token that it signed.
    fn replace<'a>(&'a self, seen: &'a [KeyRecord], ring: &'a [KeyRecord], now: Timestamp) -> StoreFuture<'a, bool>;
}

/// Something that replicas keep in memory was changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// A client.
    Client(ClientId),
    /// The key ring.
    Keys,
    /// The registered scopes and resources.
    Registry,
}

/// The changes of the last minutes.
pub trait Changes: Send + Sync {
    /// Every change recorded at `since` or later, each with its identifier. Reading the last minute again and again
    /// finds those whose identifier was handed out before a later one but committed after it.
    fn since(&self, since: Timestamp) -> StoreFuture<'_, Vec<(i64, Change)>>;
}
