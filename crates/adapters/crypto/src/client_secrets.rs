//! Client secrets: kept as a keyed hash, or sealed where the secret itself signs, and compared so that time tells
//! nothing.
//!
//! A keyed hash is as quick as it is safe here: without the key, which the database does not hold in the clear, nobody
//! can try a single guess.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor_domain::client::{MIN_HS256_BYTES, StoredSecret};
use grantor_domain::jwt::{JwsAlgorithm, JwtType};
use grantor_domain::secret::{Secret, same_bytes};
use grantor_ports::{ClientSecrets, CryptoFailure, Random, SecretUse};
use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

use crate::KeyRing;
use crate::compact::{self, CompactJws};
use crate::key_ring::{ReadyKeys, RingKey};
use crate::symmetric::{SymmetricKey, hmac_sha256};

/// How many secrets are compared at least: as many as a client holds while it rotates.
const COMPARISONS: usize = 2;

/// Bytes of a dummy's secret; close to those of real ones.
const DUMMY_BYTES: usize = 32;

/// Stored secrets that nobody knows, one of each form: a client that has none, or does not exist, is compared with them.
pub(crate) struct Dummies {
    hashed: StoredSecret,
    sealed: StoredSecret,
}

impl Dummies {
    /// Draws a secret of each form.
    ///
    /// # Errors
    /// If the library fails.
    pub(crate) fn new(
        hash: &RingKey<SymmetricKey>,
        seal: &RingKey<SymmetricKey>,
        random: &dyn Random,
    ) -> Result<Self, CryptoFailure> {
        let secret = || Secret::new(URL_SAFE_NO_PAD.encode(random.array::<DUMMY_BYTES>()));
        Ok(Self { hashed: hashed(hash, &secret()), sealed: sealed(seal, &secret(), random)? })
    }
}

impl ClientSecrets for KeyRing {
    fn protect(&self, secret: &Secret, usage: SecretUse) -> Result<StoredSecret, CryptoFailure> {
        let ready = self.ready();
        match usage {
            SecretUse::Compared => Ok(hashed(ready.client_secret_hash.newest(), secret)),
            SecretUse::Signs if secret.expose().len() < MIN_HS256_BYTES => {
                Err(CryptoFailure::new("a client secret that signs needs at least 32 bytes"))
            }
            SecretUse::Signs => sealed(ready.client_secret_seal.newest(), secret, self.random()),
        }
    }

    fn matches(&self, stored: &[StoredSecret], presented: &Secret) -> bool {
        let ready = self.ready();
        let missing = COMPARISONS.saturating_sub(stored.len());
        let slots = stored.iter().map(Some).chain(std::iter::repeat_n(None, missing));
        // No early end: every slot is compared, and each costs the same.
        slots.fold(Choice::from(0), |found, slot| found | matches_one(&ready, slot, presented)).into()
    }

    fn sign(&self, stored: &[StoredSecret], kind: JwtType, claims: &[u8]) -> Result<String, CryptoFailure> {
        let ready = self.ready();
        let oldest = stored.iter().rfind(|secret| matches!(secret, StoredSecret::Sealed { .. }));
        let oldest = oldest.ok_or(CryptoFailure::new("the client has no secret that signs"))?;
        let key = open(&ready, oldest).ok_or(CryptoFailure::new("the client's secret does not open"))?;
        let header = compact::encode_header(JwsAlgorithm::HS256, kind, None);
        compact::write(&header, claims, |input| Ok(hmac_sha256(&key, &[input]).to_vec()))
    }

    fn verify(&self, stored: &[StoredSecret], jwt: &str) -> Option<Vec<u8>> {
        let jws = CompactJws::read(jwt)?;
        if jws.header.algorithm != Some(JwsAlgorithm::HS256) {
            return None;
        }
        let ready = self.ready();
        let keys = stored.iter().filter_map(|secret| open(&ready, secret));
        let made_by = |key: &[u8]| same_bytes(&hmac_sha256(key, &[jws.signing_input]), &jws.signature);
        let found = keys.fold(false, |found, key| found | made_by(&key));
        if found { jws.into_payload() } else { None }
    }
}

fn hashed(key: &RingKey<SymmetricKey>, secret: &Secret) -> StoredSecret {
    StoredSecret::Hashed {
        key: key.number(),
        hash: URL_SAFE_NO_PAD.encode(key.key.mac(&[secret.expose().as_bytes()])),
        estimated_bits: secret.estimated_bits(),
    }
}

fn sealed(key: &RingKey<SymmetricKey>, secret: &Secret, random: &dyn Random) -> Result<StoredSecret, CryptoFailure> {
    let sealed = key.key.seal(&context(key.number()), secret.expose().as_bytes(), random)?;
    Ok(StoredSecret::Sealed {
        key: key.number(),
        sealed: URL_SAFE_NO_PAD.encode(sealed),
        estimated_bits: secret.estimated_bits(),
    })
}

/// Opens a sealed secret; none if it is not sealed, its key is gone, or it is damaged.
fn open(ready: &ReadyKeys, stored: &StoredSecret) -> Option<Zeroizing<Vec<u8>>> {
    let StoredSecret::Sealed { key, sealed, .. } = stored else { return None };
    let opened = ready.client_secret_seal.by_number(*key).and_then(|ring_key| {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        ring_key.key.open(&context(*key), &sealed).map(Zeroizing::new)
    });
    if opened.is_none() {
        tracing::error!(key, "a sealed client secret does not open: its key is not in the ring, or its row is damaged");
    }
    opened
}

/// Compares with one stored secret, or with none. Whatever is stored, one seal is opened and two hashes are computed:
/// of what was opened and of what was presented.
fn matches_one(ready: &ReadyKeys, stored: Option<&StoredSecret>, presented: &Secret) -> Choice {
    let (hash_form, seal_form) = match stored {
        Some(hashed @ StoredSecret::Hashed { .. }) => (hashed, &ready.dummies.sealed),
        Some(sealed @ StoredSecret::Sealed { .. }) => (&ready.dummies.hashed, sealed),
        None => (&ready.dummies.hashed, &ready.dummies.sealed),
    };
    let opened = open(ready, seal_form);
    let of_opened = ready.client_secret_hash.newest().key.mac(&[opened.as_deref().map_or(&[], Vec::as_slice)]);
    let kept = read_hash(ready, hash_form);
    let (key, expected, real) = match (stored, kept) {
        (Some(StoredSecret::Hashed { .. }), Some((key, hash))) => (key, hash, true),
        (Some(StoredSecret::Sealed { .. }), _) => (ready.client_secret_hash.newest(), of_opened, opened.is_some()),
        _ => (ready.client_secret_hash.newest(), of_opened, false),
    };
    let of_presented = key.key.mac(&[presented.expose().as_bytes()]);
    of_presented.ct_eq(&expected) & Choice::from(u8::from(real))
}

/// The hash that is kept, and the key that made it; none if that key is gone, or the hash is damaged.
fn read_hash<'a>(ready: &'a ReadyKeys, stored: &StoredSecret) -> Option<(&'a RingKey<SymmetricKey>, [u8; 32])> {
    let StoredSecret::Hashed { key, hash, .. } = stored else { return None };
    let found = ready.client_secret_hash.by_number(*key).and_then(|ring_key| {
        let hash = URL_SAFE_NO_PAD.decode(hash).ok()?;
        Some((ring_key, hash.try_into().ok()?))
    });
    if found.is_none() {
        tracing::error!(key, "a client secret cannot be compared: its key is not in the ring, or its row is damaged");
    }
    found
}

/// What a sealed secret is bound to.
fn context(number: u32) -> Vec<u8> {
    [b"client secret ".as_slice(), &number.to_be_bytes()].concat()
}
