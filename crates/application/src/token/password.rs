//! The password grant: the same check as the sign-in page, then a grant without a session.

use std::net::IpAddr;

use grantor_domain::error::{Reason, Refusal};
use grantor_domain::grant::is_refreshable;
use grantor_domain::grant::password::{GrantEntropy, Parameters, attempt, grant, refused};
use grantor_domain::secret::GrantSecret;
use grantor_domain::token::refresh_token::RefreshToken;
use grantor_ports::{CryptoFailure, OpenOutcome};

use crate::attempts::PasswordOrigin;
use crate::client_authentication::ProvenClient;
use crate::failure::{Failure, Outcome};
use crate::issue::{Issuance, TokenAnswer};
use crate::service::Service;

impl Service {
    /// Grants by the person's own password (RFC 6749 §4.3).
    pub(super) async fn grant_by_password(
        &self,
        client: &ProvenClient,
        parameters: &Parameters,
        address: Option<IpAddr>,
    ) -> Outcome<TokenAnswer> {
        let attempt = attempt(parameters, client, &self.settings.issuer)?;
        // Before the password is checked, which takes a while: what voids older sign-ins meanwhile, above all a new
        // password, must void this one.
        let now = self.now();
        let address = address.map(|address| address.to_string());
        let origin = PasswordOrigin { address: address.as_deref(), browser: None };
        let proven = self.check_password(attempt.username.as_ref(), attempt.password.clone(), origin).await?;
        if proven.has_second_factor {
            return Err(Refusal::because(Reason::SecondFactorRequired, "the user has a second factor").into());
        }
        let random = &self.ports.random;
        let entropy = GrantEntropy { id: random.array(), secret: GrantSecret::new(random.array()) };
        let new = grant(&attempt, proven.user.subject, client, &entropy, self.clock(now));
        let claims = match self.ports.grants.open(&new).await? {
            OpenOutcome::Opened(claims) => claims,
            OpenOutcome::SubjectRefused => return Err(refused("the user may not be served").into()),
            OpenOutcome::AlreadyRedeemed => {
                return Err(Failure::Defect(CryptoFailure::new("a fresh grant identifier was taken")));
            }
        };
        let token = RefreshToken { grant: new.terms.reference.id, generation: 0, secret: entropy.secret };
        let opened = new.opened();
        self.issue(Issuance {
            client,
            grant: &opened,
            user: &claims,
            scope: &opened.terms.scope,
            resources: &opened.terms.resources,
            refresh_token: is_refreshable(client).then(|| self.ports.sealer.refresh_token(&token, now)),
            nonce: attempt.nonce.as_deref(),
        })
    }
}
