//! How an event becomes a line of the log: the one place that writes them. A field that does not apply is left out.

use std::net::IpAddr;

use grantor_domain::client::ClientId;
use grantor_domain::user::Subject;

use super::{AUDIT_TARGET, AuditEvent, AuditKind, Object, Replay, RevokedBy, origin};
use crate::service::Service;

/// Every field that an event can have.
#[derive(Default)]
pub(super) struct Line<'a> {
    action: Option<&'a str>,
    actor: Option<&'a str>,
    address: Option<String>,
    by: Option<&'a str>,
    cause: Option<&'a str>,
    client_id: Option<&'a str>,
    count: Option<u64>,
    credential: Option<&'a str>,
    endpoint: Option<&'a str>,
    error: Option<&'a str>,
    expires_in: Option<i64>,
    grant: Option<String>,
    grant_type: Option<&'a str>,
    name_key: Option<&'a str>,
    object: Option<String>,
    object_kind: Option<&'a str>,
    outcome: Option<&'a str>,
    reason: Option<String>,
    reference: Option<String>,
    scope: Option<String>,
    session: Option<String>,
    subject: Option<&'a str>,
    token_id: Option<String>,
    with_id_token: Option<bool>,
    with_refresh_token: Option<bool>,
}

impl<'a> Line<'a> {
    /// What an administrator did.
    pub(super) fn of_administration(actor: &'a str, action: &'a str, object: Object<'_>, outcome: &'a str) -> Self {
        Self {
            action: Some(action),
            object_kind: Some(object.kind()),
            object: object.name(),
            outcome: Some(outcome),
            actor: Some(actor),
            ..Self::default()
        }
    }

    /// What `event` says, and where it came from.
    pub(super) fn of(event: AuditEvent<'a>, service: &'a Service) -> Self {
        let about_request = Self {
            address: origin::address().as_ref().map(IpAddr::to_string),
            // What ties an event to the line about the refusal that follows it; a success has no other line to be tied to.
            reference: ties_to_a_refusal(&event).then(|| service.reference()),
            ..Self::default()
        };
        match event {
            AuditEvent::Administration { action, object, outcome, count } => {
                Self { count, ..Self::of_administration(&service.audit.actor, action, object, outcome) }
            }
            AuditEvent::Refused { endpoint, reason, client, cause, reference } => Self {
                endpoint: Some(endpoint),
                error: Some(reason.wire().code.as_str()),
                reason: Some(reason.anchor()),
                client_id: client.map(ClientId::as_str),
                cause: Some(cause).filter(|cause| !cause.is_empty()),
                reference: Some(reference.to_owned()),
                ..about_request
            },
            AuditEvent::Consent { client, subject, session, scope, .. } => Self {
                client_id: Some(client.as_str()),
                subject: Some(subject.as_str()),
                session: Some(session.to_string()),
                scope: Some(scope.to_string()),
                ..about_request
            },
            AuditEvent::LogoutNotified { client, subject, session, problem } => Self {
                client_id: Some(client.as_str()),
                subject: Some(subject.as_str()),
                session: Some(session.to_string()),
                cause: problem,
                ..about_request
            },
            AuditEvent::SessionEnded { session, subject, client } => Self {
                client_id: client.map(ClientId::as_str),
                session: Some(session.to_string()),
                subject: Some(subject.as_str()),
                ..about_request
            },
            AuditEvent::Registration { act, client } => {
                Self { action: Some(act.as_str()), client_id: Some(client.as_str()), ..about_request }
            }
            AuditEvent::AccountChanged { act, subject } => {
                Self { action: Some(act.as_str()), subject: Some(subject.as_str()), ..about_request }
            }
            AuditEvent::SessionOpened { session, subject } => {
                Self { session: Some(session.to_string()), subject: Some(subject.as_str()), ..about_request }
            }
            AuditEvent::SignInFailed { why, subject, name_key } => {
                Self { reason: Some(why.to_owned()), subject: subject.map(Subject::as_str), name_key, ..about_request }
            }
            AuditEvent::SignInSucceeded { subject } => Self { subject: Some(subject.as_str()), ..about_request },
            AuditEvent::GrantReplayed(_)
            | AuditEvent::GrantRevoked { .. }
            | AuditEvent::TokenIssued { .. }
            | AuditEvent::TokenRevoked { .. } => about_request.of_grant(event),
        }
    }

    fn of_grant(self, event: AuditEvent<'a>) -> Self {
        match event {
            AuditEvent::GrantReplayed(Replay { credential, client, subject, grant }) => Self {
                credential: Some(credential.as_str()),
                client_id: Some(client.as_str()),
                subject: Some(subject.as_str()),
                grant: Some(grant.to_string()),
                ..self
            },
            AuditEvent::GrantRevoked { by, client, subject, grant } => Self {
                by: Some(by.as_str()),
                client_id: client.map(ClientId::as_str),
                subject: subject.map(Subject::as_str),
                grant: Some(grant.to_string()),
                ..self
            },
            AuditEvent::TokenIssued { grant_type, client, answer } => {
                let grants: Vec<_> = answer.issued.grants.iter().map(ToString::to_string).collect();
                Self {
                    grant_type: Some(grant_type.as_str()),
                    client_id: Some(client.as_str()),
                    subject: Some(&answer.issued.subject),
                    scope: (!answer.scope.is_empty()).then(|| answer.scope.to_string()),
                    grant: (!grants.is_empty()).then(|| grants.join(" ")),
                    token_id: Some(answer.issued.id.to_string()),
                    with_id_token: Some(answer.id_token.is_some()),
                    with_refresh_token: Some(answer.refresh_token.is_some()),
                    expires_in: Some(answer.expires_in),
                    ..self
                }
            }
            AuditEvent::TokenRevoked { client, subject, token } => Self {
                client_id: Some(client.as_str()),
                subject: Some(subject),
                token_id: Some(token.to_string()),
                ..self
            },
            _ => self,
        }
    }

    /// Writes it.
    pub(super) fn write(self, kind: AuditKind) {
        tracing::info!(
            target: AUDIT_TARGET,
            event = kind.as_str(),
            reference = self.reference,
            endpoint = self.endpoint,
            error = self.error,
            reason = self.reason,
            client_id = self.client_id,
            subject = self.subject,
            address = self.address,
            grant = self.grant,
            grant_type = self.grant_type,
            scope = self.scope,
            token_id = self.token_id,
            expires_in = self.expires_in,
            with_id_token = self.with_id_token,
            with_refresh_token = self.with_refresh_token,
            credential = self.credential,
            by = self.by,
            session = self.session,
            name_key = self.name_key,
            action = self.action,
            object_kind = self.object_kind,
            object = self.object,
            outcome = self.outcome,
            count = self.count,
            actor = self.actor,
            cause = self.cause,
            "{}",
            kind.message(),
        );
    }
}

const fn ties_to_a_refusal(event: &AuditEvent<'_>) -> bool {
    matches!(
        event,
        AuditEvent::GrantReplayed(_)
            | AuditEvent::GrantRevoked { by: RevokedBy::Replay, .. }
            | AuditEvent::SignInFailed { .. }
    )
}
