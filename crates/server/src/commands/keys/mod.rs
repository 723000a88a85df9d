//! `grantor keys`: the key ring, listed and rotated, its keys retired and wrapped anew. Nothing of a key is shown but what
//! everybody may see.

mod retire;
mod rewrap;

use std::fmt;
use std::time::Duration;

use anyhow::bail;
use grantor_application::Service;
use grantor_application::admin::{KeyReport, Rotation};
use grantor_crypto::{EncryptionSecrets, OsRandom};
use grantor_domain::time::Timestamp;
use grantor_ports::{Clock as _, KeyPurpose};
use serde::Serialize;

use crate::cli::{KeysCommand, Storage};
use crate::clock::SystemClock;
use crate::output;
use crate::rfc3339::ShownTime;
use crate::settings::HumanDuration;

/// Lists or rotates, and prints.
pub(super) fn run(storage: &Storage, command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::List(output) => {
            let keys = super::administer(storage, async |service| Ok(service.list_keys().await?))?;
            output::print(output, &Ring::new(&keys, SystemClock.now()))
        }
        KeysCommand::Rotate { purposes, now, output } => {
            let rotation = if now { Rotation::Now } else { Rotation::Published };
            let (keys, max_age) = super::administer(storage, async |service| {
                refuse_missing(service, &purposes).await?;
                let keys = service.rotate_keys(&purposes, rotation).await?;
                Ok((keys, service.settings().jwks_max_age))
            })?;
            output::print(output, &Rotated::new(&keys, rotation, max_age))
        }
        KeysCommand::Retire { number, now, output } => retire::run(storage, number, now, output),
        KeysCommand::Rewrap(output) => rewrap::run(storage, output),
        KeysCommand::GenerateSecret(output) => {
            let content = EncryptionSecrets::generate_file(&OsRandom);
            output::print(output, &NewSecret { encryption_secret: &content })
        }
    }
}

/// A purpose without a key has nothing to rotate: better said than passed over.
async fn refuse_missing(service: &Service, purposes: &[KeyPurpose]) -> anyhow::Result<()> {
    let keys = service.list_keys().await?;
    match purposes.iter().find(|purpose| !keys.iter().any(|key| key.purpose == **purpose)) {
        Some(missing) => bail!(
            "there is no key for {}: signing keys are made for the algorithms in keys.algorithms",
            missing.as_str()
        ),
        None => Ok(()),
    }
}

/// The content of a new secrets file; its member has the name of the setting that may hold it instead.
#[derive(Serialize)]
struct NewSecret<'a> {
    encryption_secret: &'a str,
}

impl fmt::Display for NewSecret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.encryption_secret)
    }
}

/// The key ring.
#[derive(Serialize)]
#[serde(transparent)]
struct Ring(Vec<Key>);

#[derive(Serialize)]
struct Key {
    number: u32,
    purpose: &'static str,
    secret_id: String,
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    created_at: ShownTime,
    activates_at: ShownTime,
    retires_at: Option<ShownTime>,
}

/// What a key does at the moment.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// What is new is made with it.
    Current,
    /// It reads what it made.
    Old,
    /// It is published, and will be used.
    Next,
    /// It is not accepted any more.
    Retired,
}

impl State {
    fn of(key: &KeyReport, keys: &[KeyReport], now: Timestamp) -> Self {
        let set_aside = |other: &KeyReport| other.retires_at.is_some_and(|retires_at| retires_at <= other.activates_at);
        let newer = |other: &&KeyReport| other.purpose == key.purpose && other.activates_at <= now && !set_aside(other);
        let newest = keys.iter().filter(newer).max_by_key(|other| (other.activates_at, other.number));
        if set_aside(key) || retirement(key).is_some_and(|retires_at| retires_at <= now) {
            Self::Retired
        } else if key.activates_at > now {
            Self::Next
        } else if newest.is_some_and(|newest| newest.number == key.number) {
            Self::Current
        } else {
            Self::Old
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Next => "next",
            Self::Old => "old",
            Self::Retired => "retired",
        }
    }
}

impl Key {
    fn new(key: &KeyReport, state: Option<State>) -> Self {
        Self {
            number: key.number,
            purpose: key.purpose.as_str(),
            secret_id: shown_secret(key.secret_id),
            kid: key.key_id.clone(),
            state,
            created_at: ShownTime(key.created_at),
            activates_at: ShownTime(key.activates_at),
            retires_at: retirement(key).map(ShownTime),
        }
    }
}

/// A key-encryption secret as messages name it.
fn shown_secret(id: u32) -> String {
    format!("{id:08x}")
}

/// When a key stops being accepted. Only signing keys do: the others read what they made as long as it can live.
fn retirement(key: &KeyReport) -> Option<Timestamp> {
    key.retires_at.filter(|_| matches!(key.purpose, KeyPurpose::Sign(_)))
}

impl Ring {
    fn new(keys: &[KeyReport], now: Timestamp) -> Self {
        Self(keys.iter().map(|key| Key::new(key, Some(State::of(key, keys, now)))).collect())
    }
}

impl fmt::Display for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<_> = self.0.iter().map(row).collect();
        output::write_table(f, ["number", "purpose", "state", "secret", "in use from", "accepted until", "kid"], &rows)
    }
}

fn row(key: &Key) -> [String; 7] {
    [
        key.number.to_string(),
        key.purpose.to_owned(),
        key.state.map(State::as_str).unwrap_or_default().to_owned(),
        key.secret_id.clone(),
        key.activates_at.to_string(),
        key.retires_at.map(|time| time.to_string()).unwrap_or_default(),
        key.kid.clone().unwrap_or_default(),
    ]
}

/// What a rotation made.
#[derive(Serialize)]
struct Rotated {
    made: Vec<Key>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
}

impl Rotated {
    fn new(keys: &[KeyReport], rotation: Rotation, max_age: Duration) -> Self {
        let signs = keys.iter().any(|key| matches!(key.purpose, KeyPurpose::Sign(_)));
        let warning = (rotation == Rotation::Now && signs).then(|| {
            let max_age = HumanDuration::from(max_age);
            format!(
                "new tokens are signed with keys that nobody has fetched yet: whoever cached the JWK set cannot verify \
                 them until they fetch it again, up to {max_age} from now (jwks.max_age)"
            )
        });
        Self { made: keys.iter().map(|key| Key::new(key, None)).collect(), warning }
    }
}

impl fmt::Display for Rotated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for key in &self.made {
            write!(f, "{}: key {}", key.purpose, key.number)?;
            if let Some(kid) = &key.kid {
                write!(f, " (kid {kid})")?;
            }
            writeln!(f, ", in use from {}", key.activates_at)?;
        }
        match &self.warning {
            Some(warning) => writeln!(f, "warning: {warning}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use grantor_domain::jwt::JwsAlgorithm;

    use super::*;

    fn key(number: u32, purpose: KeyPurpose, activates_at: i64, retires_at: Option<i64>) -> KeyReport {
        KeyReport {
            number,
            purpose,
            secret_id: 0x00c0_ffee,
            key_id: matches!(purpose, KeyPurpose::Sign(_)).then(|| format!("kid-{number}")),
            created_at: Timestamp::from_secs(0),
            activates_at: Timestamp::from_secs(activates_at),
            retires_at: retires_at.map(Timestamp::from_secs),
        }
    }

    #[test]
    fn the_list_tells_what_each_key_does() {
        let sign = KeyPurpose::Sign(JwsAlgorithm::ES256);
        let keys = [
            key(1, KeyPurpose::Seal, 0, Some(100)),
            key(2, sign, 0, Some(100)),
            key(3, sign, 50, Some(300)),
            key(4, sign, 150, None),
            key(5, sign, 250, None),
        ];
        let ring = Ring::new(&keys, Timestamp::from_secs(200));
        insta::assert_snapshot!(ring, @"
        NUMBER  PURPOSE     STATE    SECRET    IN USE FROM           ACCEPTED UNTIL        KID
        1       seal        current  00c0ffee  1970-01-01T00:00:00Z
        2       sign_es256  retired  00c0ffee  1970-01-01T00:00:00Z  1970-01-01T00:01:40Z  kid-2
        3       sign_es256  old      00c0ffee  1970-01-01T00:00:50Z  1970-01-01T00:05:00Z  kid-3
        4       sign_es256  current  00c0ffee  1970-01-01T00:02:30Z                        kid-4
        5       sign_es256  next     00c0ffee  1970-01-01T00:04:10Z                        kid-5
        ");
        insta::assert_snapshot!(output::json(&Ring(ring.0.into_iter().take(2).collect())).unwrap(), @r#"
        [
          {
            "number": 1,
            "purpose": "seal",
            "secret_id": "00c0ffee",
            "kid": null,
            "state": "current",
            "created_at": "1970-01-01T00:00:00Z",
            "activates_at": "1970-01-01T00:00:00Z",
            "retires_at": null
          },
          {
            "number": 2,
            "purpose": "sign_es256",
            "secret_id": "00c0ffee",
            "kid": "kid-2",
            "state": "retired",
            "created_at": "1970-01-01T00:00:00Z",
            "activates_at": "1970-01-01T00:00:00Z",
            "retires_at": "1970-01-01T00:01:40Z"
          }
        ]
        "#);
    }

    #[test]
    fn a_rotation_at_once_says_what_breaks() {
        let made = [key(6, KeyPurpose::Sign(JwsAlgorithm::ES256), 0, None)];
        let rotated = Rotated::new(&made, Rotation::Now, Duration::from_secs(300));
        insta::assert_snapshot!(rotated, @"
        sign_es256: key 6 (kid kid-6), in use from 1970-01-01T00:00:00Z
        warning: new tokens are signed with keys that nobody has fetched yet: whoever cached the JWK set cannot verify them until they fetch it again, up to 5m from now (jwks.max_age)
        ");
        insta::assert_snapshot!(output::json(&rotated).unwrap(), @r#"
        {
          "made": [
            {
              "number": 6,
              "purpose": "sign_es256",
              "secret_id": "00c0ffee",
              "kid": "kid-6",
              "created_at": "1970-01-01T00:00:00Z",
              "activates_at": "1970-01-01T00:00:00Z",
              "retires_at": null
            }
          ],
          "warning": "new tokens are signed with keys that nobody has fetched yet: whoever cached the JWK set cannot verify them until they fetch it again, up to 5m from now (jwks.max_age)"
        }
        "#);
        assert_eq!(Rotated::new(&made, Rotation::Published, Duration::from_secs(300)).warning, None);
        let sealing = [key(7, KeyPurpose::Seal, 0, None)];
        assert_eq!(Rotated::new(&sealing, Rotation::Now, Duration::from_secs(300)).warning, None);
    }
}
