//! System A, an ID provider in the style of Laravel Passport: its request examples, replayed against `demo-a` on both
//! databases. Credentials in the body, scopes of its own, refresh tokens that rotate.

use crate::harness::{Answer, Authorization, Person, Server, VERIFIER, redirected, send};
use crate::routes::support::{CALLBACK_A, DEMO_A, code, is_active, of_a, told, verdict};

const MEMBERS: [&str; 5] = ["access_token", "expires_in", "refresh_token", "scope", "token_type"];

/// A token request as system A's clients make it: everything in the body, the charset in the media type.
async fn post(server: &Server, form: &[(&str, &str)]) -> Answer {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(form);
    let request = server.http.request("POST", "/oauth/token").body(body.finish());
    let request = request.header("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    send(request.header("accept", "application/json")).await
}

fn with_credentials<'a>(form: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![("client_id", DEMO_A.0), ("client_secret", DEMO_A.1)];
    all.extend_from_slice(form);
    all
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
    authorization_code(server).await;
    client_credentials(server).await;
    errors(server).await;
    prompts(server).await;
}

async fn authorization_code(server: &Server) {
    let with_pkce = Authorization::of("demo-a", CALLBACK_A, "view-user detail-user");
    for (request, verifier) in [(of_a("view-user detail-user"), None), (with_pkce, Some(VERIFIER))] {
        let code = code(server, &request).await;
        let mut form =
            with_credentials(&[("grant_type", "authorization_code"), ("redirect_uri", CALLBACK_A), ("code", &code)]);
        form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        let tokens = post(server, &form).await;
        check_tokens(&tokens, "view-user detail-user");
        let refresh_token = tokens.member("refresh_token");
        let refreshed = post(
            server,
            &with_credentials(&[
                ("grant_type", "refresh_token"),
                ("refresh_token", &refresh_token),
                ("scope", "view-user"),
            ]),
        )
        .await;
        check_tokens(&refreshed, "view-user");
        assert_ne!(refreshed.member("refresh_token"), refresh_token, "it rotates");
        assert!(is_active(&server.http, &refreshed.member("access_token")).await);
    }
}

#[track_caller]
fn check_tokens(answer: &Answer, scope: &str) {
    assert_eq!((verdict(answer).as_str(), answer.members()), ("200", MEMBERS.map(str::to_owned).to_vec()));
    assert_eq!((answer.member("token_type").as_str(), answer.member("scope").as_str()), ("Bearer", scope));
    assert_eq!(answer.json()["expires_in"], 86400);
}

async fn client_credentials(server: &Server) {
    let form = with_credentials(&[("grant_type", "client_credentials"), ("scope", "server-operations")]);
    let answer = post(server, &form).await;
    assert_eq!(answer.members(), ["access_token", "expires_in", "scope", "token_type"]);
    assert_eq!(
        (answer.json()["expires_in"].as_i64(), answer.member("scope").as_str()),
        (Some(86400), "server-operations")
    );
}

async fn errors(server: &Server) {
    let check = async |form: &[(&str, &str)], expect: &str| {
        let answer = post(server, form).await;
        verdict(&answer);
        assert_eq!(answer.outcome(), expect, "{form:?}");
    };
    check(&with_credentials(&[]), "400 invalid_request").await;
    check(&with_credentials(&[("grant_type", "implicit")]), "400 unsupported_grant_type").await;
    check(&with_credentials(&[("grant_type", "password"), ("username", "alice")]), "400 unauthorized_client").await;
    check(&with_credentials(&[("grant_type", "client_credentials"), ("scope", "*")]), "400 invalid_scope").await;
    check(&with_credentials(&[("grant_type", "authorization_code"), ("code", "x")]), "400 invalid_grant").await;
    check(&with_credentials(&[("grant_type", "refresh_token"), ("refresh_token", "x")]), "400 invalid_grant").await;
    let wrong = [("client_id", "demo-a"), ("client_secret", "x"), ("grant_type", "client_credentials")];
    check(&wrong, "401 invalid_client").await;
}

async fn prompts(server: &Server) {
    let person = Person::alice(server);
    person.authorize(&of_a("view-user")).await;
    for (prompt, expect) in [("consent", "/consent?"), ("login", "/login?")] {
        let answer = person.open(&of_a("view-user").with("prompt", prompt).path()).await;
        assert!(answer.header("location").starts_with(expect), "{prompt}: {}", answer.header("location"));
    }
    let silent = person.open(&of_a("view-user").path()).await;
    assert_eq!(told(server, &redirected(silent.header("location"))), "code");
}
