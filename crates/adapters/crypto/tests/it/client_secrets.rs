//! Client secrets.

use grantor_domain::client::StoredSecret;
use grantor_domain::jwt::JwtType;
use grantor_domain::secret::Secret;
use grantor_ports::{ClientSecrets as _, KeyPurpose, SecretUse};
use josekit::jws::{HS256, JwsHeader};

use crate::support::{at, decode, new_key, parts, records, ring, ring_of};

const CLAIMS: &[u8] = br#"{"sub":"demo-c"}"#;
const LONG: &str = "demo-c-secret-of-more-than-thirty-two-octets";

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

#[test]
fn a_secret_matches_what_was_kept_of_it() {
    let ring = ring();
    let keep = |text, usage| ring.protect(&secret(text), usage).unwrap();
    let hashed = keep("demo-a-secret", SecretUse::Compared);
    let sealed = keep(LONG, SecretUse::Signs);
    let check = |stored: &[StoredSecret], presented: &str, expect: bool| {
        assert_eq!(ring.matches(stored, &secret(presented)).unwrap(), expect, "{} {presented}", stored.len());
        let comparable = ring.comparable(stored).unwrap();
        assert!(comparable.iter().all(|secret| matches!(secret, StoredSecret::Hashed { .. })));
        assert_eq!(ring.matches(&comparable, &secret(presented)).unwrap(), expect, "comparable: {presented}");
    };
    for presented in ["", "demo-a-secret", LONG, "wrong"] {
        check(&[], presented, false);
        check(std::slice::from_ref(&hashed), presented, presented == "demo-a-secret");
        check(std::slice::from_ref(&sealed), presented, presented == LONG);
        let either = presented == "demo-a-secret" || presented == LONG;
        check(&[hashed.clone(), sealed.clone()], presented, either);
        check(&[sealed.clone(), hashed.clone()], presented, either);
    }
    let another = keep("another", SecretUse::Compared);
    check(&[another.clone(), sealed, hashed], "demo-a-secret", true);
    check(&[another], "demo-a-secret", false);
}

#[test]
fn nothing_that_is_kept_tells_the_secret() {
    let ring = ring();
    for usage in [SecretUse::Compared, SecretUse::Signs] {
        let stored = ring.protect(&secret(LONG), usage).unwrap();
        assert!(!format!("{stored:?}").contains(LONG));
        assert_eq!(stored.estimated_bits(), secret(LONG).estimated_bits());
    }
}

#[test]
fn a_kept_secret_outlives_the_rotation_of_its_key() {
    let kept: Vec<_> =
        [SecretUse::Compared, SecretUse::Signs].map(|usage| ring().protect(&secret(LONG), usage).unwrap()).into();
    let mut all = records();
    all.push(new_key(20, KeyPurpose::ClientSecretHash, at(100)));
    all.push(new_key(21, KeyPurpose::ClientSecretSeal, at(100)));
    let rotated = ring_of(all);
    for stored in &kept {
        assert!(rotated.matches(std::slice::from_ref(stored), &secret(LONG)).unwrap());
    }
    let newer = rotated.protect(&secret(LONG), SecretUse::Compared).unwrap();
    assert!(matches!(newer, StoredSecret::Hashed { key: 20, .. }));
    // A ring without the key cannot compare, and says so: it is not for the client to pay for that.
    assert!(ring().matches(&[newer], &secret(LONG)).is_err());
}

#[test]
fn a_damaged_row_is_a_failure_and_never_a_no() {
    let ring = ring();
    for (key, text) in [(1, ""), (1, "AAAA"), (1, "!"), (2, ""), (2, "AAAA"), (77, "AAAA")] {
        let hashed = StoredSecret::Hashed { key, hash: text.to_owned(), estimated_bits: 0 };
        let sealed = StoredSecret::Sealed { key, sealed: text.to_owned(), estimated_bits: 0 };
        for stored in [hashed, sealed] {
            assert!(ring.matches(std::slice::from_ref(&stored), &secret("")).is_err(), "{stored:?}");
            assert!(ring.comparable(std::slice::from_ref(&stored)).is_err(), "{stored:?}");
            let another = ring.protect(&secret("other"), SecretUse::Compared).unwrap();
            assert!(
                ring.matches(&[stored.clone(), another], &secret("other")).unwrap(),
                "a readable one still matches"
            );
            assert_eq!(ring.verify(std::slice::from_ref(&stored), "e30.e30.e30").unwrap(), None);
        }
    }
}

#[test]
fn a_sealed_secret_is_revealed_and_a_hash_is_not() {
    let ring = ring();
    let sealed = ring.protect(&secret(LONG), SecretUse::Signs).unwrap();
    assert_eq!(ring.reveal(&sealed).unwrap().expose(), LONG);
    let hashed = ring.protect(&secret(LONG), SecretUse::Compared).unwrap();
    assert!(ring.reveal(&hashed).is_err());
    for (key, text) in [(2, ""), (2, "AAAA"), (2, "!"), (77, "AAAA")] {
        let damaged = StoredSecret::Sealed { key, sealed: text.to_owned(), estimated_bits: 0 };
        assert!(ring.reveal(&damaged).is_err(), "{damaged:?}");
    }
}

#[test]
fn a_secret_is_revealed_as_long_as_its_key_is_there() {
    let mut all = records();
    all.push(new_key(21, KeyPurpose::ClientSecretSeal, at(100)));
    let rotated = ring_of(all);
    let old = ring().protect(&secret(LONG), SecretUse::Signs).unwrap();
    assert_eq!(rotated.reveal(&old).unwrap().expose(), LONG);
    let new = rotated.protect(&secret(LONG), SecretUse::Signs).unwrap();
    assert_eq!(rotated.reveal(&new).unwrap().expose(), LONG);
    assert!(ring().reveal(&new).is_err(), "its key is gone");
}

#[test]
fn a_secret_that_signs_is_long_enough() {
    assert!(ring().protect(&secret(&"x".repeat(31)), SecretUse::Signs).is_err());
    assert!(ring().protect(&secret(&"x".repeat(32)), SecretUse::Signs).is_ok());
    assert!(ring().protect(&secret("short"), SecretUse::Compared).is_ok());
}

#[test]
fn the_oldest_sealed_secret_signs_and_both_verify() {
    let ring = ring();
    let (new, old) = ("new-secret-of-more-than-thirty-two-octets", LONG);
    let keep = |text| ring.protect(&secret(text), SecretUse::Signs).unwrap();
    let stored = [keep(new), keep(old)];
    let jwt = ring.sign(&stored, JwtType::IdToken, CLAIMS).unwrap();
    let header = decode(parts(&jwt)[0]);
    assert_eq!(header, serde_json::json!({ "alg": "HS256", "typ": "JWT" }));
    let verifier = HS256.verifier_from_bytes(old).unwrap();
    assert_eq!(josekit::jws::deserialize_compact(&jwt, &verifier).unwrap().0, CLAIMS);
    for with in [new, old] {
        let signer = HS256.signer_from_bytes(with).unwrap();
        let assertion = josekit::jws::serialize_compact(CLAIMS, &JwsHeader::new(), &signer).unwrap();
        assert_eq!(ring.verify(&stored, &assertion).unwrap().as_deref(), Some(CLAIMS), "{with}");
        assert_eq!(ring.verify(&[], &assertion).unwrap(), None);
        for position in 0..assertion.len() {
            let other = if &assertion[position..=position] == "A" { "B" } else { "A" };
            let changed = format!("{}{other}{}", &assertion[..position], &assertion[position + 1..]);
            assert_eq!(ring.verify(&stored, &changed).unwrap(), None, "{position}");
        }
    }
    let hashed = ring.protect(&secret(old), SecretUse::Compared).unwrap();
    assert!(ring.sign(std::slice::from_ref(&hashed), JwtType::IdToken, CLAIMS).is_err());
    assert_eq!(ring.verify(&[hashed], &jwt).unwrap(), None);
}
