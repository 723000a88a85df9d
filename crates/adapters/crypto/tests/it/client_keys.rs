//! JWTs that clients sign with keys of their own.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor_crypto::JwkSets;
use grantor_domain::jwt::{JwsAlgorithm, JwtType};
use grantor_ports::{ClientKeys as _, Signer as _};
use josekit::jws::{JwsHeader, RS256};
use openssl::rsa::Rsa;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{ALGORITHMS, at, decode, encode, parts, ring};

const CLAIMS: &[u8] = br#"{"iss":"demo-machine"}"#;

/// A JWT signed by the ring as if it were a client, and the client's published key.
fn signed(algorithm: JwsAlgorithm) -> (String, Value) {
    let ring = ring();
    let jwt = ring.sign(algorithm, JwtType::IdToken, CLAIMS, at(1)).unwrap();
    let jwks = ring.jwks(at(1));
    let jwk = jwks["keys"].as_array().unwrap().iter().find(|jwk| jwk["alg"] == algorithm.as_str()).unwrap().clone();
    (jwt, jwk)
}

fn verifies(keys: &[Value], jwt: &str) -> bool {
    JwkSets.verify(&json!({ "keys": keys }), jwt).is_some()
}

#[test]
fn a_registered_key_verifies_whatever_stands_beside_it() {
    for algorithm in ALGORITHMS {
        let (jwt, jwk) = signed(algorithm);
        let beside = [json!({}), json!(7), json!({ "kty": "oct", "k": "AAAA" }), json!({ "kty": "EC" }), jwk];
        assert_eq!(JwkSets.verify(&json!({ "keys": beside }), &jwt).as_deref(), Some(CLAIMS), "{algorithm}");
        assert!(!verifies(&beside[..4], &jwt));
    }
}

#[test]
fn the_key_must_be_meant() {
    let (jwt, jwk) = signed(JwsAlgorithm::ES256);
    let check = |change: &dyn Fn(&mut Value), expect: bool| {
        let mut jwk = jwk.clone();
        change(&mut jwk);
        assert_eq!(verifies(std::slice::from_ref(&jwk), &jwt), expect, "{jwk}");
    };
    let remove = |jwk: &mut Value, member: &str| drop(jwk.as_object_mut().unwrap().remove(member));
    check(&|_| {}, true);
    check(&|jwk| remove(jwk, "kid"), true);
    check(&|jwk| remove(jwk, "use"), true);
    check(&|jwk| remove(jwk, "alg"), true);
    check(&|jwk| jwk["kid"] = "another".into(), false);
    check(&|jwk| jwk["use"] = "enc".into(), false);
    check(&|jwk| jwk["alg"] = "ES384".into(), false);
    check(&|jwk| jwk["crv"] = "P-384".into(), false);
    check(&|jwk| jwk["kty"] = "OKP".into(), false);
    check(&|jwk| jwk["y"] = jwk["x"].clone(), false);
}

#[test]
fn one_rsa_key_does_not_serve_two_algorithms_that_it_does_not_name() {
    let (jwt, mut jwk) = signed(JwsAlgorithm::RS256);
    jwk["alg"] = "PS256".into();
    assert!(!verifies(std::slice::from_ref(&jwk), &jwt));
    jwk.as_object_mut().unwrap().remove("alg");
    assert!(verifies(&[jwk], &jwt));
}

#[test]
fn a_short_rsa_key_is_refused_though_its_signature_holds() {
    let rsa = Rsa::generate(2041).unwrap();
    let encode = |number: &openssl::bn::BigNumRef| URL_SAFE_NO_PAD.encode(number.to_vec());
    let jwk = json!({ "kty": "RSA", "n": encode(rsa.n()), "e": encode(rsa.e()) });
    // Its modulus has 256 bytes, which is where the library stops counting.
    let signer = RS256.signer_from_der(rsa.private_key_to_der().unwrap()).unwrap();
    let jwt = josekit::jws::serialize_compact(CLAIMS, &JwsHeader::new(), &signer).unwrap();
    assert!(!verifies(&[jwk], &jwt));
}

#[test]
fn a_header_without_kid_tries_every_fitting_key_but_not_endlessly() {
    let (jwt, jwk) = signed(JwsAlgorithm::EdDSA);
    let [header, payload, _] = parts(&jwt);
    let mut header = decode(header);
    header.as_object_mut().unwrap().remove("kid");
    let key = openssl::pkey::PKey::generate_ed25519().unwrap();
    let input = format!("{}.{payload}", encode(&header));
    let mut signer = openssl::sign::Signer::new_without_digest(&key).unwrap();
    let signature = signer.sign_oneshot_to_vec(input.as_bytes()).unwrap();
    let jwt = format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature));
    let right = json!({
        "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(key.raw_public_key().unwrap())
    });
    let behind = |others: usize| [vec![jwk.clone(); others], vec![right.clone()]].concat();
    assert!(verifies(&behind(0), &jwt));
    assert!(verifies(&behind(15), &jwt));
    assert!(!verifies(&behind(16), &jwt));
}

#[test]
fn no_set_no_key() {
    let (jwt, jwk) = signed(JwsAlgorithm::ES256);
    for jwks in [json!(null), json!({}), json!([]), json!({ "keys": {} }), json!({ "keys": [] }), jwk] {
        assert_eq!(JwkSets.verify(&jwks, &jwt), None, "{jwks}");
    }
}

proptest! {
    #[test]
    fn hostile_sets_and_tokens_are_refused_without_panic(
        kty in prop::sample::select(vec!["EC", "OKP", "RSA", "oct", ""]),
        crv in prop::sample::select(vec!["P-256", "Ed25519", "Ed448", ""]),
        first in prop::collection::vec(any::<u8>(), 0..300),
        second in prop::collection::vec(any::<u8>(), 0..40),
        alg in prop::sample::select(vec!["ES256", "EdDSA", "RS256", "PS256", "HS256", "none"]),
        signature in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let (first, second) = (URL_SAFE_NO_PAD.encode(first), URL_SAFE_NO_PAD.encode(second));
        let jwk = json!({
            "kty": kty, "crv": crv, "x": first, "y": second, "n": first, "e": second, "k": first
        });
        let jwt = format!("{}.e30.{}", encode(&json!({ "alg": alg })), URL_SAFE_NO_PAD.encode(signature));
        prop_assert!(!verifies(&[jwk], &jwt));
    }

    #[test]
    fn signatures_of_right_length_are_refused_without_panic(
        zeros in 0..64_usize,
        at_end: bool,
        fill: u8,
    ) {
        // Numbers of zero and with leading zeros are where a DER encoder goes wrong.
        let mut signature = vec![fill; 64];
        if at_end { signature[64 - zeros..].fill(0) } else { signature[..zeros].fill(0) }
        let (jwt, jwk) = signed(JwsAlgorithm::ES256);
        let [header, payload, _] = parts(&jwt);
        let forged = format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode(signature));
        prop_assert!(!verifies(&[jwk], &forged));
    }
}
