//! Rings to test with.

use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor_crypto::{EncryptionSecrets, KeyRing, NewKey, OsRandom, initial_keys};
use grantor_domain::jwt::JwsAlgorithm;
use grantor_domain::time::Timestamp;
use grantor_ports::{KeyPurpose, KeyRecord};
use serde_json::Value;

/// The asymmetric algorithms.
pub(crate) const ALGORITHMS: [JwsAlgorithm; 4] =
    [JwsAlgorithm::EdDSA, JwsAlgorithm::ES256, JwsAlgorithm::PS256, JwsAlgorithm::RS256];

/// A point in time, in seconds since the tests began.
pub(crate) fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_700_000_000 + secs)
}

/// The line of a secrets file that holds this byte over and over.
pub(crate) fn secret_line(byte: u8) -> String {
    URL_SAFE_NO_PAD.encode([byte; 32])
}

/// A file of such secrets, the first current.
pub(crate) fn secrets(bytes: &[u8]) -> EncryptionSecrets {
    let lines: Vec<_> = bytes.iter().copied().map(secret_line).collect();
    EncryptionSecrets::parse(&lines.join("\n")).unwrap()
}

/// The records of a ring made at `at(0)` under secret 1, with a key for each algorithm: RSA keys take long, so they are
/// made once.
pub(crate) fn records() -> Vec<KeyRecord> {
    static RECORDS: OnceLock<Vec<KeyRecord>> = OnceLock::new();
    RECORDS.get_or_init(|| initial_keys(&ALGORITHMS, &secrets(&[1]), &OsRandom, at(0)).unwrap()).clone()
}

/// A ring of these records.
pub(crate) fn ring_of(records: Vec<KeyRecord>) -> KeyRing {
    KeyRing::new(secrets(&[1]), records, Arc::new(OsRandom)).unwrap()
}

/// A ring of [`records`].
pub(crate) fn ring() -> KeyRing {
    ring_of(records())
}

/// Another key under secret 1.
pub(crate) fn new_key(number: u32, purpose: KeyPurpose, activates_at: Timestamp) -> KeyRecord {
    NewKey { number, purpose, created_at: at(0), activates_at }.make(&secrets(&[1]), &OsRandom).unwrap()
}

/// A compact JWS part by part: header, payload, signature.
pub(crate) fn parts(jws: &str) -> [&str; 3] {
    let parts: Vec<_> = jws.split('.').collect();
    parts.try_into().unwrap()
}

/// JSON in base64url.
pub(crate) fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A part of a JWS as JSON.
pub(crate) fn decode(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
