//! What about a client is legacy or weak, and the section that says so, most often one of RFC 9700 or RFC 6749 §10.

use crate::client::{Client, ClientKeySource, RefreshPolicy, RequestObjectAlgorithm, StoredSecret, WebUri};
use crate::grant::GrantType;

/// Fewest bits that make a client secret impossible to guess (RFC 6749 §10.10).
const MIN_SECRET_BITS: u32 = 128;

/// Something to change about a client when its users allow it. Grantor's own; each names the section that warns of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warning {
    /// A short name to filter by, in kebab case.
    pub rule: &'static str,
    /// What is wrong, in one line for an operator.
    pub message: &'static str,
    /// Who says so: a specification and its section, for example `RFC 9700 section 2.4`.
    pub section: &'static str,
}

/// Everything worth changing about a client, in a fixed order; empty if there is nothing. `secrets` are its live ones.
/// Grantor's own; each warning names its section.
#[must_use]
pub fn lint(client: &Client, secrets: &[StoredSecret]) -> Vec<Warning> {
    let weak_secret = secrets.iter().any(|secret| secret.estimated_bits() < MIN_SECRET_BITS);
    let code = client.may_use(GrantType::AuthorizationCode);
    let insecure_redirect =
        client.redirect_uris.iter().any(|uri| uri.as_str().starts_with("http:") && !uri.is_native());
    let is_http = |uri: &&WebUri| uri.as_str().starts_with("http:");
    let keys_at = match &client.keys {
        ClientKeySource::Remote(uri) => Some(uri),
        ClientKeySource::Inline(_) | ClientKeySource::None => None,
    };
    let insecure_channel = keys_at.into_iter().chain(&client.logout_uris.backchannel).any(|uri| is_http(&uri));
    let rules = [
        (
            client.may_use(GrantType::Password),
            "password-grant",
            "the client handles people's passwords",
            "RFC 9700 section 2.4",
        ),
        (
            client.password_without_secret,
            "password-without-secret",
            "anybody can use the password grant in the client's name",
            "RFC 6749 section 4.3.2",
        ),
        (
            code && !client.pkce.required,
            "pkce-optional",
            "a stolen code can be redeemed without a verifier",
            "RFC 9700 section 2.1.1",
        ),
        (
            code && client.pkce.plain_allowed,
            "pkce-plain",
            "a challenge that leaks reveals the verifier",
            "RFC 7636 section 7.2",
        ),
        (
            client.id_token_algorithm.is_symmetric(),
            "hs256",
            "whoever holds the client secret can forge its ID tokens",
            "RFC 8725 section 3.5",
        ),
        (
            client.refresh_policy == RefreshPolicy::Fixed,
            "refresh-fixed",
            "a stolen refresh token stays unnoticed",
            "RFC 9700 section 4.14.2",
        ),
        (
            client.request_objects.algorithm == Some(RequestObjectAlgorithm::Unsigned),
            "request-object-unsigned",
            "anybody can make its request objects",
            "RFC 9101 section 10.2",
        ),
        (weak_secret, "weak-secret", "the secret has fewer than 128 bits", "RFC 6749 section 10.10"),
        (insecure_redirect, "redirect-http", "a redirect URI sends codes over plain http", "RFC 9700 section 2.6"),
        (
            insecure_channel,
            "channel-http",
            "jwks_uri or backchannel_logout_uri is plain http, which is not asked on a public network",
            "RFC 7591 section 5",
        ),
    ];
    rules
        .into_iter()
        .filter(|(found, ..)| *found)
        .map(|(_, rule, message, section)| Warning { rule, message, section })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::ClientSettings;

    #[test]
    fn each_legacy_choice_is_named() {
        let settings: ClientSettings = serde_json::from_value(json!({
            "client_id": "c", "grant_types": ["authorization_code", "password"], "redirect_uris": ["http://app.example/cb"],
            "require_pkce": false, "allow_plain_pkce": true, "id_token_signed_response_alg": "HS256",
            "refresh_token_policy": "fixed", "password_without_secret": true, "request_object_signing_alg": "none",
            "jwks_uri": "http://app.example/jwks",
        }))
        .unwrap();
        let client = Client::try_from(settings).unwrap();
        let secret = StoredSecret::Sealed { key: 1, sealed: String::new(), estimated_bits: 60 };
        let rules: Vec<_> = lint(&client, &[secret]).iter().map(|warning| warning.rule).collect();
        assert_eq!(
            rules,
            [
                "password-grant",
                "password-without-secret",
                "pkce-optional",
                "pkce-plain",
                "hs256",
                "refresh-fixed",
                "request-object-unsigned",
                "weak-secret",
                "redirect-http",
                "channel-http"
            ]
        );
    }

    #[test]
    fn a_modern_client_has_no_warnings() {
        let settings: ClientSettings = serde_json::from_value(
            json!({"client_id": "c", "grant_types": ["authorization_code"], "redirect_uris": ["http://127.0.0.1/cb"]}),
        )
        .unwrap();
        assert_eq!(lint(&Client::try_from(settings).unwrap(), &[]), []);
    }
}
