//! `POST /oauth/token`: what holds for every grant type, and one file per grant type.

mod authorization_code;
mod client_assertion;
mod client_authentication;
mod client_credentials;
mod foreign_tokens;
mod malformed;
mod misplaced;
mod password;
mod refresh_token;
mod refresh_token_lifetime;
mod revocation_of_people;
mod token_exchange;
mod token_exchange_limits;

use super::support::{DEMO_A, DEMO_API, DEMO_B, TOKEN_EXCHANGE, verdict};
use crate::harness::{Server, ServerOptions, send};

#[tokio::test]
async fn rfc_6749_3_2_only_post_is_answered() {
    let server = Server::start().await;
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let answer = send(server.http.request(method, "/oauth/token?grant_type=client_credentials")).await;
        assert_eq!(verdict(&answer), "405 invalid_request method-not-allowed", "{method}");
        assert_eq!(answer.header("allow"), "POST");
    }
    let head = send(server.http.request("HEAD", "/oauth/token")).await;
    assert_eq!((head.status, head.header("allow")), (405, "POST"));
}

#[tokio::test]
async fn every_configured_path_answers_with_and_without_a_trailing_slash() {
    let server = Server::start().await;
    let form = [("grant_type", "client_credentials")];
    for path in ["/oauth/token", "/token", "/v1/token", "/wcf/oauth-token"] {
        for path in [path.to_owned(), format!("{path}/")] {
            let answer = server.http.post_as(&path, DEMO_B, &form).await;
            assert_eq!(verdict(&answer), "200", "{path}");
            let refused = server.http.post_as(&path, DEMO_B, &[("grant_type", "x")]).await;
            assert_eq!(verdict(&refused), "400 unsupported_grant_type grant-type-unsupported", "{path}");
        }
    }
    assert_eq!(server.http.post_as("/oauth/token/x", DEMO_B, &form).await.status, 404);
}

#[tokio::test]
async fn paths_are_a_setting() {
    let settings = vec![("HTTP__TOKEN_PATHS", "/api/token,/legacy/token/".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let form = [("grant_type", "client_credentials")];
    for path in ["/api/token", "/api/token/", "/legacy/token", "/legacy/token/"] {
        assert_eq!(verdict(&server.http.post_as(path, DEMO_B, &form).await), "200", "{path}");
    }
    assert_eq!(server.http.post_as("/oauth/token", DEMO_B, &form).await.status, 404);
    let discovery = server.http.get("/.well-known/openid-configuration").await;
    assert_eq!(discovery.member("token_endpoint"), format!("{}/api/token", server.issuer));
}

#[tokio::test]
async fn rfc_6749_5_2_the_grant_type_must_be_known_and_the_clients() {
    let server = Server::start().await;
    let check = async |client, form: &[(&str, &str)], expect: &str| {
        assert_eq!(verdict(&server.http.token_as(client, form).await), expect, "{client:?} {form:?}");
    };
    check(DEMO_A, &[], "400 invalid_request parameter-missing").await;
    check(DEMO_A, &[("grant_type", "")], "400 invalid_request parameter-missing").await;
    for unknown in
        ["implicit", "Client_Credentials", "client_credentials ", "urn:ietf:params:oauth:grant-type:saml2-bearer"]
    {
        check(DEMO_A, &[("grant_type", unknown)], "400 unsupported_grant_type grant-type-unsupported").await;
    }
    let not_allowed = "400 unauthorized_client grant-type-not-allowed";
    check(DEMO_A, &[("grant_type", "password"), ("username", "alice"), ("password", "wonderland-42")], not_allowed)
        .await;
    check(DEMO_A, &[("grant_type", TOKEN_EXCHANGE), ("subject_token", "x")], not_allowed).await;
    for grant_type in ["authorization_code", "client_credentials", "password", "refresh_token", TOKEN_EXCHANGE] {
        // Whatever else is wrong, or missing.
        check(DEMO_API, &[("grant_type", grant_type)], not_allowed).await;
        check(DEMO_API, &[("grant_type", grant_type), ("code", "x"), ("refresh_token", "x")], not_allowed).await;
    }
}

#[tokio::test]
async fn rfc_6749_3_2_1_the_client_is_proven_before_its_grant_is_judged() {
    let server = Server::start().await;
    let wrong = ("demo-a", "wrong");
    for grant_type in ["authorization_code", "refresh_token", "password", "client_credentials", TOKEN_EXCHANGE] {
        let answer = server.http.token_as(wrong, &[("grant_type", grant_type)]).await;
        assert_eq!(verdict(&answer), "401 invalid_client client-authentication-failed", "{grant_type}");
    }
}
