//! `grantor keys rewrap`: what was wrapped, made and removed, and whether the older secrets are still needed.

use std::fmt;

use grantor_application::admin::{KeyReport, NeededSecret, Rewrapped};
use serde::Serialize;

use super::{Key, shown_secret};
use crate::cli::{Output, Storage};
use crate::output;
use crate::rfc3339::ShownTime;

pub(super) fn run(storage: &Storage, output: Output) -> anyhow::Result<()> {
    let rewrapped = super::super::administer(storage, async |service| Ok(service.rewrap_keys().await?))?;
    output::print(output, &Report::from(rewrapped))
}

/// What was done, and what is left to do.
#[derive(Serialize)]
struct Report {
    current_secret: String,
    wrapped: Vec<Key>,
    made: Vec<Key>,
    removed: Vec<Key>,
    older_secrets: Vec<Older>,
}

#[derive(Serialize)]
struct Older {
    secret_id: String,
    needed_by: Vec<u32>,
    needed_until: Option<ShownTime>,
}

impl From<Rewrapped> for Report {
    fn from(Rewrapped { wrapped, made, removed, current, older }: Rewrapped) -> Self {
        let shown = |keys: Vec<KeyReport>| keys.iter().map(|key| Key::new(key, None)).collect();
        let older = older.into_iter().map(|NeededSecret { secret_id, keys, until }| Older {
            secret_id: shown_secret(secret_id),
            needed_by: keys,
            needed_until: until.map(ShownTime),
        });
        Self {
            current_secret: shown_secret(current),
            wrapped: shown(wrapped),
            made: shown(made),
            removed: shown(removed),
            older_secrets: older.collect(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { current_secret, wrapped, made, removed, older_secrets } = self;
        for key in wrapped {
            writeln!(f, "{}: key {} is wrapped under {current_secret} now", key.purpose, key.number)?;
        }
        for key in made {
            writeln!(f, "{}: key {} from {current_secret}, in use from {}", key.purpose, key.number, key.activates_at)?;
        }
        for key in removed {
            writeln!(f, "{}: key {} is removed, nothing that it made can live", key.purpose, key.number)?;
        }
        if wrapped.is_empty() && made.is_empty() && removed.is_empty() {
            writeln!(f, "nothing to do: every key in use comes from {current_secret} or is wrapped under it")?;
        }
        older_secrets.iter().try_for_each(|older| older.fmt(f))
    }
}

impl fmt::Display for Older {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { secret_id, needed_by, needed_until } = self;
        let keys: Vec<_> = needed_by.iter().map(ToString::to_string).collect();
        match (keys.as_slice(), needed_until) {
            ([], _) => writeln!(f, "secret {secret_id} is not needed any more: its line can be removed"),
            (keys, Some(until)) => {
                let keys = keys.join(", ");
                writeln!(
                    f,
                    "secret {secret_id} is needed by keys {keys} until {until}: leave its line, and rewrap then"
                )
            }
            (keys, None) => writeln!(f, "secret {secret_id} is needed by keys {}: leave its line", keys.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use grantor_domain::time::Timestamp;
    use grantor_ports::KeyPurpose;

    use super::*;

    fn key(number: u32, purpose: KeyPurpose) -> KeyReport {
        KeyReport {
            number,
            purpose,
            secret_id: 0x00c0_ffee,
            key_id: None,
            created_at: Timestamp::from_secs(0),
            activates_at: Timestamp::from_secs(300),
            retires_at: None,
        }
    }

    #[test]
    fn what_was_done_and_what_is_left_is_told() {
        let older = |secret_id, keys: &[u32], until: Option<i64>| NeededSecret {
            secret_id,
            keys: keys.to_vec(),
            until: until.map(Timestamp::from_secs),
        };
        let report = Report::from(Rewrapped {
            wrapped: vec![key(1, KeyPurpose::ClientSecretHash)],
            made: vec![key(7, KeyPurpose::Seal)],
            removed: vec![key(2, KeyPurpose::Seal)],
            current: 0x00c0_ffee,
            older: vec![older(0xbeef, &[3, 4], Some(1_000)), older(0xdead, &[], None)],
        });
        insta::assert_snapshot!(report, @"
        client_secret_hash: key 1 is wrapped under 00c0ffee now
        seal: key 7 from 00c0ffee, in use from 1970-01-01T00:05:00Z
        seal: key 2 is removed, nothing that it made can live
        secret 0000beef is needed by keys 3, 4 until 1970-01-01T00:16:40Z: leave its line, and rewrap then
        secret 0000dead is not needed any more: its line can be removed
        ");
        insta::assert_snapshot!(output::json(&report).unwrap(), @r#"
        {
          "current_secret": "00c0ffee",
          "wrapped": [
            {
              "number": 1,
              "purpose": "client_secret_hash",
              "secret_id": "00c0ffee",
              "kid": null,
              "created_at": "1970-01-01T00:00:00Z",
              "activates_at": "1970-01-01T00:05:00Z",
              "retires_at": null
            }
          ],
          "made": [
            {
              "number": 7,
              "purpose": "seal",
              "secret_id": "00c0ffee",
              "kid": null,
              "created_at": "1970-01-01T00:00:00Z",
              "activates_at": "1970-01-01T00:05:00Z",
              "retires_at": null
            }
          ],
          "removed": [
            {
              "number": 2,
              "purpose": "seal",
              "secret_id": "00c0ffee",
              "kid": null,
              "created_at": "1970-01-01T00:00:00Z",
              "activates_at": "1970-01-01T00:05:00Z",
              "retires_at": null
            }
          ],
          "older_secrets": [
            {
              "secret_id": "0000beef",
              "needed_by": [
                3,
                4
              ],
              "needed_until": "1970-01-01T00:16:40Z"
            },
            {
              "secret_id": "0000dead",
              "needed_by": [],
              "needed_until": null
            }
          ]
        }
        "#);
        let nothing = Rewrapped {
            wrapped: Vec::new(),
            made: Vec::new(),
            removed: Vec::new(),
            current: 0xbeef,
            older: Vec::new(),
        };
        insta::assert_snapshot!(Report::from(nothing), @"nothing to do: every key in use comes from 0000beef or is wrapped under it");
    }
}
