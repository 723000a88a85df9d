//! What never stands in a log: after a run through every grant and every refusal, none of the passwords, secrets, codes
//! and tokens that went over the wire is there.

use crate::harness::{Answer, Authorization, Person, Server, ServerOptions, VERIFIER};
use crate::routes::support::{
    ACCESS_TOKEN_TYPE, CALLBACK_B, CALLBACK_C, CALLBACK_SPA, DEMO_A, DEMO_API, DEMO_B, DEMO_C, SPA_SCOPE,
    TOKEN_EXCHANGE, client_token, code, jwt, of_b, of_c, password_tokens, redeem, redeem_spa, refresh, refresh_spa,
    spa_tokens, userinfo, without_pkce,
};

/// Everything secret that was seen.
#[derive(Default)]
struct Secrets(Vec<String>);

impl Secrets {
    fn add(&mut self, text: &str) {
        // Whatever is shorter is no secret, and may stand anywhere.
        assert!(text.len() >= 8, "{text}");
        self.0.push(text.to_owned());
    }

    fn add_tokens(&mut self, answer: &Answer) {
        for name in ["access_token", "refresh_token", "id_token"] {
            if let Some(token) = answer.json()[name].as_str() {
                self.add(token);
            }
        }
    }

    /// None of them is in the text, nor the signature or the sealed content of any.
    #[track_caller]
    fn are_not_in(&self, text: &str) {
        for secret in &self.0 {
            let tail = &secret[secret.len().saturating_sub(24)..];
            assert!(!text.contains(secret) && !text.contains(tail), "{secret} in {text}");
        }
    }
}

#[tokio::test]
async fn no_secret_is_ever_logged() {
    let settings = vec![("LOG__FILTER", "trace,h2=off".to_owned()), ("LOG__FORMAT", "json".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let mut secrets = Secrets::default();
    for secret in [DEMO_A.1, DEMO_B.1, DEMO_C.1, DEMO_API.1, "wonderland-42", VERIFIER] {
        secrets.add(secret);
    }
    succeed_with_everything(&server, &mut secrets).await;
    fail_with_everything(&server, &mut secrets).await;
    let log = server.log();
    assert!(log.lines().count() > 10, "{log}");
    secrets.are_not_in(&log);
}

async fn succeed_with_everything(server: &Server, secrets: &mut Secrets) {
    let http = &server.http;
    secrets.add(&client_token(http, DEMO_A).await);
    let spa = spa_tokens(server, SPA_SCOPE).await;
    secrets.add_tokens(&spa);
    let refreshed = refresh_spa(http, &spa.member("refresh_token")).await;
    secrets.add_tokens(&refreshed);
    userinfo(http, &spa.member("access_token")).await;
    for (client, callback, request) in
        [(DEMO_B, CALLBACK_B, without_pkce(of_b("openid"))), (DEMO_C, CALLBACK_C, of_c("openid identify"))]
    {
        let code = code(server, &request).await;
        secrets.add(&code);
        secrets.add_tokens(&redeem(http, client, callback, &code).await);
    }
    let tokens = password_tokens(http, DEMO_B, "contacts.read").await;
    secrets.add_tokens(&tokens);
    let form = [
        ("grant_type", TOKEN_EXCHANGE),
        ("subject_token", &*tokens.member("access_token")),
        ("subject_token_type", ACCESS_TOKEN_TYPE),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    secrets.add_tokens(&http.token_as(DEMO_B, &form).await);
    http.introspect(DEMO_API, &tokens.member("access_token")).await;
    http.post_as("/oauth/revoke", DEMO_B, &[("token", &tokens.member("refresh_token"))]).await;
}

async fn fail_with_everything(server: &Server, secrets: &mut Secrets) {
    let http = &server.http;
    for text in
        ["a-wrong-secret-of-a-client", "a-wrong-password-of-alice", "a-wrong-verifier-that-is-long-enough-to-count"]
    {
        secrets.add(text);
    }
    http.token_as(("demo-a", "a-wrong-secret-of-a-client"), &[("grant_type", "client_credentials")]).await;
    let wrong = [("grant_type", "password"), ("username", "alice"), ("password", "a-wrong-password-of-alice")];
    http.token_as(DEMO_B, &wrong).await;
    let code = code(server, &Authorization::of_spa("openid")).await;
    secrets.add(&code);
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "demo-spa"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK_SPA),
        ("code_verifier", "a-wrong-verifier-that-is-long-enough-to-count"),
    ];
    http.token(&form).await;
    let tokens = redeem_spa(http, &code).await;
    secrets.add_tokens(&tokens);
    redeem_spa(http, &code).await;
    refresh_spa(http, &tokens.member("refresh_token")).await;
    refresh(http, DEMO_B, &tokens.member("refresh_token")).await;
    userinfo(http, &tokens.member("access_token")).await;
    http.get(&format!("/oauth/userinfo?access_token={}", tokens.member("access_token"))).await;
    let assertion =
        jwt::sign(&serde_json::json!({ "iss": "demo-machine", "sub": "demo-machine" }), &*jwt::machine_signer(server));
    secrets.add(&assertion);
    http.token(&[
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &assertion),
    ])
    .await;
    sign_in_wrongly(server, secrets).await;
}

/// With the password in the field of the name, as people do.
async fn sign_in_wrongly(server: &Server, secrets: &mut Secrets) {
    let person = Person::alice(server);
    let redirect = person.open(&Authorization::of_spa("openid").path()).await;
    let (_, interaction) = redirect.header("location").split_once("request=").unwrap();
    secrets.add(interaction);
    let shown = person.open(redirect.header("location")).await;
    for fields in [
        [("username", "a-wrong-password-of-alice"), ("password", "x")],
        [("username", "alice"), ("password", "a-wrong-password-of-alice")],
    ] {
        person.submit(&shown, &fields).await;
    }
    let signed_in = person.submit(&shown, &[("username", "alice"), ("password", "wonderland-42")]).await;
    let cookies = signed_in.headers.get_all("set-cookie").into_iter();
    for cookie in cookies.map(|cookie| cookie.to_str().unwrap()) {
        let value = cookie.split(';').next().unwrap().split_once('=').unwrap().1;
        secrets.add(value);
    }
}
