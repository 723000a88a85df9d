//! Refresh tokens.

use grantor_domain::id::GrantId;
use grantor_domain::secret::GrantSecret;
use grantor_domain::token::refresh_token::RefreshToken;
use grantor_ports::{KeyPurpose, NotOurs, Sealed, Sealer as _};
use proptest::prelude::*;

use crate::sealing::{number_of, with_checksum};
use crate::support::{at, new_key, records, ring, ring_of};

fn token(generation: u32) -> RefreshToken {
    RefreshToken { grant: GrantId::from_bytes([9; 16]), generation, secret: GrantSecret::new([5; 16]) }
}

proptest! {
    #[test]
    fn a_refresh_token_reads_back(grant: [u8; 16], generation: u32, secret: [u8; 16]) {
        let token = RefreshToken { grant: GrantId::from_bytes(grant), generation, secret: GrantSecret::new(secret) };
        let ring = ring();
        let text = ring.refresh_token(&token, at(1));
        prop_assert_eq!(text.len(), 90);
        prop_assert_eq!(ring.open_refresh_token(&text), Ok(token));
    }
}

#[test]
fn the_same_token_of_the_same_moment_is_the_same_text() {
    let ring = ring();
    assert_eq!(ring.refresh_token(&token(3), at(1)), ring.refresh_token(&token(3), at(1)));
    assert_ne!(ring.refresh_token(&token(3), at(1)), ring.refresh_token(&token(4), at(1)));
}

#[test]
fn a_retry_over_a_rotation_of_keys_makes_the_same_text() {
    let before = ring().refresh_token(&token(3), at(90));
    let mut all = records();
    all.push(new_key(20, KeyPurpose::RefreshMac, at(100)));
    let rotated = ring_of(all);
    assert_eq!(rotated.refresh_token(&token(3), at(90)), before);
    let after = rotated.refresh_token(&token(3), at(100));
    assert_eq!((number_of(&before), number_of(&after)), (3, 20));
    // Also a ring that has forgotten the rotation knows its tokens.
    for text in [before, after] {
        assert_eq!(rotated.open_refresh_token(&text), Ok(token(3)));
        assert_eq!(ring().open_refresh_token(&text), Ok(token(3)));
    }
}

#[test]
fn nobody_who_knows_the_checksum_can_change_a_byte() {
    let ring = ring();
    let text = ring.refresh_token(&token(3), at(1));
    let covered = &text[..text.len() - 6];
    for position in 0..covered.len() {
        let other = if &covered[position..=position] == "A" { "B" } else { "A" };
        let changed = with_checksum(&format!("{}{other}{}", &covered[..position], &covered[position + 1..]));
        assert!(ring.open_refresh_token(&changed).is_err(), "{position}");
    }
}

#[test]
fn nothing_else_is_a_refresh_token() {
    let ring = ring();
    let text = ring.refresh_token(&token(3), at(1));
    let sealed = ring.seal(Sealed::AccessToken, &[0; 36], at(1)).unwrap();
    for kind in
        [Sealed::AccessToken, Sealed::AuthorizationCode, Sealed::DeviceCode, Sealed::Interaction, Sealed::Logout]
    {
        assert_eq!(ring.open(kind, &text), Err(NotOurs::Invalid));
    }
    let short = with_checksum(&text[..text.len() - 10]);
    let long = with_checksum(&format!("{}AAAA", &text[..text.len() - 6]));
    for other in ["", "grt_", &sealed, &short, &long, &with_checksum("grt_")] {
        assert_eq!(ring.open_refresh_token(other), Err(NotOurs::Invalid), "{other}");
    }
}
