//! How well a person must have proved who they are for a request (OpenID Connect Core §3.1.2.1 `acr_values`, §5.5.1.1).

use serde::{Deserialize, Serialize};

use crate::authorization::ClaimsRequest;
use crate::client::Client;
use crate::error::{Reason, Refusal};
use crate::session::Acr;

/// What a request, or its client's settings, demand. A level that was asked for is reached, not only wished for: `acr_values` is how
/// a resource server has a client step up (RFC 9470 §4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedAcr {
    /// No sign-in that is worth less will do (Core §3.1.2.1).
    #[serde(rename = "l", default, skip_serializing_if = "Acr::is_least")]
    least: Acr,
    /// Those of which the client must be told one (Core §5.5.1.1); empty: it is told what there is.
    #[serde(rename = "e", default, skip_serializing_if = "Vec::is_empty")]
    essential: Vec<Acr>,
}

impl RequestedAcr {
    /// Reads what a request says: essential values of the claim, else the first level of ours that the claim's other values,
    /// `acr_values` or the client's `default_acr_values` name (Core §3.1.2.1, §5.5.1.1); and never less than the client's
    /// minimum.
    ///
    /// # Errors
    /// `unmet_authentication_requirements` if no sign-in here can be what is essential (OpenID Connect Core Error Code
    /// unmet_authentication_requirements §2).
    pub(super) fn read(
        acr_values: Option<&str>,
        claims: Option<&ClaimsRequest>,
        client: &Client,
    ) -> Result<Self, Refusal> {
        let (claimed, is_essential) = claims.map(ClaimsRequest::acr).unwrap_or_default();
        let known: Vec<Acr> = claimed.iter().copied().filter_map(Acr::parse).collect();
        let is_condition = is_essential && !claimed.is_empty();
        if is_condition && known.is_empty() {
            return Err(Refusal::new(Reason::AcrUnmet));
        }
        let listed = acr_values.unwrap_or_default().split(' ').find_map(Acr::parse);
        let wanted = match is_condition {
            true => known.iter().min().copied(),
            false => known.first().copied().or(listed).or(client.default_acr),
        };
        let least = wanted.unwrap_or_default().max(client.minimum_acr);
        Ok(Self { least, essential: if is_condition { known } else { Vec::new() } })
    }

    /// What a device's request demands, which can say nothing itself: what its client's settings say (OpenID Connect
    /// Registration §2).
    pub(super) fn of_client(client: &Client) -> Self {
        Self::at_least(client.default_acr.unwrap_or_default().max(client.minimum_acr))
    }

    /// What is met by this level and by better ones. Grantor's own.
    #[must_use]
    pub const fn at_least(least: Acr) -> Self {
        Self { least, essential: Vec::new() }
    }

    /// Whether a sign-in of this level will do (Core §3.1.2.1).
    #[must_use]
    pub fn is_met_by(&self, level: Acr) -> bool {
        level >= self.least
    }

    /// What the client is told of a sign-in of this level: where values are essential, the best of them that it comes up to (Core
    /// §5.5.1.1: the claim "MUST" have one of them).
    #[must_use]
    pub fn told(&self, level: Acr) -> Acr {
        self.essential.iter().copied().filter(|acr| *acr <= level).max().unwrap_or(level)
    }

    /// Whether nothing is demanded beyond what every sign-in is. Grantor's own.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::testing::client;

    const PASSWORD: &str = "urn:grantor:acr:password";
    const MFA: &str = "urn:grantor:acr:mfa";

    fn read(acr_values: Option<&str>, claim: Option<&str>, client: &Client) -> Result<RequestedAcr, Reason> {
        let claims = claim.map(|claim| format!(r#"{{"id_token":{{"acr":{claim}}}}}"#));
        let claims = claims.as_deref().and_then(ClaimsRequest::parse);
        RequestedAcr::read(acr_values, claims.as_ref(), client).map_err(|refusal| refusal.reason)
    }

    fn check(acr_values: Option<&str>, claim: Option<&str>, expect: Result<Acr, Reason>) {
        let found = read(acr_values, claim, &client()).map(|requested| requested.least);
        assert_eq!(found, expect, "{acr_values:?} {claim:?}");
    }

    #[test]
    fn the_first_level_of_ours_counts() {
        check(None, None, Ok(Acr::Password));
        check(Some(MFA), None, Ok(Acr::Mfa));
        check(Some(&format!("urn:x {MFA} {PASSWORD}")), None, Ok(Acr::Mfa));
        check(Some(&format!("{PASSWORD} {MFA}")), None, Ok(Acr::Password));
        check(Some("urn:x"), None, Ok(Acr::Password));
        check(None, Some(&format!(r#"{{"value":"{MFA}"}}"#)), Ok(Acr::Mfa));
        check(Some(PASSWORD), Some(&format!(r#"{{"values":["urn:x","{MFA}"]}}"#)), Ok(Acr::Mfa));
    }

    #[test]
    fn only_an_essential_acr_is_a_condition() {
        check(None, Some("null"), Ok(Acr::Password));
        check(None, Some(r#"{"essential":true}"#), Ok(Acr::Password));
        check(None, Some(r#"{"value":"urn:x"}"#), Ok(Acr::Password));
        check(None, Some(r#"{"essential":false,"values":["urn:x"]}"#), Ok(Acr::Password));
        check(None, Some(&format!(r#"{{"essential":true,"values":["urn:x","{MFA}"]}}"#)), Ok(Acr::Mfa));
        check(Some(MFA), Some(&format!(r#"{{"essential":true,"values":["{MFA}","{PASSWORD}"]}}"#)), Ok(Acr::Password));
        check(None, Some(r#"{"essential":true,"value":"urn:x"}"#), Err(Reason::AcrUnmet));
        check(None, Some(r#"{"essential":true,"values":["urn:x"]}"#), Err(Reason::AcrUnmet));
    }

    #[test]
    fn a_client_is_told_what_it_calls_essential() {
        let requested =
            |values: &str| read(None, Some(&format!(r#"{{"essential":true,"values":[{values}]}}"#)), &client());
        let told = |values: &str, level| requested(values).unwrap().told(level);
        assert_eq!(told(&format!(r#""{PASSWORD}""#), Acr::Mfa), Acr::Password, "whoever has both has this");
        assert_eq!(told(&format!(r#""{PASSWORD}","{MFA}""#), Acr::Mfa), Acr::Mfa);
        assert_eq!(told(&format!(r#""{PASSWORD}","{MFA}""#), Acr::Password), Acr::Password);
        assert_eq!(RequestedAcr::default().told(Acr::Mfa), Acr::Mfa);
    }

    #[test]
    fn a_client_has_a_default_and_a_minimum() {
        let careful = Client { default_acr: Some(Acr::Mfa), ..client() };
        assert_eq!(read(None, None, &careful).unwrap().least, Acr::Mfa);
        assert_eq!(read(Some(PASSWORD), None, &careful).unwrap().least, Acr::Password, "a request says what it wants");
        assert_eq!(RequestedAcr::of_client(&careful).least, Acr::Mfa);
        let strict = Client { minimum_acr: Acr::Mfa, ..client() };
        assert_eq!(read(Some(PASSWORD), None, &strict).unwrap().least, Acr::Mfa, "but not what it must have");
        assert_eq!(RequestedAcr::of_client(&strict).least, Acr::Mfa);
        assert!(!RequestedAcr::at_least(Acr::Mfa).is_met_by(Acr::Password));
        assert!(RequestedAcr::at_least(Acr::Password).is_met_by(Acr::Mfa));
    }
}
