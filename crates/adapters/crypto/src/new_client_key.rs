//! Making a key for a client that signs its assertions (RFC 7523): the demo set's machine has one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor_domain::jwt::JwsAlgorithm;
use grantor_ports::CryptoFailure;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::jwk::SigningAlgorithm;
use crate::private_key::PrivateKey;

/// A new P-256 key as a private JWK in JSON (RFC 7518 §6.2.2), with `kid`, `use` and `alg` ES256.
///
/// # Errors
/// If the library fails.
pub fn generate_client_key() -> Result<Zeroizing<String>, CryptoFailure> {
    let key = PrivateKey::generate(JwsAlgorithm::ES256)?;
    let mut jwk = key.public()?.to_jwk(SigningAlgorithm::ES256);
    jwk.insert("d".to_owned(), Value::String(URL_SAFE_NO_PAD.encode(&*key.p256_scalar()?)));
    Ok(Zeroizing::new(Value::Object(jwk).to_string()))
}

#[cfg(test)]
mod tests {
    use grantor_ports::ClientKeys as _;
    use josekit::jwk::Jwk;
    use josekit::jws::{ES256, JwsHeader};
    use serde_json::json;

    use super::*;
    use crate::JwkSets;

    #[test]
    fn what_the_key_signs_its_public_part_verifies() {
        let private = generate_client_key().unwrap();
        let signer = ES256.signer_from_jwk(&Jwk::from_bytes(private.as_bytes()).unwrap()).unwrap();
        let jwt = josekit::jws::serialize_compact(b"{}", &JwsHeader::new(), &signer).unwrap();
        let mut public: serde_json::Map<String, Value> = serde_json::from_str(&private).unwrap();
        assert_eq!(public.remove("d").and_then(|d| d.as_str().map(str::len)), Some(43));
        for name in ["kty", "crv", "x", "y", "kid", "use", "alg"] {
            assert!(public.contains_key(name), "{name}");
        }
        assert_eq!(JwkSets.verify(&json!({"keys": [public]}), &jwt), Some(b"{}".to_vec()));
    }
}
