//! What clients are told instead of people's subjects (OpenID Connect Core §8), and the way back.

use grantor_domain::client::Client;
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::token::access_token::AccessToken;
use grantor_domain::token::pairwise::PairwiseSubject;
use grantor_domain::user::Subject;
use grantor_ports::Sealed;

use crate::failure::Outcome;
use crate::service::Service;

impl Service {
    /// What the client is told instead of this subject; none if it is told the subject itself.
    pub(crate) fn pairwise_sub(&self, client: &Client, subject: &str) -> Outcome<Option<Subject>> {
        let sub = client.sector.as_ref().map(|sector| self.ports.pairwise_subjects.pairwise(sector, subject));
        Ok(sub.transpose()?)
    }

    /// Likewise, with the way back: for what comes back to us.
    pub(crate) fn pairwise(&self, client: &Client, subject: &str) -> Outcome<Option<PairwiseSubject>> {
        let Some(sub) = self.pairwise_sub(client, subject)? else { return Ok(None) };
        let account = self.ports.sealer.seal(Sealed::Account, subject.as_bytes(), self.now())?;
        Ok(Some(PairwiseSubject { sub, account }))
    }

    /// Whom an access token of ours is about: a user, or the client itself.
    pub(crate) fn account_of(&self, token: &AccessToken) -> Result<String, Refusal> {
        self.account(&token.subject, token.account.as_deref())
    }

    /// Whom a token of ours is about that has this `sub` and this sealed `account`.
    pub(crate) fn account(&self, sub: &str, sealed: Option<&str>) -> Result<String, Refusal> {
        let invalid = || Refusal::because(Reason::AccessTokenInvalid, "the sealed account does not open");
        let Some(sealed) = sealed else { return Ok(sub.to_owned()) };
        let account = self.ports.sealer.open(Sealed::Account, sealed).map_err(|_not_ours| invalid())?;
        String::from_utf8(account).map_err(|_not_text| invalid())
    }
}
