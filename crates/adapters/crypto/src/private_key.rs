//! Private signing keys: how each algorithm's is made, and what of it may be published.

use grantor_domain::jwt::JwsAlgorithm;
use grantor_ports::CryptoFailure;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use zeroize::Zeroizing;

use crate::jwk::{PublicKey, SigningAlgorithm};
use crate::prepared_key::PreparedKey;

/// Bits of an RSA modulus (RFC 7518 §3.3: at least 2048).
const RSA_BITS: u32 = 2048;

/// A private key with the algorithm that it is for.
pub(crate) struct PrivateKey {
    algorithm: SigningAlgorithm,
    key: PKey<Private>,
}

impl PrivateKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// If the library fails, or the algorithm is one of clients' secrets.
    pub(crate) fn generate(algorithm: JwsAlgorithm) -> Result<Self, CryptoFailure> {
        let algorithm = SigningAlgorithm::of(algorithm).ok_or(SYMMETRIC)?;
        let key = match algorithm {
            SigningAlgorithm::EdDSA => PKey::generate_ed25519(),
            SigningAlgorithm::ES256 => generate_p256(),
            SigningAlgorithm::PS256 | SigningAlgorithm::RS256 => Rsa::generate(RSA_BITS).and_then(PKey::from_rsa),
        };
        let key = key.map_err(|error| CryptoFailure::because("a signing key cannot be made", error))?;
        Ok(Self { algorithm, key })
    }

    /// Reads a key that was written by [`Self::to_der`].
    ///
    /// # Errors
    /// If it is no PKCS#8, or the algorithm is one of clients' secrets.
    pub(crate) fn from_der(algorithm: JwsAlgorithm, der: &[u8]) -> Result<Self, CryptoFailure> {
        let algorithm = SigningAlgorithm::of(algorithm).ok_or(SYMMETRIC)?;
        let key = PKey::private_key_from_pkcs8(der)
            .map_err(|error| CryptoFailure::because("a signing key cannot be read", error))?;
        Ok(Self { algorithm, key })
    }

    /// A key that somebody else made, for this algorithm.
    pub(crate) const fn of(algorithm: SigningAlgorithm, key: PKey<Private>) -> Self {
        Self { algorithm, key }
    }

    /// The key as PKCS#8 (RFC 5208) in DER.
    ///
    /// # Errors
    /// If the library fails.
    pub(crate) fn to_der(&self) -> Result<Zeroizing<Vec<u8>>, CryptoFailure> {
        self.key
            .private_key_to_pkcs8()
            .map(Zeroizing::new)
            .map_err(|error| CryptoFailure::because("a signing key cannot be written", error))
    }

    /// The public part.
    ///
    /// # Errors
    /// If the key is not one for the algorithm.
    pub(crate) fn public(&self) -> Result<PublicKey, CryptoFailure> {
        let public = match self.algorithm {
            SigningAlgorithm::EdDSA => self.key.raw_public_key().map(|x| PublicKey::Ed25519 { x }),
            SigningAlgorithm::ES256 => p256_point(&self.key),
            SigningAlgorithm::PS256 | SigningAlgorithm::RS256 => {
                self.key.rsa().map(|rsa| PublicKey::Rsa { n: rsa.n().to_vec(), e: rsa.e().to_vec() })
            }
        };
        public.map_err(|error| CryptoFailure::because("a signing key has no public part of its algorithm", error))
    }

    /// The secret number of a P-256 key, in 32 big-endian bytes.
    ///
    /// # Errors
    /// If the key is none.
    pub(crate) fn p256_scalar(&self) -> Result<Zeroizing<Vec<u8>>, CryptoFailure> {
        self.key
            .ec_key()
            .and_then(|key| key.private_key().to_vec_padded(32))
            .map(Zeroizing::new)
            .map_err(|error| CryptoFailure::because("a key is not one on P-256", error))
    }

    /// Makes the key ready to sign.
    ///
    /// # Errors
    /// If the key is not one for the algorithm.
    pub(crate) fn prepare(&self) -> Result<PreparedKey, CryptoFailure> {
        PreparedKey::from_der(self.algorithm, &self.to_der()?)
    }
}

const SYMMETRIC: CryptoFailure = CryptoFailure::new("HS256 signs with a client's secret, never with a key of the ring");

fn generate_p256() -> Result<PKey<Private>, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    PKey::from_ec_key(EcKey::generate(&group)?)
}

fn p256_point(key: &PKey<Private>) -> Result<PublicKey, ErrorStack> {
    let key = key.ec_key()?;
    let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
    let mut context = BigNumContext::new()?;
    key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context)?;
    Ok(PublicKey::P256 { x: x.to_vec_padded(32)?, y: y.to_vec_padded(32)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_another_algorithm_is_refused() {
        let der = PrivateKey::generate(JwsAlgorithm::ES256).unwrap().to_der().unwrap();
        for algorithm in [JwsAlgorithm::EdDSA, JwsAlgorithm::PS256, JwsAlgorithm::RS256] {
            let key = PrivateKey::from_der(algorithm, &der).unwrap();
            assert!(key.prepare().is_err(), "{algorithm}");
        }
    }

    #[test]
    fn there_is_no_key_for_an_algorithm_of_secrets() {
        assert!(PrivateKey::generate(JwsAlgorithm::HS256).is_err());
        assert!(PrivateKey::from_der(JwsAlgorithm::HS256, &[]).is_err());
    }

    #[test]
    fn what_is_no_key_is_an_error() {
        assert!(PrivateKey::from_der(JwsAlgorithm::ES256, b"no key").is_err());
    }
}
