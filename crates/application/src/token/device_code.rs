//! A device asks whether it may (RFC 8628 §3.4): one conditional write, and one more when it may.

use grantor_domain::error::{Reason, Refusal};
use grantor_domain::grant::device_code::{DeviceCode, Parameters, check, redeem};
use grantor_domain::secret::GrantSecret;
use grantor_ports::Sealed;

use crate::audit::{Credential, Replay};
use crate::client_authentication::ProvenClient;
use crate::failure::Outcome;
use crate::issue::TokenAnswer;
use crate::service::Service;

impl Service {
    /// Gives a device its tokens once the person allowed it. A second time, what the first gave is revoked, as with any
    /// code (RFC 6749 §4.1.2).
    pub(super) async fn redeem_device_code(
        &self,
        client: &ProvenClient,
        parameters: &Parameters,
    ) -> Outcome<TokenAnswer> {
        let now = self.now();
        let text = parameters.device_code()?.expose();
        let code: DeviceCode = self.open_sealed(Sealed::DeviceCode, text, Reason::DeviceCodeInvalid)?;
        check(&code, client, now)?;
        let poll = self.ports.devices.poll(code.grant, now).await?.ok_or(Refusal::new(Reason::DeviceCodeExpired))?;
        let secret = GrantSecret::new(self.ports.random.array());
        let redemption = redeem((&poll.decision, poll.is_too_fast), client, &secret, self.clock(now))?;
        let replay = Replay {
            credential: Credential::DeviceCode,
            client: &client.id,
            subject: &redemption.grant.terms.subject,
            grant: redemption.grant.terms.reference,
        };
        self.open_granted(client, &redemption, secret, (replay, Reason::DeviceCodeReused)).await
    }
}
