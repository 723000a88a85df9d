//! What a client may not be that nobody vouches for (RFC 7591 §5), over and above what [`ClientSettings`] itself forbids.

use serde_json::Value;
use url::{Host, Url};

use super::{invalid, invalid_uri};
use crate::client::{ApplicationType, ClientSettings, SubjectType, WebUri};
use crate::error::Refusal;
use crate::grant::GrantType;

/// The longest name that the pages show, in characters.
const MAX_NAME: usize = 100;

/// The most entries of any list.
const MAX_ENTRIES: usize = 20;

/// The members of a JWK that only its owner may know (RFC 7518 §6.2.2, §6.3.2, §6.4).
const PRIVATE: [&str; 7] = ["d", "dp", "dq", "k", "p", "q", "qi"];

/// Whether a client that registers itself may have these settings.
pub(super) fn check(settings: &ClientSettings) -> Result<(), Refusal> {
    check_extent(settings)?;
    check_keys(settings.jwks.as_ref())?;
    check_uris(settings)?;
    check_sector(settings)
}

/// People read the name, and every request reads the lists.
fn check_extent(settings: &ClientSettings) -> Result<(), Refusal> {
    let fits = |name: &String| !name.trim().is_empty() && name.chars().count() <= MAX_NAME;
    if !settings.client_name.as_ref().is_none_or(fits) {
        return Err(invalid("client_name"));
    }
    let lists = [
        ("contacts", settings.contacts.len()),
        ("default_acr_values", settings.default_acr_values.len()),
        ("post_logout_redirect_uris", settings.post_logout_redirect_uris.len()),
    ];
    if settings.redirect_uris.len() > MAX_ENTRIES {
        return Err(invalid_uri("redirect_uris"));
    }
    lists.into_iter().find(|(_, length)| *length > MAX_ENTRIES).map_or(Ok(()), |(member, _)| Err(invalid(member)))
}

/// "This parameter MUST NOT include private keys" nor secrets: a JWK set (RFC 7517 §5) of public keys (RFC 7591 §2 `jwks`).
fn check_keys(jwks: Option<&Value>) -> Result<(), Refusal> {
    let Some(jwks) = jwks else { return Ok(()) };
    let is_public =
        |key: &Value| key.as_object().is_some_and(|key| !PRIVATE.into_iter().any(|member| key.contains_key(member)));
    match jwks.get("keys").and_then(Value::as_array) {
        Some(keys) if keys.len() <= MAX_ENTRIES && keys.iter().all(is_public) => Ok(()),
        _ => Err(invalid("jwks")),
    }
}

/// Where a client that nobody knows may have its answers sent: where TLS protects them, or to this very device (OpenID Connect
/// Registration §2 `application_type`, RFC 8252 §7).
fn check_uris(settings: &ClientSettings) -> Result<(), Refusal> {
    let passes = |uri: &String| {
        let Ok(url) = Url::parse(uri) else { return false };
        match url.scheme() {
            "https" => true,
            "http" => is_this_device(&url),
            // "reverse order": a name with a period, which no scheme of the web has (RFC 8252 §7.1).
            scheme => settings.application_type == ApplicationType::Native && scheme.contains('.'),
        }
    };
    if !settings.redirect_uris.iter().all(passes) {
        return Err(invalid_uri("redirect_uris"));
    }
    if !settings.post_logout_redirect_uris.iter().all(passes) {
        return Err(invalid("post_logout_redirect_uris"));
    }
    let is_https = |uri: &WebUri| uri.as_str().starts_with("https:");
    if settings.initiate_login_uri.as_ref().is_some_and(|uri| !is_https(uri)) {
        return Err(invalid("initiate_login_uri"));
    }
    Ok(())
}

fn is_this_device(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// A sector that is nobody else's: else a client would be told what another knows people by (OpenID Connect Core §8.1). An answer
/// that goes to the host shows whose it is; any other way, its file has to (OpenID Connect Registration §5).
fn check_sector(settings: &ClientSettings) -> Result<(), Refusal> {
    if settings.subject_type == SubjectType::Public {
        return Ok(());
    }
    if settings.redirect_uris.is_empty() {
        return Err(invalid_uri("redirect_uris"));
    }
    let by_redirect = [GrantType::AuthorizationCode, GrantType::RefreshToken];
    let is_everybodys = |uri: &String| Url::parse(uri).is_ok_and(|url| is_this_device(&url));
    let has_other_ways = settings.grant_types.iter().any(|grant| !by_redirect.contains(grant));
    if settings.sector_identifier_uri.is_none() && (has_other_ways || settings.redirect_uris.iter().any(is_everybodys))
    {
        return Err(invalid("sector_identifier_uri"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::client::registration::tests::{read, with};
    use crate::client::{ClientId, RegistrationPolicy, read_metadata};
    use crate::error::Reason;
    use crate::grant::GrantType;

    #[test]
    fn answers_go_where_they_are_safe() {
        let check = |kind: &str, uri: &str, passes: bool| {
            let outcome = read(json!({ "application_type": kind, "redirect_uris": [uri] }));
            let expect = (Reason::RegistrationUriInvalid, Some("redirect_uris"));
            assert_eq!(outcome.map(|_settings| ()), if passes { Ok(()) } else { Err(expect) }, "{kind} {uri}");
        };
        for kind in ["web", "native"] {
            check(kind, "https://app.example/cb?x=1", true);
            check(kind, "http://127.0.0.1/cb", true);
            check(kind, "http://localhost:3000/cb", true);
            check(kind, "http://[::1]/cb", true);
            check(kind, "https://app.example/cb#there", false);
            check(kind, "http://app.example/cb", false);
            check(kind, "http://localhost.example/cb", false);
            check(kind, "javascript:alert(1)", false);
            check(kind, "no uri", false);
        }
        check("native", "com.example.app:/cb", true);
        check("native", "myapp:/cb", false);
        check("web", "com.example.app:/cb", false);
        assert_eq!(read(json!({})).unwrap_err(), (Reason::RegistrationUriInvalid, Some("redirect_uris")));
        assert_eq!(read(json!({ "redirect_uris": "x" })).unwrap_err().0, Reason::RegistrationUriInvalid);
    }

    #[test]
    fn nobody_registers_a_burden() {
        let many = |entry: &str| vec![entry.to_owned(); 21];
        for (change, member) in [
            (json!({ "client_name": "  " }), "client_name"),
            (json!({ "client_name": "x".repeat(101) }), "client_name"),
            (json!({ "contacts": many("a@b.example") }), "contacts"),
            (json!({ "post_logout_redirect_uris": many("https://app.example/bye") }), "post_logout_redirect_uris"),
            (json!({ "jwks": { "keys": vec![json!({}); 21] } }), "jwks"),
            (json!({ "jwks": { "keys": [{ "kty": "EC", "d": "secret" }] } }), "jwks"),
            (json!({ "jwks": { "keys": [{ "kty": "oct", "k": "secret" }] } }), "jwks"),
            (json!({ "jwks": { "keys": "none" } }), "jwks"),
            (json!({ "jwks": [] }), "jwks"),
        ] {
            let told = read(with(change.clone())).map(|settings| settings.client_id).unwrap_err();
            assert_eq!(told, (Reason::ClientMetadataInvalid, Some(member)), "{change}");
        }
        let told = read(json!({ "redirect_uris": many("https://app.example/cb") })).unwrap_err();
        assert_eq!(told, (Reason::RegistrationUriInvalid, Some("redirect_uris")));
        let most = json!({ "client_name": "é".repeat(100), "jwks": { "keys": vec![json!({ "kty": "EC" }); 20] } });
        assert!(read(with(most)).is_ok());
    }

    #[test]
    fn nobody_is_told_what_another_knows_people_by() {
        let all = [GrantType::AuthorizationCode, GrantType::DeviceCode];
        let policy = RegistrationPolicy { grant_types: all.to_vec(), ..RegistrationPolicy::default() };
        let read = |redirect_uri: Option<&str>, grants: &[GrantType], sector: Option<&str>| {
            let grants: Vec<_> = grants.iter().map(|grant| grant.as_str()).collect();
            let redirect_uris: Vec<_> = redirect_uri.into_iter().collect();
            let metadata = json!({
                "redirect_uris": redirect_uris, "grant_types": grants,
                "subject_type": "pairwise", "sector_identifier_uri": sector,
            });
            let id = ClientId::parse("made-up").unwrap();
            let read = read_metadata(metadata.as_object().unwrap().clone(), &id, &policy);
            read.map(|_settings| ()).map_err(|refusal| refusal.parameter.unwrap())
        };
        let (https, here, file) =
            (Some("https://app.example/cb"), Some("http://localhost/cb"), Some("https://app.example/uris"));
        assert_eq!(read(https, &all[..1], None), Ok(()));
        assert_eq!(read(https, &all, None), Err("sector_identifier_uri"), "a device code's tokens go elsewhere");
        assert_eq!(read(https, &all, file), Ok(()));
        assert_eq!(read(here, &all[..1], None), Err("sector_identifier_uri"), "this device is everybody's");
        assert_eq!(read(here, &all[..1], file), Ok(()));
        assert_eq!(read(None, &all[1..], file), Err("redirect_uris"), "the file would name nothing");
    }
}
