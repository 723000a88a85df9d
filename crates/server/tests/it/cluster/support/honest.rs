//! A client as careful as RFC 6749 lets one be: it keeps the newest refresh token that it received, and after an outage
//! or a broken connection it sends the same one again.

use super::clients::PARTNER;
use crate::harness::{Answer, Http, try_send};

/// A client that holds a grant.
#[derive(Debug)]
pub(in crate::cluster) struct Honest {
    /// Every refresh token that it received, the newest last.
    received: Vec<String>,
}

/// What became of a refresh.
#[derive(Debug)]
pub(in crate::cluster) enum Refreshed {
    /// Somebody answered.
    Answered(Answer),
    /// Nobody did.
    Broken,
}

impl Honest {
    pub(in crate::cluster) fn new(refresh_token: String) -> Self {
        Self { received: vec![refresh_token] }
    }

    /// The newest refresh token.
    pub(in crate::cluster) fn held(&self) -> &str {
        self.received.last().unwrap()
    }

    /// The others, the oldest first.
    pub(in crate::cluster) fn older(&self) -> &[String] {
        &self.received[..self.received.len() - 1]
    }

    /// Refreshes once.
    pub(in crate::cluster) async fn refresh(&mut self, http: &Http) -> Refreshed {
        let form = [("grant_type", "refresh_token"), ("refresh_token", self.held())];
        let request = http.request("POST", "/oauth/token").basic_auth(PARTNER.0, Some(PARTNER.1)).form(&form);
        let Ok(answer) = try_send(request).await else { return Refreshed::Broken };
        if answer.status == 200 {
            let successor = answer.member("refresh_token");
            assert!(!successor.is_empty(), "a rotation without a successor: {}", answer.text);
            self.received.push(successor);
        }
        Refreshed::Answered(answer)
    }

    /// Refreshes, and nothing but success will do.
    #[track_caller]
    pub(in crate::cluster) fn must_refresh<'a>(&'a mut self, http: &'a Http) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let before = self.received.len();
            match self.refresh(http).await {
                Refreshed::Answered(answer) if answer.status == 200 => {}
                other => panic!("{caller}: refresh number {before} of this client failed: {other:?}"),
            }
        }
    }
}
