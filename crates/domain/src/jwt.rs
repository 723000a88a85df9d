//! JSON Web Tokens (RFC 7519 §3) as the rules see them: algorithms, types and claims read with integers, never with floats
//! that lie.
//!
//! Making and checking signatures is an adapter's work. What a claim means, and whether it may be believed, is decided
//! from the bytes whose signature was checked, here and in the modules that use this one.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::time::Timestamp;

/// How far `exp`, `nbf` and `iat` of somebody else's clock may be off.
pub(crate) const CLOCK_SKEW: Duration = Duration::from_secs(30);

/// A signature algorithm (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum JwsAlgorithm {
    /// Ed25519 (RFC 8037 §3.1).
    EdDSA,
    /// ECDSA on P-256 with SHA-256 (RFC 7518 §3.4).
    ES256,
    /// HMAC with SHA-256 under a client's secret (RFC 7518 §3.2, OpenID Connect Core §10.1). Off unless a client has it.
    HS256,
    /// RSASSA-PSS with SHA-256 (RFC 7518 §3.5).
    PS256,
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3).
    RS256,
}

impl JwsAlgorithm {
    /// Every algorithm, in alphabetical order: what discovery may list (RFC 8414 §2).
    pub const ALL: [Self; 5] = [Self::EdDSA, Self::ES256, Self::HS256, Self::PS256, Self::RS256];

    /// The text that goes into `alg` (RFC 7515 §4.1.1).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDSA => "EdDSA",
            Self::ES256 => "ES256",
            Self::HS256 => "HS256",
            Self::PS256 => "PS256",
            Self::RS256 => "RS256",
        }
    }

    /// Reads `alg` (RFC 7515 §4.1.1); case counts. `None` for one that we do not have, `none` above all (RFC 8725 §3.2).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text)
    }

    /// Whether verifier and signer hold the same key, so that whoever can check can also forge (RFC 7518 §3.2).
    #[must_use]
    pub const fn is_symmetric(self) -> bool {
        matches!(self, Self::HS256)
    }
}

impl fmt::Display for JwsAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The explicit type of a JWT (`typ`), so that one kind is never taken for another (RFC 8725 §3.11).
///
/// ```
/// use grantor_domain::jwt::JwtType;
///
/// assert_eq!(JwtType::parse("application/at+JWT"), Some(JwtType::AccessToken));
/// assert_eq!(JwtType::parse("secevent+jwt"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JwtType {
    /// `at+jwt` (RFC 9068 §2.1).
    AccessToken,
    /// `JWT`: an ID token, a UserInfo response or a client assertion, for which OpenID Connect Core §2, §5.3.2 and §9 ask no type
    /// of their own (RFC 7519 §5.1).
    IdToken,
    /// `logout+jwt` (OpenID Connect Back-Channel Logout §2.4).
    LogoutToken,
}

impl JwtType {
    /// The text that goes into `typ` (RFC 7515 §4.1.9).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "at+jwt",
            Self::IdToken => "JWT",
            Self::LogoutToken => "logout+jwt",
        }
    }

    /// Reads `typ`; case does not count, and the `application/` prefix may be there (RFC 7515 §4.1.9). `None` for a type
    /// that is none of these.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        match text.strip_prefix("application/").unwrap_or(&text) {
            "at+jwt" => Some(Self::AccessToken),
            "jwt" => Some(Self::IdToken),
            "logout+jwt" => Some(Self::LogoutToken),
            _ => None,
        }
    }
}

/// The header members that decide how a signature is checked (RFC 7515 §4.1). Nothing in it is proven yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoseHeader {
    /// `alg` (RFC 7515 §4.1.1), if it is one we know. What the key says goes before it (RFC 8725 §3.1).
    pub algorithm: Option<JwsAlgorithm>,
    /// Whether it says that nobody signed: `alg` is `none` (RFC 7519 §6).
    pub unsecured: bool,
    /// `kid` (RFC 7515 §4.1.4): which key is said to have signed.
    pub key_id: Option<String>,
    /// `typ` as it came (RFC 7515 §4.1.9); [`JwtType::parse`] reads it.
    pub kind: Option<String>,
}

impl JoseHeader {
    /// Reads the header of a compact JWS (RFC 7515 §7.1). `None` if it is none, or if it marks an extension critical (`crit`): we
    /// understand none, so such a token must be refused (RFC 7515 §4.1.11).
    #[must_use]
    pub fn peek(jwt: &str) -> Option<Self> {
        let (header, _) = split(jwt)?;
        let members = decode_object(header)?;
        if members.contains_key("crit") {
            return None;
        }
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        Some(Self {
            algorithm: text("alg").and_then(JwsAlgorithm::parse),
            unsecured: text("alg") == Some("none"),
            key_id: text("kid").map(str::to_owned),
            kind: text("typ").map(str::to_owned),
        })
    }
}

/// The claims of a compact JWS (RFC 7515 §7.1) whose signature nobody checked: good for finding out whose keys to check
/// it with (RFC 8725 §3.8), and for nothing else (§3.10). `None` if it is no compact JWS with an object inside.
#[must_use]
pub fn peek_claims(jwt: &str) -> Option<Claims> {
    let (_, payload) = split(jwt)?;
    decode_object(payload).map(Claims)
}

fn split(jwt: &str) -> Option<(&str, &str)> {
    let mut parts = jwt.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(header), Some(payload), Some(_signature), None) => Some((header, payload)),
        _ => None,
    }
}

fn decode_object(part: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The claims of a JWT (RFC 7519 §4). Make them only from bytes whose signature or seal was checked: from the payload, or
/// by serde where a JOSE crate hands the checked payload on.
///
/// ```
/// use grantor_domain::jwt::Claims;
///
/// let claims = Claims::from_payload(br#"{ "aud": "urn:api", "exp": 1.8e9, "iat": 1e19 }"#).expect("an object");
/// assert_eq!(claims.audience(), ["urn:api"]);
/// assert_eq!(claims.time("exp").map(|exp| exp.as_secs()), Some(1_800_000_000));
/// assert!(claims.has("iat") && claims.time("iat").is_none(), "no clock shows that");
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// Reads the payload of a JWT. `None` if it is no JSON object (RFC 7519 §7.2).
    #[must_use]
    pub fn from_payload(payload: &[u8]) -> Option<Self> {
        serde_json::from_slice(payload).ok().map(Self)
    }

    /// A text claim, for example `iss` or `sub` (RFC 7519 §4.1); `None` if it is missing or no text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// A `NumericDate` (RFC 7519 §2), without its fraction. `None` if it is missing, no number, or too large to be a
    /// time: a validly signed `exp` of 1e19 is no time at all.
    #[must_use]
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        let number = self.0.get(name)?;
        let secs = number.as_i64().or_else(|| {
            let float = number.as_f64()?;
            // Within ±2^53 a float holds every integer exactly; beyond, it is no time a clock will show.
            #[expect(clippy::cast_possible_truncation)]
            let secs = (float.abs() <= 9_007_199_254_740_992.0).then_some(float.floor() as i64);
            secs
        })?;
        Some(Timestamp::from_secs(secs))
    }

    /// Whether the claim is there at all, whatever it is: an optional claim that is there must be good (RFC 7523 §3).
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The values of `aud`: one text, or a list of texts (RFC 7519 §4.1.3). Anything else is no audience: the list is empty.
    #[must_use]
    pub fn audience(&self) -> Vec<&str> {
        self.texts("aud")
    }

    /// A claim that is one text or a list of texts, in the shape of `aud` (RFC 7519 §4.1.3); empty for anything else.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<&str> {
        match self.0.get(name) {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(many)) => many.iter().map(Value::as_str).collect::<Option<_>>().unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// The claim as it is, for those of another shape: `act` (RFC 8693 §4.1), `may_act` (§4.4).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Claims {
        Claims::from_payload(value.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_time_is_a_number_that_a_clock_can_show() {
        let check = |value: Value, expect: Option<i64>| {
            assert_eq!(claims(json!({ "exp": value })).time("exp").map(Timestamp::as_secs), expect);
        };
        check(json!(1_700_000_000), Some(1_700_000_000));
        check(json!(1_700_000_000.9), Some(1_700_000_000));
        check(json!(1e19), None);
        check(json!(u64::MAX), None);
        check(json!("1700000000"), None);
        check(json!(null), None);
    }

    #[test]
    fn an_audience_is_one_text_or_a_list_of_texts() {
        let check = |value: Value, expect: &[&str]| assert_eq!(claims(json!({ "aud": value })).audience(), expect);
        check(json!("a"), &["a"]);
        check(json!(["a", "b"]), &["a", "b"]);
        check(json!(["a", 1]), &[]);
        check(json!({}), &[]);
    }

    #[test]
    fn a_jose_crate_may_hand_the_payload_on_by_serde() {
        let read = |text: &str| serde_json::from_str::<Claims>(text).ok();
        let payload = r#"{ "sub": "alice", "exp": 1800000000, "more": [{}] }"#;
        assert_eq!(read(payload), Claims::from_payload(payload.as_bytes()));
        for payload in ["[]", "\"alice\"", "null", "{"] {
            assert_eq!((read(payload), Claims::from_payload(payload.as_bytes())), (None, None), "{payload}");
        }
    }

    #[test]
    fn types_ignore_case_and_prefix() {
        assert_eq!(JwtType::parse("AT+JWT"), Some(JwtType::AccessToken));
        assert_eq!(JwtType::parse("application/at+jwt"), Some(JwtType::AccessToken));
        assert_eq!(JwtType::parse("secevent+jwt"), None);
    }

    #[test]
    fn a_critical_extension_is_not_understood() {
        let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        assert!(JoseHeader::peek(&format!("{}.e30.c2ln", encode(json!({"alg": "ES256"})))).is_some());
        assert!(JoseHeader::peek(&format!("{}.e30.c2ln", encode(json!({"alg": "ES256", "crit": ["b64"]})))).is_none());
        for malformed in ["", "a.b", "a.b.c.d", "!.e30.x", "e30"] {
            assert!(JoseHeader::peek(malformed).is_none(), "{malformed}");
        }
    }
}
