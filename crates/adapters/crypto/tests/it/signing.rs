//! Our own JWTs, and what is published to check them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor_crypto::JwkSets;
use grantor_domain::jwt::{JwsAlgorithm, JwtType};
use grantor_ports::{ClientKeys as _, KeyPurpose, NotOurs, Signer as _, VerifiedJwt};
use josekit::jwk::Jwk;
use josekit::jws::{ES256, EdDSA, HS256, JwsHeader, JwsVerifier, PS256, RS256};
use serde_json::{Value, json};

use crate::support::{ALGORITHMS, at, decode, encode, new_key, parts, records, ring, ring_of};

const CLAIMS: &[u8] = br#"{"sub":"alice"}"#;

/// The published key of an algorithm.
fn jwk(jwks: &Value, algorithm: JwsAlgorithm) -> Value {
    let keys = jwks["keys"].as_array().unwrap();
    keys.iter().find(|jwk| jwk["alg"] == algorithm.as_str()).unwrap().clone()
}

#[test]
fn what_is_signed_verifies() {
    let ring = ring();
    for algorithm in ALGORITHMS {
        for kind in [JwtType::AccessToken, JwtType::IdToken] {
            let jwt = ring.sign(algorithm, kind, CLAIMS, at(1)).unwrap();
            let header = decode(parts(&jwt)[0]);
            assert_eq!(
                (header["alg"].as_str(), header["typ"].as_str()),
                (Some(algorithm.as_str()), Some(kind.as_str()))
            );
            let expect = VerifiedJwt { kind: Some(kind), algorithm, payload: CLAIMS.to_vec() };
            assert_eq!(ring.verify(&jwt, at(1)), Ok(expect));
        }
    }
}

#[test]
fn another_library_verifies_with_the_published_keys() {
    let ring = ring();
    let jwks = ring.jwks(at(1));
    for algorithm in ALGORITHMS {
        let published = jwk(&jwks, algorithm);
        let key = Jwk::from_map(published.as_object().unwrap().clone()).unwrap();
        let verifier: Box<dyn JwsVerifier> = match algorithm {
            JwsAlgorithm::EdDSA => Box::new(EdDSA.verifier_from_jwk(&key).unwrap()),
            JwsAlgorithm::ES256 => Box::new(ES256.verifier_from_jwk(&key).unwrap()),
            JwsAlgorithm::PS256 => Box::new(PS256.verifier_from_jwk(&key).unwrap()),
            JwsAlgorithm::RS256 => Box::new(RS256.verifier_from_jwk(&key).unwrap()),
            JwsAlgorithm::HS256 => unreachable!("not asymmetric"),
        };
        let jwt = ring.sign(algorithm, JwtType::AccessToken, CLAIMS, at(1)).unwrap();
        let (payload, header) = josekit::jws::deserialize_compact(&jwt, &*verifier).unwrap();
        assert_eq!(payload, CLAIMS);
        assert_eq!(header.key_id(), published["kid"].as_str());
        assert_eq!(published["use"], "sig");
        let private = ["d", "p", "q", "k"].iter().any(|member| published.get(member).is_some());
        assert!(!private, "{published}");
        assert_eq!(JwkSets.verify(&jwks, &jwt).as_deref(), Some(CLAIMS));
    }
}

#[test]
fn a_changed_character_is_noticed() {
    let ring = ring();
    let jwt = ring.sign(JwsAlgorithm::ES256, JwtType::AccessToken, CLAIMS, at(1)).unwrap();
    for position in 0..jwt.len() {
        let other = if &jwt[position..=position] == "A" { "B" } else { "A" };
        let changed = format!("{}{other}{}", &jwt[..position], &jwt[position + 1..]);
        assert!(ring.verify(&changed, at(1)).is_err(), "{position}");
        assert!(ring.verify(&jwt[..position], at(1)).is_err(), "cut at {position}");
    }
}

#[test]
fn the_algorithm_is_the_key_s_whatever_the_header_says() {
    let ring = ring();
    let jwks = ring.jwks(at(1));
    let rsa = jwk(&jwks, JwsAlgorithm::RS256);
    let kid = rsa["kid"].as_str().unwrap();
    let payload = URL_SAFE_NO_PAD.encode(CLAIMS);
    let forge = |header: Value, signature: &str| format!("{}.{payload}.{signature}", encode(&header));

    let unsigned = forge(json!({ "alg": "none", "kid": kid }), "");
    assert_eq!(ring.verify(&unsigned, at(1)), Err(NotOurs::Invalid));

    // HMAC under what everybody knows of the RSA key.
    let modulus = URL_SAFE_NO_PAD.decode(rsa["n"].as_str().unwrap()).unwrap();
    for public in [modulus, rsa.to_string().into_bytes()] {
        let mut header = JwsHeader::new();
        header.set_key_id(kid);
        let signer = HS256.signer_from_bytes(public).unwrap();
        let forged = josekit::jws::serialize_compact(CLAIMS, &header, &signer).unwrap();
        assert_eq!(ring.verify(&forged, at(1)), Err(NotOurs::Invalid));
        assert_eq!(JwkSets.verify(&jwks, &forged), None);
    }

    // A genuine signature of one key under the name of another.
    let es256 = ring.sign(JwsAlgorithm::ES256, JwtType::AccessToken, CLAIMS, at(1)).unwrap();
    for algorithm in ["RS256", "ES256", "PS256"] {
        let forged = forge(json!({ "alg": algorithm, "kid": kid }), parts(&es256)[2]);
        assert_eq!(ring.verify(&forged, at(1)), Err(NotOurs::Invalid));
    }
}

#[test]
fn a_header_must_name_a_key_and_nothing_critical() {
    let ring = ring();
    let jwt = ring.sign(JwsAlgorithm::ES256, JwtType::AccessToken, CLAIMS, at(1)).unwrap();
    let [header, payload, signature] = parts(&jwt);
    let check = |change: &dyn Fn(&mut Value), expect: NotOurs| {
        let mut header = decode(header);
        change(&mut header);
        let forged = format!("{}.{payload}.{signature}", encode(&header));
        assert_eq!(ring.verify(&forged, at(1)), Err(expect), "{header}");
    };
    check(&|header| header["kid"] = "unknown".into(), NotOurs::UnknownKey);
    check(&|header| header["kid"] = Value::Null, NotOurs::Invalid);
    check(&|header| header["crit"] = json!(["b64"]), NotOurs::Invalid);
    check(&|header| header["crit"] = json!("b64"), NotOurs::Invalid);
    check(&|header| header["alg"] = "ES384".into(), NotOurs::Invalid);
    check(&|header| header["jwk"] = json!({}), NotOurs::Invalid);
    for malformed in ["", "a.b.c", "..", &"x".repeat(100_000)] {
        assert_eq!(ring.verify(malformed, at(1)), Err(NotOurs::Invalid));
    }
}

#[test]
fn rotation_publishes_before_it_signs_and_accepts_until_it_retires() {
    let algorithm = JwsAlgorithm::ES256;
    let mut all = records();
    let old = all.iter_mut().find(|record| record.purpose == KeyPurpose::Sign(algorithm)).unwrap();
    old.retires_at = Some(at(200));
    all.push(new_key(20, KeyPurpose::Sign(algorithm), at(100)));
    let ring = ring_of(all);
    let published = |secs| {
        let jwks = ring.jwks(at(secs));
        jwks["keys"].as_array().unwrap().iter().filter(|jwk| jwk["alg"] == "ES256").count()
    };
    let sign = |secs| ring.sign(algorithm, JwtType::AccessToken, CLAIMS, at(secs)).unwrap();
    let kid = |jwt: &str| decode(parts(jwt)[0])["kid"].clone();
    assert_eq!((published(0), published(199), published(200)), (2, 2, 1));
    let (before, after) = (sign(99), sign(100));
    assert_eq!((kid(&sign(0)), kid(&sign(500))), (kid(&before), kid(&after)));
    assert_ne!(kid(&before), kid(&after));
    assert!(ring.verify(&before, at(199)).is_ok());
    assert_eq!(ring.verify(&before, at(200)), Err(NotOurs::Invalid));
    assert!(ring.verify(&after, at(200)).is_ok());
    // A replica whose clock is behind accepts what another made.
    assert!(ring.verify(&after, at(-5)).is_ok());
}

#[test]
fn an_algorithm_without_keys_is_not_offered() {
    let mut all = records();
    for record in &mut all {
        if record.purpose == KeyPurpose::Sign(JwsAlgorithm::PS256) {
            record.retires_at = Some(at(100));
        }
    }
    all.retain(|record| record.purpose != KeyPurpose::Sign(JwsAlgorithm::EdDSA));
    let ring = ring_of(all);
    assert_eq!(ring.algorithms(), [JwsAlgorithm::ES256, JwsAlgorithm::RS256]);
    assert!(ring.sign(JwsAlgorithm::PS256, JwtType::IdToken, CLAIMS, at(99)).is_ok());
    for algorithm in [JwsAlgorithm::EdDSA, JwsAlgorithm::HS256, JwsAlgorithm::PS256] {
        assert!(ring.sign(algorithm, JwtType::IdToken, CLAIMS, at(100)).is_err(), "{algorithm}");
    }
}
