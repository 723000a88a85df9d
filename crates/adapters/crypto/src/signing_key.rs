//! A signing key made ready: making a signer costs more than ten signatures, so it is made once, when the ring is read.

use std::fmt;

use grantor_domain::jwt::{JwsAlgorithm, JwtType};
use grantor_ports::CryptoFailure;
use serde_json::Value;

use crate::compact::{self, CompactJws};
use crate::jwk::SigningAlgorithm;
use crate::prepared_key::PreparedKey;
use crate::private_key::PrivateKey;

/// A key that signs and checks its own signatures.
pub(crate) struct SigningKey {
    /// What it signs with, whatever the header of a token says (RFC 8725 §3.1).
    pub(crate) algorithm: JwsAlgorithm,
    /// The thumbprint of its public part (RFC 7638), which nobody can pick.
    pub(crate) key_id: String,
    /// What is published of it.
    pub(crate) public_jwk: Value,
    prepared: PreparedKey,
    access_token_header: String,
    id_token_header: String,
    logout_token_header: String,
}

impl SigningKey {
    /// Makes a key ready.
    ///
    /// # Errors
    /// If it does not fit the algorithm.
    pub(crate) fn prepare(algorithm: JwsAlgorithm, der: &[u8]) -> Result<Self, CryptoFailure> {
        let private = PrivateKey::from_der(algorithm, der)?;
        let public = private.public()?;
        let signing = SigningAlgorithm::of(algorithm).ok_or(CryptoFailure::new("a signing key is not asymmetric"))?;
        let key_id = public.thumbprint();
        Ok(Self {
            algorithm,
            public_jwk: Value::Object(public.to_jwk(signing)),
            prepared: private.prepare()?,
            access_token_header: compact::encode_header(algorithm, JwtType::AccessToken, Some(&key_id)),
            id_token_header: compact::encode_header(algorithm, JwtType::IdToken, Some(&key_id)),
            logout_token_header: compact::encode_header(algorithm, JwtType::LogoutToken, Some(&key_id)),
            key_id,
        })
    }

    /// Signs claims as a JWT of this kind.
    ///
    /// # Errors
    /// If the library fails.
    pub(crate) fn sign(&self, kind: JwtType, claims: &[u8]) -> Result<String, CryptoFailure> {
        let header = match kind {
            JwtType::AccessToken => &self.access_token_header,
            JwtType::IdToken => &self.id_token_header,
            JwtType::LogoutToken => &self.logout_token_header,
        };
        compact::write(header, claims, |input| self.prepared.sign(input))
            .map_err(|error| CryptoFailure::because("signing failed", error))
    }

    /// Whether this key made the signature, with its own algorithm.
    pub(crate) fn verifies(&self, jws: &CompactJws<'_>) -> bool {
        jws.header.algorithm == Some(self.algorithm) && self.prepared.verifies(jws.signing_input, &jws.signature)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} {})", self.algorithm, self.key_id)
    }
}
