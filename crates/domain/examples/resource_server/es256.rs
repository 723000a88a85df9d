//! ES256, with which our access tokens are signed by default, for `jsonwebtoken` from the crate `p256`.
//!
//! The features `aws_lc_rs` and `rust_crypto` of `jsonwebtoken` have every algorithm and need none of this file. They are
//! not used here because the one compiles a fork of OpenSSL, and the other brings the crate `rsa` along, whose advisory
//! RUSTSEC-2023-0071 is about private keys, which a resource server has none of, but stands in every audit all the same.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{Error as SignatureError, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::DecodePrivateKey as _;

/// To be installed once, before anything is verified.
pub(crate) static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(Es256Signer::new(*algorithm, key)?)),
    verifier_factory: |algorithm, key| Ok(Box::new(Es256Verifier::new(*algorithm, key)?)),
    // Only conversions of keys into JWKs ask for these.
    key_utils: KeyUtils::new_unimplemented(),
};

struct Es256Verifier(VerifyingKey);

impl Es256Verifier {
    fn new(algorithm: Algorithm, key: &DecodingKey) -> Result<Self, Error> {
        require_es256(algorithm)?;
        let key = VerifyingKey::from_sec1_bytes(key.try_get_as_bytes()?);
        Ok(Self(key.map_err(|_invalid| ErrorKind::InvalidEcdsaKey)?))
    }
}

impl Verifier<Vec<u8>> for Es256Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        let signature = Signature::from_slice(signature).map_err(SignatureError::from_source)?;
        self.0.verify(message, &signature).map_err(SignatureError::from_source)
    }
}

impl JwtVerifier for Es256Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

/// For the sample tokens; a resource server signs nothing.
struct Es256Signer(SigningKey);

impl Es256Signer {
    fn new(algorithm: Algorithm, key: &EncodingKey) -> Result<Self, Error> {
        require_es256(algorithm)?;
        let key = SigningKey::from_pkcs8_der(key.as_bytes());
        Ok(Self(key.map_err(|_invalid| ErrorKind::InvalidEcdsaKey)?))
    }
}

impl Signer<Vec<u8>> for Es256Signer {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        let signature: Signature = self.0.try_sign(message).map_err(SignatureError::from_source)?;
        Ok(signature.to_vec())
    }
}

impl JwtSigner for Es256Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

fn require_es256(algorithm: Algorithm) -> Result<(), Error> {
    if algorithm == Algorithm::ES256 { Ok(()) } else { Err(ErrorKind::InvalidAlgorithm.into()) }
}
