//! Whom a client's exchange policy trusts besides us (RFC 8693 §2.1): issuers whose JWTs it may exchange, and validators that are
//! asked about tokens of other kinds; and what is made of what those say.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::client::{ExchangeSettings, InvalidClientSettings, WebUri};
use crate::grant::token_exchange::TokenType;
use crate::resource::Audience;
use crate::scope::ScopeSet;

/// An issuer whose JWTs may be exchanged (RFC 8693 §3 `urn:ietf:params:oauth:token-type:jwt`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedIssuer {
    /// Its `iss` (RFC 7519 §4.1.1), compared as a string.
    pub issuer: WebUri,
    /// Where its public keys are; where its metadata say so, if this is left out (OpenID Connect Discovery §4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<WebUri>,
    /// What `aud` must name one of (RFC 7519 §4.1.3); this server's issuer, if it is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<Audience>,
    /// What is made of its tokens.
    pub map: ClaimsMapping,
}

/// Somebody who is asked about tokens of a type of their own (RFC 8693 §3: "other URIs"), as an introspection endpoint is (RFC
/// 7662 §2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenValidator {
    /// The type that clients declare: a URI, none of those that RFC 8693 §3 has.
    pub subject_token_type: String,
    /// Whom to ask.
    pub url: WebUri,
    /// What is made of the answer.
    pub map: ClaimsMapping,
}

/// What is made of what somebody else says. Grantor's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimsMapping {
    /// The claim that names the subject; `sub` by default.
    #[serde(default = "sub", skip_serializing_if = "is_sub")]
    pub subject_claim: String,
    /// What is put before it, so that nobody is taken for a user of ours. Empty: it names a user of ours, who must be there and
    /// enabled.
    pub subject_prefix: String,
    /// The most that an exchanged token carries.
    pub scope: ScopeSet,
    /// The claim that names which of it the token has, as text (RFC 8693 §4.2) or as a list; left out: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_claim: Option<String>,
}

fn sub() -> String {
    "sub".to_owned()
}

fn is_sub(claim: &str) -> bool {
    claim == "sub"
}

impl ExchangeSettings {
    /// Whether it is clear what is made of each token.
    pub(super) fn check_trust(&self) -> Result<(), InvalidClientSettings> {
        self.validators.iter().try_for_each(TokenValidator::check)?;
        let issuers = self.trusted_issuers.iter().map(|trusted| trusted.issuer.as_str());
        let kinds = self.validators.iter().map(|validator| validator.subject_token_type.as_str());
        let mut seen = BTreeSet::new();
        let twice = issuers.chain(kinds).find(|name| !seen.insert(*name));
        twice.map_or(Ok(()), |name| Err(InvalidClientSettings::TrustedTwice(name.to_owned())))
    }
}

impl TokenValidator {
    /// Whether its type is one that can be told from those that we know.
    fn check(&self) -> Result<(), InvalidClientSettings> {
        let kind = &self.subject_token_type;
        let is_uri = kind.contains(':') && kind.bytes().all(|byte| byte.is_ascii_graphic());
        if is_uri && TokenType::parse(kind).is_none() {
            Ok(())
        } else {
            Err(InvalidClientSettings::TokenTypeTaken(kind.clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn it_is_clear_what_is_made_of_a_token() {
        let map = json!({ "subject_prefix": "x/", "scope": "read" });
        let check = |issuers: &[&str], kinds: &[&str]| {
            let issuers: Vec<Value> = issuers.iter().map(|issuer| json!({ "issuer": issuer, "map": map })).collect();
            let url = "https://v.example/";
            let kinds: Vec<Value> =
                kinds.iter().map(|kind| json!({ "subject_token_type": kind, "url": url, "map": map })).collect();
            let policy = json!({ "trusted_issuers": issuers, "validators": kinds });
            serde_json::from_value::<ExchangeSettings>(policy).unwrap().check_trust()
        };
        let (one, other) = ("https://one.example", "https://other.example");
        assert_eq!(check(&[one, other], &["urn:one", "urn:other"]), Ok(()));
        assert_eq!(check(&[one, other, one], &[]), Err(InvalidClientSettings::TrustedTwice(one.to_owned())));
        assert_eq!(check(&[], &["urn:one", "urn:one"]), Err(InvalidClientSettings::TrustedTwice("urn:one".to_owned())));
        for kind in ["ticket", "urn:a b", TokenType::Jwt.as_str()] {
            assert_eq!(check(&[], &[kind]), Err(InvalidClientSettings::TokenTypeTaken(kind.to_owned())));
        }
    }
}
