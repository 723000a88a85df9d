//! Cryptography for Grantor: the key ring, signatures, seals, client secrets, passwords and randomness, behind the
//! ports of `grantor-ports`.
//!
//! [`KeyRing`] signs, seals and keeps client secrets, [`JwkSets`] checks what clients sign with keys of their own,
//! [`Passkeys`] checks what authenticators sign, [`PasswordPool`] hashes people's passwords on threads of its own,
//! [`OsRandom`] draws randomness. Keys are separate by purpose: those that seal codes and tokens are computed from a
//! key-encryption secret ([`EncryptionSecrets`]) and a number that every text names, the others are random and wrapped
//! under such a secret ([`NewKey`]).

mod client_keys;
mod client_secrets;
mod client_signature;
mod compact;
mod encryption_secrets;
mod jwk;
mod key_ring;
mod new_client_key;
mod new_key;
mod pairwise;
#[cfg(feature = "passkeys")]
mod passkeys;
mod passwords;
mod prepared_key;
mod private_key;
mod random;
mod sealer;
mod signer;
mod signing_key;
mod symmetric;
mod text_form;

pub use client_keys::JwkSets;
pub use encryption_secrets::{EncryptionSecrets, EncryptionSecretsError};
pub use key_ring::{KeyRing, KeyRingError};
pub use new_client_key::generate_client_key;
pub use new_key::{NewKey, initial_keys};
#[cfg(feature = "passkeys")]
pub use passkeys::Passkeys;
pub use passwords::{MAX_PASSWORD_BYTES, PasswordPool, PasswordPoolError, PasswordSettings};
pub use random::OsRandom;
