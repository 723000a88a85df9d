//! Request objects by value (OpenID Connect Core §6.1, RFC 9101): an authorization request as a JWT.
//!
//! A signed one is the whole request: outside it only `client_id` counts (RFC 9101 §6.3). An unsigned one passes only where
//! the client is registered for it, and its parameters go before those outside (Core §6.1).

use serde_json::Value;

use crate::authorization::Parameters;
use crate::client::{Client, RequestObjectAlgorithm};
use crate::error::{Reason, Refusal};
use crate::jwt::{CLOCK_SKEW, Claims, JoseHeader, JwsAlgorithm};
use crate::resource::Audience;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// The explicit type (RFC 9101 §10.8), and the one that says nothing (RFC 7519 §5.1).
const TYPES: [&str; 2] = ["oauth-authz-req+jwt", "jwt"];

/// What must be proven about a request object before its claims count (RFC 9101 §6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Its signature, made with this algorithm and a key of the client's.
    Signature(JwsAlgorithm),
    /// Nothing: the client is registered for unsigned ones (OpenID Connect Registration §2).
    Nothing,
}

/// What must be proven, from the header and what the client registered (OpenID Connect Registration §2
/// `request_object_signing_alg`, RFC 9101 §6.2).
///
/// # Errors
/// `invalid_request_object` for another type of JWT, and an algorithm that is not the client's.
pub fn required_proof(header: &JoseHeader, client: &Client) -> Result<Proof, Refusal> {
    let kind = header.kind.as_deref().map(str::to_ascii_lowercase);
    let kind = kind.as_deref().map(|kind| kind.strip_prefix("application/").unwrap_or(kind));
    if kind.is_some_and(|kind| !TYPES.contains(&kind)) {
        return Err(invalid("typ is of another kind of JWT"));
    }
    let registered = client.request_objects.algorithm;
    if header.unsecured {
        return match registered {
            Some(RequestObjectAlgorithm::Unsigned) => Ok(Proof::Nothing),
            _ => Err(invalid("it is not signed, and the client is not registered for that")),
        };
    }
    let algorithm = header.algorithm.ok_or_else(|| invalid("the algorithm is not supported"))?;
    match registered {
        Some(registered) if registered != RequestObjectAlgorithm::Signed(algorithm) => {
            Err(invalid("the algorithm is not the one that is registered"))
        }
        _ => Ok(Proof::Signature(algorithm)),
    }
}

/// The request that a request object and the parameters beside it make (OpenID Connect Core §6.1, RFC 9101 §6.3), once
/// `proof` was given.
///
/// # Errors
/// `invalid_request_object`, with what is wrong as cause.
pub fn read(
    claims: &Claims,
    proof: Proof,
    beside: &Parameters,
    client: &Client,
    context: (&Audience, Timestamp),
) -> Result<Parameters, Refusal> {
    check_claims(claims, client, context)?;
    let inside = parameters(claims)?;
    if inside.client_id.as_deref().is_some_and(|id| id != client.id.as_str()) {
        return Err(invalid("client_id differs from the one beside it"));
    }
    match proof {
        Proof::Signature(_) if inside.client_id.is_none() => Err(invalid("client_id is missing")),
        Proof::Signature(_) => {
            agree(inside.response_type.as_deref(), beside.response_type.as_deref(), "response_type")?;
            if scope(beside).is_some_and(|beside| !beside.is_subset(&scope(&inside).unwrap_or_default())) {
                return Err(contradicts("scope"));
            }
            Ok(Parameters { malformed: beside.malformed.clone(), ..inside })
        }
        Proof::Nothing => {
            agree(
                inside.response_type.as_deref().or(beside.response_type.as_deref()),
                beside.response_type.as_deref(),
                "response_type",
            )?;
            Ok(merged(inside, beside))
        }
    }
}

/// Checks the claims that make it a request of this client to this server and of now (RFC 9101 §4, §10.8).
fn check_claims(claims: &Claims, client: &Client, (issuer, now): (&Audience, Timestamp)) -> Result<(), Refusal> {
    let id = client.id.as_str();
    if claims.has("iss") && claims.text("iss") != Some(id) {
        return Err(invalid("iss is not the client"));
    }
    if claims.has("aud") && !claims.audience().contains(&issuer.as_str()) {
        return Err(invalid("aud is not this server"));
    }
    // A client authenticates with JWTs whose subject it is: one of those must not pass for a request.
    if claims.text("sub") == Some(id) {
        return Err(invalid("sub is the client"));
    }
    if claims.has("exp") && claims.time("exp").is_none_or(|exp| exp.plus(CLOCK_SKEW) <= now) {
        return Err(invalid("exp has passed"));
    }
    if claims.has("nbf") && claims.time("nbf").is_none_or(|nbf| nbf > now.plus(CLOCK_SKEW)) {
        return Err(invalid("nbf lies ahead"));
    }
    if claims.has("request") || claims.has("request_uri") {
        return Err(invalid("it holds another request object"));
    }
    Ok(())
}

/// The claims as parameters: texts, numbers, and JSON where the parameter is JSON (Core §6.1).
fn parameters(claims: &Claims) -> Result<Parameters, Refusal> {
    let text = |name: &'static str| match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(object @ Value::Object(_)) if matches!(name, "claims" | "registration") => Ok(Some(object.to_string())),
        Some(_) => Err(Refusal { parameter: Some(name), ..invalid("a parameter is of another type") }),
    };
    let resource: Vec<String> = claims.texts("resource").into_iter().map(str::to_owned).collect();
    if claims.has("resource") && resource.is_empty() {
        return Err(invalid("resource is neither a text nor a list of texts"));
    }
    Ok(Parameters {
        response_type: text("response_type")?,
        client_id: text("client_id")?,
        redirect_uri: text("redirect_uri")?,
        scope: text("scope")?,
        state: text("state")?,
        response_mode: text("response_mode")?,
        nonce: text("nonce")?,
        prompt: text("prompt")?,
        max_age: text("max_age")?,
        acr_values: text("acr_values")?,
        login_hint: text("login_hint")?,
        ui_locales: text("ui_locales")?,
        id_token_hint: text("id_token_hint")?,
        claims: text("claims")?,
        code_challenge: text("code_challenge")?,
        code_challenge_method: text("code_challenge_method")?,
        resource,
        request: None,
        request_uri: None,
        registration: text("registration")?,
        malformed: None,
    })
}

/// What stands inside goes before what stands beside (Core §6.1).
fn merged(inside: Parameters, beside: &Parameters) -> Parameters {
    let or = |inside: Option<String>, beside: &Option<String>| inside.or_else(|| beside.clone());
    Parameters {
        response_type: or(inside.response_type, &beside.response_type),
        client_id: or(inside.client_id, &beside.client_id),
        redirect_uri: or(inside.redirect_uri, &beside.redirect_uri),
        scope: or(inside.scope, &beside.scope),
        state: or(inside.state, &beside.state),
        response_mode: or(inside.response_mode, &beside.response_mode),
        nonce: or(inside.nonce, &beside.nonce),
        prompt: or(inside.prompt, &beside.prompt),
        max_age: or(inside.max_age, &beside.max_age),
        acr_values: or(inside.acr_values, &beside.acr_values),
        login_hint: or(inside.login_hint, &beside.login_hint),
        ui_locales: or(inside.ui_locales, &beside.ui_locales),
        id_token_hint: or(inside.id_token_hint, &beside.id_token_hint),
        claims: or(inside.claims, &beside.claims),
        code_challenge: or(inside.code_challenge, &beside.code_challenge),
        code_challenge_method: or(inside.code_challenge_method, &beside.code_challenge_method),
        resource: if inside.resource.is_empty() { beside.resource.clone() } else { inside.resource },
        request: None,
        request_uri: None,
        registration: or(inside.registration, &beside.registration),
        malformed: beside.malformed.clone(),
    }
}

fn scope(parameters: &Parameters) -> Option<ScopeSet> {
    parameters.scope.as_deref().map(|scope| ScopeSet::parse(scope).unwrap_or_default())
}

/// What stands beside is there for servers that read nothing else (Core §6.1 wants `scope` there, `openid` at least), and must
/// not say anything else.
fn agree(inside: Option<&str>, beside: Option<&str>, name: &'static str) -> Result<(), Refusal> {
    if beside.is_some() && inside != beside { Err(contradicts(name)) } else { Ok(()) }
}

fn contradicts(name: &'static str) -> Refusal {
    Refusal { parameter: Some(name), ..invalid("a parameter beside it says something else") }
}

fn invalid(cause: &'static str) -> Refusal {
    Refusal::because(Reason::RequestObjectInvalid, cause)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::client::RequestObjectPolicy;
    use crate::grant::testing::{OPENED, client};

    fn beside() -> Parameters {
        Parameters {
            client_id: Some("c".into()),
            state: Some("outside".into()),
            malformed: None,
            ..Parameters::default()
        }
    }

    fn claims(changes: Value) -> Claims {
        let now = OPENED.as_secs();
        let mut claims = json!({
            "iss": "c", "aud": "https://op.example", "exp": now + 60, "nbf": now, "client_id": "c", "response_type": "code",
            "scope": "openid a", "redirect_uri": "https://app.example/cb", "max_age": 10,
            "claims": {"id_token": {"email": null}}, "resource": ["urn:api"],
            "ui_locales": "id de",
        });
        for (name, value) in changes.as_object().unwrap_or(&Map::new()) {
            claims[name] = value.clone();
        }
        serde_json::from_value(claims).unwrap()
    }

    fn read_signed(changes: Value, beside: &Parameters) -> Result<Parameters, Refusal> {
        let issuer = Audience::parse("https://op.example").unwrap();
        let proof = Proof::Signature(JwsAlgorithm::ES256);
        read(&claims(changes), proof, beside, &client(), (&issuer, OPENED))
    }

    #[test]
    fn a_signed_one_is_the_whole_request() {
        let found = read_signed(json!({}), &beside()).unwrap();
        assert_eq!((found.state, found.max_age.as_deref()), (None, Some("10")), "what stands outside does not count");
        assert_eq!(found.claims.as_deref(), Some(r#"{"id_token":{"email":null}}"#));
        assert_eq!(found.ui_locales.as_deref(), Some("id de"));
        assert_eq!((found.scope.as_deref(), found.resource), (Some("openid a"), vec!["urn:api".to_owned()]));
    }

    #[test]
    fn what_stands_beside_a_signed_one_must_agree() {
        let check = |change: fn(&mut Parameters), expect: bool| {
            let mut beside = beside();
            change(&mut beside);
            assert_eq!(read_signed(json!({}), &beside).is_ok(), expect, "{beside:?}");
        };
        check(|p| p.scope = Some("a openid".into()), true);
        check(|p| p.scope = Some("openid".into()), true);
        check(|p| p.scope = Some("openid b".into()), false);
        check(|p| p.response_type = Some("code".into()), true);
        check(|p| p.response_type = Some("token".into()), false);
        check(|p| p.nonce = Some("ignored".into()), true);
        check(|p| p.redirect_uri = Some("https://elsewhere.example".into()), true);
    }

    #[test]
    fn it_is_of_this_client_to_this_server_and_of_now() {
        let now = OPENED.as_secs();
        let check = |changes: Value, expect: bool| {
            assert_eq!(read_signed(changes.clone(), &beside()).is_ok(), expect, "{changes}");
        };
        check(json!({"iss": "other"}), false);
        check(json!({"aud": "https://other.example"}), false);
        check(json!({"aud": ["https://other.example", "https://op.example"]}), true);
        check(json!({"sub": "c"}), false);
        check(json!({"sub": "alice"}), true);
        check(json!({"exp": now - 31}), false);
        check(json!({"exp": now - 29}), true);
        check(json!({"exp": "soon"}), false);
        check(json!({"nbf": now + 31}), false);
        check(json!({"client_id": "other"}), false);
        check(json!({"client_id": null}), false);
        check(json!({"request": "e30"}), false);
        check(json!({"request_uri": "urn:x"}), false);
        check(json!({"scope": ["openid"]}), false);
        check(json!({"resource": 7}), false);
    }

    #[test]
    fn an_unsigned_one_goes_before_what_stands_beside() {
        let issuer = Audience::parse("https://op.example").unwrap();
        let read = |changes: Value, beside: &Parameters| {
            read(&claims(changes), Proof::Nothing, beside, &client(), (&issuer, OPENED))
        };
        let beside = Parameters { scope: Some("openid".into()), response_type: Some("code".into()), ..beside() };
        let found = read(json!({}), &beside).unwrap();
        assert_eq!((found.state.as_deref(), found.scope.as_deref()), (Some("outside"), Some("openid a")));
        assert!(read(json!({"response_type": "token"}), &beside).is_err());
        assert!(read(json!({"client_id": "other"}), &beside).is_err());
    }

    #[test]
    fn the_algorithm_is_what_the_client_registered() {
        let check = |header: Value, registered: Option<&str>, expect: Option<Proof>| {
            let mut client = client();
            let algorithm = registered.map(|name| RequestObjectAlgorithm::try_from(name.to_owned()).unwrap());
            client.request_objects = RequestObjectPolicy { algorithm, required: false };
            let header = JoseHeader {
                algorithm: header["alg"].as_str().and_then(JwsAlgorithm::parse),
                unsecured: header["alg"] == "none",
                key_id: None,
                kind: header["typ"].as_str().map(str::to_owned),
            };
            assert_eq!(required_proof(&header, &client).ok(), expect, "{header:?} {registered:?}");
        };
        let signed = Some(Proof::Signature(JwsAlgorithm::ES256));
        check(json!({"alg": "ES256"}), None, signed);
        check(json!({"alg": "ES256", "typ": "application/oauth-authz-req+jwt"}), Some("ES256"), signed);
        check(json!({"alg": "ES256", "typ": "at+jwt"}), None, None);
        check(json!({"alg": "ES256"}), Some("RS256"), None);
        check(json!({"alg": "ES256"}), Some("none"), None);
        check(json!({"alg": "none"}), Some("none"), Some(Proof::Nothing));
        check(json!({"alg": "none"}), Some("ES256"), None);
        check(json!({"alg": "none"}), None, None);
        check(json!({"alg": "ES512"}), None, None);
    }
}
