//! Factors are enrolled, and the recovery codes that come with the first.

use std::fmt;

use grantor_domain::second_factor::{RecoveryCode, TotpSecret};
use grantor_domain::secret::Secret;
use grantor_domain::user::{Subject, User};
use grantor_ports::{EnrolledFactors, PasskeyOwner, RecoveryCodeHash, SecretUse, StoredPasskey, StoredTotp};

use super::begun::{Begun, BegunFactor};
use super::code::wrong;
use super::passkey::{PasskeyAnswer, PasskeyOffer};
use crate::audit::{AccountAct, AuditEvent};
use crate::authorize::Browser;
use crate::failure::Outcome;
use crate::service::Service;

/// How many passkeys a person may have: every sign-in of theirs reads them all.
const PASSKEYS: usize = 20;

/// Longest name of a passkey, in characters; what is longer is cut.
const NAME_CHARACTERS: usize = 64;

/// What a person needs to set their authenticator app up. They are shown it once.
#[derive(Clone, Debug)]
pub struct TotpSetUp {
    /// What they type into it.
    pub secret: Secret,
    /// What a QR code tells it.
    pub address: Secret,
    /// What is begun, for the form.
    pub begun: BegunFactor,
}

/// New recovery codes, as their owner writes them down. Nobody can be shown them again.
#[derive(Clone, Default)]
pub struct RecoveryCodes(Vec<RecoveryCode>);

impl RecoveryCodes {
    /// The codes; none if the person kept those that they had.
    pub fn texts(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().map(RecoveryCode::text)
    }

    /// Whether there is nothing to write down.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn hashes(&self) -> Vec<RecoveryCodeHash> {
        self.0.iter().map(RecoveryCode::hash).collect()
    }
}

impl fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCodes(…)")
    }
}

impl Service {
    /// Draws a secret for a person's app.
    pub(crate) fn begin_totp(&self, user: &User, browser: [u8; 32]) -> Outcome<TotpSetUp> {
        let secret = TotpSecret::new(self.ports.random.array());
        let text = secret.text();
        let begun = Begun::Totp(text.expose().to_owned());
        Ok(TotpSetUp {
            address: secret.address(self.settings.issuer_host(), user.username.as_str()),
            begun: self.seal_begun(begun, Some(&user.subject), browser)?,
            secret: text,
        })
    }

    /// The same again: what was typed did not fit.
    pub(crate) fn resume_totp(
        &self,
        user: &User,
        begun: &BegunFactor,
        browser: Option<&Browser>,
    ) -> Outcome<TotpSetUp> {
        let secret = self.begun_totp(&user.subject, begun, browser)?;
        let address = secret.address(self.settings.issuer_host(), user.username.as_str());
        Ok(TotpSetUp { secret: secret.text(), address, begun: begun.clone() })
    }

    fn begun_totp(&self, subject: &Subject, begun: &BegunFactor, browser: Option<&Browser>) -> Outcome<TotpSecret> {
        match self.open_begun(begun, Some(subject), browser)? {
            Begun::Totp(text) => Ok(TotpSecret::parse(&text).ok_or_else(|| wrong("the secret is damaged"))?),
            Begun::Registration { .. } | Begun::Authentication(_) => {
                Err(wrong("it was begun for something else").into())
            }
        }
    }

    /// Enrols the app if it shows the right code.
    pub(crate) async fn finish_totp(
        &self,
        subject: &Subject,
        (begun, typed): (&BegunFactor, &Secret),
        browser: Option<&Browser>,
    ) -> Outcome<RecoveryCodes> {
        let secret = self.begun_totp(subject, begun, browser)?;
        let digits: String = typed.expose().chars().filter(|c| !c.is_whitespace()).collect();
        let step = secret.accepts(&digits, self.now(), 0).ok_or_else(|| wrong("the code of the new app is wrong"))?;
        self.finish_once(begun).await?;
        let sealed = self.ports.client_secrets.protect(&secret.text(), SecretUse::Signs)?;
        let factors = &self.ports.second_factors;
        let codes = self.first_codes(&factors.of(subject).await?);
        let (totp, hashes) = (StoredTotp { secret: sealed, last_step: step }, codes.hashes());
        let given = Some(hashes.as_slice()).filter(|hashes| !hashes.is_empty());
        if !factors.enrol_totp(subject, &totp, given).await? {
            return Err(wrong("the user is gone").into());
        }
        self.audit(AuditEvent::AccountChanged { act: AccountAct::EnrolledTotp, subject });
        Ok(codes)
    }

    /// Begins to make a passkey for somebody who has these factors. None where there can be no passkeys, or they have as many as one
    /// may have.
    pub(crate) fn begin_passkey(
        &self,
        user: &User,
        enrolled: &EnrolledFactors,
        browser: [u8; 32],
    ) -> Outcome<Option<PasskeyOffer>> {
        let Some(passkeys) = self.ports.passkeys.as_ref().filter(|_| enrolled.passkeys.len() < PASSKEYS) else {
            return Ok(None);
        };
        let known = enrolled.passkeys.first().map(|passkey| passkey.user_handle);
        let user_handle = known.unwrap_or_else(|| self.ports.random.array());
        let name = user.username.as_str();
        let owner = PasskeyOwner { user_handle, name, display_name: user.claims.name().unwrap_or(name) };
        let ceremony = passkeys.begin_registration(owner, &enrolled.passkeys)?;
        let begun = Begun::Registration { user_handle, state: ceremony.state };
        let begun = self.seal_begun(begun, Some(&user.subject), browser)?;
        Ok(Some(PasskeyOffer { options: ceremony.options, begun }))
    }

    /// Enrols the passkey that the browser made; `name` is what its owner calls it.
    pub(crate) async fn finish_passkey(
        &self,
        subject: &Subject,
        (answer, name): (&PasskeyAnswer, &str),
        browser: Option<&Browser>,
    ) -> Outcome<RecoveryCodes> {
        let Begun::Registration { user_handle, state } = self.open_begun(&answer.begun, Some(subject), browser)? else {
            return Err(wrong("it was begun for something else").into());
        };
        let made = self.passkeys()?.finish_registration(&state, &answer.credential);
        let made = made.map_err(|refused| wrong(format!("the new passkey does not fit: {}", refused.0)))?;
        self.finish_once(&answer.begun).await?;
        let passkey = StoredPasskey {
            id: made.id,
            user_handle,
            name: name.trim().chars().filter(|c| !c.is_control()).take(NAME_CHARACTERS).collect(),
            record: made.record,
            added_at: self.now(),
            used_at: None,
        };
        let factors = &self.ports.second_factors;
        let enrolled = factors.of(subject).await?;
        if enrolled.passkeys.len() >= PASSKEYS {
            return Err(wrong("nobody may have so many passkeys").into());
        }
        let codes = self.first_codes(&enrolled);
        let hashes = codes.hashes();
        let given = Some(hashes.as_slice()).filter(|hashes| !hashes.is_empty());
        if !factors.enrol_passkey(subject, &passkey, given).await? {
            return Err(wrong("the user is gone, or the passkey is somebody's").into());
        }
        self.audit(AuditEvent::AccountChanged { act: AccountAct::EnrolledPasskey, subject });
        Ok(codes)
    }

    /// New recovery codes in place of those that the person has; none if they have no factor.
    pub(crate) async fn renew_recovery_codes(&self, subject: &Subject) -> Outcome<Option<RecoveryCodes>> {
        let codes = self.new_codes();
        if !self.ports.second_factors.replace_recovery_codes(subject, &codes.hashes()).await? {
            return Ok(None);
        }
        self.audit(AuditEvent::AccountChanged { act: AccountAct::RenewedRecoveryCodes, subject });
        Ok(Some(codes))
    }

    /// Codes for somebody who has none left.
    fn first_codes(&self, enrolled: &EnrolledFactors) -> RecoveryCodes {
        if enrolled.recovery_codes == 0 { self.new_codes() } else { RecoveryCodes::default() }
    }

    fn new_codes(&self) -> RecoveryCodes {
        RecoveryCodes((0..RecoveryCode::COUNT).map(|_code| RecoveryCode::new(self.ports.random.array())).collect())
    }
}
