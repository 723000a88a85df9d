//! What travels outside storage: sealed codes, opaque tokens and interactions, and authenticated refresh tokens.
//!
//! Each names the key-encryption secret and the number that its key is derived from, so it opens as long as that secret
//! is configured, also if a restored database has forgotten that the key was ever made. The kind is authenticated: a
//! code never opens as a token.

use std::sync::Arc;

use grantor_domain::secret::same_bytes;
use grantor_domain::time::Timestamp;
use grantor_domain::token::refresh_token::RefreshToken;
use grantor_ports::{CryptoFailure, KeyPurpose, NotOurs, Sealed, Sealer};

use crate::KeyRing;
use crate::key_ring::Sequence;
use crate::symmetric::{SEAL_OVERHEAD, SymmetricKey};
use crate::text_form::{self, KeyName, MAX_TEXT_BYTES};

/// Most bytes of content: so many that its text is not too long to be opened.
const MAX_CONTENT_BYTES: usize = (MAX_TEXT_BYTES - 16) / 4 * 3 - KeyName::BYTES - SEAL_OVERHEAD;

/// What a refresh token's text begins with.
const REFRESH_TOKEN_PREFIX: &str = "grt_";

/// Bytes of HMAC-SHA-256 that a refresh token carries (RFC 2104 §5: at least half).
const REFRESH_TAG_BYTES: usize = 16;

/// Bytes of a refresh token that its tag covers, beside the prefix.
const REFRESH_COVERED_BYTES: usize = KeyName::BYTES + RefreshToken::LENGTH;

impl Sealer for KeyRing {
    fn seal(&self, kind: Sealed, content: &[u8], now: Timestamp) -> Result<String, CryptoFailure> {
        if content.len() > MAX_CONTENT_BYTES {
            return Err(CryptoFailure::new("the content is too long to be sealed"));
        }
        let ready = self.ready();
        let key = ready.seal.in_use_at(now);
        let name = key.name();
        let sealed = key.key.seal(&context(kind, name), content, self.random())?;
        Ok(text_form::encode(prefix(kind), &[name.to_bytes().as_slice(), &sealed].concat()))
    }

    fn open(&self, kind: Sealed, text: &str) -> Result<Vec<u8>, NotOurs> {
        let body = text_form::decode(prefix(kind), text).ok_or(NotOurs::Invalid)?;
        let (name, sealed) = body.split_first_chunk().ok_or(NotOurs::Invalid)?;
        let name = KeyName::from_bytes(*name);
        let key = self.derived(KeyPurpose::Seal, &self.ready().seal, name)?;
        key.open(&context(kind, name), sealed).ok_or(NotOurs::Invalid)
    }

    fn refresh_token(&self, token: &RefreshToken, at: Timestamp) -> String {
        let ready = self.ready();
        let key = ready.refresh_mac.in_use_at(at);
        let mut body = [0; REFRESH_COVERED_BYTES + REFRESH_TAG_BYTES];
        let (covered, tag) = body.split_at_mut(REFRESH_COVERED_BYTES);
        let (name, content) = covered.split_at_mut(KeyName::BYTES);
        name.copy_from_slice(&key.name().to_bytes());
        content.copy_from_slice(&token.to_bytes());
        tag.copy_from_slice(&refresh_tag(&key.key, covered));
        text_form::encode(REFRESH_TOKEN_PREFIX, &body)
    }

    fn open_refresh_token(&self, text: &str) -> Result<RefreshToken, NotOurs> {
        let body = text_form::decode(REFRESH_TOKEN_PREFIX, text).ok_or(NotOurs::Invalid)?;
        let (covered, tag) = body.split_last_chunk::<REFRESH_TAG_BYTES>().ok_or(NotOurs::Invalid)?;
        let (name, content) = covered.split_first_chunk().ok_or(NotOurs::Invalid)?;
        let content: &[u8; RefreshToken::LENGTH] = content.as_array().ok_or(NotOurs::Invalid)?;
        let key = self.derived(KeyPurpose::RefreshMac, &self.ready().refresh_mac, KeyName::from_bytes(*name))?;
        if !same_bytes(&refresh_tag(&key, covered), tag) {
            return Err(NotOurs::Invalid);
        }
        Ok(RefreshToken::from_bytes(content))
    }
}

impl KeyRing {
    /// The key with this name: one of the ring, else derived on the spot and forgotten again, for whoever invents
    /// numbers must fill no memory.
    fn derived(&self, purpose: KeyPurpose, keys: &Sequence, name: KeyName) -> Result<Arc<SymmetricKey>, NotOurs> {
        if keys.refuses(name) {
            return Err(NotOurs::Invalid);
        }
        if let Some(known) = keys.by_name(name) {
            return Ok(Arc::clone(&known.key));
        }
        let secret = self.secrets().find(name.secret_id).ok_or(NotOurs::UnknownKey)?;
        Ok(Arc::new(secret.derive(purpose, name.number)))
    }
}

const fn prefix(kind: Sealed) -> &'static str {
    match kind {
        Sealed::Account => "gau_",
        Sealed::AccountForm => "gaf_",
        Sealed::AccessToken => "gat_",
        Sealed::AuthorizationCode => "gac_",
        Sealed::DeviceCode => "gdc_",
        Sealed::InitialToken => "gri_",
        Sealed::Interaction => "gai_",
        Sealed::KnownBrowser => "gak_",
        Sealed::Logout => "gal_",
        Sealed::Playground => "gap_",
        Sealed::SecondFactor => "gas_",
    }
}

/// What a seal is bound to: its kind, and the clear part of its text.
fn context(kind: Sealed, name: KeyName) -> Vec<u8> {
    [prefix(kind).as_bytes(), &name.to_bytes()].concat()
}

/// The authentication tag of a refresh token: over its prefix and all before the tag.
fn refresh_tag(key: &SymmetricKey, covered: &[u8]) -> [u8; REFRESH_TAG_BYTES] {
    let mut tag = [0; REFRESH_TAG_BYTES];
    let mac = key.mac(&[REFRESH_TOKEN_PREFIX.as_bytes(), covered]);
    tag.iter_mut().zip(mac).for_each(|(to, from)| *to = from);
    tag
}
