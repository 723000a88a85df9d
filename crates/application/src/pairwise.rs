//! What clients are told instead of people's subjects (OpenID Connect Core §8), and the way back.

use grantor_domain::client::{Client, ClientSettings, SubjectType};
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::id::SessionId;
use grantor_domain::token::access_token::AccessToken;
use grantor_domain::token::pairwise::PairwiseSubject;
use grantor_domain::user::Subject;
use grantor_ports::{KeyPurpose, Sealed, Unavailable};

use crate::failure::Outcome;
use crate::service::Service;

/// How often it is tried again after somebody else changed the ring.
const ATTEMPTS: usize = 5;

impl Service {
    /// What the client is told instead of this subject; none if it is told the subject itself.
    pub(crate) fn pairwise_sub(&self, client: &Client, subject: &str) -> Outcome<Option<Subject>> {
        let sub = client.sector.as_ref().map(|sector| self.ports.pairwise_subjects.pairwise(sector, subject));
        Ok(sub.transpose()?)
    }

    /// Likewise, with the way back: for what comes back to us.
    pub(crate) fn pairwise(&self, client: &Client, subject: &str) -> Outcome<Option<PairwiseSubject>> {
        let Some(sub) = self.pairwise_sub(client, subject)? else { return Ok(None) };
        Ok(Some(PairwiseSubject { sub, account: self.seal_account(subject)? }))
    }

    /// The subject, for nobody but us to read.
    pub(crate) fn seal_account(&self, subject: &str) -> Outcome<String> {
        Ok(self.ports.sealer.seal(Sealed::Account, subject.as_bytes(), self.now())?)
    }

    /// The `sid` by which the client knows a session.
    pub(crate) fn sid(&self, client: &Client, session: SessionId) -> Outcome<SessionId> {
        match &client.sector {
            Some(sector) => Ok(self.ports.pairwise_subjects.pairwise_session(sector, session)?),
            None => Ok(session),
        }
    }

    /// Makes the salt for the first client that has such subjects, in a database from before there were any: no sooner, because
    /// servers of that version cannot read it.
    pub(crate) async fn ensure_salt_for(&self, settings: &ClientSettings) -> Outcome<()> {
        if settings.subject_type == SubjectType::Public {
            return Ok(());
        }
        for _attempt in 0..ATTEMPTS {
            let (keys, now) = (self.ports.keys.list().await?, self.now());
            if keys.iter().any(|key| key.purpose == KeyPurpose::PairwiseSalt) {
                return Ok(());
            }
            let number = keys.iter().map(|key| key.number).max().unwrap_or(0).saturating_add(1);
            let salt = self.ports.key_ring.make(KeyPurpose::PairwiseSalt, number, now, now)?;
            if self.ports.keys.rotate(&[salt], &[], now).await? {
                return self.reload_keys().await;
            }
        }
        Err(Unavailable::new("others keep changing the key ring").into())
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
