//! A code is checked: of an authenticator app, or one that was written down.

use grantor_domain::error::{Reason, Refusal};
use grantor_domain::second_factor::{RecoveryCode, TotpSecret, TypedCode};
use grantor_domain::secret::Secret;
use grantor_domain::user::Subject;
use grantor_ports::{CryptoFailure, StoredTotp};

use crate::attempts::CountedAs;
use crate::audit::{AccountAct, AuditEvent};
use crate::failure::{Failure, Outcome};
use crate::service::Service;

impl Service {
    /// Checks what somebody typed who has proven to be `subject` otherwise. Right, it is used up; wrong, it counts against the next.
    /// Only codes of an app are counted: nobody guesses the others, and whoever knows the password must not be able to keep their
    /// owner from using one.
    pub(crate) async fn check_code(
        &self,
        subject: &Subject,
        typed: &Secret,
        (counted, address): (&CountedAs, Option<&str>),
    ) -> Outcome<()> {
        let is_spent = match TypedCode::parse(typed.expose()) {
            None => false,
            Some(TypedCode::Recovery(code)) => self.spend_recovery_code(subject, &code).await?,
            Some(TypedCode::Totp(code)) => self.spend_totp(subject, &code, (counted, address)).await?,
        };
        if is_spent {
            return Ok(());
        }
        self.audit(AuditEvent::SignInFailed { why: "wrong_code", subject: Some(subject), name_key: None });
        Err(wrong("the code is wrong, or was used").into())
    }

    async fn spend_recovery_code(&self, subject: &Subject, code: &RecoveryCode) -> Outcome<bool> {
        let is_spent = self.ports.second_factors.spend_recovery_code(subject, &code.hash()).await?;
        if is_spent {
            self.audit(AuditEvent::AccountChanged { act: AccountAct::UsedRecoveryCode, subject });
        }
        Ok(is_spent)
    }

    async fn spend_totp(
        &self,
        subject: &Subject,
        code: &Secret,
        (counted, address): (&CountedAs, Option<&str>),
    ) -> Outcome<bool> {
        let claimed = self.claim_attempt(counted, address).await;
        claimed.inspect_err(|failure| {
            if matches!(failure, Failure::Refused(_)) {
                self.audit(AuditEvent::SignInFailed { why: "throttled", subject: Some(subject), name_key: None });
            }
        })?;
        let is_spent = self.spend_step(subject, code).await;
        // Whoever is right is forgiven; and what was not looked at, because something is wrong here, is nobody's failure.
        if !matches!(is_spent, Ok(false)) {
            self.forgive(counted).await?;
        }
        is_spent
    }

    async fn spend_step(&self, subject: &Subject, code: &Secret) -> Outcome<bool> {
        let factors = &self.ports.second_factors;
        let Some(totp) = factors.of(subject).await?.totp else { return Ok(false) };
        match self.totp_secret(&totp)?.accepts(code.expose(), self.now(), totp.last_step) {
            Some(step) => Ok(factors.spend_step(subject, step).await?),
            None => Ok(false),
        }
    }

    fn totp_secret(&self, totp: &StoredTotp) -> Outcome<TotpSecret> {
        let text = self.ports.client_secrets.reveal(&totp.secret)?;
        let secret = TotpSecret::parse(text.expose());
        secret.ok_or_else(|| CryptoFailure::new("the stored secret of an authenticator app is damaged").into())
    }
}

/// The one answer to whatever second factor does not count.
pub(super) fn wrong(cause: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::because(Reason::CredentialsInvalid, cause)
}
