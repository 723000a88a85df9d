//! Tokens of ours in places where they do not belong: none is ever taken for another kind.

use super::super::support::{
    ACCESS_TOKEN_TYPE, CALLBACK_B, DEMO_B, TOKEN_EXCHANGE, code, is_active_to, of_b, page, redeem, refresh, userinfo,
    verdict, without_pkce,
};
use crate::harness::{Http, Person, Server};

/// One of each kind, of one client.
struct Kinds {
    code: String,
    access: String,
    refresh: String,
    id: String,
    interaction: String,
}

impl Kinds {
    async fn of(server: &Server) -> Self {
        let request = without_pkce(of_b("openid contacts.read"));
        let tokens = redeem(&server.http, DEMO_B, CALLBACK_B, &code(server, &request).await).await;
        let login = Person::alice(server).open(&request.path()).await;
        let (_, interaction) = login.header("location").split_once("request=").unwrap();
        Self {
            code: code(server, &request).await,
            access: tokens.member("access_token"),
            refresh: tokens.member("refresh_token"),
            id: tokens.member("id_token"),
            interaction: interaction.to_owned(),
        }
    }

    fn all(&self) -> [&String; 5] {
        [&self.code, &self.access, &self.refresh, &self.id, &self.interaction]
    }

    /// All but one of them.
    fn but(&self, right: &str) -> Vec<&String> {
        self.all().into_iter().filter(|token| *token != right).collect()
    }
}

async fn exchange(http: &Http, token: &str) -> String {
    let form = [("grant_type", TOKEN_EXCHANGE), ("subject_token", token), ("subject_token_type", ACCESS_TOKEN_TYPE)];
    verdict(&http.token_as(DEMO_B, &form).await)
}

#[tokio::test]
async fn rfc_8725_3_11_no_kind_of_token_passes_for_another() {
    let server = Server::start().await;
    let http = &server.http;
    let kinds = Kinds::of(&server).await;
    assert!(kinds.interaction.starts_with("gai_"), "{}", kinds.interaction);
    for token in kinds.but(&kinds.code) {
        assert_eq!(verdict(&redeem(http, DEMO_B, CALLBACK_B, token).await), "400 invalid_grant code-invalid");
    }
    for token in kinds.but(&kinds.refresh) {
        assert_eq!(verdict(&refresh(http, DEMO_B, token).await), "400 invalid_grant refresh-token-invalid");
    }
    for token in kinds.but(&kinds.access) {
        assert_eq!(verdict(&userinfo(http, token).await), "401 invalid_token access-token-invalid");
        assert_eq!(exchange(http, token).await, "400 invalid_request subject-token-invalid");
    }
    for token in [&kinds.code, &kinds.id, &kinds.interaction] {
        assert!(!is_active_to(http, DEMO_B, token).await);
        let revoked = http.post_as("/oauth/revoke", DEMO_B, &[("token", token)]).await;
        assert_eq!(verdict(&revoked), "200", "unknown to revocation");
    }
    let browser = Person::alice(&server);
    for token in kinds.all() {
        let shown = browser.open(&format!("/login?request={token}")).await;
        assert_eq!(page(&shown), "400 invalid_request");
    }
    // After all that each is still good where it belongs.
    assert!(is_active_to(http, DEMO_B, &kinds.access).await);
    assert_eq!(verdict(&refresh(http, DEMO_B, &kinds.refresh).await), "200");
    assert_eq!(verdict(&redeem(http, DEMO_B, CALLBACK_B, &kinds.code).await), "200");
}

/// What one server made is worth nothing to another, whose keys are its own.
#[tokio::test]
async fn tokens_of_another_server_are_nobodys() {
    let (server, other) = (Server::start().await, Server::start().await);
    let kinds = Kinds::of(&other).await;
    let http = &server.http;
    assert_eq!(verdict(&redeem(http, DEMO_B, CALLBACK_B, &kinds.code).await), "400 invalid_grant code-invalid");
    assert_eq!(verdict(&refresh(http, DEMO_B, &kinds.refresh).await), "400 invalid_grant refresh-token-invalid");
    assert_eq!(verdict(&userinfo(http, &kinds.access).await), "401 invalid_token access-token-invalid");
    assert_eq!(exchange(http, &kinds.access).await, "400 invalid_request subject-token-invalid");
    for token in kinds.all() {
        assert!(!is_active_to(http, DEMO_B, token).await);
    }
}
