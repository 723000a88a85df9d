//! What a token request gives once its person was disabled, or got another password: nothing, and never again.

use std::process::Output;

use super::super::support::{
    DEMO_B, SPA_SCOPE, is_active, password_tokens, redeem_spa, refresh, refresh_spa, spa_code, spa_tokens, userinfo,
    verdict,
};
use crate::harness::{Answer, Server};

const REFRESH_INVALID: &str = "400 invalid_grant refresh-token-invalid";

#[track_caller]
fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Everything that Alice holds at one moment.
struct Held {
    unused_code: String,
    tokens: Answer,
    by_password: Answer,
}

impl Held {
    async fn of_alice(server: &Server) -> Self {
        Self {
            unused_code: spa_code(server, "openid").await,
            tokens: spa_tokens(server, SPA_SCOPE).await,
            by_password: password_tokens(&server.http, DEMO_B, "contacts.read").await,
        }
    }

    async fn is_dead(&self, server: &Server) {
        let http = &server.http;
        assert_eq!(verdict(&redeem_spa(http, &self.unused_code).await), "400 invalid_grant subject-refused");
        assert_eq!(verdict(&refresh_spa(http, &self.tokens.member("refresh_token")).await), REFRESH_INVALID);
        assert_eq!(verdict(&refresh(http, DEMO_B, &self.by_password.member("refresh_token")).await), REFRESH_INVALID);
        for answer in [&self.tokens, &self.by_password] {
            assert!(!is_active(http, &answer.member("access_token")).await);
        }
        let answer = userinfo(http, &self.tokens.member("access_token")).await;
        assert_eq!(verdict(&answer), "401 invalid_token access-token-invalid");
    }
}

async fn password_grant(server: &Server, password: &str) -> Answer {
    let form = [("grant_type", "password"), ("username", "alice"), ("password", password)];
    server.http.token_as(DEMO_B, &form).await
}

#[tokio::test]
async fn what_a_disabled_user_held_stays_dead_after_enabling() {
    let server = Server::start().await;
    let held = Held::of_alice(&server).await;
    succeeded(&server.run(&["user", "disable", "alice"]));
    held.is_dead(&server).await;
    let refused = password_grant(&server, "wonderland-42").await;
    assert_eq!(verdict(&refused), "400 invalid_grant credentials-invalid");
    succeeded(&server.run(&["user", "enable", "alice"]));
    held.is_dead(&server).await;
    let anew = spa_tokens(&server, "openid").await;
    assert_eq!(verdict(&refresh_spa(&server.http, &anew.member("refresh_token")).await), "200");
}

#[tokio::test]
async fn a_password_change_ends_everything_before_it() {
    let server = Server::start().await;
    let held = Held::of_alice(&server).await;
    succeeded(&server.run_with_input(&["user", "set-password", "alice"], "through-the-looking-glass\n"));
    held.is_dead(&server).await;
    let old = password_grant(&server, "wonderland-42").await;
    assert_eq!(verdict(&old), "400 invalid_grant credentials-invalid");
    assert_eq!(verdict(&password_grant(&server, "through-the-looking-glass").await), "200");
}
