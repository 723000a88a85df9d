//! The ring's keys, ready for use, and the rule which of them is in use.

use std::sync::Arc;

use grantor_domain::jwt::JwsAlgorithm;
use grantor_domain::time::Timestamp;
use grantor_ports::{CryptoFailure, KeyPurpose, KeyRecord, Random};
use serde_json::Value;
use zeroize::Zeroizing;

use super::KeyRingError;
use crate::client_secrets::Dummy;
use crate::encryption_secrets::{EncryptionSecret, EncryptionSecrets};
use crate::new_key::wrapping_context;
use crate::signing_key::SigningKey;
use crate::symmetric::SymmetricKey;
use crate::text_form::KeyName;

/// Every key of one state of the ring.
pub(crate) struct ReadyKeys {
    /// Hash client secrets.
    pub(crate) client_secret_hash: Sequence,
    /// Seal client secrets that sign.
    pub(crate) client_secret_seal: Sequence,
    /// The salt of pairwise subjects; none in a ring from before there were any.
    pub(crate) pairwise_salt: Option<Arc<SymmetricKey>>,
    /// Authenticate refresh tokens.
    pub(crate) refresh_mac: Sequence,
    /// Seal what travels.
    pub(crate) seal: Sequence,
    /// Sign, whatever the algorithm; by activation.
    signing: Vec<RingKey<SigningKey>>,
    /// Compared with where a client has no secret.
    pub(crate) dummy: Dummy,
}

/// A key and its record.
pub(crate) struct RingKey<K> {
    record: KeyRecord,
    /// The key itself.
    pub(crate) key: Arc<K>,
}

/// The keys of one purpose, by activation: at least one.
pub(crate) struct Sequence {
    first: RingKey<SymmetricKey>,
    later: Vec<RingKey<SymmetricKey>>,
    /// Names of keys that leaked: nothing made with one counts, whoever made it.
    refused: Vec<KeyName>,
}

impl ReadyKeys {
    /// Makes the records ready, taking over from `before` the signing keys that it has already.
    pub(super) fn prepare(
        secrets: &EncryptionSecrets,
        mut records: Vec<KeyRecord>,
        random: &dyn Random,
        before: Option<&Self>,
    ) -> Result<Self, KeyRingError> {
        records.sort_by_key(|record| record.number);
        if let Some([twin, _]) = records.array_windows().find(|[left, right]| left.number == right.number) {
            return Err(KeyRingError::NumberTwice { number: twin.number });
        }
        records.sort_by_key(|record| (record.activates_at, record.number));
        let sequence = |purpose| Sequence::prepare(purpose, secrets, &records);
        let client_secret_hash = sequence(KeyPurpose::ClientSecretHash)?;
        let pairwise_salt = match sequence(KeyPurpose::PairwiseSalt) {
            // The first for ever, whatever came later.
            Ok(salts) => Some(salts.first.key),
            Err(KeyRingError::MissingPurpose(_)) => None,
            Err(error) => return Err(error),
        };
        Ok(Self {
            dummy: Dummy::new(client_secret_hash.newest(), random),
            client_secret_hash,
            client_secret_seal: sequence(KeyPurpose::ClientSecretSeal)?,
            pairwise_salt,
            refresh_mac: sequence(KeyPurpose::RefreshMac)?,
            seal: sequence(KeyPurpose::Seal)?,
            signing: prepare_signing(secrets, &records, before)?,
        })
    }

    /// The key that signs with `algorithm` at `at`; none if there is none, or all are retired.
    pub(crate) fn signing_at(&self, algorithm: JwsAlgorithm, at: Timestamp) -> Option<&SigningKey> {
        self.signs_at(algorithm, at).map(|key| &*key.key)
    }

    /// The purpose of each key in use at `at`, and when that key was made.
    pub(super) fn in_use_at(&self, at: Timestamp) -> Vec<(KeyPurpose, Timestamp)> {
        let sequences = [&self.client_secret_hash, &self.client_secret_seal, &self.refresh_mac, &self.seal];
        let plain = sequences.map(|sequence| &sequence.in_use_at(at).record);
        let signing = JwsAlgorithm::ALL.into_iter().filter_map(|algorithm| self.signs_at(algorithm, at));
        let all = plain.into_iter().chain(signing.map(|key| &key.record));
        all.map(|record| (record.purpose, record.created_at)).collect()
    }

    fn signs_at(&self, algorithm: JwsAlgorithm, at: Timestamp) -> Option<&RingKey<SigningKey>> {
        let mut usable = self.signing.iter().filter(|key| key.key.algorithm == algorithm && !key.is_retired(at));
        let first = usable.next()?;
        Some(usable.rev().find(|key| key.record.activates_at <= at).unwrap_or(first))
    }

    /// The signing keys that are accepted and published at `at`: those that are not retired, also if they were made
    /// after it, for then only this replica's clock is behind.
    pub(crate) fn published_at(&self, at: Timestamp) -> impl Iterator<Item = &SigningKey> {
        self.signing.iter().filter(move |key| !key.is_retired(at)).map(|key| &*key.key)
    }

    /// The signing key with this `kid`, retired or not.
    pub(crate) fn signing_by_id(&self, key_id: &str) -> Option<&RingKey<SigningKey>> {
        self.signing.iter().find(|key| key.key.key_id == key_id)
    }

    /// Whether some key of the algorithm is to stay.
    pub(crate) fn keeps_signing_with(&self, algorithm: JwsAlgorithm) -> bool {
        self.signing.iter().any(|key| key.key.algorithm == algorithm && key.record.retires_at.is_none())
    }

    /// The numbers of all keys, in no particular order.
    pub(super) fn numbers(&self) -> Vec<u32> {
        let sequences = [&self.client_secret_hash, &self.client_secret_seal, &self.refresh_mac, &self.seal];
        let plain = sequences.into_iter().flat_map(Sequence::all).map(RingKey::number);
        plain.chain(self.signing.iter().map(RingKey::number)).collect()
    }
}

impl Sequence {
    fn prepare(purpose: KeyPurpose, secrets: &EncryptionSecrets, records: &[KeyRecord]) -> Result<Self, KeyRingError> {
        let (refused, records): (Vec<_>, Vec<_>) =
            records.iter().filter(|record| record.purpose == purpose).partition(|record| record.is_refused());
        let mut keys = records.into_iter().map(|record| {
            let key = if purpose.is_derived() {
                secret_of(secrets, record)?.derive(purpose, record.number)
            } else {
                let bytes = unwrap(secrets, record)?;
                SymmetricKey::from_slice(&bytes)
                    .ok_or_else(|| unreadable(record, CryptoFailure::new("the key has a wrong length")))?
            };
            Ok(RingKey { record: record.clone(), key: Arc::new(key) })
        });
        let first = keys.next().ok_or(KeyRingError::MissingPurpose(purpose))??;
        let name = |record: &KeyRecord| KeyName { secret_id: record.secret_id, number: record.number };
        Ok(Self { first, later: keys.collect::<Result<_, _>>()?, refused: refused.into_iter().map(name).collect() })
    }

    /// The key in use at `at`: the last that was activated by then and not set aside (by a rotation at once, while it
    /// still waited); before the first was, the first, for then only this replica's clock is behind that of the one which
    /// made it.
    pub(crate) fn in_use_at(&self, at: Timestamp) -> &RingKey<SymmetricKey> {
        let in_use = |key: &&RingKey<SymmetricKey>| key.record.activates_at <= at && !key.was_set_aside();
        self.later.iter().rev().find(in_use).unwrap_or(&self.first)
    }

    /// The key that is activated last.
    pub(crate) fn newest(&self) -> &RingKey<SymmetricKey> {
        self.later.last().unwrap_or(&self.first)
    }

    /// The key with this number.
    pub(crate) fn by_number(&self, number: u32) -> Option<&RingKey<SymmetricKey>> {
        self.all().find(|key| key.number() == number)
    }

    /// The key with this number, derived from this secret.
    pub(crate) fn by_name(&self, name: KeyName) -> Option<&RingKey<SymmetricKey>> {
        self.all().find(|key| key.name() == name)
    }

    /// Whether the key with this name leaked.
    pub(crate) fn refuses(&self, name: KeyName) -> bool {
        self.refused.contains(&name)
    }

    fn all(&self) -> impl Iterator<Item = &RingKey<SymmetricKey>> {
        std::iter::once(&self.first).chain(&self.later)
    }
}

impl<K> RingKey<K> {
    /// The key's number.
    pub(crate) fn number(&self) -> u32 {
        self.record.number
    }

    /// What stands in the clear in the texts that it makes.
    pub(crate) fn name(&self) -> KeyName {
        KeyName { secret_id: self.record.secret_id, number: self.record.number }
    }

    /// Whether the key was retired before it was ever to be used.
    pub(crate) fn was_set_aside(&self) -> bool {
        self.record.retires_at.is_some_and(|retires_at| retires_at <= self.record.activates_at)
    }

    /// Whether nobody may use the key any more.
    pub(crate) fn is_retired(&self, at: Timestamp) -> bool {
        self.record.retires_at.is_some_and(|retires_at| retires_at <= at)
    }
}

fn prepare_signing(
    secrets: &EncryptionSecrets,
    records: &[KeyRecord],
    before: Option<&ReadyKeys>,
) -> Result<Vec<RingKey<SigningKey>>, KeyRingError> {
    let mut keys = Vec::new();
    for record in records {
        let KeyPurpose::Sign(algorithm) = record.purpose else { continue };
        if algorithm.is_symmetric() {
            return Err(KeyRingError::Symmetric { number: record.number });
        }
        let known = before.and_then(|before| before.signing.iter().find(|key| same_key(&key.record, record)));
        let key = match known {
            Some(known) => Arc::clone(&known.key),
            None => Arc::new(prepare_signing_key(algorithm, secrets, record)?),
        };
        keys.push(RingKey { record: record.clone(), key });
    }
    Ok(keys)
}

fn prepare_signing_key(
    algorithm: JwsAlgorithm,
    secrets: &EncryptionSecrets,
    record: &KeyRecord,
) -> Result<SigningKey, KeyRingError> {
    let der = unwrap(secrets, record)?;
    let key = SigningKey::prepare(algorithm, &der).map_err(|cause| unreadable(record, cause))?;
    // What is published is computed from the private part, so a changed row publishes nothing; but it is not silent.
    // The thumbprint names the whole key, so it alone tells.
    let stored = serde_json::from_str::<Value>(&record.public_jwk)
        .map_err(|error| unreadable(record, CryptoFailure::because("its public part is no JSON", error)))?;
    if stored.get("kid") == key.public_jwk.get("kid") {
        Ok(key)
    } else {
        Err(KeyRingError::PublicPartDiffers { number: record.number })
    }
}

/// Whether two records hold one key: all but its times.
fn same_key(left: &KeyRecord, right: &KeyRecord) -> bool {
    left.number == right.number
        && left.purpose == right.purpose
        && left.secret_id == right.secret_id
        && left.wrapped == right.wrapped
        && left.public_jwk == right.public_jwk
}

/// The key in a wrapped record.
pub(super) fn unwrap(secrets: &EncryptionSecrets, record: &KeyRecord) -> Result<Zeroizing<Vec<u8>>, KeyRingError> {
    let context = wrapping_context(record.purpose, record.number);
    secret_of(secrets, record)?
        .wrapping
        .open(&context, &record.wrapped)
        .map(Zeroizing::new)
        .ok_or_else(|| unreadable(record, CryptoFailure::new("the wrapped key does not open")))
}

fn secret_of<'a>(secrets: &'a EncryptionSecrets, record: &KeyRecord) -> Result<&'a EncryptionSecret, KeyRingError> {
    secrets
        .find(record.secret_id)
        .ok_or(KeyRingError::UnknownSecret { number: record.number, secret_id: record.secret_id })
}

fn unreadable(record: &KeyRecord, cause: CryptoFailure) -> KeyRingError {
    KeyRingError::Unreadable { number: record.number, purpose: record.purpose, cause }
}
