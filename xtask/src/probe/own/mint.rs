//! Decides how one-time values come to be: through the real pages, as a client of the demo set gets them. The person signs in and
//! agrees once; after that the session and the remembered consent make each code one request.

use std::time::Duration;

use anyhow::{Context, anyhow};
use url::{Url, form_urlencoded};

use super::pages::Person;
use crate::probe::client::{Authentication, Client};
use crate::probe::endpoint::Endpoint;
use crate::probe::http::Lane;
use crate::probe::outcome::Outcome;
use crate::probe::target::{Grant, Target};

/// A client and a person of the demo set (deploy/demo.toml); its secrets are public.
const CLIENT: (&str, &str) = ("demo-a", "demo-a-secret");
const REDIRECT_URI: &str = "http://127.0.0.1:3090/sso/auth/callback";
const PERSON: (&str, &str) = ("alice", "wonderland-42");
const SCOPE: &str = "openid profile email offline_access";

/// The challenge and verifier of RFC 7636 appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Makes one-time values at a server that has the demo set.
pub(super) struct Mint {
    person: Person,
    target: Target,
    lane: Lane,
}

impl Mint {
    pub(super) fn open(server: &Endpoint, patience: Duration) -> Self {
        let (id, secret) = CLIENT;
        let target = Target {
            token: server.at("/oauth/token"),
            introspection: Some(server.at("/oauth/introspect")),
            revocation: None,
            client: Client::new(id, Some(secret.to_owned()), Authentication::Basic),
            with_code: [("redirect_uri", REDIRECT_URI), ("code_verifier", VERIFIER)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            always: Vec::new(),
            patience,
        };
        let (username, password) = PERSON;
        Self {
            person: Person::new(server, username, password, patience),
            target,
            lane: Lane::new(server.address, patience),
        }
    }

    /// Whom the values belong to, and where they are redeemed.
    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// Authorization codes, each of a grant of its own.
    pub(super) fn codes(&mut self, count: usize) -> anyhow::Result<Vec<String>> {
        (0..count).map(|_| self.code()).collect()
    }

    /// Refresh tokens, each of a grant of its own.
    pub(super) fn refresh_tokens(&mut self, count: usize) -> anyhow::Result<Vec<String>> {
        (0..count).map(|_| self.refresh_token()).collect()
    }

    fn code(&mut self) -> anyhow::Result<String> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", CLIENT.0)
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("scope", SCOPE)
            .append_pair("state", "probe")
            .append_pair("code_challenge", CHALLENGE)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let told = self.person.authorize(&format!("/oauth/authorize?{query}"))?;
        let told = Url::parse(&told).context("the client is told something that is no address")?;
        let code = told.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| code.into_owned());
        code.ok_or_else(|| anyhow!("the client is told something else than a code"))
    }

    fn refresh_token(&mut self) -> anyhow::Result<String> {
        let code = self.code()?;
        let outcome = Outcome::of(self.lane.exchange(&self.target.redeem(Grant::Code(&code))));
        let token = outcome.tokens().and_then(|tokens| tokens.refresh.clone());
        token.with_context(|| format!("a code brought no refresh token: {}", outcome.label()))
    }
}
