//! Keys of clients: which keys of a client's JWK set may have signed a JWT, and whether one did. Signing as a client does, for
//! whoever plays one, is in [`client_signature`].
//!
//! Both the set and the JWT come from outside, so the work is bounded: a JWT of bounded length, a bounded number of keys,
//! each of bounded size.

use grantor_ports::{ClientKeys, ClientSigningKey, UnusableKey};
use serde_json::{Map, Value};

use crate::client_signature;
use crate::compact::CompactJws;
use crate::jwk::{PublicKey, SigningAlgorithm};

/// How many keys of a set are tried.
const MAX_KEYS: usize = 16;

/// JWK sets of clients. Holds nothing: each check makes the keys ready anew.
#[derive(Clone, Copy, Debug, Default)]
pub struct JwkSets;

impl ClientKeys for JwkSets {
    fn verify(&self, jwks: &Value, jwt: &str) -> Option<Vec<u8>> {
        let jws = CompactJws::read(jwt)?;
        let algorithm = SigningAlgorithm::of(jws.header.algorithm?)?;
        let made_by = |key: PublicKey| {
            key.verifier(algorithm).is_ok_and(|verifier| verifier.verify(jws.signing_input, &jws.signature).is_ok())
        };
        let candidates = jwks.get("keys")?.as_array()?.iter().filter_map(Value::as_object);
        let mut fitting = candidates
            .filter(|jwk| may_be_named(jwk, jws.header.key_id.as_deref()))
            .filter_map(|jwk| PublicKey::read(jwk, algorithm))
            .take(MAX_KEYS);
        if fitting.any(made_by) { jws.into_payload() } else { None }
    }

    fn sign(&self, key: &ClientSigningKey, claims: &[u8]) -> Result<String, UnusableKey> {
        client_signature::sign(key, claims)
    }
}

/// Whether a header with this `kid` can mean the key (RFC 7515 §4.1.4): they have the same, or one of them has none.
fn may_be_named(jwk: &Map<String, Value>, key_id: Option<&str>) -> bool {
    match (jwk.get("kid"), key_id) {
        (Some(own), Some(named)) => own == named,
        _ => true,
    }
}
