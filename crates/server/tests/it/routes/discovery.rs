//! `/.well-known/openid-configuration` and `/.well-known/oauth-authorization-server` (RFC 8414): they tell what is
//! enabled, and nothing else.

use serde_json::{Value, json};

use super::support::{CALLBACK_SPA, TOKEN_EXCHANGE, code, jwt, redeem, sorted, without_pkce};
use crate::harness::{Answer, Authorization, Server, ServerOptions, send};

async fn discovery(server: &Server) -> Answer {
    let answer = server.http.get("/.well-known/openid-configuration").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    answer
}

fn texts(document: &Value, name: &str) -> Vec<String> {
    let list = document[name].as_array().unwrap_or_else(|| panic!("no list {name} in {document}"));
    list.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn rfc_8414_3_both_documents_are_one_public_and_cacheable() {
    let server = Server::start().await;
    let openid = discovery(&server).await;
    let oauth = server.http.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(openid.json(), oauth.json());
    for answer in [openid, oauth] {
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
    let head = send(server.http.request("HEAD", "/.well-known/openid-configuration")).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

#[tokio::test]
async fn discovery_3_the_document_is_what_it_is() {
    let server = Server::start().await;
    let document = discovery(&server).await.json();
    let relative = document.to_string().replace(&server.issuer, "https://issuer");
    let _sorted = sorted();
    insta::assert_json_snapshot!(serde_json::from_str::<Value>(&relative).unwrap(), {
        ".claims_supported" => "[claims]",
    }, @r#"
    {
      "acr_values_supported": [
        "urn:grantor:acr:password",
        "urn:grantor:acr:mfa"
      ],
      "authorization_endpoint": "https://issuer/oauth/authorize",
      "authorization_response_iss_parameter_supported": true,
      "backchannel_logout_session_supported": true,
      "backchannel_logout_supported": true,
      "claim_types_supported": [
        "normal"
      ],
      "claims_parameter_supported": true,
      "claims_supported": "[claims]",
      "code_challenge_methods_supported": [
        "S256",
        "plain"
      ],
      "device_authorization_endpoint": "https://issuer/oauth/device_authorization",
      "end_session_endpoint": "https://issuer/oauth/logout",
      "frontchannel_logout_session_supported": true,
      "frontchannel_logout_supported": true,
      "grant_types_supported": [
        "authorization_code",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
        "password",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:token-exchange"
      ],
      "id_token_signing_alg_values_supported": [
        "ES256",
        "RS256",
        "HS256"
      ],
      "introspection_endpoint": "https://issuer/oauth/introspect",
      "introspection_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_jwt",
        "client_secret_post",
        "private_key_jwt"
      ],
      "introspection_endpoint_auth_signing_alg_values_supported": [
        "EdDSA",
        "ES256",
        "HS256",
        "PS256",
        "RS256"
      ],
      "issuer": "https://issuer",
      "jwks_uri": "https://issuer/oauth/jwks",
      "prompt_values_supported": [
        "none",
        "login",
        "consent",
        "select_account"
      ],
      "request_object_signing_alg_values_supported": [
        "EdDSA",
        "ES256",
        "HS256",
        "PS256",
        "RS256",
        "none"
      ],
      "request_parameter_supported": true,
      "request_uri_parameter_supported": false,
      "response_modes_supported": [
        "form_post",
        "fragment",
        "query"
      ],
      "response_types_supported": [
        "code"
      ],
      "revocation_endpoint": "https://issuer/oauth/revoke",
      "revocation_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_jwt",
        "client_secret_post",
        "none",
        "private_key_jwt"
      ],
      "revocation_endpoint_auth_signing_alg_values_supported": [
        "EdDSA",
        "ES256",
        "HS256",
        "PS256",
        "RS256"
      ],
      "scopes_supported": [
        "openid",
        "profile",
        "email",
        "address",
        "phone",
        "offline_access"
      ],
      "subject_types_supported": [
        "pairwise",
        "public"
      ],
      "token_endpoint": "https://issuer/oauth/token",
      "token_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_jwt",
        "client_secret_post",
        "none",
        "private_key_jwt"
      ],
      "token_endpoint_auth_signing_alg_values_supported": [
        "EdDSA",
        "ES256",
        "HS256",
        "PS256",
        "RS256"
      ],
      "ui_locales_supported": [
        "en",
        "de",
        "id"
      ],
      "userinfo_endpoint": "https://issuer/oauth/userinfo",
      "userinfo_signing_alg_values_supported": [
        "ES256",
        "RS256",
        "HS256"
      ]
    }
    "#);
}

#[tokio::test]
async fn discovery_3_every_endpoint_that_is_named_answers() {
    let server = Server::start().await;
    let document = discovery(&server).await.json();
    let members = document.as_object().unwrap();
    let endpoints: Vec<_> =
        members.iter().filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri").collect();
    assert_eq!(endpoints.len(), 8, "{endpoints:?}");
    for (name, url) in endpoints {
        let path = url.as_str().unwrap().strip_prefix(&server.issuer).unwrap();
        let get = send(server.http.request("GET", path)).await;
        let expect = match name.as_str() {
            "end_session_endpoint" | "jwks_uri" => 200,
            "userinfo_endpoint" => 401,
            "authorization_endpoint" => 400,
            _ => 405,
        };
        assert_eq!(get.status, expect, "{name}");
        let post = send(server.http.request("POST", path)).await;
        assert!(matches!(post.status, 400 | 401 | 405), "{name}: {}", post.status);
    }
}

#[tokio::test]
async fn discovery_3_every_grant_type_and_no_other_is_known_to_the_token_endpoint() {
    let server = Server::start().await;
    let document = discovery(&server).await.json();
    let mut named = texts(&document, "grant_types_supported");
    for grant_type in &named {
        let answer = server.http.token_as(("demo-b", "demo-b-secret"), &[("grant_type", grant_type)]).await;
        assert_ne!(answer.member("error"), "unsupported_grant_type", "{grant_type}");
    }
    named.sort();
    let device_code = "urn:ietf:params:oauth:grant-type:device_code";
    let expect = ["authorization_code", "client_credentials", "password", "refresh_token", device_code, TOKEN_EXCHANGE];
    assert_eq!(named, expect);
}

#[tokio::test]
async fn discovery_3_more_algorithms_are_told_published_and_used_when_they_are_enabled() {
    let settings = vec![("KEYS__ALGORITHMS", "ES256,RS256,EdDSA,PS256".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let mut named = texts(&discovery(&server).await.json(), "id_token_signing_alg_values_supported");
    named.sort();
    assert_eq!(named, ["ES256", "EdDSA", "HS256", "PS256", "RS256"]);
    for algorithm in ["EdDSA", "PS256", "ES256"] {
        let id = format!("signed-{algorithm}");
        server.apply(&format!(
            "[[clients]]\nclient_id = \"{id}\"\nclient_secret = \"a-secret-that-nobody-guesses\"\n\
             grant_types = [\"authorization_code\"]\nredirect_uris = [\"{CALLBACK_SPA}\"]\nscope = \"openid\"\n\
             require_pkce = false\nid_token_signed_response_alg = \"{algorithm}\"\n\
             access_token_signed_response_alg = \"{algorithm}\"\n"
        ));
        let code = code(&server, &without_pkce(Authorization::of(leak(&id), CALLBACK_SPA, "openid"))).await;
        let tokens = redeem(&server.http, (leak(&id), "a-secret-that-nobody-guesses"), CALLBACK_SPA, &code).await;
        for name in ["id_token", "access_token"] {
            let claims = jwt::verified(&server.http, &tokens.member(name)).await;
            assert_eq!(
                (&claims["sub"], &jwt::header(&tokens.member(name))["alg"]),
                (&json!("alice"), &json!(algorithm))
            );
        }
    }
}

/// Credentials are static text in the tests; these few are made.
fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}
