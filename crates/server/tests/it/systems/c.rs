//! System C, a forum's provider plug-in: its request examples, replayed against `1000000042` on both databases. A path
//! with a trailing slash, a numeric client id, opaque tokens, refresh tokens that stay, ID tokens signed with the
//! secret, the password grant without it.

use serde_json::{Value, json};

use crate::harness::{Answer, Server, VERIFIER};
use crate::routes::support::{CALLBACK_C, DEMO_C, code, is_active, jwt, of_c, userinfo, verdict};

const PATH: &str = "/wcf/oauth-token/";

async fn post(server: &Server, form: &[(&str, &str)]) -> Answer {
    let mut all = vec![("client_id", DEMO_C.0)];
    all.extend_from_slice(form);
    server.http.post(PATH, &all).await
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
    let refresh_token = authorization_code(server).await;
    refresh(server, &refresh_token).await;
    default_scope_and_plain_pkce(server).await;
    password(server).await;
    errors(server).await;
}

#[track_caller]
fn check(answer: &Answer, members: &[&str], scope: &str) {
    assert_eq!(
        (verdict(answer).as_str(), answer.members()),
        ("200", members.iter().map(|m| (*m).to_owned()).collect())
    );
    assert_eq!((answer.member("token_type").as_str(), answer.member("scope").as_str()), ("Bearer", scope));
    assert_eq!(answer.json()["expires_in"], 3600);
    assert!(answer.member("access_token").starts_with("gat_"), "opaque");
}

const WITH_ID_TOKEN: [&str; 6] = ["access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"];
const WITHOUT_ID_TOKEN: [&str; 5] = ["access_token", "expires_in", "refresh_token", "scope", "token_type"];

async fn authorization_code(server: &Server) -> String {
    let scope = "identify openid email profile";
    let code = code(server, &of_c(scope).with("nonce", "n-7")).await;
    let form = [
        ("client_secret", DEMO_C.1),
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK_C),
    ];
    let answer = post(server, &form).await;
    check(&answer, &WITH_ID_TOKEN, scope);
    check_id_token(server, &answer, Some("n-7"), scope);
    let told = userinfo(&server.http, &answer.member("access_token")).await.json();
    assert_eq!(
        told,
        json!({
            "sub": "alice", "name": "Alice Liddell", "email": "alice@example.test", "email_verified": true,
        })
    );
    answer.member("refresh_token")
}

/// HS256 under the client secret, with the claims that the plug-in's clients read.
fn check_id_token(server: &Server, answer: &Answer, nonce: Option<&str>, scope: &str) {
    let claims = jwt::verified_with_secret(DEMO_C.1, &answer.member("id_token"));
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(server.issuer), &json!(DEMO_C.0)));
    assert_eq!((&claims["sub"], &claims["scope"]), (&json!("alice"), &json!(scope)));
    assert_eq!((&claims["name"], &claims["email"]), (&json!("Alice Liddell"), &json!("alice@example.test")));
    assert_eq!(claims.get("nonce").and_then(Value::as_str), nonce);
    let time = |name: &str| claims[name].as_i64().unwrap_or_else(|| panic!("no {name}: {claims}"));
    assert!(time("nbf") <= time("iat") && time("iat") < time("exp"), "{claims}");
}

/// The token stays as it is; `redirect_uri` and `scope` may be sent along.
async fn refresh(server: &Server, refresh_token: &str) {
    for _time in 0..2 {
        let form = [
            ("client_secret", DEMO_C.1),
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
            ("redirect_uri", CALLBACK_C),
            ("scope", "identify openid"),
        ];
        let answer = post(server, &form).await;
        check(&answer, &["access_token", "expires_in", "id_token", "scope", "token_type"], "identify openid");
        assert!(is_active(&server.http, &answer.member("access_token")).await);
    }
}

async fn default_scope_and_plain_pkce(server: &Server) {
    for method in [Some("plain"), None] {
        let request = of_c("").with("code_challenge", VERIFIER);
        let request = method.iter().fold(request, |request, method| request.with("code_challenge_method", method));
        let code = code(server, &request).await;
        let form = [
            ("client_secret", DEMO_C.1),
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK_C),
            ("code_verifier", VERIFIER),
        ];
        check(&post(server, &form).await, &WITHOUT_ID_TOKEN, "identify");
    }
}

async fn password(server: &Server) {
    let (user, password) = (("username", "alice"), ("password", "wonderland-42"));
    let plain = post(server, &[("grant_type", "password"), user, password]).await;
    check(&plain, &WITHOUT_ID_TOKEN, "identify");
    let scope = "openid email profile";
    for secret in [None, Some(("client_secret", DEMO_C.1))] {
        let mut form = vec![("grant_type", "password"), user, password, ("scope", scope), ("nonce", "n-8")];
        form.extend(secret);
        let answer = post(server, &form).await;
        check(&answer, &WITH_ID_TOKEN, scope);
        check_id_token(server, &answer, Some("n-8"), scope);
    }
}

async fn errors(server: &Server) {
    let check = async |form: &[(&str, &str)], expect: &str| {
        let answer = post(server, form).await;
        verdict(&answer);
        assert_eq!(answer.outcome(), expect, "{form:?}");
    };
    let secret = ("client_secret", DEMO_C.1);
    check(&[secret], "400 invalid_request").await;
    check(&[secret, ("grant_type", "x")], "400 unsupported_grant_type").await;
    check(&[secret, ("grant_type", "client_credentials")], "400 unauthorized_client").await;
    check(&[("grant_type", "password"), ("username", "alice"), ("password", "x")], "400 invalid_grant").await;
    check(&[("grant_type", "password"), ("username", "alice")], "400 invalid_request").await;
    check(
        &[("grant_type", "password"), ("username", "alice"), ("password", "wonderland-42"), ("scope", "x")],
        "400 invalid_scope",
    )
    .await;
    check(&[secret, ("grant_type", "authorization_code"), ("code", "x")], "400 invalid_grant").await;
    check(&[secret, ("grant_type", "refresh_token"), ("refresh_token", "x")], "400 invalid_grant").await;
    for without in ["authorization_code", "refresh_token"] {
        check(&[("grant_type", without), ("code", "x"), ("refresh_token", "x")], "401 invalid_client").await;
        check(&[("client_secret", "x"), ("grant_type", without)], "401 invalid_client").await;
    }
}
