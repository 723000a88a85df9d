//! What the documentation shows of each event: a line that could be. Most fields are shown alike everywhere; what is
//! particular to one event stands here.

use super::{AuditField, AuditKind};

impl AuditKind {
    /// The fields of a line that could be, beside those of every line, with their values as JSON.
    #[must_use]
    pub fn example(self) -> Vec<(AuditField, &'static str)> {
        let particular = self.particular();
        let shown = |field: AuditField| match particular.iter().find(|(named, _)| *named == field) {
            Some((_, value)) => value.map(|value| (field, value)),
            None => Some((field, field.example())),
        };
        self.fields().iter().copied().filter_map(shown).collect()
    }

    /// What this event's example has instead of the field's; `None` for what does not apply to it.
    const fn particular(self) -> &'static [(AuditField, Option<&'static str>)] {
        match self {
            // A command that is about one user.
            Self::Administration => &[(AuditField::Count, None)],
            Self::AccountChanged => &[(AuditField::Action, Some("\"totp.enrol\""))],
            Self::ClientRegistration => &[
                (AuditField::Action, Some("\"registration.create\"")),
                (AuditField::ClientId, Some("\"5f0d2f0c-3a6e-4b1a-9d53-0d1c2f1f7a11\"")),
            ],
            // Whom the secret of a client is asked of, unlike the public `demo-spa`.
            Self::RequestRefused => {
                &[(AuditField::ClientId, Some("\"demo-api\"")), (AuditField::Endpoint, Some("\"introspection\""))]
            }
            Self::LogoutUndelivered => &[(AuditField::Cause, Some("\"it answered with status 500\""))],
            // Somebody's own name was typed.
            Self::SignInFailed => &[(AuditField::NameKey, None), (AuditField::Reason, Some("\"wrong_password\""))],
            Self::TokenRefused => &[(AuditField::ClientId, Some("\"demo-a\""))],
            Self::ConsentAllowed
            | Self::ConsentDenied
            | Self::GrantReplayed
            | Self::GrantRevoked
            | Self::LogoutDelivered
            | Self::SessionEnded
            | Self::SessionOpened
            | Self::SignInSucceeded
            | Self::TokenIssued
            | Self::TokenRevoked => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_particular_is_about_fields_that_the_event_has() {
        for kind in AuditKind::ALL {
            assert!(kind.particular().iter().all(|(field, _)| kind.fields().contains(field)), "{kind:?}");
        }
    }
}
