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

/// Bytes of the dummy's secret.
const DUMMY_BYTES: usize = 32;

/// The hash of a secret that nobody knows: a client that has none, or does not exist, is compared with it.
pub(crate) struct Dummy([u8; 32]);

impl Dummy {
    /// Draws a secret.
    pub(crate) fn new(key: &RingKey<SymmetricKey>, random: &dyn Random) -> Self {
        Self(key.key.mac(&[&random.array::<DUMMY_BYTES>()]))
    }
}

impl ClientSecrets for KeyRing {
    fn protect(&self, secret: &Secret, usage: SecretUse) -> Result<StoredSecret, CryptoFailure> {
        let ready = self.ready();
        match usage {
            SecretUse::Compared => {
                let key = ready.client_secret_hash.newest();
                Ok(hashed(key, secret.expose().as_bytes(), secret.estimated_bits()))
            }
            SecretUse::Signs if secret.expose().len() < MIN_HS256_BYTES => {
                Err(CryptoFailure::new("a client secret that signs needs at least 32 bytes"))
            }
            SecretUse::Signs => sealed(ready.client_secret_seal.newest(), secret, self.random()),
        }
    }

    fn comparable(&self, stored: &[StoredSecret]) -> Result<Vec<StoredSecret>, CryptoFailure> {
        let ready = self.ready();
        let hash = |secret: &StoredSecret| match secret {
            StoredSecret::Hashed { .. } => read_hash(&ready, secret).map(|_kept| secret.clone()),
            StoredSecret::Sealed { estimated_bits, .. } => {
                open(&ready, secret).map(|opened| hashed(ready.client_secret_hash.newest(), &opened, *estimated_bits))
            }
        };
        stored.iter().map(hash).collect::<Option<_>>().ok_or_else(unreadable)
    }

    fn matches(&self, stored: &[StoredSecret], presented: &Secret) -> Result<bool, CryptoFailure> {
        let ready = self.ready();
        let missing = COMPARISONS.saturating_sub(stored.len());
        let slots = stored.iter().map(Some).chain(std::iter::repeat_n(None, missing));
        // No early end: every slot is compared, and each costs the same.
        let nothing = Compared { same: Choice::from(0), readable: true };
        let all = slots.map(|slot| compare(&ready, slot, presented)).fold(nothing, Compared::and);
        if all.readable || bool::from(all.same) { Ok(all.same.into()) } else { Err(unreadable()) }
    }

    fn reveal(&self, stored: &StoredSecret) -> Result<Secret, CryptoFailure> {
        if matches!(stored, StoredSecret::Hashed { .. }) {
            return Err(CryptoFailure::new("a secret that is kept as a hash cannot be read again"));
        }
        let opened = open(&self.ready(), stored).ok_or_else(unreadable)?;
        let text = std::str::from_utf8(&opened);
        text.map(Secret::new).map_err(|error| CryptoFailure::because("a sealed secret is no text", error))
    }

    fn sign(&self, stored: &[StoredSecret], kind: JwtType, claims: &[u8]) -> Result<String, CryptoFailure> {
        let ready = self.ready();
        let oldest = stored.iter().rfind(|secret| matches!(secret, StoredSecret::Sealed { .. }));
        let oldest = oldest.ok_or(CryptoFailure::new("the client has no secret that signs"))?;
        let key = open(&ready, oldest).ok_or(CryptoFailure::new("the client's secret does not open"))?;
        let header = compact::encode_header(JwsAlgorithm::HS256, kind, None);
        compact::write(&header, claims, |input| Ok(hmac_sha256(&key, &[input]).to_vec()))
    }

    fn verify(&self, stored: &[StoredSecret], jwt: &str) -> Result<Option<Vec<u8>>, CryptoFailure> {
        let Some(jws) = CompactJws::read(jwt).filter(|jws| jws.header.algorithm == Some(JwsAlgorithm::HS256)) else {
            return Ok(None);
        };
        let ready = self.ready();
        let sealed = stored.iter().filter(|secret| matches!(secret, StoredSecret::Sealed { .. }));
        let keys: Vec<_> = sealed.map(|secret| open(&ready, secret)).collect();
        let made_by = |key: &[u8]| same_bytes(&hmac_sha256(key, &[jws.signing_input]), &jws.signature);
        let found = keys.iter().flatten().fold(false, |found, key| found | made_by(key));
        match (found, keys.iter().all(Option::is_some)) {
            (true, _) => Ok(jws.into_payload()),
            (false, true) => Ok(None),
            (false, false) => Err(unreadable()),
        }
    }
}

const fn unreadable() -> CryptoFailure {
    CryptoFailure::new("a stored client secret cannot be read: its key is not in the ring, or its row is damaged")
}

/// What comparing with one stored secret found.
struct Compared {
    same: Choice,
    /// Whether it could be looked at.
    readable: bool,
}

impl Compared {
    fn and(self, other: Self) -> Self {
        Self { same: self.same | other.same, readable: self.readable & other.readable }
    }
}

fn hashed(key: &RingKey<SymmetricKey>, secret: &[u8], estimated_bits: u32) -> StoredSecret {
    StoredSecret::Hashed { key: key.number(), hash: URL_SAFE_NO_PAD.encode(key.key.mac(&[secret])), estimated_bits }
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
    let ring_key = ready.client_secret_seal.by_number(*key)?;
    let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    ring_key.key.open(&context(*key), &sealed).map(Zeroizing::new)
}

/// Compares with one stored secret, or with none: what was presented is hashed, and the hashes are compared.
fn compare(ready: &ReadyKeys, stored: Option<&StoredSecret>, presented: &Secret) -> Compared {
    let newest = ready.client_secret_hash.newest();
    let kept = stored.and_then(|stored| match stored {
        StoredSecret::Hashed { .. } => read_hash(ready, stored),
        StoredSecret::Sealed { .. } => open(ready, stored).map(|opened| (newest, newest.key.mac(&[&opened]))),
    });
    let is_real = Choice::from(u8::from(kept.is_some()));
    let readable = kept.is_some() || stored.is_none();
    let (key, expected) = kept.unwrap_or((newest, ready.dummy.0));
    let of_presented = key.key.mac(&[presented.expose().as_bytes()]);
    Compared { same: of_presented.ct_eq(&expected) & is_real, readable }
}

/// The hash that is kept, and the key that made it; none if that key is gone, or the hash is damaged.
fn read_hash<'a>(ready: &'a ReadyKeys, stored: &StoredSecret) -> Option<(&'a RingKey<SymmetricKey>, [u8; 32])> {
    let StoredSecret::Hashed { key, hash, .. } = stored else { return None };
    let ring_key = ready.client_secret_hash.by_number(*key)?;
    let hash = URL_SAFE_NO_PAD.decode(hash).ok()?;
    Some((ring_key, hash.try_into().ok()?))
}

/// What a sealed secret is bound to.
fn context(number: u32) -> Vec<u8> {
    [b"client secret ".as_slice(), &number.to_be_bytes()].concat()
}
