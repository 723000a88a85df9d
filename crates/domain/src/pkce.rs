//! Proof Key for Code Exchange (RFC 7636): what the authorization request binds and the token request proves.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::error::{Reason, Refusal};
use crate::secret::{Secret, same_bytes, sha256};

/// How the challenge was made from the verifier (RFC 7636 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChallengeMethod {
    /// The challenge is the verifier. Off unless a client has it: one that leaks reveals the verifier (RFC 7636 §7.2).
    #[serde(rename = "plain")]
    Plain,
    /// The challenge is the base64url form of the verifier's SHA-256 (RFC 7636 §4.2).
    S256,
}

/// What a client must do about PKCE. Public clients MUST use it, and for others it is RECOMMENDED (RFC 9700 §2.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PkcePolicy {
    /// A request without a challenge is refused (RFC 7636 §4.4.1).
    pub required: bool,
    /// `plain` is accepted, and meant when the method is left out (RFC 7636 §4.3).
    pub plain_allowed: bool,
}

/// A challenge that was presented with an authorization request, and its method (RFC 7636 §4.3). It travels in the code.
///
/// ```
/// use grantor_domain::pkce::{CodeChallenge, PkcePolicy};
/// use grantor_domain::secret::Secret;
///
/// // The pair of RFC 7636 appendix B.
/// let policy = PkcePolicy { required: true, plain_allowed: false };
/// let challenge = CodeChallenge::read(Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), Some("S256"), policy)?;
/// let challenge = challenge.expect("one was sent");
/// assert!(challenge.matches(&Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")));
/// assert!(!challenge.matches(&Secret::new("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")));
///
/// // Left out, it would mean `plain` (RFC 7636 §4.3), which this client may not use.
/// let refusal = CodeChallenge::read(Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), None, policy).unwrap_err();
/// assert_eq!(refusal.reason.anchor(), "code-challenge-method-unsupported");
/// # Ok::<(), grantor_domain::error::Refusal>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeChallenge {
    #[serde(rename = "m")]
    method: ChallengeMethod,
    #[serde(rename = "v")]
    value: String,
}

impl CodeChallenge {
    /// Reads `code_challenge` and `code_challenge_method` of an authorization request under the client's policy
    /// (RFC 7636 §4.3). None if the client sent none and need not.
    ///
    /// # Errors
    /// `invalid_request` (RFC 7636 §4.4.1) if a required challenge is missing, a method comes without a challenge, the method is unknown or not allowed,
    /// or the challenge is not 43 to 128 unreserved characters (RFC 7636 §4.2).
    pub fn read(challenge: Option<&str>, method: Option<&str>, policy: PkcePolicy) -> Result<Option<Self>, Refusal> {
        let Some(value) = challenge else {
            return match (policy.required, method) {
                (true, _) => Err(Refusal::new(Reason::CodeChallengeRequired)),
                (false, Some(_)) => Err(Refusal::parameter(Reason::ParameterMissing, "code_challenge")),
                (false, None) => Ok(None),
            };
        };
        let method = match method {
            Some("S256") => ChallengeMethod::S256,
            Some("plain") | None if policy.plain_allowed => ChallengeMethod::Plain,
            _ => return Err(Refusal::new(Reason::CodeChallengeMethodUnsupported)),
        };
        if !is_verifier_shaped(value) {
            return Err(Refusal::parameter(Reason::ParameterInvalid, "code_challenge"));
        }
        Ok(Some(Self { method, value: value.to_owned() }))
    }

    /// Whether `verifier` is what this challenge was made from (RFC 7636 §4.6), compared in constant time. One that is
    /// not 43 to 128 unreserved characters (§4.1) never is.
    #[must_use]
    pub fn matches(&self, verifier: &Secret) -> bool {
        if !is_verifier_shaped(verifier.expose()) {
            return false;
        }
        match self.method {
            ChallengeMethod::Plain => same_bytes(verifier.expose().as_bytes(), self.value.as_bytes()),
            ChallengeMethod::S256 => same_bytes(s256(verifier).as_bytes(), self.value.as_bytes()),
        }
    }
}

/// The `code_challenge` of method `S256` that a client makes from its verifier (RFC 7636 §4.2).
#[must_use]
pub fn s256(verifier: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(sha256(verifier.expose().as_bytes()))
}

/// 43 to 128 characters of `unreserved` (RFC 7636 §4.1); the challenge has the same shape (§4.2).
fn is_verifier_shaped(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OPTIONAL: PkcePolicy = PkcePolicy { required: false, plain_allowed: false };
    const PLAIN: PkcePolicy = PkcePolicy { required: false, plain_allowed: true };
    const REQUIRED: PkcePolicy = PkcePolicy { required: true, plain_allowed: false };

    /// The verifier and challenge of RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn check(
        challenge: Option<&str>,
        method: Option<&str>,
        policy: PkcePolicy,
        expect: Result<Option<ChallengeMethod>, Reason>,
    ) {
        let found = CodeChallenge::read(challenge, method, policy);
        assert_eq!(found.map(|c| c.map(|c| c.method)).map_err(|r| r.reason), expect, "{challenge:?} {method:?}");
    }

    #[test]
    fn the_policy_decides_what_may_be_sent() {
        check(None, None, OPTIONAL, Ok(None));
        check(None, None, REQUIRED, Err(Reason::CodeChallengeRequired));
        check(None, Some("S256"), OPTIONAL, Err(Reason::ParameterMissing));
        check(Some(CHALLENGE), Some("S256"), OPTIONAL, Ok(Some(ChallengeMethod::S256)));
        check(Some(CHALLENGE), Some("plain"), OPTIONAL, Err(Reason::CodeChallengeMethodUnsupported));
        check(Some(CHALLENGE), None, OPTIONAL, Err(Reason::CodeChallengeMethodUnsupported));
        check(Some(CHALLENGE), Some("plain"), PLAIN, Ok(Some(ChallengeMethod::Plain)));
        check(Some(CHALLENGE), None, PLAIN, Ok(Some(ChallengeMethod::Plain)));
        check(Some(CHALLENGE), Some("s256"), PLAIN, Err(Reason::CodeChallengeMethodUnsupported));
        check(Some("short"), Some("S256"), OPTIONAL, Err(Reason::ParameterInvalid));
    }

    #[test]
    fn the_example_of_the_specification_matches() {
        let challenge = CodeChallenge::read(Some(CHALLENGE), Some("S256"), REQUIRED).unwrap().unwrap();
        assert!(challenge.matches(&Secret::new(VERIFIER)));
        assert!(!challenge.matches(&Secret::new(CHALLENGE)));
    }

    proptest! {
        #[test]
        fn only_the_own_verifier_matches(own in "[A-Za-z0-9._~-]{43,128}", other in "[A-Za-z0-9._~-]{43,128}") {
            prop_assume!(own != other);
            let s256 = URL_SAFE_NO_PAD.encode(sha256(own.as_bytes()));
            for (value, method) in [(s256.as_str(), "S256"), (own.as_str(), "plain")] {
                let challenge = CodeChallenge::read(Some(value), Some(method), PLAIN).unwrap().unwrap();
                prop_assert!(challenge.matches(&Secret::new(own.clone())));
                prop_assert!(!challenge.matches(&Secret::new(other.clone())));
            }
        }

        #[test]
        fn a_verifier_of_another_shape_never_matches(verifier in "[A-Za-z0-9]{1,42}") {
            let padded = format!("{verifier:a<43}");
            let challenge = CodeChallenge::read(Some(&padded), Some("plain"), PLAIN).unwrap().unwrap();
            prop_assert!(!challenge.matches(&Secret::new(verifier)));
        }
    }
}
