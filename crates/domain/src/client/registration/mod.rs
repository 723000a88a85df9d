//! Clients that register themselves (RFC 7591, OpenID Connect Registration): what they may have, and what they are told they
//! got. Nobody vouches for them.

mod checks;

use serde_json::{Map, Value, json};

use crate::client::{AuthMethod, Client, ClientId, ClientSettings, InvalidClientSettings};
use crate::error::{Reason, Refusal};
use crate::grant::GrantType;
use crate::scope::{ScopeSet, standard};

/// What an operator lets clients have that register themselves; "the authorization server MAY reject or replace any of the
/// client's requested metadata values" (RFC 7591 §3.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationPolicy {
    /// The grants that they may use (RFC 7591 §2 `grant_types`).
    pub grant_types: Vec<GrantType>,
    /// What they may ask for (RFC 7591 §2 `scope`).
    pub scope: ScopeSet,
    /// Whether confidential ones too need PKCE (RFC 9700 §2.1.1).
    pub require_pkce: bool,
}

impl Default for RegistrationPolicy {
    /// A person signs in, and the client may go on asking about them: codes, refresh tokens, the claims of OpenID Connect Core
    /// §5.4.
    fn default() -> Self {
        let scope = ScopeSet::parse("openid profile email address phone offline_access").unwrap_or_default();
        Self { grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken], scope, require_pkce: true }
    }
}

/// Metadata that are settings of ours by the same name and type (RFC 7591 §2, OpenID Connect Registration §2, Back-Channel
/// Logout §2.2, Front-Channel Logout §2, RP-Initiated Logout §3.1, RFC 9101 §10.5).
const SAME: [&str; 28] = [
    "application_type",
    "backchannel_logout_session_required",
    "backchannel_logout_uri",
    "client_name",
    "client_uri",
    "contacts",
    "default_acr_values",
    "default_max_age",
    "frontchannel_logout_session_required",
    "frontchannel_logout_uri",
    "id_token_signed_response_alg",
    "initiate_login_uri",
    "jwks",
    "jwks_uri",
    "logo_uri",
    "policy_uri",
    "post_logout_redirect_uris",
    "redirect_uris",
    "request_object_signing_alg",
    "require_auth_time",
    "require_signed_request_object",
    "sector_identifier_uri",
    "software_id",
    "software_version",
    "subject_type",
    "token_endpoint_auth_signing_alg",
    "tos_uri",
    "userinfo_signed_response_alg",
];

/// Metadata that ask for what we do not have (OpenID Connect Registration §2): a client that wants its tokens encrypted must not
/// find them readable.
const ENCRYPTION: [&str; 6] = [
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "request_object_encryption_alg",
    "request_object_encryption_enc",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
];

/// What becomes of the metadata that a client sent (RFC 7591 §2): its settings, as far as the policy lets it have them. What is
/// not understood is ignored.
///
/// # Errors
/// `invalid_redirect_uri` or `invalid_client_metadata` (RFC 7591 §3.2.2), naming the member.
pub fn read_metadata(
    mut metadata: Map<String, Value>,
    client_id: &ClientId,
    policy: &RegistrationPolicy,
) -> Result<ClientSettings, Refusal> {
    // "A client MAY … by including null": as if it were not there (RFC 7592 §2.2).
    metadata.retain(|_, value| !value.is_null());
    if let Some(name) = ENCRYPTION.into_iter().find(|name| metadata.contains_key(*name)) {
        return Err(invalid(name));
    }
    let grant_types = grant_types(&metadata, policy)?;
    let blank = json!({
        "client_id": client_id,
        "grant_types": grant_types,
        "require_pkce": policy.require_pkce,
        "self_registered": true,
    });
    let Value::Object(mut settings) = blank else { return Err(invalid("client_id")) };
    for (name, value) in SAME.into_iter().filter_map(|name| Some((name, metadata.remove(name)?))) {
        settings.insert(name.to_owned(), value);
        if serde_json::from_value::<ClientSettings>(Value::Object(settings.clone())).is_err() {
            return Err(if name == "redirect_uris" { invalid_uri(name) } else { invalid(name) });
        }
    }
    if let Some(method) = metadata.get("token_endpoint_auth_method") {
        let method: AuthMethod =
            serde_json::from_value(method.clone()).map_err(|_unknown| invalid("token_endpoint_auth_method"))?;
        settings.insert("token_endpoint_auth_methods".to_owned(), json!([method]));
    }
    let scope = scope(&metadata, policy, &grant_types)?;
    settings.insert("scope".to_owned(), json!(scope));
    let mut settings: ClientSettings =
        serde_json::from_value(Value::Object(settings)).map_err(|_misread| invalid("client_name"))?;
    if !settings.require_signed_request_object && !settings.can_sign_request_objects() {
        // Some libraries ask for it always, whether or not they have a key.
        settings.request_object_signing_alg = None;
    }
    checks::check(&settings)?;
    Client::try_from(settings.clone()).map_err(|problem| refused(&problem))?;
    Ok(settings)
}

/// The metadata of a registered client, as it is told them (RFC 7591 §3.2.1): "all registered metadata about this client".
#[must_use]
pub fn write_metadata(settings: &ClientSettings) -> Map<String, Value> {
    let Ok(Value::Object(mut metadata)) = serde_json::to_value(settings) else { return Map::new() };
    metadata.retain(|name, _| SAME.contains(&name.as_str()) || ["grant_types", "scope"].contains(&name.as_str()));
    let method = settings.token_endpoint_auth_methods.first().map(|method| method.as_str());
    let response_types: &[&str] =
        if settings.grant_types.contains(&GrantType::AuthorizationCode) { &["code"] } else { &[] };
    metadata.insert("token_endpoint_auth_method".to_owned(), json!(method));
    metadata.insert("response_types".to_owned(), json!(response_types));
    metadata.insert("subject_type".to_owned(), json!(settings.subject_type));
    metadata
}

/// What is asked for and allowed; a code where nothing is asked. Of what we do not have (the implicit grant, say) the client is
/// told that it did not get it.
fn grant_types(metadata: &Map<String, Value>, policy: &RegistrationPolicy) -> Result<Vec<GrantType>, Refusal> {
    let list = |name: &'static str, default: &str| {
        let value = metadata.get(name).cloned().unwrap_or_else(|| json!([default]));
        serde_json::from_value::<Vec<String>>(value).map_err(|_no_list| invalid(name))
    };
    let asked = list("grant_types", GrantType::AuthorizationCode.as_str())?;
    let allowed = asked.iter().filter_map(|text| GrantType::parse(text));
    let allowed: Vec<_> = allowed.filter(|grant| policy.grant_types.contains(grant)).collect();
    // A refresh token alone comes from nowhere.
    if allowed.iter().all(|grant| *grant == GrantType::RefreshToken) {
        return Err(invalid("grant_types"));
    }
    let has_code = list("response_types", "code")?.iter().any(|kind| kind == "code");
    if allowed.contains(&GrantType::AuthorizationCode) && !has_code {
        return Err(invalid("response_types"));
    }
    Ok(allowed)
}

/// What is asked for and allowed; everything that is allowed where nothing is asked.
fn scope(
    metadata: &Map<String, Value>,
    policy: &RegistrationPolicy,
    grant_types: &[GrantType],
) -> Result<ScopeSet, Refusal> {
    let asked: Option<ScopeSet> = metadata
        .get("scope")
        .map(|scope| serde_json::from_value(scope.clone()))
        .transpose()
        .map_err(|_malformed| invalid("scope"))?;
    let got = match &asked {
        Some(asked) => asked.intersection(&policy.scope),
        None => policy.scope.clone(),
    };
    if asked.is_some_and(|asked| !asked.is_empty()) && got.is_empty() {
        return Err(invalid("scope"));
    }
    // It would be asked for in vain (OpenID Connect Core §11).
    let refreshes = grant_types.contains(&GrantType::RefreshToken);
    Ok(if refreshes { got } else { got.without(standard::OFFLINE_ACCESS) })
}

fn invalid(member: &'static str) -> Refusal {
    Refusal::parameter(Reason::ClientMetadataInvalid, member)
}

fn invalid_uri(member: &'static str) -> Refusal {
    Refusal::parameter(Reason::RegistrationUriInvalid, member)
}

/// What is told of settings that do not go together: the member that has to change.
fn refused(problem: &InvalidClientSettings) -> Refusal {
    use InvalidClientSettings as Invalid;
    match problem {
        Invalid::RedirectUri(..) | Invalid::RedirectUriMissing => invalid_uri("redirect_uris"),
        Invalid::PostLogoutRedirectUri(..) => invalid("post_logout_redirect_uris"),
        Invalid::ConfidentialGrantForPublicClient(_) => invalid("grant_types"),
        Invalid::FrontchannelLogoutElsewhere => invalid("frontchannel_logout_uri"),
        Invalid::AssertionAlgorithmMisfit => invalid("token_endpoint_auth_signing_alg"),
        Invalid::KeysMissing => invalid("jwks"),
        Invalid::KeysTwice => invalid("jwks_uri"),
        Invalid::RequestObjectKeyMissing | Invalid::RequestObjectUnsigned => invalid("request_object_signing_alg"),
        Invalid::SectorNotHttps | Invalid::SectorUnclear => invalid("sector_identifier_uri"),
        Invalid::SymmetricWithoutSecret(member) => invalid(member),
        _ => invalid("token_endpoint_auth_method"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn read(metadata: Value) -> Result<ClientSettings, (Reason, Option<&'static str>)> {
        let Value::Object(metadata) = metadata else { panic!("metadata is an object") };
        let id = ClientId::parse("made-up").unwrap();
        read_metadata(metadata, &id, &RegistrationPolicy::default())
            .map_err(|refusal| (refusal.reason, refusal.parameter))
    }

    pub(crate) fn with(change: Value) -> Value {
        let mut metadata = json!({ "redirect_uris": ["https://app.example/cb"] });
        metadata.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        metadata
    }

    #[test]
    fn little_is_needed_and_the_rest_is_told() {
        let settings = read(with(json!({ "client_name": "App", "unknown": 1, "scope": null }))).unwrap();
        assert!(settings.self_registered && settings.require_pkce && !settings.first_party);
        assert!(settings.unknown.is_empty(), "what is not understood is ignored");
        let told = Value::Object(write_metadata(&settings));
        let expect = json!({
            "client_name": "App",
            "redirect_uris": ["https://app.example/cb"],
            "application_type": "web",
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "scope": "openid profile email address phone",
            "id_token_signed_response_alg": "RS256",
            "subject_type": "public",
        });
        assert_eq!(told, expect);
    }

    #[test]
    fn every_metadatum_comes_back() {
        let all = json!({
            "redirect_uris": ["https://app.example/cb"],
            "response_types": ["code"],
            "grant_types": ["authorization_code", "refresh_token"],
            "application_type": "native",
            "contacts": ["ve7jtb@example.org"],
            "client_name": "App",
            "logo_uri": "https://app.example/logo.png",
            "client_uri": "https://app.example/",
            "policy_uri": "https://app.example/policy",
            "tos_uri": "https://app.example/tos",
            "jwks_uri": "https://app.example/jwks",
            "sector_identifier_uri": "https://app.example/uris",
            "subject_type": "pairwise",
            "id_token_signed_response_alg": "ES256",
            "userinfo_signed_response_alg": "ES256",
            "request_object_signing_alg": "ES256",
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES256",
            "default_max_age": 3600,
            "require_auth_time": true,
            "default_acr_values": ["urn:example:loa:1"],
            "initiate_login_uri": "https://app.example/start",
            "post_logout_redirect_uris": ["https://app.example/bye"],
            "backchannel_logout_uri": "https://app.example/backchannel",
            "backchannel_logout_session_required": true,
            "frontchannel_logout_uri": "https://app.example/frontchannel",
            "frontchannel_logout_session_required": true,
            "require_signed_request_object": true,
            "scope": "openid offline_access",
            "software_id": "app",
            "software_version": "2",
        });
        assert_eq!(Value::Object(write_metadata(&read(all.clone()).unwrap())), all);
    }

    #[test]
    fn nobody_gets_more_than_the_policy_has() {
        let got = |change: Value| write_metadata(&read(with(change)).unwrap());
        let asked = json!({ "grant_types": ["implicit", "authorization_code", "client_credentials", "refresh_token"] });
        assert_eq!(got(asked)["grant_types"], json!(["authorization_code", "refresh_token"]));
        assert_eq!(got(json!({ "scope": "openid admin" }))["scope"], json!("openid"));
        assert_eq!(got(json!({ "scope": "openid offline_access" }))["scope"], json!("openid"), "no refresh token");
        assert_eq!(got(json!({ "response_types": ["id_token", "code"] }))["response_types"], json!(["code"]));
        let unsigned = got(json!({ "request_object_signing_alg": "ES256" }));
        assert_eq!(unsigned.get("request_object_signing_alg"), None, "it has no key");
        let more = json!({ "first_party": true, "introspect": "any", "require_pkce": false, "exchange": {} });
        let settings = read(with(more)).unwrap();
        assert!(!settings.first_party && settings.require_pkce && settings.exchange.is_none());
        for (change, member) in [
            (json!({ "grant_types": ["password"] }), "grant_types"),
            (json!({ "grant_types": "authorization_code" }), "grant_types"),
            (json!({ "grant_types": ["refresh_token"] }), "grant_types"),
            (json!({ "response_types": ["token"] }), "response_types"),
            (json!({ "scope": "admin" }), "scope"),
        ] {
            assert_eq!(read(with(change)).unwrap_err(), (Reason::ClientMetadataInvalid, Some(member)));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (change, member) in [
            (json!({ "logo_uri": "data:image/png,x" }), "logo_uri"),
            (json!({ "client_name": 1 }), "client_name"),
            (json!({ "application_type": "toaster" }), "application_type"),
            (json!({ "token_endpoint_auth_method": "telepathy" }), "token_endpoint_auth_method"),
            (json!({ "token_endpoint_auth_method": "private_key_jwt" }), "jwks"),
            (json!({ "jwks": { "keys": [] }, "jwks_uri": "https://app.example/jwks" }), "jwks_uri"),
            (json!({ "id_token_signed_response_alg": "none" }), "id_token_signed_response_alg"),
            (json!({ "id_token_encrypted_response_alg": "RSA-OAEP" }), "id_token_encrypted_response_alg"),
            (json!({ "post_logout_redirect_uris": ["https://app.example/#x"] }), "post_logout_redirect_uris"),
            (json!({ "post_logout_redirect_uris": ["http://app.example/"] }), "post_logout_redirect_uris"),
            (json!({ "frontchannel_logout_uri": "https://other.example/" }), "frontchannel_logout_uri"),
            (json!({ "initiate_login_uri": "http://app.example/" }), "initiate_login_uri"),
            (
                json!({ "token_endpoint_auth_method": "client_secret_jwt", "token_endpoint_auth_signing_alg": "ES256" }),
                "token_endpoint_auth_signing_alg",
            ),
            (
                json!({ "require_signed_request_object": true, "request_object_signing_alg": "ES256" }),
                "request_object_signing_alg",
            ),
            (
                json!({ "subject_type": "pairwise", "sector_identifier_uri": "http://a.example/" }),
                "sector_identifier_uri",
            ),
        ] {
            let told = read(with(change.clone())).map(|settings| settings.client_id).unwrap_err();
            assert_eq!(told, (Reason::ClientMetadataInvalid, Some(member)), "{change}");
        }
    }
}
