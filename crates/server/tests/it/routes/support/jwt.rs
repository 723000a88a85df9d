//! JSON Web Tokens as a client or resource server meets them: checked with a JOSE library against the published keys,
//! and made, also wrongly, byte by byte.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor_domain::secret::sha256;
use josekit::jwk::{Jwk, KeyPair as _};
use josekit::jws::{ES256, EdDSA, HS256, JwsSigner, JwsVerifier, PS256, RS256};
use serde_json::{Value, json};

use crate::harness::{Http, Server};

/// The header, unchecked.
pub(crate) fn header(jwt: &str) -> Value {
    part(jwt, 0)
}

/// The claims, unchecked.
pub(crate) fn claims(jwt: &str) -> Value {
    part(jwt, 1)
}

fn part(jwt: &str, index: usize) -> Value {
    let part = jwt.split('.').nth(index).unwrap_or_else(|| panic!("no JWT: {jwt}"));
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The claims of a JWT whose signature holds under the key of the published JWK set that its header names.
pub(crate) async fn verified(http: &Http, jwt: &str) -> Value {
    let header = header(jwt);
    let jwks = http.get("/oauth/jwks").await.json();
    let keys = jwks["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).unwrap_or_else(|| panic!("{header} not in {jwks}"));
    assert_eq!(key["alg"], header["alg"]);
    let jwk = Jwk::from_map(key.as_object().unwrap().clone()).unwrap();
    let verifier: Box<dyn JwsVerifier> = match header["alg"].as_str().unwrap() {
        "ES256" => Box::new(ES256.verifier_from_jwk(&jwk).unwrap()),
        "EdDSA" => Box::new(EdDSA.verifier_from_jwk(&jwk).unwrap()),
        "PS256" => Box::new(PS256.verifier_from_jwk(&jwk).unwrap()),
        "RS256" => Box::new(RS256.verifier_from_jwk(&jwk).unwrap()),
        other => panic!("unexpected algorithm {other}"),
    };
    assert!(holds(&*verifier, jwt), "{jwt}");
    claims(jwt)
}

/// The claims of a JWT that was signed with HS256 under a client's secret.
pub(crate) fn verified_with_secret(secret: &str, jwt: &str) -> Value {
    assert_eq!(header(jwt)["alg"], "HS256");
    assert!(holds(&HS256.verifier_from_bytes(secret).unwrap(), jwt), "{jwt}");
    claims(jwt)
}

fn holds(verifier: &dyn JwsVerifier, jwt: &str) -> bool {
    let (message, signature) = jwt.rsplit_once('.').unwrap();
    verifier.verify(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).is_ok()
}

/// `at_hash` of an access token for ES256, RS256 and HS256 (OpenID Connect Core §3.1.3.6).
pub(crate) fn at_hash(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&sha256(access_token.as_bytes())[..16])
}

/// A compact JWS with this header, whatever the signer's algorithm is.
pub(crate) fn sign_as(header: &Value, claims: &Value, signer: &dyn JwsSigner) -> String {
    let message = unsigned(header, claims);
    let signature = URL_SAFE_NO_PAD.encode(signer.sign(message.as_bytes()).unwrap());
    format!("{message}.{signature}")
}

/// Header and claims, without a signature.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", encode(header), encode(claims))
}

/// A compact JWS with the header that its signer wants.
pub(crate) fn sign(claims: &Value, signer: &dyn JwsSigner) -> String {
    sign_as(&json!({ "alg": signer.algorithm().name(), "typ": "JWT" }), claims, signer)
}

/// Signs with HS256 under a secret of at least 32 bytes.
pub(crate) fn hs256_signer(secret: impl AsRef<[u8]>) -> Box<dyn JwsSigner> {
    Box::new(HS256.signer_from_bytes(secret).unwrap())
}

/// Signs as `demo-machine` does.
pub(crate) fn machine_signer(server: &Server) -> Box<dyn JwsSigner> {
    let jwk = Jwk::from_bytes(std::fs::read(server.machine_key()).unwrap()).unwrap();
    Box::new(ES256.signer_from_jwk(&jwk).unwrap())
}

/// Signs with a fresh ES256 key that nobody registered.
pub(crate) fn stranger_signer() -> Box<dyn JwsSigner> {
    let pair = ES256.generate_key_pair().unwrap();
    Box::new(ES256.signer_from_der(pair.to_der_private_key()).unwrap())
}

/// Seconds since the epoch.
pub(crate) fn now() -> i64 {
    let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(elapsed.as_secs()).unwrap()
}
