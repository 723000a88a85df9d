//! Refreshing: one conditional update, and a look at the row only if it changed nothing.

use grantor_domain::client::RefreshPolicy;
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::grant::refresh_token::{Narrowed, Parameters, Spent, judge_spent, narrow, rotation};
use grantor_domain::token::refresh_token::RefreshToken;
use grantor_ports::{LiveGrant, RotateOutcome};

use crate::audit::{Credential, Replay};
use crate::client_authentication::ProvenClient;
use crate::failure::Outcome;
use crate::issue::{Issuance, TokenAnswer};
use crate::service::Service;

impl Service {
    /// Refreshes (RFC 6749 §6). A replay revokes the grant; a retry gets the same successor again.
    pub(super) async fn refresh(&self, client: &ProvenClient, parameters: &Parameters) -> Outcome<TokenAnswer> {
        let now = self.now();
        let invalid = |cause: &'static str| Refusal::because(Reason::RefreshTokenInvalid, cause);
        let token = self.ports.sealer.open_refresh_token(parameters.refresh_token()?.expose()).map_err(|problem| {
            Refusal::because(Reason::RefreshTokenInvalid, format!("not one of ours: {problem:?}"))
        })?;
        let rotation = rotation(&token, client, self.clock(now))?;
        // A request that asks for too much must spend nothing, so the grant is looked at first. If that shows the token to
        // be spent already, there is no need to try.
        let held = if parameters.narrows() {
            Some(self.ports.grants.find(&rotation.key, now).await?.ok_or_else(|| invalid("no such live grant"))?)
        } else {
            None
        };
        let outcome = match held {
            Some(held) if held.grant.generation > token.generation => RotateOutcome::Past(held),
            Some(held) => {
                narrow(parameters, &held.grant)?;
                self.ports.grants.rotate(&rotation).await?
            }
            None => self.ports.grants.rotate(&rotation).await?,
        };
        let live = match outcome {
            RotateOutcome::Rotated(live) => live,
            RotateOutcome::Refused => return Err(invalid("no such live grant").into()),
            RotateOutcome::Past(live) => {
                match judge_spent(&live.grant, token.generation, self.clock(now), Some(self.outage.last())) {
                    Spent::Retried => live,
                    Spent::Replayed => {
                        let terms = &live.grant.terms;
                        let (credential, client) = (Credential::RefreshToken, &client.id);
                        let replay = Replay { credential, client, subject: &terms.subject, grant: terms.reference };
                        self.end_replayed(replay, now).await?;
                        return Err(Refusal::new(Reason::RefreshTokenReused).into());
                    }
                }
            }
        };
        self.answer_refresh(client, &token, &live, &narrow(parameters, &live.grant)?)
    }

    fn answer_refresh(
        &self,
        client: &ProvenClient,
        spent: &RefreshToken,
        live: &LiveGrant,
        narrowed: &Narrowed,
    ) -> Outcome<TokenAnswer> {
        let grant = &live.grant;
        let successor = match (client.refresh_policy, grant.spent_at) {
            (RefreshPolicy::Rotate, Some(spent_at)) => {
                Some(self.ports.sealer.refresh_token(&spent.successor(), spent_at))
            }
            _ => None,
        };
        self.issue(Issuance {
            client,
            grant,
            user: &live.claims,
            scope: &narrowed.scope,
            resources: &narrowed.resources,
            refresh_token: successor,
            nonce: None,
        })
    }
}
