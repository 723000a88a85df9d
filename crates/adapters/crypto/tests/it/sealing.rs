//! Codes, opaque tokens and interactions.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor_crypto::{KeyRing, OsRandom, initial_keys};
use grantor_ports::{KeyPurpose, NotOurs, Sealed, Sealer as _};
use proptest::prelude::*;

use crate::support::{at, new_key, records, ring, ring_of, secrets};

const KINDS: [(Sealed, &str); 9] = [
    (Sealed::AccessToken, "gat_"),
    (Sealed::AccountForm, "gaf_"),
    (Sealed::AuthorizationCode, "gac_"),
    (Sealed::DeviceCode, "gdc_"),
    (Sealed::Interaction, "gai_"),
    (Sealed::KnownBrowser, "gak_"),
    (Sealed::Logout, "gal_"),
    (Sealed::Playground, "gap_"),
    (Sealed::SecondFactor, "gas_"),
];

#[test]
fn what_is_sealed_opens_as_its_kind_alone() {
    let ring = ring();
    for (kind, prefix) in KINDS {
        let text = ring.seal(kind, b"content", at(1)).unwrap();
        assert!(text.starts_with(prefix), "{text}");
        for (other, _) in KINDS {
            let expect = if other == kind { Ok(b"content".to_vec()) } else { Err(NotOurs::Invalid) };
            assert_eq!(ring.open(other, &text), expect);
        }
    }
}

#[test]
fn a_kind_is_authenticated_beneath_its_prefix() {
    let ring = ring();
    let code = ring.seal(Sealed::AuthorizationCode, b"content", at(1)).unwrap();
    let forged = with_checksum(&format!("gat_{}", &code[4..code.len() - 6]));
    assert_eq!(ring.open(Sealed::AccessToken, &forged), Err(NotOurs::Invalid));
}

#[test]
fn nobody_who_knows_the_checksum_can_change_a_byte() {
    let ring = ring();
    let text = ring.seal(Sealed::AccessToken, b"content", at(1)).unwrap();
    let covered = &text[..text.len() - 6];
    for position in 4..covered.len() {
        let other = if &covered[position..=position] == "A" { "B" } else { "A" };
        let changed = with_checksum(&format!("{}{other}{}", &covered[..position], &covered[position + 1..]));
        // The first eight bytes name secret and number: another secret is none of ours, another number is derived.
        assert!(ring.open(Sealed::AccessToken, &changed).is_err(), "{position}");
    }
}

#[test]
fn the_key_in_use_is_the_newest_that_is_active() {
    let mut all = records();
    all.push(new_key(20, KeyPurpose::Seal, at(100)));
    let ring = ring_of(all);
    for (secs, expect) in [(-1000, 4), (0, 4), (99, 4), (100, 20), (1000, 20)] {
        let text = ring.seal(Sealed::Interaction, b"content", at(secs)).unwrap();
        assert_eq!(number_of(&text), expect, "{secs}");
        assert_eq!(ring.open(Sealed::Interaction, &text).as_deref(), Ok(b"content".as_slice()));
    }
}

#[test]
fn a_ring_that_forgot_a_key_opens_what_it_made() {
    let mut all = records();
    all.push(new_key(20, KeyPurpose::Seal, at(100)));
    let text = ring_of(all).seal(Sealed::AccessToken, b"content", at(200)).unwrap();
    assert_eq!(number_of(&text), 20);
    assert_eq!(ring().open(Sealed::AccessToken, &text).as_deref(), Ok(b"content".as_slice()));
}

#[test]
fn an_unconfigured_secret_is_an_unknown_key() {
    let elsewhere = initial_keys(&[], &secrets(&[2]), &OsRandom, at(0)).unwrap();
    let other = KeyRing::new(secrets(&[2]), elsewhere, Arc::new(OsRandom)).unwrap();
    let text = other.seal(Sealed::AccessToken, b"content", at(1)).unwrap();
    assert_eq!(ring().open(Sealed::AccessToken, &text), Err(NotOurs::UnknownKey));
}

#[test]
fn content_that_could_not_be_opened_is_not_sealed() {
    let ring = ring();
    let longest = vec![7; 12_228];
    let text = ring.seal(Sealed::AccessToken, &longest, at(1)).unwrap();
    assert_eq!(ring.open(Sealed::AccessToken, &text), Ok(longest));
    assert!(ring.seal(Sealed::AccessToken, &vec![7; 12_229], at(1)).is_err());
}

proptest! {
    #[test]
    fn any_content_opens_again(content in prop::collection::vec(any::<u8>(), 0..2048)) {
        let ring = ring();
        let text = ring.seal(Sealed::AuthorizationCode, &content, at(1)).unwrap();
        prop_assert_eq!(ring.open(Sealed::AuthorizationCode, &text), Ok(content));
    }

    #[test]
    fn any_text_is_refused_without_panic(text in "(g[act][tci]_)?[A-Za-z0-9_-]{0,200}") {
        prop_assert!(ring().open(Sealed::AccessToken, &text).is_err());
        prop_assert!(ring().open(Sealed::AccessToken, &with_checksum(&text)).is_err());
    }
}

/// The text with a right checksum.
pub(crate) fn with_checksum(covered: &str) -> String {
    let sum = crc32fast::hash(covered.as_bytes()).to_be_bytes();
    format!("{covered}{}", URL_SAFE_NO_PAD.encode(sum))
}

/// The number of the key that made a text.
pub(crate) fn number_of(text: &str) -> u32 {
    // Twelve characters hold the first nine bytes: secret, number, and one more.
    let bytes = URL_SAFE_NO_PAD.decode(&text[4..16]).unwrap();
    u32::from_be_bytes(bytes[4..8].try_into().unwrap())
}
