//! Making keys: what a record of each purpose holds, and the first ring of a new database. When a key is made, used and
//! retired is not decided here.

use grantor_domain::jwt::JwsAlgorithm;
use grantor_domain::time::Timestamp;
use grantor_ports::{CryptoFailure, KeyPurpose, KeyRecord, Random};
use serde_json::Value;

use crate::encryption_secrets::{EncryptionSecret, EncryptionSecrets};
use crate::jwk::SigningAlgorithm;
use crate::private_key::PrivateKey;
use crate::symmetric::SymmetricKey;

/// A key to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// Its number: larger than every other of the ring.
    pub number: u32,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// When it is made.
    pub created_at: Timestamp,
    /// From when on it is used.
    pub activates_at: Timestamp,
}

impl NewKey {
    /// Makes the key under the current key-encryption secret. It retires never, until a successor is made.
    ///
    /// # Errors
    /// If the library fails, or the purpose is to sign with HS256, which is for clients' secrets.
    pub fn make(&self, secrets: &EncryptionSecrets, random: &dyn Random) -> Result<KeyRecord, CryptoFailure> {
        let secret = secrets.current();
        let mut record = KeyRecord {
            number: self.number,
            purpose: self.purpose,
            secret_id: secret.id,
            wrapped: Vec::new(),
            public_jwk: String::new(),
            created_at: self.created_at,
            activates_at: self.activates_at,
            retires_at: None,
        };
        match self.purpose {
            KeyPurpose::RefreshMac | KeyPurpose::Seal => {}
            KeyPurpose::ClientSecretHash | KeyPurpose::ClientSecretSeal | KeyPurpose::PairwiseSalt => {
                record.wrapped = self.wrap(secret, SymmetricKey::random(random).expose(), random)?;
            }
            KeyPurpose::Sign(algorithm) => {
                let key = PrivateKey::generate(algorithm)?;
                record.wrapped = self.wrap(secret, &key.to_der()?, random)?;
                let signing = SigningAlgorithm::of(algorithm).ok_or(CryptoFailure::new("no asymmetric algorithm"))?;
                record.public_jwk = Value::Object(key.public()?.to_jwk(signing)).to_string();
            }
        }
        Ok(record)
    }

    fn wrap(&self, secret: &EncryptionSecret, key: &[u8], random: &dyn Random) -> Result<Vec<u8>, CryptoFailure> {
        secret.wrapping.seal(&wrapping_context(self.purpose, self.number), key, random)
    }
}

/// What a wrapped key is bound to: a row cannot pass its key off as that of another.
pub(crate) fn wrapping_context(purpose: KeyPurpose, number: u32) -> Vec<u8> {
    [purpose.as_str().as_bytes(), &[0], &number.to_be_bytes()].concat()
}

/// The ring of a new database, numbered from 1 and in use from `now` on: one key to hash clients' secrets, one to seal
/// them, one to authenticate refresh tokens, one to seal, one to sign for each of `algorithms`, and the salt of pairwise
/// subjects.
///
/// Each signing key is made on a thread of its own: an RSA key may take longer than all the rest of the first start.
///
/// # Errors
/// As [`NewKey::make`].
pub fn initial_keys(
    algorithms: &[JwsAlgorithm],
    secrets: &EncryptionSecrets,
    random: &dyn Random,
    now: Timestamp,
) -> Result<Vec<KeyRecord>, CryptoFailure> {
    let plain = [KeyPurpose::ClientSecretHash, KeyPurpose::ClientSecretSeal, KeyPurpose::RefreshMac, KeyPurpose::Seal];
    let signing = algorithms.iter().copied().map(KeyPurpose::Sign);
    let purposes = plain.into_iter().chain(signing).chain([KeyPurpose::PairwiseSalt]);
    std::thread::scope(|scope| {
        let making: Vec<_> = (1..)
            .zip(purposes)
            .map(|(number, purpose)| {
                let key = NewKey { number, purpose, created_at: now, activates_at: now };
                scope.spawn(move || key.make(secrets, random))
            })
            .collect();
        making
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsRandom;

    #[test]
    fn the_first_ring_has_one_key_of_each_purpose() {
        let secrets = EncryptionSecrets::parse(&EncryptionSecrets::generate_file(&OsRandom)).unwrap();
        let now = Timestamp::from_secs(1_000);
        let records = initial_keys(&[JwsAlgorithm::ES256, JwsAlgorithm::EdDSA], &secrets, &OsRandom, now).unwrap();
        let found: Vec<_> = records.iter().map(|record| (record.number, record.purpose)).collect();
        let expect = [
            (1, KeyPurpose::ClientSecretHash),
            (2, KeyPurpose::ClientSecretSeal),
            (3, KeyPurpose::RefreshMac),
            (4, KeyPurpose::Seal),
            (5, KeyPurpose::Sign(JwsAlgorithm::ES256)),
            (6, KeyPurpose::Sign(JwsAlgorithm::EdDSA)),
            (7, KeyPurpose::PairwiseSalt),
        ];
        assert_eq!(found, expect);
        for record in records {
            assert_eq!(record.secret_id, secrets.current_id());
            assert_eq!(record.wrapped.is_empty(), record.purpose.is_derived());
            assert_eq!(record.public_jwk.is_empty(), !matches!(record.purpose, KeyPurpose::Sign(_)));
            assert_eq!((record.created_at, record.activates_at, record.retires_at), (now, now, None));
        }
    }

    #[test]
    fn no_key_is_made_for_an_algorithm_of_secrets() {
        let secrets = EncryptionSecrets::parse(&EncryptionSecrets::generate_file(&OsRandom)).unwrap();
        assert!(initial_keys(&[JwsAlgorithm::HS256], &secrets, &OsRandom, Timestamp::from_secs(0)).is_err());
    }
}
