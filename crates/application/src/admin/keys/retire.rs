//! Retiring one key at once, because it leaked: whatever it made is refused from now on.

use std::fmt;

use grantor_domain::time::Timestamp;
use grantor_ports::{KeyPurpose, KeyRecord};

use super::{ATTEMPTS, KeyReport, overtaken, report};
use crate::audit::Object;
use crate::failure::Outcome;
use crate::service::Service;

/// Whether a key is retired, or only looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retirement {
    /// It is retired.
    Now,
    /// Nothing is changed.
    Tried,
}

/// Why a key cannot be retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRetired {
    /// Every client that has pairwise subjects would take its users for strangers.
    KeepsSubjects,
    /// What clients' secrets are kept with stays as long as they do.
    KeepsSecrets(KeyPurpose),
    /// No other key of its purpose is in use and here to stay.
    NoSuccessor(KeyPurpose),
    /// It is retired already.
    Retired(u32),
    /// There is no such key.
    Unknown(u32),
}

impl fmt::Display for NotRetired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeepsSubjects => f.write_str(
                "the salt of pairwise subjects stays for ever: with another, every client that has them would take its users for \
                 strangers",
            ),
            Self::KeepsSecrets(purpose) => write!(
                f,
                "a {} key cannot be retired: the secrets of clients are bound to it, and none of them would be accepted \
                 any more. Give each client a new secret instead",
                purpose.as_str()
            ),
            Self::NoSuccessor(purpose) => {
                let purpose = purpose.as_str();
                write!(
                    f,
                    "no other {purpose} key is in use that could take its place: `grantor keys rotate {purpose} --now` \
                     makes one, then try again"
                )
            }
            Self::Retired(number) => write!(f, "key {number} is retired already"),
            Self::Unknown(number) => write!(f, "there is no key {number}: `grantor keys list` shows those there are"),
        }
    }
}

impl std::error::Error for NotRetired {}

impl Service {
    /// Retires a key at once: nothing that it made is accepted any more, wherever replicas have heard of it, which takes
    /// seconds. A backup that is restored later brings it back.
    ///
    /// # Errors
    /// If the key must stay, storage is away, or others keep changing the ring.
    pub async fn retire_key(&self, number: u32, retirement: Retirement) -> Outcome<Result<KeyReport, NotRetired>> {
        let outcome = self.try_to_retire(number, retirement).await;
        match retirement {
            Retirement::Tried => outcome,
            Retirement::Now => self.audit_administration("keys.retire", Object::Key(number), outcome),
        }
    }

    async fn try_to_retire(&self, number: u32, retirement: Retirement) -> Outcome<Result<KeyReport, NotRetired>> {
        for _attempt in 0..ATTEMPTS {
            let (seen, now) = (self.ports.keys.list().await?, self.now());
            let key = match retirable(&seen, number, now) {
                Ok(key) => key,
                Err(not_retired) => return Ok(Err(not_retired)),
            };
            let ring = without(&seen, key, now);
            if retirement == Retirement::Tried || self.ports.keys.replace(&seen, &ring, now).await? {
                return Ok(Ok(report(key)));
            }
        }
        Err(overtaken())
    }
}

fn retirable(keys: &[KeyRecord], number: u32, now: Timestamp) -> Result<&KeyRecord, NotRetired> {
    let key = keys.iter().find(|key| key.number == number).ok_or(NotRetired::Unknown(number))?;
    if matches!(key.purpose, KeyPurpose::ClientSecretHash | KeyPurpose::ClientSecretSeal) {
        return Err(NotRetired::KeepsSecrets(key.purpose));
    }
    if key.purpose == KeyPurpose::PairwiseSalt {
        return Err(NotRetired::KeepsSubjects);
    }
    // A derived key that is retired only makes nothing new, and still reads what it made.
    let is_retired =
        if key.purpose.is_derived() { key.is_refused() } else { key.retires_at.is_some_and(|at| at <= now) };
    if is_retired {
        return Err(NotRetired::Retired(number));
    }
    let takes_over = |other: &KeyRecord| {
        other.purpose == key.purpose
            && other.number != number
            && other.activates_at <= now
            && other.retires_at.is_none()
    };
    if keys.iter().any(takes_over) { Ok(key) } else { Err(NotRetired::NoSuccessor(key.purpose)) }
}

fn without(keys: &[KeyRecord], retired: &KeyRecord, now: Timestamp) -> Vec<KeyRecord> {
    let retires_at = if retired.purpose.is_derived() { KeyRecord::REFUSED } else { now };
    let mut ring = keys.to_vec();
    ring.iter_mut().filter(|key| key.number == retired.number).for_each(|key| key.retires_at = Some(retires_at));
    ring
}

#[cfg(test)]
mod tests {
    use grantor_domain::jwt::JwsAlgorithm;

    use super::*;

    const SIGN: KeyPurpose = KeyPurpose::Sign(JwsAlgorithm::ES256);
    const NOW: Timestamp = Timestamp::from_secs(1_000);

    fn key(number: u32, purpose: KeyPurpose, activates_at: i64, retires_at: Option<i64>) -> KeyRecord {
        KeyRecord {
            number,
            purpose,
            secret_id: 1,
            wrapped: Vec::new(),
            public_jwk: String::new(),
            created_at: Timestamp::from_secs(0),
            activates_at: Timestamp::from_secs(activates_at),
            retires_at: retires_at.map(Timestamp::from_secs),
        }
    }

    #[test]
    fn a_key_goes_only_if_another_takes_over() {
        let check = |keys: &[KeyRecord], number, expect: Result<u32, NotRetired>| {
            assert_eq!(retirable(keys, number, NOW).map(|key| key.number), expect);
        };
        let current = key(1, SIGN, 0, None);
        check(std::slice::from_ref(&current), 1, Err(NotRetired::NoSuccessor(SIGN)));
        check(std::slice::from_ref(&current), 2, Err(NotRetired::Unknown(2)));
        let waiting = key(2, SIGN, 2_000, None);
        check(&[key(1, SIGN, 0, Some(9_000)), waiting.clone()], 1, Err(NotRetired::NoSuccessor(SIGN)));
        check(&[key(1, SIGN, 0, Some(9_000)), waiting.clone()], 2, Err(NotRetired::NoSuccessor(SIGN)));
        check(&[current, waiting], 2, Ok(2));
        check(&[key(1, SIGN, 0, Some(9_000)), key(2, SIGN, 1_000, None)], 1, Ok(1));
        check(&[key(1, SIGN, 0, Some(1_000)), key(2, SIGN, 900, None)], 1, Err(NotRetired::Retired(1)));
        check(
            &[key(1, KeyPurpose::Seal, 0, Some(9)), key(2, SIGN, 900, None)],
            1,
            Err(NotRetired::NoSuccessor(KeyPurpose::Seal)),
        );
        check(&[key(1, KeyPurpose::Seal, 0, Some(9)), key(2, KeyPurpose::Seal, 900, None)], 1, Ok(1));
        check(
            &[key(1, KeyPurpose::Seal, 0, Some(0)), key(2, KeyPurpose::Seal, 900, None)],
            1,
            Err(NotRetired::Retired(1)),
        );
        for purpose in [KeyPurpose::ClientSecretHash, KeyPurpose::ClientSecretSeal] {
            check(&[key(1, purpose, 0, None), key(2, purpose, 1, None)], 1, Err(NotRetired::KeepsSecrets(purpose)));
        }
    }
}
