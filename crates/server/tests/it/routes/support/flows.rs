//! What a client and a person do together, in the steps that most tests do not care about.

use crate::harness::{Answer, Authorization, Http, Person, Server, VERIFIER};

use super::{CALLBACK_A, CALLBACK_B, CALLBACK_C, CALLBACK_SPA, Credentials, DEMO_API};

/// The request of system A's client, as it makes it: without PKCE.
pub(crate) fn of_a(scope: &str) -> Authorization {
    without_pkce(Authorization::of("demo-a", CALLBACK_A, scope))
}

/// The request of system B's client, with PKCE.
pub(crate) fn of_b(scope: &str) -> Authorization {
    Authorization::of("demo-b", CALLBACK_B, scope)
}

/// The request of system C's client, as it makes it: without PKCE.
pub(crate) fn of_c(scope: &str) -> Authorization {
    without_pkce(Authorization::of("1000000042", CALLBACK_C, scope))
}

pub(crate) fn without_pkce(request: Authorization) -> Authorization {
    request.without("code_challenge").without("code_challenge_method")
}

/// The code that Alice gives, in a fresh browser.
pub(crate) async fn code(server: &Server, request: &Authorization) -> String {
    let redirected = Person::alice(server).authorize(request).await;
    let code = redirected.parameter("code");
    assert!(!code.is_empty(), "{redirected:?}");
    code.to_owned()
}

/// A code for `demo-spa`.
pub(crate) async fn spa_code(server: &Server, scope: &str) -> String {
    code(server, &Authorization::of_spa(scope)).await
}

/// `demo-spa` redeems a code.
pub(crate) async fn redeem_spa(http: &Http, code: &str) -> Answer {
    http.token(&[
        ("grant_type", "authorization_code"),
        ("client_id", "demo-spa"),
        ("code", code),
        ("redirect_uri", CALLBACK_SPA),
        ("code_verifier", VERIFIER),
    ])
    .await
}

/// Alice's tokens for `demo-spa`.
pub(crate) async fn spa_tokens(server: &Server, scope: &str) -> Answer {
    let answer = redeem_spa(&server.http, &spa_code(server, scope).await).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

/// `demo-spa` refreshes.
pub(crate) async fn refresh_spa(http: &Http, refresh_token: &str) -> Answer {
    http.token(&[("grant_type", "refresh_token"), ("client_id", "demo-spa"), ("refresh_token", refresh_token)]).await
}

/// A confidential client redeems a code that was asked for without PKCE.
pub(crate) async fn redeem(http: &Http, client: Credentials, callback: &str, code: &str) -> Answer {
    http.token_as(client, &[("grant_type", "authorization_code"), ("code", code), ("redirect_uri", callback)]).await
}

/// A confidential client refreshes.
pub(crate) async fn refresh(http: &Http, client: Credentials, refresh_token: &str) -> Answer {
    http.token_as(client, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
}

/// Alice's tokens by the password grant.
pub(crate) async fn password_tokens(http: &Http, client: Credentials, scope: &str) -> Answer {
    let form = [("grant_type", "password"), ("username", "alice"), ("password", "wonderland-42"), ("scope", scope)];
    let answer = http.token_as(client, &form).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

/// A client's own access token.
pub(crate) async fn client_token(http: &Http, client: Credentials) -> String {
    let answer = http.token_as(client, &[("grant_type", "client_credentials")]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.member("access_token")
}

/// Whether the resource server that may see every access token finds this one active.
pub(crate) async fn is_active(http: &Http, access_token: &str) -> bool {
    is_active_to(http, DEMO_API, access_token).await
}

/// Whether a client finds a token active.
pub(crate) async fn is_active_to(http: &Http, client: Credentials, token: &str) -> bool {
    let answer = http.introspect(client, token).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["active"].as_bool().unwrap()
}

/// UserInfo, the token in the header.
pub(crate) async fn userinfo(http: &Http, access_token: &str) -> Answer {
    crate::harness::send(http.request("GET", "/oauth/userinfo").bearer_auth(access_token)).await
}
