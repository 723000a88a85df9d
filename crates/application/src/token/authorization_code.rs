//! Redeeming a code: open the seal, let the domain decide, open the grant in one statement.

use grantor_domain::error::{Reason, Refusal};
use grantor_domain::grant::authorization_code::{Parameters, Redemption, redeem};
use grantor_domain::secret::GrantSecret;
use grantor_domain::token::authorization_code::AuthorizationCode;
use grantor_domain::token::refresh_token::RefreshToken;
use grantor_ports::{OpenOutcome, Sealed, Unavailable};

use crate::audit::{AuditEvent, Credential, Replay};
use crate::client_authentication::ProvenClient;
use crate::failure::Outcome;
use crate::issue::{Issuance, TokenAnswer};
use crate::service::Service;

impl Service {
    /// Redeems a code (RFC 6749 §4.1.3). A second redemption, also of a code that has expired since, revokes what the
    /// first one gave (§4.1.2).
    pub(super) async fn redeem_code(&self, client: &ProvenClient, parameters: &Parameters) -> Outcome<TokenAnswer> {
        let now = self.now();
        let text = parameters.code()?.expose();
        let code: AuthorizationCode = self.open_sealed(Sealed::AuthorizationCode, text, Reason::CodeInvalid)?;
        // Drawn once, before the first attempt: it is how storage tells our own repetition from another redemption.
        let secret = GrantSecret::new(self.ports.random.array());
        let replay = Replay {
            credential: Credential::AuthorizationCode,
            client: &client.id,
            subject: &code.subject,
            grant: code.grant,
        };
        let redemption = match redeem(&code, parameters, client, &secret, self.clock(now)) {
            Ok(redemption) => redemption,
            Err(rejection) => {
                if let Some(grant) = rejection.revoke
                    && self.ports.grants.revoke(grant, now).await?
                {
                    // Somebody redeemed it in time: this was its second use.
                    self.audit(AuditEvent::GrantReplayed(replay));
                    self.audit(replay.revoked());
                }
                return Err(rejection.refusal.into());
            }
        };
        self.open_granted(client, &redemption, secret, (replay, Reason::CodeReused)).await
    }

    /// Opens what a person granted, in one statement, and issues from it. A second time what the first gave is revoked, and
    /// the request refused for `reused`.
    pub(super) async fn open_granted(
        &self,
        client: &ProvenClient,
        redemption: &Redemption,
        secret: GrantSecret,
        (replay, reused): (Replay<'_>, Reason),
    ) -> Outcome<TokenAnswer> {
        let opened = self.ports.grants.open(&redemption.grant).await;
        let now = self.now();
        if opened.is_err() {
            self.outage.unheard(now);
        }
        let user = match opened? {
            OpenOutcome::Opened(user) => user,
            // Whoever opened it may have been told of an outage, and tries again here: in seconds it is taken back, or not.
            OpenOutcome::AlreadyRedeemed if self.outage.is_settling(now) => {
                return Err(Unavailable::new("the code was redeemed around an outage, perhaps unheard").into());
            }
            OpenOutcome::AlreadyRedeemed => {
                self.end_replayed(replay, now).await?;
                return Err(Refusal::new(reused).into());
            }
            OpenOutcome::SubjectRefused => return Err(Refusal::new(Reason::SubjectRefused).into()),
        };
        let token = RefreshToken { grant: replay.grant.id, generation: 0, secret };
        let grant = redemption.grant.opened();
        self.issue(Issuance {
            client,
            grant: &grant,
            user: &user,
            scope: &grant.terms.scope,
            resources: &redemption.resources,
            refresh_token: redemption.refreshable.then(|| self.ports.sealer.refresh_token(&token, now)),
            nonce: redemption.nonce.as_deref(),
        })
    }
}
