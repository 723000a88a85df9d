//! A passkey is used: beside a password, or in its place.

use std::fmt;

use grantor_domain::error::Refusal;
use grantor_domain::user::Subject;
use grantor_ports::{PasskeyCeremonies, StoredPasskey};
use serde_json::Value;

use super::begun::{Begun, BegunFactor};
use super::code::wrong;
use crate::audit::AuditEvent;
use crate::authorize::Browser;
use crate::failure::Outcome;
use crate::service::Service;

/// What a page offers to do with a passkey.
#[derive(Clone, Debug)]
pub struct PasskeyOffer {
    /// What its script hands to the browser (Web Authentication §5.1.8, §5.1.9).
    pub options: Value,
    /// What is begun, for the form.
    pub begun: BegunFactor,
}

/// What came of it.
#[derive(Clone)]
pub struct PasskeyAnswer {
    /// What was begun.
    pub begun: BegunFactor,
    /// What the browser answered, in JSON.
    pub credential: String,
}

impl fmt::Debug for PasskeyAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasskeyAnswer(…)")
    }
}

impl Service {
    /// Offers a sign-in with one of these passkeys of this person; or with whichever passkey of whomever. None where there can be no
    /// passkeys.
    pub(crate) fn offer_passkey(
        &self,
        owner: Option<(&Subject, &[StoredPasskey])>,
        browser: [u8; 32],
    ) -> Outcome<Option<PasskeyOffer>> {
        let Some(passkeys) = &self.ports.passkeys else { return Ok(None) };
        let (subject, known) = owner.map_or((None, [].as_slice()), |(subject, known)| (Some(subject), known));
        let ceremony = passkeys.begin_authentication(known)?;
        let begun = self.seal_begun(Begun::Authentication(ceremony.state), subject, browser)?;
        Ok(Some(PasskeyOffer { options: ceremony.options, begun }))
    }

    /// Whose passkey signed what was begun: `subject`, or if that is not known yet, whoever it is.
    pub(crate) async fn check_passkey(
        &self,
        subject: Option<&Subject>,
        answer: &PasskeyAnswer,
        browser: Option<&Browser>,
    ) -> Outcome<Subject> {
        let Begun::Authentication(state) = self.open_begun(&answer.begun, subject, browser)? else {
            return Err(wrong("it was begun for something else").into());
        };
        let passkeys = self.passkeys()?;
        let named = passkeys.named(&answer.credential).ok_or_else(|| wrong("the answer names no passkey"))?;
        let found = self.ports.second_factors.passkey(&named.id).await?;
        let found = found.filter(|(owner, passkey)| {
            // Who is not known yet must be told by the authenticator, too (Web Authentication §7.2 step 6).
            let told = named.user_handle.as_deref().map(|handle| handle == passkey.user_handle);
            subject.is_none_or(|subject| subject == owner) && told.unwrap_or(subject.is_some())
        });
        let Some((owner, passkey)) = found else {
            self.audit(AuditEvent::SignInFailed { why: "unknown_passkey", subject, name_key: None });
            return Err(wrong("nobody has this passkey, or somebody else").into());
        };
        match passkeys.finish_authentication(&state, &answer.credential, &passkey.record) {
            Ok(record) => {
                self.finish_once(&answer.begun).await?;
                self.ports.second_factors.use_passkey(&passkey.id, &record, self.now()).await?;
                Ok(owner)
            }
            Err(refused) => {
                self.audit(AuditEvent::SignInFailed { why: "wrong_passkey", subject: Some(&owner), name_key: None });
                Err(wrong(format!("the passkey's answer does not fit: {}", refused.0)).into())
            }
        }
    }

    /// The ceremonies, where there can be passkeys: they need an issuer with a name.
    pub(super) fn passkeys(&self) -> Result<&dyn PasskeyCeremonies, Refusal> {
        self.ports.passkeys.as_deref().ok_or_else(|| wrong("there are no passkeys here"))
    }
}
