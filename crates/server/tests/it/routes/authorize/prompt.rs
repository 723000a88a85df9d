//! `/oauth/authorize`: when a person is asked again, and when nobody may be asked (`prompt`, `max_age`, hints).

use std::time::Duration;

use super::super::support::{CALLBACK_A, jwt, patience, redeem_spa, refresh_spa, told, verdict};
use super::answer_to;
use crate::harness::{Authorization, Person, Server, ServerOptions, redirected};

#[tokio::test]
async fn core_3_1_2_1_prompt_none_answers_at_once_whatever_it_is() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    let silent = |scope: &str| Authorization::of_spa(scope).with("prompt", "none");
    let check = async |request: Authorization, expect: &str| {
        assert_eq!(answer_to(&server, &person, &request).await, expect, "{request:?}");
    };
    check(silent("openid"), "login_required login-required").await;
    person.authorize(&Authorization::of_spa("openid")).await;
    check(silent("openid"), "code").await;
    check(silent("openid email"), "consent_required consent-required").await;
    check(
        silent("openid").with("client_id", "demo-a").with("redirect_uri", CALLBACK_A),
        "consent_required consent-required",
    )
    .await;
    check(silent("openid").with("max_age", "10000"), "code").await;
    patience::a_second().await;
    check(silent("openid").with("max_age", "1"), "login_required login-required").await;
    check(silent("openid").with("max_age", "0"), "login_required login-required").await;
}

#[tokio::test]
async fn core_3_1_2_1_prompt_login_signs_in_anew_and_moves_auth_time() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    let auth_time = async |request: Authorization| {
        let redirected = person.authorize(&request).await;
        let tokens = redeem_spa(&server.http, redirected.parameter("code")).await;
        assert_eq!(verdict(&tokens), "200");
        let claims = jwt::claims(&tokens.member("id_token"));
        (claims["auth_time"].as_i64().unwrap(), claims["sid"].clone())
    };
    let request = || Authorization::of_spa("openid");
    let (first, session) = auth_time(request()).await;
    patience::a_second().await;
    assert_eq!(auth_time(request()).await, (first, session.clone()), "nobody was asked anything");
    assert_eq!(auth_time(request().with("max_age", "10000")).await.0, first);
    assert_eq!(answer_to(&server, &person, &request().with("prompt", "login")).await, "login");
    let (second, same_session) = auth_time(request().with("prompt", "login")).await;
    assert!(second > first, "{second} {first}");
    assert_eq!(session, same_session, "the grants of the session stay with it");
    patience::outlive(Duration::from_secs(1)).await;
    let (third, _) = auth_time(request().with("max_age", "1")).await;
    assert!(third > second, "{third} {second}");
    let (fourth, _) = auth_time(request().with("max_age", "0")).await;
    assert!(fourth >= third, "what happened after the request arrived is always recent");
    let consented = request().with("prompt", "login consent");
    assert_eq!(answer_to(&server, &person, &consented).await, "login");
}

#[tokio::test]
async fn core_3_1_2_1_select_account_lets_the_person_choose() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    let request = Authorization::of_spa("openid").with("prompt", "select_account");
    assert_eq!(answer_to(&server, &person, &request).await, "login", "nobody is there to be chosen");
    person.authorize(&Authorization::of_spa("openid")).await;
    let answer = person.open(&request.path()).await;
    let location = answer.header("location").to_owned();
    assert!(location.starts_with("/login/account?request="), "{location}");
    let page = person.open(&location).await;
    assert!(page.status == 200 && page.text.contains("Continue as <bdi>Alice Liddell</bdi>"), "{}", page.text);
    let chosen = person.submit(&page, &[("choice", "continue")]).await;
    assert_eq!(told(&server, &redirected(chosen.header("location"))), "code");
    let another = person.submit(&page, &[("choice", "another")]).await;
    assert!(another.header("location").starts_with("/login?"), "{}", another.header("location"));
    let login = person.open(another.header("location")).await;
    assert!(login.text.contains("name=\"password\""), "who is signed in does not lead back: {}", login.text);
    let nothing = person.submit(&page, &[("choice", "x")]).await;
    assert_eq!(nothing.status, 400);
}

#[tokio::test]
async fn core_3_1_2_2_a_request_about_somebody_else_never_yields_a_code() {
    let server = Server::start().await;
    server.apply("[[users]]\nsubject = \"b-1\"\nusername = \"bob\"\npassword = \"a-password-of-bob\"\n");
    let bob = Person::at(&server.http, "bob", "a-password-of-bob");
    let id_token = async |person: &Person| {
        let code = person.authorize(&Authorization::of_spa("openid")).await.parameter("code").to_owned();
        redeem_spa(&server.http, &code).await.member("id_token")
    };
    let alice = Person::alice(&server);
    let (of_alice, of_bob) = (id_token(&alice).await, id_token(&bob).await);
    let claims_of_bob = r#"{"id_token":{"sub":{"value":"b-1"}}}"#;
    for (name, value, expect) in [
        ("id_token_hint", of_alice.as_str(), ["code", "code"]),
        ("id_token_hint", &of_bob, ["login", "login_required login-required"]),
        ("claims", claims_of_bob, ["login", "login_required login-required"]),
        ("claims", r#"{"userinfo":{"sub":{"values":["b-1","c-1"]}}}"#, ["login", "login_required login-required"]),
        ("claims", r#"{"userinfo":{"sub":{"values":["b-1","alice"]}}}"#, ["code", "code"]),
    ] {
        let request = Authorization::of_spa("openid").with(name, value);
        assert_eq!(answer_to(&server, &alice, &request).await, expect[0], "{name}");
        assert_eq!(answer_to(&server, &alice, &request.with("prompt", "none")).await, expect[1], "{name}");
    }
    let about_bob = Authorization::of_spa("openid").with("id_token_hint", &of_bob);
    let as_alice = Person::alice(&server).authorize(&about_bob).await;
    assert_eq!(told(&server, &as_alice), "login_required login-required", "whoever signs in as another");
    assert_eq!(
        told(&server, &Person::at(&server.http, "bob", "a-password-of-bob").authorize(&about_bob).await),
        "code"
    );
}

#[tokio::test]
async fn core_3_1_2_1_prompts_are_combined_but_for_none() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    person.authorize(&Authorization::of_spa("openid")).await;
    for (prompt, expect) in [
        ("none login", "invalid_request parameter-invalid"),
        ("consent none", "invalid_request parameter-invalid"),
        ("none select_account", "invalid_request parameter-invalid"),
        ("login consent select_account none", "invalid_request parameter-invalid"),
        ("consent", "consent"),
        ("login consent", "login"),
        ("select_account login", "login"),
        ("consent select_account", "account"),
    ] {
        let answer = answer_to(&server, &person, &Authorization::of_spa("openid").with("prompt", prompt)).await;
        assert_eq!(answer, expect, "{prompt}");
    }
    let page = person.open(&Authorization::of_spa("openid").with("prompt", "login consent").path()).await;
    let sign_in = person.open(page.header("location")).await;
    let fields = [("username", person.username.as_str()), ("password", person.password.as_str())];
    let signed_in = person.submit(&sign_in, &fields).await;
    assert!(signed_in.header("location").starts_with("/consent?"), "one after the other");
}

#[tokio::test]
async fn a_session_that_expired_asks_again_but_ends_no_grant() {
    let settings = vec![("LIFETIMES__SESSION", "3s".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let person = Person::alice(&server);
    let request = Authorization::of_spa("openid");
    let tokens = redeem_spa(&server.http, person.authorize(&request).await.parameter("code")).await;
    assert_eq!(answer_to(&server, &person, &request).await, "code");
    patience::outlive(Duration::from_secs(3)).await;
    assert_eq!(answer_to(&server, &person, &request).await, "login");
    let refreshed = refresh_spa(&server.http, &tokens.member("refresh_token")).await;
    assert_eq!(verdict(&refreshed), "200");
}
