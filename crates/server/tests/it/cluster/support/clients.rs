//! The clients of the demo set that these tests use, and how they get much of something quickly.

use std::sync::Arc;

use super::in_parallel;
use crate::harness::{Answer, Authorization, Http, Person};

/// Opens grants and refreshes them (`demo-b`).
pub(super) const PARTNER: (&str, &str) = ("demo-b", "demo-b-secret");

/// Asks for tokens of its own (`demo-a`).
const MACHINE: (&str, &str) = ("demo-a", "demo-a-secret");

/// May introspect everything (`demo-api`).
pub(in crate::cluster) const API: (&str, &str) = ("demo-api", "demo-api-secret");

/// Where codes of [`PARTNER`] go.
const REDIRECT_URI: &str = "http://localhost:3000/callback";

/// How many codes and first tokens are asked for at a time.
const AT_ONCE: usize = 16;

/// A refresh token and the access token that came with it.
#[derive(Clone, Debug)]
pub(in crate::cluster) struct Grants {
    pub(in crate::cluster) access_token: String,
    pub(in crate::cluster) refresh_token: String,
}

/// Clients of a service, whose requests go to one replica after the other.
#[derive(Clone)]
pub(in crate::cluster) struct Clients {
    replicas: Arc<[Http]>,
}

impl Clients {
    pub(in crate::cluster) fn new(replicas: Vec<Http>) -> Self {
        Self { replicas: replicas.into() }
    }

    /// The replica that has this turn.
    pub(in crate::cluster) fn at(&self, turn: usize) -> &Http {
        &self.replicas[turn % self.replicas.len()]
    }

    pub(in crate::cluster) fn replicas(&self) -> &[Http] {
        &self.replicas
    }

    /// Alice, who has signed in and allowed what [`PARTNER`] asks: her browser gets codes without seeing a page.
    pub(in crate::cluster) async fn signed_in(&self) -> Person {
        let person = Person::at(self.at(0), "alice", "wonderland-42");
        person.authorize(&request()).await;
        person
    }

    /// A code, made at the replica that has this turn.
    pub(in crate::cluster) async fn code(&self, person: &Person, turn: usize) -> String {
        let page = person.open(&self.at(turn).url(&request().path())).await;
        let code = person.walk(page).await.parameter("code").to_owned();
        assert!(!code.is_empty());
        code
    }

    /// Many codes.
    pub(in crate::cluster) async fn codes(&self, count: usize) -> Vec<String> {
        let (clients, person) = (self.clone(), self.signed_in().await);
        in_parallel(AT_ONCE, 0..count, move |turn| {
            let (clients, person) = (clients.clone(), person.clone());
            async move { clients.code(&person, turn).await }
        })
        .await
    }

    /// Many grants with a refresh token, opened all over the replicas.
    pub(in crate::cluster) async fn grants(&self, count: usize) -> Vec<Grants> {
        let (clients, codes) = (self.clone(), self.codes(count).await);
        in_parallel(AT_ONCE, codes.into_iter().enumerate(), move |(turn, code)| {
            let clients = clients.clone();
            async move { issued(&clients.at(turn).redeem(&code).await) }
        })
        .await
    }
}

/// What a successful answer brought.
#[track_caller]
pub(in crate::cluster) fn issued(answer: &Answer) -> Grants {
    assert_eq!(answer.outcome(), "200", "{}", answer.text);
    Grants { access_token: answer.member("access_token"), refresh_token: answer.member("refresh_token") }
}

/// Whether the token is active.
pub(in crate::cluster) async fn holds(http: &Http, token: &str) -> bool {
    let answer = http.introspect(API, token).await;
    assert_eq!(answer.outcome(), "200", "{}", answer.text);
    answer.json()["active"] == true
}

impl Http {
    /// Redeems a code of [`PARTNER`].
    pub(in crate::cluster) async fn redeem(&self, code: &str) -> Answer {
        let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT_URI)];
        self.token_as(PARTNER, &form).await
    }

    /// Refreshes as [`PARTNER`].
    pub(in crate::cluster) async fn refresh(&self, token: &str) -> Answer {
        self.token_as(PARTNER, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// Revokes a token of [`PARTNER`].
    pub(in crate::cluster) async fn revoke(&self, token: &str) -> Answer {
        self.post_as("/oauth/revoke", PARTNER, &[("token", token)]).await
    }

    /// Opens a grant with alice's password, as a client whose access tokens are opaque.
    pub(in crate::cluster) async fn password(&self) -> Answer {
        let form = [
            ("grant_type", "password"),
            ("client_id", "1000000042"),
            ("username", "alice"),
            ("password", "wonderland-42"),
            ("scope", "identify"),
        ];
        self.token(&form).await
    }

    /// Asks for an access token as [`MACHINE`].
    pub(in crate::cluster) async fn client_credentials(&self) -> Answer {
        self.token_as(MACHINE, &[("grant_type", "client_credentials"), ("scope", "view-user")]).await
    }
}

/// Without `openid`, because an ID token would be most of the work.
fn request() -> Authorization {
    Authorization::of("demo-b", REDIRECT_URI, "contacts.read")
        .without("code_challenge")
        .without("code_challenge_method")
}
