//! The events, with what each carries.

use grantor_domain::client::ClientId;
use grantor_domain::error::Reason;
use grantor_domain::grant::{GrantRef, GrantType};
use grantor_domain::id::{SessionId, TokenId};
use grantor_domain::scope::ScopeSet;
use grantor_domain::user::Subject;

use super::{AuditKind, Object};
use crate::authorize::ConsentDecision;
use crate::issue::TokenAnswer;

/// Something that an operator may want to know of.
#[derive(Clone, Copy)]
pub(crate) enum AuditEvent<'a> {
    /// A person changed how they sign in, or took something back.
    AccountChanged { act: AccountAct, subject: &'a Subject },
    /// An administrator did something, or tried to.
    Administration { action: &'static str, object: Object<'a>, outcome: &'static str, count: Option<u64> },
    /// A person answered the consent page.
    Consent {
        decision: ConsentDecision,
        client: &'a ClientId,
        subject: &'a Subject,
        session: SessionId,
        scope: &'a ScopeSet,
    },
    /// A code or refresh token came a second time.
    GrantReplayed(Replay<'a>),
    /// A grant ended before its time.
    GrantRevoked { by: RevokedBy, client: Option<&'a ClientId>, subject: Option<&'a Subject>, grant: GrantRef },
    /// A client was told that a session ended, or could not be, and why.
    LogoutNotified { client: &'a ClientId, subject: &'a Subject, session: SessionId, problem: Option<&'a str> },
    /// A client that registers itself did so, or changed or ended that.
    Registration { act: RegistrationAct, client: &'a ClientId },
    /// A request was refused.
    Refused { endpoint: &'static str, reason: Reason, client: Option<&'a ClientId>, cause: &'a str, reference: &'a str },
    /// A person signed out, at the request of a client if one is named.
    SessionEnded { session: SessionId, subject: &'a Subject, client: Option<&'a ClientId> },
    /// A browser is signed in.
    SessionOpened { session: SessionId, subject: &'a Subject },
    /// A password was wrong, or its user may not sign in. `name_key` is the beginning of the keyed hash of a name that is
    /// nobody's.
    SignInFailed { why: &'static str, subject: Option<&'a Subject>, name_key: Option<&'a str> },
    /// A password was right.
    SignInSucceeded { subject: &'a Subject },
    /// Tokens were issued.
    TokenIssued { grant_type: GrantType, client: &'a ClientId, answer: &'a TokenAnswer },
    /// An access token ended before its time.
    TokenRevoked { client: &'a ClientId, subject: &'a str, token: TokenId },
}

/// A code or refresh token that came a second time.
#[derive(Clone, Copy)]
pub(crate) struct Replay<'a> {
    pub(crate) credential: Credential,
    /// Who sent it.
    pub(crate) client: &'a ClientId,
    /// Whose grant it is.
    pub(crate) subject: &'a Subject,
    pub(crate) grant: GrantRef,
}

/// What was used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// An authorization code.
    AuthorizationCode,
    /// A device code.
    DeviceCode,
    /// A refresh token.
    RefreshToken,
}

/// What a person did to their own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccountAct {
    EnrolledPasskey,
    EnrolledTotp,
    RemovedPasskey,
    RemovedTotp,
    RenewedRecoveryCodes,
    SetClaims,
    SetPassword,
    UsedRecoveryCode,
    WithdrewConsent,
}

/// What became of a client that registers itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RegistrationAct {
    /// It registered.
    Created,
    /// It deleted itself.
    Deleted,
    /// It is another now.
    Updated,
}

/// Who ended a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RevokedBy {
    /// The shell.
    Administrator,
    /// Its own client.
    Client,
    /// The second use of a code or refresh token.
    Replay,
    /// Whose grant it is.
    User,
}

impl<'a> Replay<'a> {
    /// The end of the grant for it.
    pub(crate) const fn revoked(self) -> AuditEvent<'a> {
        let Self { client, subject, grant, .. } = self;
        AuditEvent::GrantRevoked { by: RevokedBy::Replay, client: Some(client), subject: Some(subject), grant }
    }
}

impl Credential {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::DeviceCode => "device_code",
            Self::RefreshToken => "refresh_token",
        }
    }
}

impl AccountAct {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::EnrolledPasskey => "passkey.enrol",
            Self::EnrolledTotp => "totp.enrol",
            Self::RemovedPasskey => "passkey.remove",
            Self::RemovedTotp => "totp.remove",
            Self::RenewedRecoveryCodes => "recovery_codes.renew",
            Self::SetClaims => "profile.set",
            Self::SetPassword => "password.set",
            Self::UsedRecoveryCode => "recovery_code.use",
            Self::WithdrewConsent => "consent.withdraw",
        }
    }
}

impl RegistrationAct {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "registration.create",
            Self::Deleted => "registration.delete",
            Self::Updated => "registration.update",
        }
    }
}

impl RevokedBy {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Client => "client",
            Self::Replay => "replay",
            Self::User => "user",
        }
    }
}

impl AuditEvent<'_> {
    /// Which event it is.
    pub(super) fn kind(&self) -> AuditKind {
        match self {
            Self::AccountChanged { .. } => AuditKind::AccountChanged,
            Self::Administration { .. } => AuditKind::Administration,
            Self::Consent { decision: ConsentDecision::Allow, .. } => AuditKind::ConsentAllowed,
            Self::Consent { decision: ConsentDecision::Deny, .. } => AuditKind::ConsentDenied,
            Self::GrantReplayed(_) => AuditKind::GrantReplayed,
            Self::GrantRevoked { .. } => AuditKind::GrantRevoked,
            Self::LogoutNotified { problem: None, .. } => AuditKind::LogoutDelivered,
            Self::LogoutNotified { problem: Some(_), .. } => AuditKind::LogoutUndelivered,
            Self::Registration { .. } => AuditKind::ClientRegistration,
            Self::Refused { endpoint: "token", .. } => AuditKind::TokenRefused,
            Self::Refused { .. } => AuditKind::RequestRefused,
            Self::SessionEnded { .. } => AuditKind::SessionEnded,
            Self::SessionOpened { .. } => AuditKind::SessionOpened,
            Self::SignInFailed { .. } => AuditKind::SignInFailed,
            Self::SignInSucceeded { .. } => AuditKind::SignInSucceeded,
            Self::TokenIssued { .. } => AuditKind::TokenIssued,
            Self::TokenRevoked { .. } => AuditKind::TokenRevoked,
        }
    }
}
