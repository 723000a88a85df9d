//! Pairwise subjects: one name for each sector and account, and none without the salt.

use grantor_domain::client::{Client, ClientSettings, Sector};
use grantor_domain::id::SessionId;
use grantor_ports::{KeyPurpose, PairwiseSubjects as _};

use crate::support::*;

fn sector(host: &str) -> Sector {
    let settings: ClientSettings = serde_json::from_value(serde_json::json!({
        "client_id": "c", "grant_types": ["authorization_code"], "redirect_uris": [format!("https://{host}/cb")],
        "subject_type": "pairwise", "id_token_signed_response_alg": "ES256",
    }))
    .unwrap();
    Client::try_from(settings).unwrap().sector.unwrap()
}

#[test]
fn one_name_for_each_sector_and_account() {
    let ring = ring();
    let name = |host: &str, account: &str| ring.pairwise(&sector(host), account).unwrap();
    let one = name("a.example", "alice");
    assert_eq!((one.as_str().len(), name("a.example", "alice")), (43, one.clone()));
    for other in [name("a.example", "bob"), name("b.example", "alice"), name("a.examplea", "lice")] {
        assert_ne!(other, one);
    }
    let longest = "x".repeat(255);
    assert_eq!(name("a.example", &longest).as_str().len(), 43, "however long the subject is");
}

#[test]
fn one_name_for_each_sector_and_session() {
    let ring = ring();
    let session = SessionId::from_bytes([7; 16]);
    let name = |host: &str, session: SessionId| ring.pairwise_session(&sector(host), session).unwrap();
    let one = name("a.example", session);
    assert_eq!(name("a.example", session), one);
    for other in [session, name("b.example", session), name("a.example", SessionId::from_bytes([8; 16]))] {
        assert_ne!(other, one);
    }
}

#[test]
fn the_first_salt_counts_for_ever() {
    let mut more = records();
    more.push(new_key(100, KeyPurpose::PairwiseSalt, at(0)));
    let sector = sector("a.example");
    let name = |records| ring_of(records).pairwise(&sector, "alice");
    assert_eq!(name(more).unwrap(), name(records()).unwrap());
}

#[test]
fn a_ring_from_before_there_were_salts_serves_all_the_same() {
    let without = records().into_iter().filter(|record| record.purpose != KeyPurpose::PairwiseSalt).collect();
    let ring = ring_of(without);
    assert!(!ring.has_salt());
    let refused = ring.pairwise(&sector("a.example"), "alice").unwrap_err();
    assert_eq!(refused.to_string(), "the key ring has no salt for pairwise subjects");
}
