//! A signing key as the library that is quickest with it holds it: AWS-LC signs with P-256 in two thirds of OpenSSL's
//! time and with Ed25519 in a fourth, and every token that we issue costs one or two signatures.
//!
//! Keys are made, stored and published as before (`private_key`, `jwk`); only signing and recognising our own signatures,
//! which every request does, are done here.

use std::fmt;

use aws_lc_rs::error::{KeyRejected, Unspecified};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256, RSA_PSS_SHA256,
    RsaEncoding, RsaKeyPair,
};
use grantor_ports::CryptoFailure;

use crate::jwk::SigningAlgorithm;

/// A key pair, ready to sign and to check its own signatures.
pub(crate) struct PreparedKey {
    pair: Pair,
    public: ParsedPublicKey,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
}

impl PreparedKey {
    /// Makes a PKCS#8 key ready.
    ///
    /// # Errors
    /// If it does not fit the algorithm.
    pub(crate) fn from_der(algorithm: SigningAlgorithm, der: &[u8]) -> Result<Self, CryptoFailure> {
        let prepared = Self::prepare(algorithm, der)
            .map_err(|error| CryptoFailure::because("a signing key does not fit its algorithm", error))?;
        // The first random number of a process costs as much as a thousand signatures: no request is to pay for it.
        prepared.sign(&[]).map_err(|error| CryptoFailure::because("a signing key does not sign", error))?;
        Ok(prepared)
    }

    fn prepare(algorithm: SigningAlgorithm, der: &[u8]) -> Result<Self, KeyRejected> {
        let rsa = |encoding| RsaKeyPair::from_pkcs8(der).map(|pair| Pair::Rsa(pair, encoding));
        let pair = match algorithm {
            // Not its strict reader: that asks for the public part in the file, which RFC 8410 §7 leaves open.
            SigningAlgorithm::EdDSA => Pair::Ed25519(Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)?),
            SigningAlgorithm::ES256 => Pair::P256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der)?),
            SigningAlgorithm::PS256 => rsa(&RSA_PSS_SHA256)?,
            SigningAlgorithm::RS256 => rsa(&RSA_PKCS1_SHA256)?,
        };
        let public = match (&pair, algorithm) {
            (Pair::Ed25519(pair), _) => ParsedPublicKey::new(&ED25519, pair.public_key()),
            (Pair::P256(pair), _) => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key()),
            (Pair::Rsa(pair, _), SigningAlgorithm::PS256) => {
                ParsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, pair.public_key())
            }
            (Pair::Rsa(pair, _), _) => ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key()),
        };
        Ok(Self { pair, public: public? })
    }

    /// The signature as a JWS carries it (RFC 7518 §3.3 to §3.5, RFC 8037 §3.1).
    ///
    /// # Errors
    /// If the library fails.
    pub(crate) fn sign(&self, input: &[u8]) -> Result<Vec<u8>, Unspecified> {
        match &self.pair {
            Pair::Ed25519(pair) => Ok(pair.sign(input).as_ref().to_vec()),
            Pair::P256(pair) => pair.sign(&SystemRandom::new(), input).map(|signature| signature.as_ref().to_vec()),
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &SystemRandom::new(), input, &mut signature)?;
                Ok(signature)
            }
        }
    }

    /// Whether this key made the signature.
    pub(crate) fn verifies(&self, input: &[u8], signature: &[u8]) -> bool {
        self.public.verify_sig(input, signature).is_ok()
    }
}

impl fmt::Debug for PreparedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PreparedKey")
    }
}
