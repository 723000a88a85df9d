//! How a client secret (RFC 6749 §2.3.1) is kept: as a keyed hash, or sealed where the secret itself must sign.

use serde::{Deserialize, Serialize};

/// Fewest bytes of a secret that signs (RFC 7518 §3.2: a key of at least the hash's size).
pub const MIN_HS256_BYTES: usize = 32;

/// A client secret (RFC 6749 §2.3.1) in storage. Neither form is worth anything without the key ring. Grantor's own; see
/// docs/architecture.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StoredSecret {
    /// HMAC-SHA-256 of the secret under key `key` of the ring.
    Hashed {
        /// Number of the key, unique in the ring.
        key: u32,
        /// The HMAC, base64url.
        hash: String,
        /// Upper bound on the bits of guessing work (RFC 6749 §10.10), noted when the secret was set.
        estimated_bits: u32,
    },
    /// The secret sealed under key `key` of the ring, because it signs (OpenID Connect Core §10.1, §9
    /// `client_secret_jwt`).
    Sealed {
        /// Number of the key, unique in the ring.
        key: u32,
        /// The sealed secret, base64url.
        sealed: String,
        /// Upper bound on the bits of guessing work (RFC 6749 §10.10), noted when the secret was set.
        estimated_bits: u32,
    },
}

impl StoredSecret {
    /// Upper bound on the bits of guessing work (RFC 6749 §10.10 asks for 128); see
    /// [`Secret::estimated_bits`](crate::secret::Secret::estimated_bits).
    #[must_use]
    pub const fn estimated_bits(&self) -> u32 {
        match self {
            Self::Hashed { estimated_bits, .. } | Self::Sealed { estimated_bits, .. } => *estimated_bits,
        }
    }
}
