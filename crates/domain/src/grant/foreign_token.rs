//! Tokens that somebody else made, as subject or actor tokens of an exchange (RFC 8693 §2.1): what of them counts.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{ClaimsMapping, Client, ClientId, TrustedIssuer};
use crate::error::{Reason, Refusal};
use crate::grant::token_exchange::{LiveToken, TokenOrigin};
use crate::jwt::{CLOCK_SKEW, Claims};
use crate::resource::Audience;
use crate::scope::{ScopeSet, standard};
use crate::time::Timestamp;
use crate::user::Subject;

/// How long a token counts whose validator does not say when it ends (RFC 7662 §2.2 leaves that open). Grantor's own.
const UNSTATED_LIFE: Duration = Duration::from_secs(3600);

/// What a verified JWT of a trusted issuer is good for (RFC 7523 §3 has the checks): `iss`, `aud`, `exp`, and `nbf` and `iat` where
/// they are.
///
/// # Errors
/// `invalid_request` (RFC 8693 §2.2.2), with the claim at fault as cause.
pub fn read_jwt(
    claims: &Claims,
    trusted: &TrustedIssuer,
    client: &Client,
    (issuer, now): (&Audience, Timestamp),
) -> Result<LiveToken, Refusal> {
    if claims.text("iss") != Some(trusted.issuer.as_str()) {
        return Err(invalid("iss is another"));
    }
    let is_meant = |audience: &&str| match trusted.audiences.as_slice() {
        [] => *audience == issuer.as_str(),
        named => named.iter().any(|named| named.as_str() == *audience),
    };
    if !claims.audience().iter().any(is_meant) {
        return Err(invalid("aud names nobody that is meant"));
    }
    let expires_at = claims.time("exp").ok_or_else(|| invalid("exp is missing or no time"))?;
    // "MUST NOT" be taken for anything else (RFC 8417 §2.2): a logout token tells of a session's end, for one.
    if claims.has("events") {
        return Err(invalid("it is a security event"));
    }
    for name in ["nbf", "iat"] {
        match claims.time(name) {
            Some(time) if time > now.plus(CLOCK_SKEW) => return Err(invalid("nbf or iat is in the future")),
            None if claims.has(name) => return Err(invalid("nbf or iat is no time")),
            _ => {}
        }
    }
    read(claims, &trusted.map, &client.id, Times { issued_at: claims.time("iat"), expires_at, now })
}

/// What a token is good for about which a validator said this (RFC 7662 §2.2): `active`, and `exp` where it is.
///
/// # Errors
/// Likewise.
pub fn read_answer(
    answer: &Claims,
    map: &ClaimsMapping,
    client: &Client,
    now: Timestamp,
) -> Result<LiveToken, Refusal> {
    if answer.get("active") != Some(&Value::Bool(true)) {
        return Err(invalid("the validator says that it is not active"));
    }
    let expires_at = match answer.time("exp") {
        Some(expires_at) => expires_at,
        None if answer.has("exp") => return Err(invalid("exp is no time")),
        None => now.plus(UNSTATED_LIFE),
    };
    // Whoever was asked knows of now.
    read(answer, map, &client.id, Times { issued_at: Some(now), expires_at, now })
}

struct Times {
    issued_at: Option<Timestamp>,
    expires_at: Timestamp,
    now: Timestamp,
}

fn read(claims: &Claims, map: &ClaimsMapping, client: &ClientId, times: Times) -> Result<LiveToken, Refusal> {
    let Times { issued_at, expires_at, now } = times;
    if expires_at <= now {
        return Err(invalid("it has expired"));
    }
    let named = claims.text(&map.subject_claim).filter(|named| !named.is_empty());
    let named = named.ok_or_else(|| invalid("the claim that names the subject is missing"))?;
    let subject = Subject::parse(&format!("{}{named}", map.subject_prefix))
        .map_err(|_unusable| invalid("the subject is too long, or not printable ASCII"))?;
    // Who acts there is nobody here: without them it would say more than it did.
    if claims.has("act") {
        return Err(invalid("it says that somebody acts for its subject"));
    }
    Ok(LiveToken {
        subject: subject.into(),
        client_id: client.clone(),
        audience: Vec::new(),
        scope: scope(claims, map),
        expires_at,
        auth_time: None,
        acr: None,
        grants: Vec::new(),
        lineage: Vec::new(),
        actor: None,
        may_act: claims.get("may_act").map(|may_act| named_here(may_act, map)),
        is_about_a_user: map.subject_prefix.is_empty(),
        origin: TokenOrigin::Elsewhere { issued_at },
    })
}

/// Who may act, by the name that their own token would have here (RFC 8693 §4.4).
fn named_here(may_act: &Value, map: &ClaimsMapping) -> Value {
    let sub = may_act.get("sub").and_then(Value::as_str).unwrap_or_default();
    json!({ "sub": format!("{}{sub}", map.subject_prefix) })
}

/// Of what the policy gives, what the token has. UserInfo is about people who signed in here, and nobody consented to more.
fn scope(claims: &Claims, map: &ClaimsMapping) -> ScopeSet {
    let ours = map.scope.without(standard::OPENID).without(standard::OFFLINE_ACCESS);
    let Some(claim) = &map.scope_claim else { return ours };
    let has = match claims.get(claim) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    };
    ours.intersection(&ScopeSet::parse(&has).unwrap_or_default())
}

fn invalid(cause: &'static str) -> Refusal {
    Refusal::because(Reason::SubjectTokenInvalid, cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::testing::{OPENED, client};

    fn trusted(change: Value) -> TrustedIssuer {
        let mut trusted = json!({
            "issuer": "https://other.example",
            "map": { "subject_prefix": "other/", "scope": "openid read write", "scope_claim": "scp" },
        });
        trusted.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        serde_json::from_value(trusted).unwrap()
    }

    fn claims(change: &Value) -> Claims {
        let mut claims = json!({
            "iss": "https://other.example", "aud": ["https://op.example", "urn:other"], "sub": "alice",
            "exp": OPENED.as_secs() + 60, "iat": OPENED.as_secs(), "scp": ["read", "openid", "delete"],
        });
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        Claims::from_payload(claims.to_string().as_bytes()).unwrap()
    }

    fn read(trust: Value, change: &Value) -> Result<LiveToken, Refusal> {
        let issuer = Audience::parse("https://op.example").unwrap();
        read_jwt(&claims(change), &trusted(trust), &client(), (&issuer, OPENED))
    }

    #[test]
    fn a_subject_is_named_so_that_nobody_is_taken_for_a_user_of_ours() {
        let token = read(json!({}), &json!({})).unwrap();
        assert_eq!((token.subject.as_str(), token.scope.to_string().as_str()), ("other/alice", "read"));
        assert!(!token.is_about_a_user && token.origin == TokenOrigin::Elsewhere { issued_at: Some(OPENED) });
        let map = json!({ "map": { "subject_claim": "oid", "subject_prefix": "", "scope": "openid read write" } });
        let token = read(map, &json!({ "oid": "bob" })).unwrap();
        assert_eq!((token.subject.as_str(), token.scope.to_string().as_str()), ("bob", "read write"));
        assert!(token.is_about_a_user && token.origin == TokenOrigin::Elsewhere { issued_at: Some(OPENED) });
    }

    #[test]
    fn only_what_the_issuer_made_for_us_and_now_counts() {
        let refused = |change: Value, cause: &str| {
            let refusal = read(json!({}), &change).unwrap_err();
            assert_eq!(
                (refusal.reason, refusal.cause.as_deref()),
                (Reason::SubjectTokenInvalid, Some(cause)),
                "{change}"
            );
        };
        let at = |seconds: i64| OPENED.as_secs() + seconds;
        refused(json!({ "iss": "https://other.example/" }), "iss is another");
        refused(json!({ "aud": "urn:other" }), "aud names nobody that is meant");
        refused(json!({ "aud": null }), "aud names nobody that is meant");
        refused(json!({ "exp": null }), "exp is missing or no time");
        refused(json!({ "exp": 1e19 }), "exp is missing or no time");
        refused(json!({ "exp": at(0) }), "it has expired");
        refused(json!({ "nbf": at(31) }), "nbf or iat is in the future");
        refused(json!({ "iat": "now" }), "nbf or iat is no time");
        refused(json!({ "events": {} }), "it is a security event");
        refused(json!({ "act": { "sub": "x" } }), "it says that somebody acts for its subject");
        refused(json!({ "sub": "" }), "the claim that names the subject is missing");
        refused(json!({ "sub": 7 }), "the claim that names the subject is missing");
        refused(json!({ "sub": "a b" }), "the subject is too long, or not printable ASCII");
        assert!(read(json!({ "audiences": ["urn:other"] }), &json!({ "aud": "urn:other", "nbf": at(30) })).is_ok());
        assert!(read(json!({ "audiences": ["urn:third"] }), &json!({})).is_err(), "what is named replaces the issuer");
    }

    #[test]
    fn a_validator_says_whether_it_is_active_and_how_long() {
        let map = trusted(json!({})).map;
        let read = |answer: Value| {
            let answer = Claims::from_payload(answer.to_string().as_bytes()).unwrap();
            read_answer(&answer, &map, &client(), OPENED)
        };
        let told = read(json!({ "active": true, "sub": "device-7", "scp": "read write" })).unwrap();
        assert_eq!((told.subject.as_str(), told.scope.to_string().as_str()), ("other/device-7", "read write"));
        assert_eq!(told.expires_at, OPENED.plus(UNSTATED_LIFE));
        let soon = OPENED.as_secs() + 5;
        let told = read(json!({ "active": true, "sub": "device-7", "exp": soon })).unwrap();
        assert_eq!((told.expires_at.as_secs(), told.scope.is_empty()), (soon, true), "no claim, no scope");
        for bad in [
            json!({ "sub": "device-7" }),
            json!({ "active": "true", "sub": "device-7" }),
            json!({ "active": true }),
            json!({ "active": true, "sub": "device-7", "exp": "soon" }),
            json!({ "active": true, "sub": "device-7", "exp": OPENED.as_secs() }),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }
}
