//! The ring as a whole: which records make one, and what a replacement keeps.

use std::sync::Arc;

use grantor_crypto::{KeyRing, KeyRingError, NewKey, OsRandom};
use grantor_domain::id::GrantId;
use grantor_domain::jwt::{JwsAlgorithm, JwtType};
use grantor_domain::secret::GrantSecret;
use grantor_domain::token::refresh_token::RefreshToken;
use grantor_ports::KeyRing as _;
use grantor_ports::{KeyPurpose, KeyRecord, NotOurs, Sealed, Sealer as _, Signer as _};

use crate::support::{at, new_key, records, ring, ring_of, secret_line, secrets};

fn error_of(records: Vec<KeyRecord>) -> KeyRingError {
    KeyRing::new(secrets(&[1]), records, Arc::new(OsRandom)).unwrap_err()
}

/// The records of the ring, with those changed that are for `purpose`.
fn with(purpose: KeyPurpose, change: impl Fn(&mut KeyRecord)) -> Vec<KeyRecord> {
    let mut all = records();
    all.iter_mut().filter(|record| record.purpose == purpose).for_each(change);
    all
}

const ES256: KeyPurpose = KeyPurpose::Sign(JwsAlgorithm::ES256);

#[test]
fn a_purpose_without_a_key_is_an_error() {
    for missing in
        [KeyPurpose::ClientSecretHash, KeyPurpose::ClientSecretSeal, KeyPurpose::RefreshMac, KeyPurpose::Seal]
    {
        let rest = records().into_iter().filter(|record| record.purpose != missing).collect();
        assert!(matches!(error_of(rest), KeyRingError::MissingPurpose(purpose) if purpose == missing));
    }
}

#[test]
fn an_unconfigured_secret_is_named_with_what_to_do() {
    for purpose in [KeyPurpose::Seal, KeyPurpose::ClientSecretHash, ES256] {
        let error = error_of(with(purpose, |record| record.secret_id = 0xabcd));
        assert!(matches!(error, KeyRingError::UnknownSecret { secret_id: 0xabcd, .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("0000abcd") && text.contains("secrets file"), "{text}");
    }
}

#[test]
fn a_damaged_or_swapped_row_is_named() {
    let damaged = with(ES256, |record| record.wrapped[30] ^= 1);
    assert!(matches!(error_of(damaged), KeyRingError::Unreadable { number: 6, .. }));
    let renumbered = with(ES256, |record| record.number = 60);
    assert!(matches!(error_of(renumbered), KeyRingError::Unreadable { number: 60, .. }));
    let seal = records().into_iter().find(|record| record.purpose == KeyPurpose::ClientSecretSeal).unwrap();
    let swapped = with(KeyPurpose::ClientSecretHash, |record| record.wrapped.clone_from(&seal.wrapped));
    assert!(matches!(error_of(swapped), KeyRingError::Unreadable { number: 1, .. }));
    let published = new_key(20, ES256, at(0)).public_jwk;
    let foreign = with(ES256, |record| record.public_jwk.clone_from(&published));
    assert!(matches!(error_of(foreign), KeyRingError::PublicPartDiffers { number: 6 }));
    let symmetric = with(ES256, |record| record.purpose = KeyPurpose::Sign(JwsAlgorithm::HS256));
    assert!(matches!(error_of(symmetric), KeyRingError::Symmetric { number: 6 }));
    let twice = [records(), vec![new_key(4, KeyPurpose::Seal, at(0))]].concat();
    assert!(matches!(error_of(twice), KeyRingError::NumberTwice { number: 4 }));
}

#[test]
fn a_replacement_is_seen_at_once_and_a_bad_one_changes_nothing() {
    let ring = ring();
    let mut all = records();
    all.push(new_key(20, ES256, at(100)));
    let newer = ring_of(all.clone()).sign(JwsAlgorithm::ES256, JwtType::AccessToken, b"{}", at(100)).unwrap();
    assert_eq!(ring.verify(&newer, at(100)), Err(NotOurs::UnknownKey));
    ring.replace(&all).unwrap();
    assert!(ring.verify(&newer, at(100)).is_ok());
    assert!(ring.replace(&[]).is_err());
    assert!(ring.verify(&newer, at(100)).is_ok());
}

#[test]
fn an_old_secret_below_the_new_one_keeps_everything() {
    let old = ring();
    let sealed = old.seal(Sealed::AccessToken, b"content", at(1)).unwrap();
    let signed = old.sign(JwsAlgorithm::EdDSA, JwtType::AccessToken, b"{}", at(1)).unwrap();
    let both = secrets(&[2, 1]);
    let mut all = records();
    let next = NewKey { number: 20, purpose: KeyPurpose::Seal, created_at: at(50), activates_at: at(50) };
    all.push(next.make(&both, &OsRandom).unwrap());
    let ring = KeyRing::new(both.clone(), all, Arc::new(OsRandom)).unwrap();
    assert_eq!(ring.open(Sealed::AccessToken, &sealed).as_deref(), Ok(b"content".as_slice()));
    assert!(ring.verify(&signed, at(60)).is_ok());
    let newer = ring.seal(Sealed::AccessToken, b"content", at(60)).unwrap();
    assert_eq!(old.open(Sealed::AccessToken, &newer), Err(NotOurs::UnknownKey));
    assert_eq!(ring.secrets().current_id(), both.current_id());
}

#[test]
fn threads_may_sign_while_the_ring_is_replaced() {
    let ring = ring();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let jwt = ring.sign(JwsAlgorithm::ES256, JwtType::AccessToken, b"{}", at(1)).unwrap();
                    assert!(ring.verify(&jwt, at(1)).is_ok());
                }
            });
        }
        for _ in 0..50 {
            ring.replace(&records()).unwrap();
        }
    });
}

#[test]
fn debug_shows_numbers_alone() {
    let shown = format!("{:?}", ring());
    let first = secrets(&[1]).current_id();
    assert_eq!(shown, format!("KeyRing {{ secrets: EncryptionSecrets({first:08x}), keys: [1, 2, 3, 4, 5, 6, 7, 8] }}"));
    assert!(!shown.contains(&secret_line(1)));
}

/// `keys rotate`, and before its key is in use, `keys rotate --now`: the key that waited must never take over.
#[test]
fn a_key_that_was_set_aside_never_comes_into_use() {
    let mut all = records();
    for (number, purpose) in [(20, KeyPurpose::Seal), (30, KeyPurpose::RefreshMac)] {
        let waiting = KeyRecord { retires_at: Some(at(100)), ..new_key(number, purpose, at(300)) };
        all.extend([waiting, new_key(number + 1, purpose, at(100))]);
    }
    let ring = ring_of(all);
    // The key's number stands in clear behind the prefix and the secret's id, where all of it is the same for one key.
    let name = |text: &str| text[4..14].to_owned();
    let token = RefreshToken { grant: GrantId::from_bytes([1; 16]), generation: 0, secret: GrantSecret::new([2; 16]) };
    let names = |time| {
        let sealed = ring.seal(Sealed::AuthorizationCode, b"x", at(time)).unwrap();
        (name(&sealed), name(&ring.refresh_token(&token, at(time))))
    };
    assert_ne!(names(50), names(200));
    assert_eq!(names(200), names(400));
}

#[test]
fn a_key_wrapped_anew_is_the_same_key_under_the_current_secret() {
    let both = KeyRing::new(secrets(&[2, 1]), records(), Arc::new(OsRandom)).unwrap();
    let new = secrets(&[2]).current_id();
    assert_eq!(both.secret_ids(), [new, secrets(&[1]).current_id()]);
    let wrapped: Vec<_> = records()
        .iter()
        .map(|record| if record.purpose.is_derived() { record.clone() } else { both.rewrap(record).unwrap() })
        .collect();
    for (before, after) in records().iter().zip(&wrapped).filter(|(before, _)| !before.purpose.is_derived()) {
        assert_eq!((after.secret_id, &after.public_jwk), (new, &before.public_jwk));
        assert_ne!(after.wrapped, before.wrapped);
    }
    let jwt = ring().sign(JwsAlgorithm::ES256, JwtType::AccessToken, b"{}", at(1)).unwrap();
    // The derived keys still need the old secret; what is wrapped does not.
    let derived_anew = |number, purpose| NewKey { number, purpose, created_at: at(0), activates_at: at(0) };
    let alone: Vec<_> = wrapped
        .into_iter()
        .map(|record| match record.purpose {
            derived if derived.is_derived() => {
                derived_anew(record.number, derived).make(&secrets(&[2]), &OsRandom).unwrap()
            }
            _ => record,
        })
        .collect();
    let alone = KeyRing::new(secrets(&[2]), alone, Arc::new(OsRandom)).unwrap();
    assert!(alone.verify(&jwt, at(2)).is_ok());
}

#[test]
fn what_cannot_be_wrapped_anew_is_an_error() {
    let ring = ring();
    for record in records() {
        let foreign = KeyRecord { secret_id: 0xabcd, ..record.clone() };
        assert!(ring.rewrap(&foreign).is_err());
        assert_eq!(ring.rewrap(&record).is_err(), record.purpose.is_derived());
    }
}

#[test]
fn a_derived_key_that_leaked_reads_nothing_and_needs_no_secret() {
    let ring = ring();
    let token = RefreshToken { grant: GrantId::from_bytes([1; 16]), generation: 0, secret: GrantSecret::new([2; 16]) };
    let (sealed, refresh) =
        (ring.seal(Sealed::AccessToken, b"content", at(1)).unwrap(), ring.refresh_token(&token, at(1)));
    let mut all = records();
    all.retain(|record| !record.purpose.is_derived());
    // Without their rows they are derived on the spot, as after a restored backup.
    all.extend([new_key(20, KeyPurpose::Seal, at(0)), new_key(21, KeyPurpose::RefreshMac, at(0))]);
    let forgotten = ring_of(all.clone());
    assert!(forgotten.open(Sealed::AccessToken, &sealed).is_ok() && forgotten.open_refresh_token(&refresh).is_ok());
    for mut leaked in records().into_iter().filter(|record| record.purpose.is_derived()) {
        leaked.retires_at = Some(KeyRecord::REFUSED);
        all.push(leaked.clone());
        all.push(KeyRecord { secret_id: 0xabcd, number: leaked.number + 30, ..leaked });
    }
    let refusing = ring_of(all);
    assert_eq!(refusing.open(Sealed::AccessToken, &sealed), Err(NotOurs::Invalid));
    assert_eq!(refusing.open_refresh_token(&refresh), Err(NotOurs::Invalid));
    let anew = refusing.seal(Sealed::AccessToken, b"content", at(1)).unwrap();
    assert!(refusing.open(Sealed::AccessToken, &anew).is_ok());
}

#[test]
fn each_purpose_tells_when_its_key_in_use_was_made() {
    let mut all = records();
    all.push(
        NewKey { number: 20, purpose: ES256, created_at: at(50), activates_at: at(100) }
            .make(&secrets(&[1]), &OsRandom)
            .unwrap(),
    );
    let ring = ring_of(all);
    let made = |now| ring.in_use(now).into_iter().find(|(purpose, _)| *purpose == ES256).unwrap().1;
    assert_eq!((made(at(99)), made(at(100))), (at(0), at(50)));
    assert_eq!(ring.in_use(at(0)).len(), 8, "four that seal, hash and authenticate, four that sign");
}
