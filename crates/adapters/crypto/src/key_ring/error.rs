//! Why a ring cannot be used, and what an operator can do about it.

use std::error::Error;
use std::fmt;

use grantor_ports::{CryptoFailure, KeyPurpose};

/// Why records make no ring. Names keys and secrets by number, never by content.
#[derive(Debug)]
pub enum KeyRingError {
    /// There is no key for a purpose that every ring serves.
    MissingPurpose(KeyPurpose),
    /// Two records have one number.
    NumberTwice {
        /// The number.
        number: u32,
    },
    /// The public part in storage is not that of the private one: somebody changed the row.
    PublicPartDiffers {
        /// The key's number.
        number: u32,
    },
    /// A record is for signing with HS256.
    Symmetric {
        /// The key's number.
        number: u32,
    },
    /// A record's key-encryption secret is not configured.
    UnknownSecret {
        /// The key's number.
        number: u32,
        /// The secret's identifier.
        secret_id: u32,
    },
    /// A wrapped key does not open, or what is in it is no key for its purpose.
    Unreadable {
        /// The key's number.
        number: u32,
        /// What it is for.
        purpose: KeyPurpose,
        /// What went wrong.
        cause: CryptoFailure,
    },
}

impl fmt::Display for KeyRingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingPurpose(purpose) => {
                write!(f, "the key ring has no key for {}: make one with `grantor keys rotate`", purpose.as_str())
            }
            Self::NumberTwice { number } => write!(f, "the key ring has two keys with number {number}"),
            Self::PublicPartDiffers { number } => write!(
                f,
                "key {number}: its public part in storage is not that of its private part, so the row was changed; \
                 restore it from a backup or delete it"
            ),
            Self::Symmetric { number } => {
                write!(f, "key {number}: HS256 signs with a client's secret, never with a key of the ring")
            }
            Self::UnknownSecret { number, secret_id } => write!(
                f,
                "key {number}: its key-encryption secret {secret_id:08x} is not configured; put that secret back into \
                 the secrets file, below the current one"
            ),
            Self::Unreadable { number, purpose, cause } => {
                write!(f, "key {number} ({}): the row is damaged ({cause}); restore it from a backup", purpose.as_str())
            }
        }
    }
}

impl Error for KeyRingError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable { cause, .. } => Some(cause),
            _ => None,
        }
    }
}
