//! Signing as a client does, with the secret or the private key of one that somebody plays: reads the key, decides which
//! algorithm it is for, and says what is wrong with one that cannot sign.
//!
//! The key comes from outside. Its numbers are bounded before anything is computed with them, and a signature that the
//! public numbers beside it do not verify is given to nobody.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use grantor_domain::client::MIN_HS256_BYTES;
use grantor_domain::jwt::{JwsAlgorithm, JwtType};
use grantor_domain::secret::Secret;
use grantor_ports::{ClientSigningKey, UnusableKey};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::compact;
use crate::jwk::{PublicKey, RSA_BITS, SigningAlgorithm, is_for};
use crate::private_key::PrivateKey;
use crate::symmetric::hmac_sha256;

/// What stands around PKCS#8 in PEM (RFC 7468 §10).
const PEM: (&str, &str) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");

/// Signs claims as a JWT.
///
/// # Errors
/// See [`UnusableKey`].
pub(crate) fn sign(key: &ClientSigningKey, claims: &[u8]) -> Result<String, UnusableKey> {
    match key {
        ClientSigningKey::Private(key) => PastedKey::read(key)?.sign(claims),
        ClientSigningKey::Secret(secret) => sign_with_secret(secret, claims),
    }
}

fn sign_with_secret(secret: &Secret, claims: &[u8]) -> Result<String, UnusableKey> {
    let key = secret.expose().as_bytes();
    if key.len() < MIN_HS256_BYTES {
        return Err(UnusableKey::TooShort);
    }
    let header = compact::encode_header(JwsAlgorithm::HS256, JwtType::IdToken, None);
    compact::write(&header, claims, |input| Ok(hmac_sha256(key, &[input]).to_vec()))
}

/// A private key, read.
struct PastedKey {
    algorithm: JwsAlgorithm,
    signing: SigningAlgorithm,
    key_id: Option<String>,
    private: PrivateKey,
    /// What it says that its public part is.
    public: Option<PublicKey>,
}

impl PastedKey {
    fn read(key: &Secret) -> Result<Self, UnusableKey> {
        let text = key.expose().trim();
        if text.starts_with("-----BEGIN ") { Self::of_pem(text) } else { Self::of_jwk(text) }
    }

    fn of_pem(text: &str) -> Result<Self, UnusableKey> {
        if text.starts_with("-----BEGIN PUBLIC KEY-----") {
            return Err(UnusableKey::Public);
        }
        let (begin, end) = PEM;
        let body = text.strip_prefix(begin).ok_or(UnusableKey::Unsupported)?;
        let body = body.strip_suffix(end).ok_or(UnusableKey::Unreadable)?;
        // A field of one line may have swallowed the breaks between lines, so they count for nothing.
        let body = Zeroizing::new(body.split_ascii_whitespace().collect::<String>());
        let der = STANDARD.decode(&*body).map(Zeroizing::new).ok().ok_or(UnusableKey::Unreadable)?;
        let key = PKey::private_key_from_pkcs8(&der).ok().ok_or(UnusableKey::Unreadable)?;
        let (algorithm, signing) = match key.id() {
            Id::EC => (JwsAlgorithm::ES256, SigningAlgorithm::ES256),
            Id::ED25519 => (JwsAlgorithm::EdDSA, SigningAlgorithm::EdDSA),
            Id::RSA if RSA_BITS.contains(&key.bits()) => (JwsAlgorithm::RS256, SigningAlgorithm::RS256),
            _ => return Err(UnusableKey::Unsupported),
        };
        Ok(Self { algorithm, signing, key_id: None, private: PrivateKey::of(signing, key), public: None })
    }

    fn of_jwk(text: &str) -> Result<Self, UnusableKey> {
        let jwk: Map<String, Value> = serde_json::from_str(text).ok().ok_or(UnusableKey::Unreadable)?;
        let algorithm = algorithm_of(&jwk)?;
        let signing = SigningAlgorithm::of(algorithm).ok_or(UnusableKey::Unsupported)?;
        if !is_for(&jwk, signing, "sign") {
            return Err(UnusableKey::Unsupported);
        }
        let public = PublicKey::of_numbers(&jwk, signing).ok_or(UnusableKey::Unreadable)?;
        if !jwk.contains_key("d") {
            return Err(UnusableKey::Public);
        }
        let key = key_of(&jwk, &public).ok_or(UnusableKey::Unreadable)?.ok().ok_or(UnusableKey::Unreadable)?;
        let key_id = jwk.get("kid").and_then(Value::as_str).map(str::to_owned);
        Ok(Self { algorithm, signing, key_id, private: PrivateKey::of(signing, key), public: Some(public) })
    }

    fn sign(&self, claims: &[u8]) -> Result<String, UnusableKey> {
        let prepared = self.private.prepare().ok().ok_or(UnusableKey::Unsupported)?;
        let header = compact::encode_header(self.algorithm, JwtType::IdToken, self.key_id.as_deref());
        compact::write(&header, claims, |input| {
            let signature = prepared.sign(input).ok().ok_or(UnusableKey::Unreadable)?;
            if self.public.as_ref().is_none_or(|public| self.verifies(public, input, &signature)) {
                Ok(signature)
            } else {
                Err(UnusableKey::Unreadable)
            }
        })
    }

    fn verifies(&self, public: &PublicKey, input: &[u8], signature: &[u8]) -> bool {
        public.verifier(self.signing).is_ok_and(|verifier| verifier.verify(input, signature).is_ok())
    }
}

/// What a key signs with: what it says itself (RFC 7517 §4.4), or else what is usual for its kind.
fn algorithm_of(jwk: &Map<String, Value>) -> Result<JwsAlgorithm, UnusableKey> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let usual = match (text("kty").ok_or(UnusableKey::Unreadable)?, text("crv")) {
        ("EC", Some("P-256")) => JwsAlgorithm::ES256,
        ("OKP", Some("Ed25519")) => JwsAlgorithm::EdDSA,
        ("RSA", _) => JwsAlgorithm::RS256,
        _ => return Err(UnusableKey::Unsupported),
    };
    match jwk.get("alg") {
        None => Ok(usual),
        Some(named) => named.as_str().and_then(JwsAlgorithm::parse).ok_or(UnusableKey::Unsupported),
    }
}

/// The private key in a JWK beside its public numbers (RFC 7518 §6.2.2, §6.3.2, RFC 8037 §2); none if a number is missing.
fn key_of(jwk: &Map<String, Value>, public: &PublicKey) -> Option<Result<PKey<Private>, ErrorStack>> {
    let number = |name: &str| {
        let text = jwk.get(name).and_then(Value::as_str)?;
        URL_SAFE_NO_PAD.decode(text).map(Zeroizing::new).ok()
    };
    let d = number("d")?;
    Some(match public {
        PublicKey::Ed25519 { .. } => PKey::private_key_from_raw_bytes(&d, Id::ED25519),
        PublicKey::P256 { x, y } => p256(&d, (x, y)),
        PublicKey::Rsa { n, e } => {
            let factors = [number("p")?, number("q")?, number("dp")?, number("dq")?, number("qi")?];
            if factors.iter().any(|factor| factor.len() > n.len()) || d.len() > n.len() {
                return None;
            }
            rsa((n, e), &d, &factors)
        }
    })
}

fn p256(d: &[u8], (x, y): (&[u8], &[u8])) -> Result<PKey<Private>, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let (x, y, d) = (BigNum::from_slice(x)?, BigNum::from_slice(y)?, BigNum::from_slice(d)?);
    let public = EcKey::from_public_key_affine_coordinates(&group, &x, &y)?;
    PKey::from_ec_key(EcKey::from_private_components(&group, &d, public.public_key())?)
}

fn rsa(
    (n, e): (&[u8], &[u8]),
    d: &[u8],
    [p, q, dp, dq, qi]: &[Zeroizing<Vec<u8>>; 5],
) -> Result<PKey<Private>, ErrorStack> {
    let key = Rsa::from_private_components(
        BigNum::from_slice(n)?,
        BigNum::from_slice(e)?,
        BigNum::from_slice(d)?,
        BigNum::from_slice(p)?,
        BigNum::from_slice(q)?,
        BigNum::from_slice(dp)?,
        BigNum::from_slice(dq)?,
        BigNum::from_slice(qi)?,
    )?;
    PKey::from_rsa(key)
}

#[cfg(test)]
mod tests {
    use grantor_ports::ClientKeys as _;
    use serde_json::json;

    use super::*;
    use crate::{JwkSets, generate_client_key};

    const CLAIMS: &[u8] = br#"{"iss":"shop"}"#;

    fn sign_with(key: &str) -> Result<String, UnusableKey> {
        JwkSets.sign(&ClientSigningKey::Private(Secret::new(key)), CLAIMS)
    }

    fn encoded(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn p256_jwk() -> Value {
        serde_json::from_str(&generate_client_key().unwrap()).unwrap()
    }

    fn ed25519() -> (PKey<Private>, Value) {
        let key = PKey::generate_ed25519().unwrap();
        let (x, d) = (key.raw_public_key().unwrap(), key.raw_private_key().unwrap());
        (key, json!({ "kty": "OKP", "crv": "Ed25519", "x": encoded(x), "d": encoded(d) }))
    }

    fn rsa_key(bits: u32) -> (PKey<Private>, Value) {
        let rsa = Rsa::generate(bits).unwrap();
        let number = |number: Option<&openssl::bn::BigNumRef>| encoded(number.unwrap().to_vec());
        let jwk = json!({
            "kty": "RSA", "n": number(Some(rsa.n())), "e": number(Some(rsa.e())), "d": number(Some(rsa.d())),
            "p": number(rsa.p()), "q": number(rsa.q()), "dp": number(rsa.dmp1()), "dq": number(rsa.dmq1()),
            "qi": number(rsa.iqmp()),
        });
        (PKey::from_rsa(rsa).unwrap(), jwk)
    }

    fn pem(key: &PKey<Private>) -> String {
        String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap()
    }

    /// Whether the public part of the JWK verifies what the key signs, and with which header.
    #[track_caller]
    fn check(key: &str, jwk: &Value, header: &Value) {
        let jwt = sign_with(key).unwrap();
        let found: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').next().unwrap()).unwrap()).unwrap();
        assert_eq!(&found, header);
        let public: Map<String, Value> = jwk
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| ["kty", "crv", "x", "y", "n", "e", "kid"].contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        assert_eq!(JwkSets.verify(&json!({ "keys": [public] }), &jwt).as_deref(), Some(CLAIMS));
    }

    #[test]
    fn each_kind_of_key_signs_with_its_algorithm_and_its_name() {
        let jwk = p256_jwk();
        check(&jwk.to_string(), &jwk, &json!({ "alg": "ES256", "typ": "JWT", "kid": jwk["kid"] }));
        let (key, mut jwk) = ed25519();
        check(&jwk.to_string(), &jwk, &json!({ "alg": "EdDSA", "typ": "JWT" }));
        check(&pem(&key), &jwk, &json!({ "alg": "EdDSA", "typ": "JWT" }));
        check(&pem(&key).replace('\n', ""), &jwk, &json!({ "alg": "EdDSA", "typ": "JWT" }));
        jwk["key_ops"] = json!(["sign"]);
        check(&format!("\n {jwk}\n"), &jwk, &json!({ "alg": "EdDSA", "typ": "JWT" }));
        let (key, mut jwk) = rsa_key(2048);
        check(&jwk.to_string(), &jwk, &json!({ "alg": "RS256", "typ": "JWT" }));
        check(&pem(&key), &jwk, &json!({ "alg": "RS256", "typ": "JWT" }));
        jwk["alg"] = json!("PS256");
        check(&jwk.to_string(), &jwk, &json!({ "alg": "PS256", "typ": "JWT" }));
    }

    #[test]
    fn a_key_that_cannot_sign_says_why() {
        let refused = |key: &str, expect| assert_eq!(sign_with(key), Err(expect), "{key}");
        for text in [
            "",
            "key",
            "[]",
            "{}",
            "{\"kty\":7}",
            "-----BEGIN PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        ] {
            refused(text, UnusableKey::Unreadable);
        }
        let jwk = p256_jwk();
        let with = |name: &str, value: Value| {
            let mut jwk = jwk.clone();
            jwk[name] = value;
            jwk.to_string()
        };
        let mut public = jwk.clone();
        public.as_object_mut().unwrap().remove("d");
        refused(&public.to_string(), UnusableKey::Public);
        refused("-----BEGIN PUBLIC KEY-----\n", UnusableKey::Public);
        for other in [with("kty", json!("oct")), with("crv", json!("P-384")), with("use", json!("enc"))] {
            refused(&other, UnusableKey::Unsupported);
        }
        for other in [with("alg", json!("HS256")), with("alg", json!("ES384")), with("key_ops", json!(["verify"]))] {
            refused(&other, UnusableKey::Unsupported);
        }
        refused("-----BEGIN ENCRYPTED PRIVATE KEY-----", UnusableKey::Unsupported);
        let p384 = EcKey::generate(&EcGroup::from_curve_name(Nid::SECP384R1).unwrap()).unwrap();
        refused(&pem(&PKey::from_ec_key(p384).unwrap()), UnusableKey::Unsupported);
        for damaged in
            [with("x", json!("AAAA")), with("d", json!(7)), with("d", json!("!")), with("alg", json!("RS256"))]
        {
            refused(&damaged, UnusableKey::Unreadable);
        }
    }

    #[test]
    fn a_private_number_of_another_key_signs_nothing() {
        let (mut jwk, other) = (p256_jwk(), p256_jwk());
        jwk["d"] = other["d"].clone();
        assert!(sign_with(&jwk.to_string()).is_err());
        let ((_, mut jwk), (_, other)) = (ed25519(), ed25519());
        jwk["d"] = other["d"].clone();
        assert_eq!(sign_with(&jwk.to_string()), Err(UnusableKey::Unreadable));
        let ((_, mut jwk), (_, other)) = (rsa_key(2048), rsa_key(2048));
        for name in ["d", "p", "q", "dp", "dq", "qi"] {
            jwk[name] = other[name].clone();
            assert!(sign_with(&jwk.to_string()).is_err(), "{name}");
        }
        let (key, jwk) = rsa_key(1024);
        assert_eq!(sign_with(&jwk.to_string()), Err(UnusableKey::Unreadable));
        assert_eq!(sign_with(&pem(&key)), Err(UnusableKey::Unsupported));
        let (_, mut jwk) = rsa_key(2048);
        jwk.as_object_mut().unwrap().remove("p");
        assert_eq!(sign_with(&jwk.to_string()), Err(UnusableKey::Unreadable));
    }

    #[test]
    fn a_secret_signs_if_it_is_long_enough() {
        let sign = |secret: &str| JwkSets.sign(&ClientSigningKey::Secret(Secret::new(secret)), CLAIMS);
        assert_eq!(sign(&"x".repeat(31)), Err(UnusableKey::TooShort));
        let secret = "x".repeat(32);
        let jwt = sign(&secret).unwrap();
        let (input, signature) = jwt.rsplit_once('.').unwrap();
        assert_eq!(signature, encoded(hmac_sha256(secret.as_bytes(), &[input.as_bytes()])));
        let debug = format!("{:?}", ClientSigningKey::Secret(Secret::new(secret)));
        assert!(!debug.contains('x'), "{debug}");
    }
}
