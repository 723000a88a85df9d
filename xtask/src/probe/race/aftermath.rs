//! Decides what is asked once a value has been redeemed: whether the tokens that were handed out are any good, what the value's
//! replay gets, and whether the replay has ended anything.

use serde_json::Value;

use super::Kind;
use crate::probe::http::Lane;
use crate::probe::outcome::{Outcome, Tokens, complaint};
use crate::probe::tally::Tally;
use crate::probe::target::{Grant, Target};

/// What the tokens were good for, at one moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// `active`, `inactive` or a complaint for each access token that was asked about.
    pub(super) access: Tally,
    /// How many refresh tokens could be used: the lines that the grant has.
    pub(super) lines: usize,
    /// Why the others could not.
    pub(super) refusals: Tally,
}

/// What became of one value after the race.
#[derive(Debug)]
pub(super) struct Aftermath {
    pub(super) after_race: Standing,
    /// How the replay was answered.
    pub(super) replay: String,
    pub(super) after_replay: Standing,
    /// How the revocation of what was left was answered, where it was asked for.
    pub(super) revocation: Option<String>,
}

/// Whoever asks, over connections of their own.
pub(super) struct Inquiry<'a> {
    target: &'a Target,
    token: Lane,
    introspection: Option<Lane>,
    revocation: Option<Lane>,
}

impl<'a> Inquiry<'a> {
    pub(super) fn new(target: &'a Target) -> Self {
        let lane = |endpoint: &crate::probe::endpoint::Endpoint| Lane::new(endpoint.address, target.patience);
        Self {
            target,
            token: lane(&target.token),
            introspection: target.introspection.as_ref().map(lane),
            revocation: target.revocation.as_ref().map(lane),
        }
    }

    /// Follows what the race handed out.
    ///
    /// The order matters: a refresh token is used before the replay, so that the replay of a refresh token is one whose
    /// successor is in use, which no retry window excuses.
    pub(super) fn follow(&mut self, kind: Kind, value: &str, mut handed_out: Vec<Tokens>) -> Aftermath {
        let after_race = self.standing(&mut handed_out);
        let replay = self.redeem(kind.grant(value));
        let mut replayed: Vec<Tokens> = replay.tokens().cloned().into_iter().collect();
        handed_out.append(&mut replayed);
        let after_replay = self.standing(&mut handed_out);
        Aftermath { after_race, replay: replay.label().to_owned(), after_replay, revocation: self.revoke(&handed_out) }
    }

    /// Asks about each access token and uses each refresh token, which is replaced by its successor. A refresh token that
    /// was refused is not asked about again: what can be lost once is lost.
    fn standing(&mut self, handed_out: &mut [Tokens]) -> Standing {
        let mut standing = Standing::default();
        for tokens in &*handed_out {
            if let Some(answer) = self.introspect(&tokens.access) {
                standing.access.add(answer);
            }
        }
        let mut used: Vec<String> = Vec::new();
        for tokens in handed_out {
            let Some(refresh) = tokens.refresh.take().filter(|refresh| !used.contains(refresh)) else { continue };
            let outcome = self.redeem(Grant::Refresh(&refresh));
            if let Outcome::Tokens(fresh) = outcome {
                standing.lines += 1;
                // Without rotation the answer has no refresh token, and the old one stays.
                *tokens = Tokens { access: fresh.access, refresh: fresh.refresh.or_else(|| Some(refresh.clone())) };
            } else {
                standing.refusals.add(outcome.label());
            }
            used.push(refresh);
        }
        standing
    }

    fn redeem(&mut self, grant: Grant<'_>) -> Outcome {
        Outcome::of(self.token.exchange(&self.target.redeem(grant)))
    }

    /// What introspection says; `None` where there is none.
    fn introspect(&mut self, token: &str) -> Option<String> {
        let (lane, endpoint) = (self.introspection.as_mut()?, self.target.introspection.as_ref()?);
        Some(match lane.exchange(&self.target.about(endpoint, token)) {
            Ok(answer) if answer.status == 200 => {
                let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
                match body.get("active").and_then(Value::as_bool) {
                    Some(true) => "active".to_owned(),
                    Some(false) => "inactive".to_owned(),
                    None => "200 without `active`".to_owned(),
                }
            }
            Ok(answer) => format!("introspection answers {}", answer.status),
            Err(error) => format!("introspection: {}", complaint(&error)),
        })
    }

    /// Ends what still lives, so that a probe leaves nothing behind.
    fn revoke(&mut self, handed_out: &[Tokens]) -> Option<String> {
        let (lane, endpoint) = (self.revocation.as_mut()?, self.target.revocation.as_ref()?);
        let tokens = handed_out.iter().find_map(|tokens| tokens.refresh.as_deref())?;
        Some(match lane.exchange(&self.target.about(endpoint, tokens)) {
            Ok(answer) => answer.status.to_string(),
            Err(error) => complaint(&error),
        })
    }
}
