//! The audit trail: what an operator watches for suspicious use. A closed list of events, and the one place that writes
//! them: structured log events of the target [`AUDIT_TARGET`], level `INFO`, with flat fields ([`AuditKind`] documents
//! each). No secret, token, code, password or cookie is among them, nor a hash of one, nor anything about a person but
//! their subject and address.

mod administration;
mod event;
mod example;
mod kind;
mod line;
mod origin;

use std::sync::atomic::{AtomicU64, Ordering};

use grantor_domain::client::ClientId;
use grantor_domain::error::Reason;
use grantor_domain::time::Timestamp;

pub use administration::{Object, Verdict};
pub(crate) use event::{AccountAct, AuditEvent, Credential, RegistrationAct, Replay, RevokedBy};
pub use kind::{AuditField, AuditKind};
pub use origin::Origin;

use crate::failure::{Failure, Outcome};
use crate::service::Service;

/// The target of the log events of the audit trail, for filters.
pub const AUDIT_TARGET: &str = "grantor::audit";

/// Who acts where no person does.
const SERVER: &str = "server";

/// What the trail remembers of itself: how many events of each kind there were, and who acts.
pub(crate) struct AuditTrail {
    counts: [AtomicU64; AuditKind::ALL.len()],
    actor: String,
}

impl Default for AuditTrail {
    fn default() -> Self {
        Self { counts: [const { AtomicU64::new(0) }; AuditKind::ALL.len()], actor: SERVER.to_owned() }
    }
}

impl AuditTrail {
    /// How many events of this kind there were since the start.
    pub(crate) fn count(&self, kind: AuditKind) -> u64 {
        self.counts.get(kind as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }
}

/// Writes what an administrator did that needs no service, such as a change of the schema. It is counted nowhere.
pub fn record_administration(actor: &str, action: &'static str, object: Object<'_>, outcome: &'static str) {
    line::Line::of_administration(actor, action, object, outcome).write(AuditKind::Administration);
}

impl Service {
    /// This service, its administration done by `actor`: the operating system's user, for a command. Without it `server`.
    #[must_use]
    pub fn acting_for(mut self, actor: impl Into<String>) -> Self {
        self.audit.actor = actor.into();
        self
    }

    /// Writes the one line about a request that was not served, and gives its reference: an audit event if it was refused,
    /// an error of ours if it was an outage or a defect. `client` is whatever the request named, whoever sent it.
    pub fn log_failure(&self, failure: &Failure, endpoint: &'static str, client: Option<&str>) -> String {
        let reference = self.reference();
        let (reason, cause) = (failure.reason(), failure.cause());
        // Only what can be a client id is written: anything may have been typed there.
        let client = client.and_then(ClientId::parse);
        let (error, client) = (reason.wire().code.as_str(), client.as_ref());
        match failure {
            // Every few seconds from every device that waits: an answer, and nothing to look into.
            Failure::Refused(_) if matches!(reason, Reason::AuthorizationPending | Reason::SlowDown) => {}
            Failure::Refused(_) => {
                self.audit(AuditEvent::Refused { endpoint, reason, client, cause: &cause, reference: &reference });
            }
            Failure::Defect(_) | Failure::Unavailable(_) => {
                let client_id = client.map(ClientId::as_str);
                tracing::error!(
                    reference,
                    endpoint,
                    error,
                    reason = reason.anchor(),
                    client_id,
                    cause,
                    "request failed"
                );
            }
        }
        reference
    }

    /// Ends a grant whose code or refresh token came a second time, and says so to whoever watches.
    pub(crate) async fn end_replayed(&self, replay: Replay<'_>, now: Timestamp) -> Outcome<()> {
        self.audit(AuditEvent::GrantReplayed(replay));
        if self.ports.grants.revoke(replay.grant, now).await? {
            self.audit(replay.revoked());
        }
        Ok(())
    }

    /// A short text that ties an answer to its lines in the log: one for each request.
    pub(crate) fn reference(&self) -> String {
        origin::reference(|| {
            let random: [u8; 6] = self.ports.random.array();
            random.iter().map(|byte| format!("{byte:02x}")).collect()
        })
    }

    /// Counts an event and writes it.
    pub(crate) fn audit(&self, event: AuditEvent<'_>) {
        let kind = event.kind();
        if let Some(count) = self.audit.counts.get(kind as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        if tracing::enabled!(target: AUDIT_TARGET, tracing::Level::INFO) {
            line::Line::of(event, self).write(kind);
        }
    }
}
