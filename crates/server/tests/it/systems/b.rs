//! System B, a TypeScript library for OAuth servers: its request examples, replayed against `demo-b` on both databases.
//! Every grant, credentials in the header or the body, at `/token` and `/v1/token`; introspection and revocation.

use crate::harness::{Answer, Server, VERIFIER};
use crate::routes::support::{
    ACCESS_TOKEN_TYPE, CALLBACK_B, DEMO_API_AUDIENCE, DEMO_B, TOKEN_EXCHANGE, code, jwt, of_b, verdict,
};

/// How a client of system B proves itself.
#[derive(Clone, Copy, Debug)]
enum Credentials {
    Basic,
    Body,
}

async fn post(server: &Server, credentials: Credentials, form: &[(&str, &str)]) -> Answer {
    match credentials {
        Credentials::Basic => server.http.post_as("/token", DEMO_B, form).await,
        Credentials::Body => {
            let mut all = vec![("client_id", DEMO_B.0), ("client_secret", DEMO_B.1)];
            all.extend_from_slice(form);
            server.http.post("/v1/token", &all).await
        }
    }
}

#[tokio::test]
async fn its_examples_work_on_sqlite() {
    replay(&Server::start().await).await;
}

#[tokio::test]
async fn its_examples_work_on_postgres() {
    replay(&Server::start_on_postgres().await).await;
}

async fn replay(server: &Server) {
    for credentials in [Credentials::Basic, Credentials::Body] {
        client_credentials(server, credentials).await;
        let access_token = password(server, credentials).await;
        exchange(server, credentials, &access_token).await;
        let refresh_token = authorization_code(server, credentials).await;
        let refreshed = refresh(server, credentials, &refresh_token).await;
        introspection_and_revocation(server, &refreshed).await;
        errors(server, credentials).await;
    }
}

#[track_caller]
fn check(answer: &Answer, members: &[&str], scope: &str) {
    assert_eq!(
        (verdict(answer).as_str(), answer.members()),
        ("200", members.iter().map(|m| (*m).to_owned()).collect())
    );
    assert_eq!((answer.member("token_type").as_str(), answer.member("scope").as_str()), ("Bearer", scope));
}

async fn client_credentials(server: &Server, credentials: Credentials) {
    let form = [("grant_type", "client_credentials"), ("scope", "contacts.read contacts.write")];
    let answer = post(server, credentials, &form).await;
    check(&answer, &["access_token", "expires_in", "scope", "token_type"], "contacts.read contacts.write");
}

async fn password(server: &Server, credentials: Credentials) -> String {
    let form = [
        ("grant_type", "password"),
        ("username", "alice"),
        ("password", "wonderland-42"),
        ("scope", "contacts.read contacts.write"),
    ];
    let answer = post(server, credentials, &form).await;
    let members = ["access_token", "expires_in", "refresh_token", "scope", "token_type"];
    check(&answer, &members, "contacts.read contacts.write");
    answer.member("access_token")
}

async fn exchange(server: &Server, credentials: Credentials, access_token: &str) {
    let form = [
        ("grant_type", TOKEN_EXCHANGE),
        ("subject_token", access_token),
        ("subject_token_type", ACCESS_TOKEN_TYPE),
        ("audience", DEMO_API_AUDIENCE),
        ("scope", "contacts.read"),
    ];
    let answer = post(server, credentials, &form).await;
    check(&answer, &["access_token", "expires_in", "issued_token_type", "scope", "token_type"], "contacts.read");
    assert_eq!(answer.member("issued_token_type"), ACCESS_TOKEN_TYPE);
    let mut custom = form;
    custom[2].1 = "urn:example:custom-token";
    assert_eq!(post(server, credentials, &custom).await.outcome(), "400 invalid_request");
}

async fn authorization_code(server: &Server, credentials: Credentials) -> String {
    let code = code(server, &of_b("contacts.read openid")).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK_B),
        ("code_verifier", VERIFIER),
    ];
    let answer = post(server, credentials, &form).await;
    let members = ["access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"];
    check(&answer, &members, "contacts.read openid");
    let id_token = answer.member("id_token");
    assert_eq!(jwt::header(&id_token)["alg"], "RS256");
    assert_eq!(jwt::verified(&server.http, &id_token).await["aud"], "demo-b");
    answer.member("refresh_token")
}

async fn refresh(server: &Server, credentials: Credentials, refresh_token: &str) -> Answer {
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("scope", "contacts.read")];
    let answer = post(server, credentials, &form).await;
    let members = ["access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"];
    check(&answer, &members, "contacts.read");
    assert_ne!(answer.member("refresh_token"), refresh_token, "it rotates");
    answer
}

async fn introspection_and_revocation(server: &Server, tokens: &Answer) {
    let http = &server.http;
    for (name, hint) in [("access_token", "access_token"), ("refresh_token", "refresh_token")] {
        let token = tokens.member(name);
        let form = [("token", token.as_str()), ("token_type_hint", hint)];
        let told = http.post_as("/oauth/introspect", DEMO_B, &form).await;
        assert_eq!((told.json()["active"].as_bool(), told.member("client_id").as_str()), (Some(true), "demo-b"));
        assert_eq!(verdict(&http.post_as("/oauth/revoke", DEMO_B, &form).await), "200");
        let told = http.post_as("/oauth/introspect", DEMO_B, &form).await;
        assert_eq!(told.text, r#"{"active":false}"#);
    }
}

async fn errors(server: &Server, credentials: Credentials) {
    let check = async |form: &[(&str, &str)], expect: &str| {
        let answer = post(server, credentials, form).await;
        verdict(&answer);
        assert_eq!(answer.outcome(), expect, "{credentials:?} {form:?}");
    };
    check(&[], "400 invalid_request").await;
    check(&[("grant_type", "x")], "400 unsupported_grant_type").await;
    check(&[("grant_type", "client_credentials"), ("scope", "x")], "400 invalid_scope").await;
    check(&[("grant_type", "password"), ("username", "alice")], "400 invalid_request").await;
    check(&[("grant_type", "password"), ("username", "alice"), ("password", "x")], "400 invalid_grant").await;
    check(&[("grant_type", "authorization_code"), ("code", "x")], "400 invalid_grant").await;
    check(&[("grant_type", "refresh_token"), ("refresh_token", "x")], "400 invalid_grant").await;
    let wrong = server.http.post_as("/token", ("demo-b", "x"), &[("grant_type", "client_credentials")]).await;
    assert_eq!(wrong.outcome(), "401 invalid_client");
    let unknown = [("client_id", "x"), ("client_secret", "x"), ("grant_type", "client_credentials")];
    assert_eq!(server.http.post("/v1/token", &unknown).await.outcome(), "401 invalid_client");
}
