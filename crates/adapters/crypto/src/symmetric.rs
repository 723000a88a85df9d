//! The symmetric primitives, in a form that leaves nothing to get wrong: one size of key, nonces always drawn here,
//! what is derived always labelled.

use std::fmt;

use chacha20poly1305::{AeadInOut, KeyInit as _, Tag, XChaCha20Poly1305, XNonce};
use grantor_ports::{CryptoFailure, Random};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of a nonce that may be drawn at random for every message (XChaCha20-Poly1305).
const NONCE_BYTES: usize = 24;

/// Bytes of an authentication tag.
const TAG_BYTES: usize = 16;

/// What [`SymmetricKey::seal`] adds to the content, in bytes.
pub(crate) const SEAL_OVERHEAD: usize = NONCE_BYTES + TAG_BYTES;

/// A 256-bit key. Its `Debug` shows nothing, and it is wiped when dropped.
pub(crate) struct SymmetricKey {
    bytes: Zeroizing<[u8; Self::BYTES]>,
    /// HMAC when it has taken in the key and nothing else yet: half of what a short message costs.
    keyed: Hmac<Sha256>,
}

// Without its feature `zeroize` a hash leaves what it has taken in of a key behind.
const _: () = {
    const fn is_wiped<T: zeroize::ZeroizeOnDrop>() {}
    is_wiped::<Sha256>();
};

impl SymmetricKey {
    /// Bytes in a key.
    pub(crate) const BYTES: usize = 32;

    /// A key of random bytes.
    pub(crate) fn random(random: &dyn Random) -> Self {
        let mut bytes = Zeroizing::new([0; Self::BYTES]);
        random.fill(bytes.as_mut_slice());
        Self::new(bytes)
    }

    /// The key with these bytes; none if they are not [`Self::BYTES`] many.
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self::new(Zeroizing::new(bytes)))
    }

    /// The key that HKDF-SHA-256 (RFC 5869) makes of `secret` for `label` and `number`.
    #[expect(clippy::expect_used, reason = "HKDF-SHA-256 makes up to 8160 bytes, and this asks for 32")]
    pub(crate) fn derive(secret: &[u8], label: &str, number: u32) -> Self {
        let mut bytes = Zeroizing::new([0; Self::BYTES]);
        // The zero byte ends the label, so that no two pairs of label and number give the same text.
        let info = [b"grantor 1 ", label.as_bytes(), &[0], &number.to_be_bytes()].concat();
        Hkdf::<Sha256>::new(None, secret).expand(&info, bytes.as_mut_slice()).expect("32 bytes can be derived");
        Self::new(bytes)
    }

    fn new(bytes: Zeroizing<[u8; Self::BYTES]>) -> Self {
        let keyed = keyed_hmac(bytes.as_slice());
        Self { bytes, keyed }
    }

    /// The bytes, to be wrapped.
    pub(crate) fn expose(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// HMAC-SHA-256 of the parts, one after the other.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        finish_hmac(self.keyed.clone(), parts)
    }

    /// Seals `content` with XChaCha20-Poly1305: nonce, ciphertext, tag. `context` is authenticated, not contained.
    ///
    /// # Errors
    /// If the content is beyond what the cipher can encrypt (256 GiB).
    pub(crate) fn seal(&self, context: &[u8], content: &[u8], random: &dyn Random) -> Result<Vec<u8>, CryptoFailure> {
        let nonce: [u8; NONCE_BYTES] = random.array();
        let mut sealed = Vec::with_capacity(content.len() + SEAL_OVERHEAD);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(content);
        let (_, body) = sealed.split_at_mut(NONCE_BYTES);
        let tag = self
            .cipher()
            .encrypt_inout_detached(&XNonce::from(nonce), context, body.into())
            .map_err(|error| CryptoFailure::because("sealing failed", error))?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Opens what [`Self::seal`] made in the same context; none if anything about it is wrong.
    pub(crate) fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let (body, tag) = rest.split_last_chunk::<TAG_BYTES>()?;
        let mut content = body.to_vec();
        self.cipher()
            .decrypt_inout_detached(&XNonce::from(*nonce), context, content.as_mut_slice().into(), &Tag::from(*tag))
            .ok()?;
        Some(content)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.bytes).into())
    }
}

impl fmt::Debug for SymmetricKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SymmetricKey(…)")
    }
}

/// HMAC-SHA-256 (RFC 2104) of the parts, one after the other, under a key of any length.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    finish_hmac(keyed_hmac(key), parts)
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length (RFC 2104 §2)")]
fn keyed_hmac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of every length")
}

fn finish_hmac(mut mac: Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsRandom;

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        let mac = hmac_sha256(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        let hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn a_key_gives_the_mac_of_its_bytes_each_time() {
        let key = SymmetricKey::random(&OsRandom);
        for parts in [[b"what".as_slice(), b"ever"], [b"", b"whatever"], [b"other", b""]] {
            assert_eq!(key.mac(&parts), hmac_sha256(key.expose(), &parts));
        }
    }

    #[test]
    fn keys_of_one_secret_differ_by_label_and_number() {
        let derive = |label, number| SymmetricKey::derive(&[7; 32], label, number).expose().to_vec();
        assert_eq!(derive("seal", 1), derive("seal", 1));
        assert_ne!(derive("seal", 1), derive("seal", 2));
        assert_ne!(derive("seal", 1), derive("refresh_mac", 1));
    }

    #[test]
    fn a_seal_opens_in_its_context_alone() {
        let (key, other) = (SymmetricKey::random(&OsRandom), SymmetricKey::random(&OsRandom));
        let sealed = key.seal(b"here", b"content", &OsRandom).unwrap();
        assert_eq!(sealed.len(), "content".len() + SEAL_OVERHEAD);
        assert_eq!(key.open(b"here", &sealed).as_deref(), Some(b"content".as_slice()));
        assert_eq!(key.open(b"there", &sealed), None);
        assert_eq!(other.open(b"here", &sealed), None);
        for end in 0..sealed.len() {
            assert_eq!(key.open(b"here", &sealed[..end]), None, "{end}");
        }
    }

    #[test]
    fn the_same_content_is_never_sealed_alike() {
        let key = SymmetricKey::random(&OsRandom);
        assert_ne!(key.seal(b"", b"content", &OsRandom).unwrap(), key.seal(b"", b"content", &OsRandom).unwrap());
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", SymmetricKey::derive(b"secret", "seal", 1)), "SymmetricKey(…)");
    }
}
