//! `grantor keys retire`: what retiring a key breaks, and the retirement.

use std::fmt;

use grantor_application::admin::{KeyReport, Retirement};
use grantor_ports::KeyPurpose;
use serde::Serialize;

use crate::cli::{Output, Storage};
use crate::output;

pub(super) fn run(storage: &Storage, number: u32, now: bool, output: Output) -> anyhow::Result<()> {
    let retirement = if now { Retirement::Now } else { Retirement::Tried };
    let key = super::super::administer(storage, async |service| Ok(service.retire_key(number, retirement).await??))?;
    output::print(output, &Report::new(&key, now))
}

/// What becomes of a key, and what that means.
#[derive(Serialize)]
struct Report {
    number: u32,
    purpose: &'static str,
    retired: bool,
    breaks: &'static str,
}

impl Report {
    fn new(key: &KeyReport, retired: bool) -> Self {
        Self { number: key.number, purpose: key.purpose.as_str(), retired, breaks: breaks(key.purpose) }
    }
}

/// What is not accepted any more once a key of this purpose is retired.
const fn breaks(purpose: KeyPurpose) -> &'static str {
    match purpose {
        KeyPurpose::ClientSecretHash | KeyPurpose::ClientSecretSeal => "the secrets of clients that are kept with it",
        KeyPurpose::PairwiseSalt => "every pairwise subject",
        KeyPurpose::RefreshMac => "every refresh token that it made: people sign in again to go on",
        KeyPurpose::Seal => {
            "every authorization code and opaque access token that it sealed, and every sign-in that is under way"
        }
        KeyPurpose::Sign(_) => {
            "every access token and ID token that it signed; whoever checks them alone goes on accepting them until they \
             fetch the JWK set again (jwks.max_age)"
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, purpose, retired, breaks } = self;
        if *retired {
            writeln!(f, "key {number} ({purpose}) is retired. No longer accepted: {breaks}")
        } else {
            writeln!(f, "to retire key {number} ({purpose}) would end: {breaks}")?;
            writeln!(f, "nothing was changed; say --now to retire it")
        }
    }
}

#[cfg(test)]
mod tests {
    use grantor_domain::jwt::JwsAlgorithm;
    use grantor_domain::time::Timestamp;

    use super::*;

    fn key(purpose: KeyPurpose) -> KeyReport {
        KeyReport {
            number: 7,
            purpose,
            secret_id: 1,
            key_id: None,
            created_at: Timestamp::from_secs(0),
            activates_at: Timestamp::from_secs(0),
            retires_at: None,
        }
    }

    #[test]
    fn what_breaks_is_told_before_and_after() {
        let purposes = [KeyPurpose::RefreshMac, KeyPurpose::Seal, KeyPurpose::Sign(JwsAlgorithm::ES256)];
        let told =
            purposes.map(|purpose| [false, true].map(|now| Report::new(&key(purpose), now).to_string()).concat());
        insta::assert_snapshot!(told.concat(), @"
        to retire key 7 (refresh_mac) would end: every refresh token that it made: people sign in again to go on
        nothing was changed; say --now to retire it
        key 7 (refresh_mac) is retired. No longer accepted: every refresh token that it made: people sign in again to go on
        to retire key 7 (seal) would end: every authorization code and opaque access token that it sealed, and every sign-in that is under way
        nothing was changed; say --now to retire it
        key 7 (seal) is retired. No longer accepted: every authorization code and opaque access token that it sealed, and every sign-in that is under way
        to retire key 7 (sign_es256) would end: every access token and ID token that it signed; whoever checks them alone goes on accepting them until they fetch the JWK set again (jwks.max_age)
        nothing was changed; say --now to retire it
        key 7 (sign_es256) is retired. No longer accepted: every access token and ID token that it signed; whoever checks them alone goes on accepting them until they fetch the JWK set again (jwks.max_age)
        ");
        insta::assert_snapshot!(output::json(&Report::new(&key(KeyPurpose::Seal), true)).unwrap(), @r#"
        {
          "number": 7,
          "purpose": "seal",
          "retired": true,
          "breaks": "every authorization code and opaque access token that it sealed, and every sign-in that is under way"
        }
        "#);
    }
}
