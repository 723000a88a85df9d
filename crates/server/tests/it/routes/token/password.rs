//! `grant_type=password` (RFC 6749 §4.3).

use std::time::Duration;

use serde_json::json;

use super::super::support::{
    Credentials, DEMO_B, DEMO_C, is_active, jwt, log_line, password_tokens, patience, refresh, verdict,
};
use crate::harness::{Answer, Server, ServerOptions};

const WRONG: &str = "400 invalid_grant credentials-invalid";

async fn sign_in(server: &Server, username: &str, password: &str) -> Answer {
    let form = [("grant_type", "password"), ("username", username), ("password", password)];
    server.http.token_as(DEMO_B, &form).await
}

#[tokio::test]
async fn rfc_6749_4_3_3_the_right_password_gives_tokens_of_the_person() {
    let server = Server::start().await;
    let answer = password_tokens(&server.http, DEMO_B, "contacts.read openid").await;
    assert_eq!(answer.members(), ["access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"]);
    let claims = jwt::verified(&server.http, &answer.member("access_token")).await;
    assert_eq!((&claims["sub"], &claims["client_id"]), (&json!("alice"), &json!("demo-b")));
    assert_eq!(claims["acr"], json!("urn:grantor:acr:password"));
    let id = jwt::verified(&server.http, &answer.member("id_token")).await;
    assert!(id.get("sid").is_none(), "there is no session");
    assert!(is_active(&server.http, &answer.member("access_token")).await);
    assert_eq!(verdict(&refresh(&server.http, DEMO_B, &answer.member("refresh_token")).await), "200");
    for username in ["Alice", " alice "] {
        assert_eq!(verdict(&sign_in(&server, username, "wonderland-42").await), "200", "{username:?}");
    }
}

#[tokio::test]
async fn rfc_6749_5_2_wrong_unknown_and_disabled_are_one_answer_and_told_apart_in_the_log_alone() {
    let server = Server::start().await;
    server.apply(DISABLED);
    assert!(server.run(&["user", "disable", "bob"]).status.success());
    let cases = [
        ("alice", "wonderland-43", "the password is wrong"),
        ("alice", "WONDERLAND-42", "the password is wrong"),
        ("alice", "wonderland-42 ", "the password is wrong"),
        ("nobody", "wonderland-42", "there is no such user"),
        ("alice\0", "wonderland-42", "there is no such user"),
        ("bob", "a-password-of-bob", "the user is disabled"),
        ("carol", "any", "the password is wrong"),
    ];
    let mut bodies = Vec::new();
    for (username, password, cause) in cases {
        let answer = sign_in(&server, username, password).await;
        assert_eq!(verdict(&answer), WRONG, "{username} {password}");
        let line = log_line(&server, &answer.member("reference"));
        assert!(line.contains(cause) && line.contains("demo-b"), "{line}");
        bodies.push(answer.text.replace(&answer.member("reference"), ""));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
}

const DISABLED: &str = r#"
[[users]]
subject = "b-1"
username = "bob"
password = "a-password-of-bob"

[[users]]
subject = "c-1"
username = "carol"
"#;

#[tokio::test]
async fn rfc_6749_4_3_2_whoever_guesses_is_told_how_long_to_wait() {
    let settings = vec![("SIGN_IN__FAILURES", "3".to_owned()), ("SIGN_IN__LONGEST_WAIT", "1s".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    for name in ["alice", "nobody"] {
        for _time in 0..3 {
            assert_eq!(verdict(&sign_in(&server, name, "wrong").await), WRONG, "{name}");
        }
        let answer = sign_in(&server, name, "wonderland-42").await;
        assert_eq!(verdict(&answer), "429 access_denied sign-in-throttled", "{name}");
        assert_eq!(answer.header("retry-after"), "1");
    }
    assert_eq!(verdict(&sign_in(&server, "white-rabbit", "wrong").await), WRONG, "others do not wait");
    let throttled = server.audit("sign_in.failed").into_iter().filter(|event| event["reason"] == "throttled");
    let subjects: Vec<_> = throttled.map(|event| event["subject"].as_str().map(str::to_owned)).collect();
    assert_eq!(subjects, [Some("alice".to_owned()), None]);
    patience::outlive(Duration::from_secs(1)).await;
    assert_eq!(verdict(&sign_in(&server, "alice", "wonderland-42").await), "200");
}

#[tokio::test]
async fn rfc_6749_4_3_2_parameters_are_judged_before_the_password() {
    let server = Server::start().await;
    let check = async |form: &[(&str, &str)], expect: &str| {
        let mut with_grant = vec![("grant_type", "password")];
        with_grant.extend_from_slice(form);
        assert_eq!(verdict(&server.http.token_as(DEMO_B, &with_grant).await), expect, "{form:?}");
    };
    let (user, password) = (("username", "alice"), ("password", "wonderland-42"));
    check(&[], "400 invalid_request parameter-missing").await;
    check(&[user], "400 invalid_request parameter-missing").await;
    check(&[password], "400 invalid_request parameter-missing").await;
    check(&[("username", ""), password], "400 invalid_request parameter-missing").await;
    check(&[user, password, ("scope", "identify")], "400 invalid_scope scope-invalid").await;
    check(&[user, password, ("resource", "x")], "400 invalid_target resource-invalid").await;
    check(&[user, ("password", &"x".repeat(20_000))], WRONG).await;
    check(&[("username", &"x".repeat(20_000)), password], WRONG).await;
    check(&[user, password, ("nonce", "n"), ("redirect_uri", "x"), ("unknown", "y")], "200").await;
}

#[tokio::test]
async fn a_client_may_be_allowed_it_without_its_secret_but_refreshes_with_it() {
    let server = Server::start().await;
    let form =
        [("grant_type", "password"), ("client_id", DEMO_C.0), ("username", "alice"), ("password", "wonderland-42")];
    let answer = server.http.token(&form).await;
    assert_eq!(verdict(&answer), "200");
    let mut with_secret = form.to_vec();
    with_secret.push(("client_secret", "wrong"));
    let failed = "401 invalid_client client-authentication-failed";
    assert_eq!(verdict(&server.http.token(&with_secret).await), failed, "a secret that is sent is checked");
    let refresh_token = answer.member("refresh_token");
    let refreshing = [("grant_type", "refresh_token"), ("client_id", DEMO_C.0), ("refresh_token", &refresh_token)];
    assert_eq!(verdict(&server.http.token(&refreshing).await), failed);
    assert_eq!(verdict(&refresh(&server.http, DEMO_C, &refresh_token).await), "200");
    let other = server.http.token(&[("grant_type", "password"), ("client_id", "demo-b")]).await;
    assert_eq!(verdict(&other), failed, "not for those who are not allowed it");
}

#[tokio::test]
async fn without_the_refresh_grant_there_is_no_refresh_token() {
    const CLIENT: Credentials = ("no-refresh", "a-secret-that-nobody-guesses");
    let server = Server::start().await;
    server.apply(
        "[[clients]]\nclient_id = \"no-refresh\"\nclient_secret = \"a-secret-that-nobody-guesses\"\n\
         grant_types = [\"password\"]\nscope = \"read\"\n",
    );
    let answer = password_tokens(&server.http, CLIENT, "read").await;
    assert_eq!(answer.members(), ["access_token", "expires_in", "scope", "token_type"]);
    assert!(is_active(&server.http, &answer.member("access_token")).await);
}
