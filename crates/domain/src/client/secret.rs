//! How a client secret is kept: as a keyed hash, or sealed where the secret itself must sign.

use serde::{Deserialize, Serialize};

/// Fewest bytes of a secret that signs (RFC 7518 §3.2: a key of at least the hash's size).
pub const MIN_HS256_BYTES: usize = 32;

/// A client secret in storage. Neither form is worth anything without the key ring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StoredSecret {
    /// HMAC-SHA-256 of the secret under key `key` of the ring.
    Hashed {
        /// Number of the ring's key.
        key: u32,
        /// The HMAC, base64url.
        hash: String,
        /// Upper bound on the bits of guessing work, noted when the secret was set.
        estimated_bits: u32,
    },
    /// The secret sealed under key `key` of the ring, because it signs.
    Sealed {
        /// Number of the ring's key.
        key: u32,
        /// The sealed secret, base64url.
        sealed: String,
        /// Upper bound on the bits of guessing work, noted when the secret was set.
        estimated_bits: u32,
    },
}

impl StoredSecret {
    /// Upper bound on the bits of guessing work.
    #[must_use]
    pub const fn estimated_bits(&self) -> u32 {
        match self {
            Self::Hashed { estimated_bits, .. } | Self::Sealed { estimated_bits, .. } => *estimated_bits,
        }
    }
}
