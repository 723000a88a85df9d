//! A JWT as whoever gets it reads it: what it says, and each thing that they must check before they believe it (RFC 9068 §4,
//! OpenID Connect Core §3.1.3.7, RFC 7523 §3).

use actix_web::cookie::time::OffsetDateTime;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor_domain::jwt::{Claims, JoseHeader, JwsAlgorithm, JwtType};
use grantor_domain::time::Timestamp;
use grantor_domain::token::id_token::at_hash;

use super::json;
use crate::pages::{CheckView, FindingView, JwtView, TimeView};

/// Claims that are points in time.
const TIMES: [&str; 5] = ["iat", "nbf", "exp", "auth_time", "updated_at"];

/// What a JWT is sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    AccessToken,
    /// What a client proves itself with: here it is the server that checks (RFC 7523 §3).
    ClientAssertion,
    IdToken,
    Userinfo,
}

/// What a client knows when it gets one.
pub(super) struct Expected<'a> {
    pub(super) role: Role,
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) now: Timestamp,
    /// What the client sent in the request that led to it.
    pub(super) nonce: Option<&'a str>,
    /// What came beside it.
    pub(super) access_token: Option<&'a str>,
    /// Whether the signature holds; none if that cannot be told right now.
    pub(super) signature: Option<bool>,
}

/// Whether this looks like a JWT.
pub(super) fn is_jwt(text: &str) -> bool {
    JoseHeader::peek(text).is_some() && claims_of(text).is_some()
}

/// Reads and checks a JWT; none if it is none.
pub(super) fn examine(jwt: &str, title: &str, expected: &Expected<'_>) -> Option<JwtView> {
    let header = JoseHeader::peek(jwt)?;
    let (header_text, claims_text) = (part(jwt, 0)?, part(jwt, 1)?);
    let claims = Claims::from_payload(claims_text.as_bytes())?;
    let mut checks = vec![signature(&header, expected), issuer(&claims, expected)];
    if expected.role == Role::ClientAssertion {
        checks.push(client(&claims, "sub", expected.client_id));
    }
    checks.push(audience(&claims, expected));
    checks.extend(expiry(&claims, expected));
    checks.extend(kind(&header, expected.role));
    if expected.role == Role::IdToken {
        checks.push(nonce(&claims, expected.nonce));
        checks.extend(expected.access_token.map(|token| hash(&claims, header.algorithm, token)));
    }
    let times =
        TIMES.iter().filter_map(|name| Some(TimeView { name: (*name).to_owned(), date: date(claims.time(name)?)? }));
    Some(JwtView {
        title: title.to_owned(),
        header: json::on_lines(&header_text)?,
        claims: json::on_lines(&claims_text)?,
        times: times.collect(),
        checks,
    })
}

fn claims_of(jwt: &str) -> Option<Claims> {
    Claims::from_payload(part(jwt, 1)?.as_bytes())
}

fn part(jwt: &str, index: usize) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(index)?).ok()?;
    String::from_utf8(bytes).ok()
}

/// A check with the message that says what was found.
pub(crate) fn check(name: &str, holds: bool, message: &'static str) -> CheckView {
    filled(name, holds, message, [])
}

/// Likewise, with what is filled in there.
pub(crate) fn filled<const N: usize>(
    name: &str,
    holds: bool,
    message: &'static str,
    arguments: [(&'static str, &str); N],
) -> CheckView {
    let arguments = arguments.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
    CheckView { name: name.to_owned(), holds, finding: FindingView { message, arguments } }
}

fn signature(header: &JoseHeader, expected: &Expected<'_>) -> CheckView {
    const NAME: &str = "signature";
    let Some(algorithm) = header.algorithm else { return check(NAME, false, "playground-check-signature-unknown") };
    let Some(holds) = expected.signature else { return check(NAME, false, "playground-check-signature-later") };
    let message = |good, bad| if holds { good } else { bad };
    let by = |message| filled(NAME, holds, message, [("algorithm", algorithm.as_str())]);
    match (algorithm, expected.role, header.key_id.as_deref()) {
        (JwsAlgorithm::HS256, ..) => {
            by(message("playground-check-signature-secret", "playground-check-no-signature-secret"))
        }
        (_, Role::ClientAssertion, _) => {
            by(message("playground-check-signature-client-keys", "playground-check-no-signature-client-keys"))
        }
        (_, _, Some(key_id)) => {
            let message = message("playground-check-signature-key", "playground-check-no-signature-key");
            filled(NAME, holds, message, [("algorithm", algorithm.as_str()), ("key", key_id)])
        }
        (_, _, None) => by(message("playground-check-signature-keys", "playground-check-no-signature-keys")),
    }
}

fn issuer(claims: &Claims, expected: &Expected<'_>) -> CheckView {
    if expected.role == Role::ClientAssertion {
        return client(claims, "iss", expected.client_id);
    }
    match claims.text("iss") {
        Some(found) if found == expected.issuer => check("iss", true, "playground-check-this-server"),
        Some(found) => filled("iss", false, "playground-check-other-server", [("found", found)]),
        None => check("iss", false, "playground-check-missing"),
    }
}

/// Whether a claim names the client.
fn client(claims: &Claims, name: &str, client_id: &str) -> CheckView {
    match claims.text(name) {
        Some(found) if found == client_id => check(name, true, "playground-check-this-client"),
        Some(found) => filled(name, false, "playground-check-other-client", [("found", found)]),
        None => check(name, false, "playground-check-missing"),
    }
}

/// An access token is for some resource (RFC 9068 §4), an assertion for this server (RFC 7523 §3), everything else for the
/// client (Core §3.1.3.7, §5.3.2).
fn audience(claims: &Claims, expected: &Expected<'_>) -> CheckView {
    let audience = claims.audience();
    let names = audience.join(", ");
    match expected.role {
        _ if audience.is_empty() => check("aud", false, "playground-check-missing"),
        Role::AccessToken => filled("aud", true, "playground-check-resources", [("audience", &names)]),
        Role::ClientAssertion if audience == [expected.issuer] => check("aud", true, "playground-check-this-server"),
        Role::ClientAssertion => filled("aud", false, "playground-check-other-server", [("found", &names)]),
        Role::IdToken | Role::Userinfo if audience.contains(&expected.client_id) => {
            check("aud", true, "playground-check-this-client")
        }
        Role::IdToken | Role::Userinfo => filled("aud", false, "playground-check-other-client", [("found", &names)]),
    }
}

/// A UserInfo response need not expire.
fn expiry(claims: &Claims, expected: &Expected<'_>) -> Option<CheckView> {
    match claims.time("exp") {
        Some(exp) if exp > expected.now => {
            let seconds = exp.since(expected.now).as_secs().to_string();
            Some(filled("exp", true, "playground-check-expires", [("seconds", &seconds)]))
        }
        Some(_) => Some(check("exp", false, "playground-check-expired")),
        None if expected.role == Role::Userinfo => None,
        None => Some(check("exp", false, "playground-check-missing")),
    }
}

/// The type keeps one kind of token from being taken for another (RFC 8725 §3.11). An assertion has none that it must have.
fn kind(header: &JoseHeader, role: Role) -> Option<CheckView> {
    let wanted = match role {
        Role::AccessToken => JwtType::AccessToken,
        Role::ClientAssertion => return None,
        Role::IdToken | Role::Userinfo => JwtType::IdToken,
    };
    Some(match header.kind.as_deref() {
        Some(found) if JwtType::parse(found) == Some(wanted) => {
            filled("typ", true, "playground-check-type", [("found", found)])
        }
        Some(found) => {
            filled("typ", false, "playground-check-other-type", [("found", found), ("wanted", wanted.as_str())])
        }
        None => check("typ", false, "playground-check-missing"),
    })
}

fn nonce(claims: &Claims, sent: Option<&str>) -> CheckView {
    match (sent, claims.text("nonce")) {
        (Some(sent), Some(found)) if sent == found => check("nonce", true, "playground-check-as-sent"),
        (Some(_), Some(_)) => check("nonce", false, "playground-check-not-as-sent"),
        (Some(_), None) => check("nonce", false, "playground-check-nonce-missing"),
        (None, None) => check("nonce", true, "playground-check-nonce-none"),
        (None, Some(_)) => check("nonce", false, "playground-check-nonce-unasked"),
    }
}

fn hash(claims: &Claims, algorithm: Option<JwsAlgorithm>, access_token: &str) -> CheckView {
    let expected = algorithm.map(|algorithm| at_hash(algorithm, access_token));
    match (claims.text("at_hash"), expected) {
        (Some(found), Some(expected)) if found == expected => check("at_hash", true, "playground-check-hash"),
        (Some(_), _) => check("at_hash", false, "playground-check-other-hash"),
        (None, _) => check("at_hash", false, "playground-check-missing"),
    }
}

/// A point in time as people read it, in UTC.
fn date(time: Timestamp) -> Option<String> {
    let time = OffsetDateTime::from_unix_timestamp(time.as_secs()).ok()?;
    let (date, hour, minute, second) = (time.date(), time.hour(), time.minute(), time.second());
    Some(format!("{date} {hour:02}:{minute:02}:{second:02} UTC"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::pages::{Pages, PlaygroundPage, Reader, ResultView};

    fn jwt(header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", encode(header), encode(claims))
    }

    const EXPECTED: Expected<'static> = Expected {
        role: Role::IdToken,
        issuer: "https://op.example",
        client_id: "web",
        now: Timestamp::from_secs(1_800_000_000),
        nonce: Some("n"),
        access_token: Some("token"),
        signature: Some(true),
    };

    fn id_token() -> Value {
        json!({
            "iss": "https://op.example", "aud": "web", "exp": 1_800_000_060, "iat": 1_800_000_000, "nonce": "n",
            "at_hash": at_hash(JwsAlgorithm::ES256, "token"),
        })
    }

    /// The checks that fail. Each of them can be said in every language.
    fn failing(header: &Value, claims: &Value, expected: &Expected<'_>) -> Vec<String> {
        let view = examine(&jwt(header, claims), "id_token", expected).unwrap();
        said(&view);
        view.checks.into_iter().filter(|check| !check.holds).map(|check| check.name).collect()
    }

    fn said(view: &JwtView) {
        let pages = Pages::embedded().unwrap();
        for language in pages.languages() {
            let result = ResultView { assertion: Some(view.clone()), ..ResultView::default() };
            let (title, about) = ("playground-userinfo", "playground-userinfo-about");
            let page = PlaygroundPage { title, about, result: Some(result), ..PlaygroundPage::default() };
            pages.playground(&Reader { language, return_to: None }, &page).unwrap();
        }
    }

    #[test]
    fn a_good_id_token_passes_every_check() {
        let header = json!({ "alg": "ES256", "kid": "k", "typ": "JWT" });
        let view = examine(&jwt(&header, &id_token()), "id_token", &EXPECTED).unwrap();
        let names: Vec<_> = view.checks.iter().map(|check| check.name.as_str()).collect();
        assert_eq!(names, ["signature", "iss", "aud", "exp", "typ", "nonce", "at_hash"]);
        assert!(view.checks.iter().all(|check| check.holds));
        said(&view);
        assert_eq!(view.times[1].date, "2027-01-15 08:01:00 UTC");
        assert!(view.claims.contains("\"nonce\": \"n\""), "{}", view.claims);
    }

    #[test]
    fn each_check_fails_by_itself() {
        let header = json!({ "alg": "ES256", "typ": "JWT" });
        let with = |name: &str, value: Value| {
            let mut claims = id_token();
            claims[name] = value;
            failing(&header, &claims, &EXPECTED)
        };
        for (name, value) in [
            ("iss", json!("https://other.example")),
            ("aud", json!(["other"])),
            ("exp", json!(1_800_000_000)),
            ("nonce", json!("other")),
            ("at_hash", json!("other")),
        ] {
            assert_eq!(with(name, value), [name]);
            assert_eq!(with(name, Value::Null), [name]);
        }
        assert_eq!(failing(&json!({ "alg": "ES256", "typ": "at+jwt" }), &id_token(), &EXPECTED), ["typ"]);
        for header in
            [json!({ "alg": "ES256", "kid": "k", "typ": "JWT" }), json!({ "alg": "HS256", "typ": "JWT" }), header]
        {
            for signature in [Some(false), None] {
                let mut claims = id_token();
                claims["at_hash"] = Value::Null;
                let expected = Expected { signature, access_token: None, ..EXPECTED };
                assert_eq!(failing(&header, &claims, &expected), ["signature"]);
            }
        }
        assert_eq!(failing(&json!({ "alg": "none", "typ": "JWT" }), &id_token(), &EXPECTED)[0], "signature");
        let header = json!({ "alg": "ES256", "typ": "JWT" });
        assert_eq!(failing(&header, &id_token(), &Expected { nonce: None, ..EXPECTED }), ["nonce"]);
    }

    #[test]
    fn an_access_token_is_for_whoever_it_names() {
        let claims = json!({ "iss": "https://op.example", "aud": ["api", "more"], "exp": 1_800_000_060 });
        let header = json!({ "alg": "ES256", "typ": "at+jwt" });
        let expected = Expected { role: Role::AccessToken, ..EXPECTED };
        assert!(failing(&header, &claims, &expected).is_empty());
        let userinfo = json!({ "iss": "https://op.example", "aud": "web" });
        let expected = Expected { role: Role::Userinfo, ..EXPECTED };
        assert!(failing(&json!({ "alg": "RS256", "typ": "JWT" }), &userinfo, &expected).is_empty());
    }

    #[test]
    fn an_assertion_is_of_the_client_for_this_server() {
        let claims = json!({ "iss": "web", "sub": "web", "aud": "https://op.example", "exp": 1_800_000_060 });
        let header = json!({ "alg": "HS256" });
        let expected = Expected { role: Role::ClientAssertion, ..EXPECTED };
        assert!(failing(&header, &claims, &expected).is_empty());
        let forged = Expected { role: Role::ClientAssertion, signature: Some(false), ..EXPECTED };
        assert_eq!(failing(&json!({ "alg": "ES256" }), &claims, &forged), ["signature"]);
        for (name, other) in [("iss", "x"), ("sub", "x"), ("aud", "web")] {
            let mut claims = claims.clone();
            claims[name] = json!(other);
            assert_eq!(failing(&header, &claims, &expected), [name]);
            claims[name] = Value::Null;
            assert_eq!(failing(&header, &claims, &expected), [name]);
        }
    }

    #[test]
    fn whatever_else_is_no_jwt() {
        for text in ["", "a.b.c", "gat_abc", "e30.e30", "e30.W10.x", "e30.e30.x.y"] {
            assert!(!is_jwt(text) && examine(text, "x", &EXPECTED).is_none(), "{text}");
        }
        assert!(is_jwt("e30.e30.x"));
    }
}
