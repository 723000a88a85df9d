//! Public keys as JWKs (RFC 7517, RFC 7518 §6, RFC 8037 §2): how ours are written, and which of somebody else's are fit
//! to check a signature with.
//!
//! The library meets only JWKs that were taken apart and written anew here, so none of its leniencies counts: lengths,
//! curves and sizes are checked before, members that nobody asked for never arrive.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor_domain::jwt::JwsAlgorithm;
use grantor_domain::secret::sha256;
use grantor_ports::CryptoFailure;
use josekit::JoseError;
use josekit::jwk::Jwk;
use josekit::jws::{ES256, EdDSA, JwsVerifier, PS256, RS256};
use serde_json::{Map, Value};

/// Bits that an RSA modulus may have: at least those of RFC 7518 §3.3, and not so many that one signature takes long.
pub(crate) const RSA_BITS: std::ops::RangeInclusive<u32> = 2048..=8192;

/// Most bytes of an RSA exponent.
const MAX_EXPONENT_BYTES: usize = 4;

/// The algorithms whose verifier needs no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SigningAlgorithm {
    /// Ed25519.
    EdDSA,
    /// ECDSA on P-256.
    ES256,
    /// RSASSA-PSS.
    PS256,
    /// RSASSA-PKCS1-v1_5.
    RS256,
}

impl SigningAlgorithm {
    /// The algorithm, if it is asymmetric.
    pub(crate) const fn of(algorithm: JwsAlgorithm) -> Option<Self> {
        match algorithm {
            JwsAlgorithm::EdDSA => Some(Self::EdDSA),
            JwsAlgorithm::ES256 => Some(Self::ES256),
            JwsAlgorithm::HS256 => None,
            JwsAlgorithm::PS256 => Some(Self::PS256),
            JwsAlgorithm::RS256 => Some(Self::RS256),
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::EdDSA => "EdDSA",
            Self::ES256 => "ES256",
            Self::PS256 => "PS256",
            Self::RS256 => "RS256",
        }
    }
}

/// A public key, by its numbers in big-endian bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PublicKey {
    /// A point of Ed25519.
    Ed25519 { x: Vec<u8> },
    /// A point of P-256.
    P256 { x: Vec<u8>, y: Vec<u8> },
    /// Modulus and exponent.
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

impl PublicKey {
    /// Reads the key in a JWK, if it is one to check signatures of this algorithm with. None if `kty` or `crv` do not
    /// fit, `use`, `key_ops` or `alg` say that it is for something else, or its numbers are malformed, too small to be
    /// safe or too large to be quick.
    pub(crate) fn read(jwk: &Map<String, Value>, algorithm: SigningAlgorithm) -> Option<Self> {
        if is_for(jwk, algorithm, "verify") { Self::of_numbers(jwk, algorithm) } else { None }
    }

    /// Reads the public numbers in a JWK, whatever it says that it is for. None as for [`Self::read`].
    pub(crate) fn of_numbers(jwk: &Map<String, Value>, algorithm: SigningAlgorithm) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        let coordinate = |name: &str| bytes(name).filter(|bytes| bytes.len() == 32);
        match (algorithm, text("kty")?) {
            (SigningAlgorithm::EdDSA, "OKP") if text("crv") == Some("Ed25519") => {
                Some(Self::Ed25519 { x: coordinate("x")? })
            }
            (SigningAlgorithm::ES256, "EC") if text("crv") == Some("P-256") => {
                Some(Self::P256 { x: coordinate("x")?, y: coordinate("y")? })
            }
            (SigningAlgorithm::PS256 | SigningAlgorithm::RS256, "RSA") => {
                let (n, e) = (without_leading_zeros(bytes("n")?), without_leading_zeros(bytes("e")?));
                let odd = e.last().is_some_and(|last| last % 2 == 1);
                let fits = RSA_BITS.contains(&bits(&n)) && odd && e != [1] && e.len() <= MAX_EXPONENT_BYTES;
                fits.then_some(Self::Rsa { n, e })
            }
            _ => None,
        }
    }

    /// The JWK that is published: with `kid`, `use` and `alg`.
    pub(crate) fn to_jwk(&self, algorithm: SigningAlgorithm) -> Map<String, Value> {
        let mut jwk = self.members();
        let rest = [("kid", self.thumbprint()), ("use", "sig".to_owned()), ("alg", algorithm.as_str().to_owned())];
        jwk.extend(rest.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))));
        jwk
    }

    /// The JWK's SHA-256 thumbprint (RFC 7638 §3), in base64url.
    pub(crate) fn thumbprint(&self) -> String {
        let members: std::collections::BTreeMap<_, _> = self.members().into_iter().collect();
        let canonical: Map<String, Value> = members.into_iter().collect();
        URL_SAFE_NO_PAD.encode(sha256(Value::Object(canonical).to_string().as_bytes()))
    }

    /// Makes the key ready to check signatures of the algorithm.
    ///
    /// # Errors
    /// If it is no key that the library takes: a point off its curve.
    pub(crate) fn verifier(&self, algorithm: SigningAlgorithm) -> Result<Box<dyn JwsVerifier>, CryptoFailure> {
        self.josekit_verifier(algorithm)
            .map_err(|error| CryptoFailure::because("a public key cannot check signatures", error))
    }

    fn josekit_verifier(&self, algorithm: SigningAlgorithm) -> Result<Box<dyn JwsVerifier>, JoseError> {
        let jwk = Jwk::from_map(self.members())?;
        match algorithm {
            SigningAlgorithm::EdDSA => EdDSA.verifier_from_jwk(&jwk).map(|verifier| Box::new(verifier) as _),
            SigningAlgorithm::ES256 => ES256.verifier_from_jwk(&jwk).map(|verifier| Box::new(verifier) as _),
            SigningAlgorithm::PS256 => PS256.verifier_from_jwk(&jwk).map(|verifier| Box::new(verifier) as _),
            SigningAlgorithm::RS256 => RS256.verifier_from_jwk(&jwk).map(|verifier| Box::new(verifier) as _),
        }
    }

    /// The members that make the key: those that the thumbprint covers (RFC 7638 §3.2).
    fn members(&self) -> Map<String, Value> {
        let encode = |bytes: &Vec<u8>| URL_SAFE_NO_PAD.encode(bytes);
        let members = match self {
            Self::Ed25519 { x } => vec![("kty", "OKP".to_owned()), ("crv", "Ed25519".to_owned()), ("x", encode(x))],
            Self::P256 { x, y } => {
                vec![("kty", "EC".to_owned()), ("crv", "P-256".to_owned()), ("x", encode(x)), ("y", encode(y))]
            }
            Self::Rsa { n, e } => vec![("kty", "RSA".to_owned()), ("n", encode(n)), ("e", encode(e))],
        };
        members.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
    }
}

/// Whether the JWK does not say that it is for something else than this operation (RFC 7517 §4.2 to §4.4).
pub(crate) fn is_for(jwk: &Map<String, Value>, algorithm: SigningAlgorithm, operation: &str) -> bool {
    let is = |name: &str, expect: &str| jwk.get(name).is_none_or(|value| value == expect);
    let operations = jwk.get("key_ops").is_none_or(|operations| {
        operations.as_array().is_some_and(|operations| operations.iter().any(|known| known == operation))
    });
    is("use", "sig") && is("alg", algorithm.as_str()) && operations
}

fn without_leading_zeros(mut bytes: Vec<u8>) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.drain(..zeros);
    bytes
}

/// Bits of a number without leading zero bytes.
fn bits(number: &[u8]) -> u32 {
    let all = u32::try_from(number.len()).unwrap_or(u32::MAX).saturating_mul(8);
    all.saturating_sub(number.first().map_or(0, |first| first.leading_zeros()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(members) = value else { panic!("{value} is no object") };
        members
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_7638() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCi\
                 FV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb\
                 9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls\
                 1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let jwk = object(json!({ "kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29" }));
        let key = PublicKey::read(&jwk, SigningAlgorithm::RS256).unwrap();
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn the_thumbprint_of_ed25519_is_that_of_rfc_8037() {
        let jwk = object(json!({
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        }));
        let key = PublicKey::read(&jwk, SigningAlgorithm::EdDSA).unwrap();
        assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_jwk_must_fit_the_algorithm_and_be_for_signatures() {
        let point = URL_SAFE_NO_PAD.encode([7; 32]);
        let base = object(json!({ "kty": "EC", "crv": "P-256", "x": point, "y": point }));
        let check = |change: Value, algorithm, expect: bool| {
            let mut jwk = base.clone();
            jwk.extend(object(change.clone()));
            assert_eq!(PublicKey::read(&jwk, algorithm).is_some(), expect, "{change}");
        };
        check(json!({}), SigningAlgorithm::ES256, true);
        check(json!({ "use": "sig", "alg": "ES256", "key_ops": ["verify"] }), SigningAlgorithm::ES256, true);
        check(json!({}), SigningAlgorithm::EdDSA, false);
        check(json!({}), SigningAlgorithm::RS256, false);
        for change in [
            json!({ "use": "enc" }),
            json!({ "use": null }),
            json!({ "alg": "ES384" }),
            json!({ "alg": "HS256" }),
            json!({ "key_ops": ["sign"] }),
            json!({ "key_ops": "verify" }),
            json!({ "crv": "P-384" }),
            json!({ "kty": "RSA" }),
            json!({ "kty": 1 }),
            json!({ "x": "" }),
            json!({ "x": URL_SAFE_NO_PAD.encode([7; 33]), "y": URL_SAFE_NO_PAD.encode([7; 31]) }),
            json!({ "y": "not base64url!" }),
        ] {
            check(change, SigningAlgorithm::ES256, false);
        }
    }

    #[test]
    fn an_rsa_key_is_neither_weak_nor_slow() {
        let check = |n: Vec<u8>, e: &[u8], expect: bool| {
            let length = n.len();
            let jwk = object(json!({
                "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e)
            }));
            assert_eq!(PublicKey::read(&jwk, SigningAlgorithm::PS256).is_some(), expect, "{length} {e:?}");
        };
        let odd = [1, 0, 1];
        check(vec![0xff; 256], &odd, true);
        check([vec![0; 9], vec![0xff; 256]].concat(), &[0, 1, 0, 1], true);
        check(vec![0x7f; 256], &odd, false);
        check([vec![0; 128], vec![0xff; 128]].concat(), &odd, false);
        check(vec![0xff; 1024], &odd, true);
        check(vec![0xff; 1025], &odd, false);
        check(vec![], &odd, false);
        for exponent in [&[][..], &[0], &[1], &[2], &[1, 0, 0, 0, 1]] {
            check(vec![0xff; 256], exponent, false);
        }
    }

    #[test]
    fn a_point_off_the_curve_is_an_error() {
        let off = PublicKey::P256 { x: vec![7; 32], y: vec![7; 32] };
        assert!(off.verifier(SigningAlgorithm::ES256).is_err());
    }
}
