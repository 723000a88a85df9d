//! Discovery (OpenID Connect Discovery §3, RFC 8414 §2): written from what is enabled, so that it cannot lie.

use grantor_domain::authorization::ResponseMode;
use grantor_domain::client::{AuthMethod, RequestObjectAlgorithm, SubjectType};
use grantor_domain::grant::GrantType;
use grantor_domain::jwt::JwsAlgorithm;
use grantor_domain::session::Acr;
use grantor_domain::user::StandardClaims;
use serde_json::{Map, Value, json};

use crate::service::Service;

/// Claims that every ID token carries, or may.
const PROTOCOL_CLAIMS: [&str; 9] = ["iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "amr", "sid"];

impl Service {
    /// The metadata document.
    #[must_use]
    pub fn discovery(&self) -> Map<String, Value> {
        let endpoints = &self.settings.endpoints;
        let url = |path: &str| Value::from(self.settings.url(path));
        let signing = self.ports.signer.algorithms();
        let with_secret: Vec<_> = signing.iter().copied().chain([JwsAlgorithm::HS256]).collect();
        let confidential: Vec<_> = AuthMethod::ALL.into_iter().filter(|method| *method != AuthMethod::None).collect();
        let claims: Vec<_> = PROTOCOL_CLAIMS.into_iter().chain(StandardClaims::names()).collect();
        let mut document = Map::new();
        let mut put = |name: &str, value: Value| document.insert(name.to_owned(), value);
        put("issuer", json!(self.settings.issuer));
        put("authorization_endpoint", url(&endpoints.authorization));
        put("token_endpoint", endpoints.token.first().map_or(Value::Null, |path| url(path)));
        put("jwks_uri", url(&endpoints.jwks));
        put("userinfo_endpoint", url(&endpoints.userinfo));
        put("introspection_endpoint", url(&endpoints.introspection));
        put("device_authorization_endpoint", url(&endpoints.device_authorization));
        put("end_session_endpoint", url(&endpoints.logout));
        for channel in ["backchannel", "frontchannel"] {
            put(&format!("{channel}_logout_supported"), json!(true));
            put(&format!("{channel}_logout_session_supported"), json!(true));
        }
        if self.settings.registration.is_some() {
            put("registration_endpoint", url(&endpoints.registration));
        }
        put("revocation_endpoint", url(&endpoints.revocation));
        put("response_types_supported", json!(["code"]));
        put("response_modes_supported", ResponseMode::ALL.iter().map(|mode| mode.as_str()).collect());
        put("grant_types_supported", GrantType::ALL.iter().map(|grant| grant.as_str()).collect());
        put("scopes_supported", json!(self.advertised_scopes()));
        put("claims_supported", json!(claims));
        put("claim_types_supported", json!(["normal"]));
        put("claims_parameter_supported", json!(true));
        put("request_parameter_supported", json!(true));
        put("request_object_signing_alg_values_supported", json!(REQUEST_OBJECT_ALGORITHMS));
        put("request_uri_parameter_supported", json!(false));
        put("subject_types_supported", json!(SubjectType::ALL));
        put("prompt_values_supported", json!(["none", "login", "consent", "select_account"]));
        put("acr_values_supported", json!(Acr::ALL));
        put("code_challenge_methods_supported", json!(["S256", "plain"]));
        put("id_token_signing_alg_values_supported", json!(with_secret));
        put("userinfo_signing_alg_values_supported", json!(with_secret));
        put("authorization_response_iss_parameter_supported", json!(true));
        for (endpoint, methods) in [
            ("token", AuthMethod::ALL.to_vec()),
            ("introspection", confidential),
            ("revocation", AuthMethod::ALL.to_vec()),
        ] {
            put(
                &format!("{endpoint}_endpoint_auth_methods_supported"),
                methods.iter().map(|method| method.as_str()).collect(),
            );
            put(&format!("{endpoint}_endpoint_auth_signing_alg_values_supported"), json!(ASSERTION_ALGORITHMS));
        }
        document
    }

    /// `scopes_supported`: those of OpenID Connect, the registered ones and those of the configuration, each once.
    fn advertised_scopes(&self) -> Vec<String> {
        let mut scopes: Vec<String> = self.registry().scopes().map(str::to_owned).collect();
        for scope in &self.settings.advertised_scopes {
            if !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
        scopes
    }
}

/// Algorithms that request objects may be signed with, and `none` for clients that are registered for it.
const REQUEST_OBJECT_ALGORITHMS: [RequestObjectAlgorithm; 6] = [
    RequestObjectAlgorithm::Signed(JwsAlgorithm::EdDSA),
    RequestObjectAlgorithm::Signed(JwsAlgorithm::ES256),
    RequestObjectAlgorithm::Signed(JwsAlgorithm::HS256),
    RequestObjectAlgorithm::Signed(JwsAlgorithm::PS256),
    RequestObjectAlgorithm::Signed(JwsAlgorithm::RS256),
    RequestObjectAlgorithm::Unsigned,
];

/// Algorithms that a client assertion may be signed with: any but `none`.
const ASSERTION_ALGORITHMS: [JwsAlgorithm; 5] = JwsAlgorithm::ALL;
