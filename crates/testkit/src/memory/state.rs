//! All that the store in memory knows, and the conditions that several ports share.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use grantor_domain::client::ClientId;
use grantor_domain::grant::device_code::DeviceDecision;
use grantor_domain::grant::{Grant, GrantRef, GrantTerms};
use grantor_domain::id::{GrantId, LogoutNoticeId, SessionId, TokenId};
use grantor_domain::registry::{Owner, RegisteredResource, RegisteredScope, ResourceIdentifier};
use grantor_domain::scope::{ScopeSet, ScopeValue};
use grantor_domain::time::Timestamp;
use grantor_domain::user::{StandardClaims, Subject};
use grantor_ports::{
    Change, ClientRecord, FailedAttempt, KeyRecord, LogoutNotice, NewDeviceRequest, NewSession, ObjectKind,
    RecoveryCodeHash, Registration, StoredPasskey, StoredTotp, UserCredentials,
};

/// A grant's row.
#[derive(Clone, Debug)]
pub(super) struct GrantRow {
    pub(super) grant: Grant,
    pub(super) secret_hash: [u8; 32],
    pub(super) revoked_at: Option<Timestamp>,
}

/// A device's request.
#[derive(Clone, Debug)]
pub(super) struct DeviceRow {
    pub(super) new: NewDeviceRequest,
    pub(super) decision: DeviceDecision,
    pub(super) polled_at: Option<Timestamp>,
}

/// What somebody can prove themselves with beside their password.
#[derive(Clone, Debug, Default)]
pub(super) struct FactorsRow {
    pub(super) totp: Option<StoredTotp>,
    pub(super) passkeys: Vec<StoredPasskey>,
    pub(super) recovery_codes: BTreeSet<RecoveryCodeHash>,
}

/// What somebody allowed a client, and since when.
#[derive(Clone, Debug)]
pub(super) struct ConsentRow {
    pub(super) scope: ScopeSet,
    pub(super) since: Timestamp,
}

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) attempts: Vec<FailedAttempt>,
    pub(super) changes: Vec<(Timestamp, Change)>,
    pub(super) clients: BTreeMap<ClientId, ClientRecord>,
    pub(super) consents: BTreeMap<(Subject, ClientId), ConsentRow>,
    pub(super) devices: BTreeMap<GrantId, DeviceRow>,
    pub(super) ended_sessions: BTreeSet<SessionId>,
    pub(super) factors: BTreeMap<Subject, FactorsRow>,
    pub(super) grants: HashMap<GrantRef, GrantRow>,
    pub(super) keys: BTreeMap<u32, KeyRecord>,
    /// With when they are due.
    pub(super) logout_notices: BTreeMap<LogoutNoticeId, (Timestamp, LogoutNotice)>,
    pub(super) owners: BTreeMap<(ObjectKind, String), Owner>,
    /// Names that a client or a user has, or had.
    pub(super) principals: BTreeMap<String, ObjectKind>,
    pub(super) registrations: BTreeMap<ClientId, Registration>,
    pub(super) resources: BTreeMap<ResourceIdentifier, RegisteredResource>,
    pub(super) revoked_tokens: BTreeSet<TokenId>,
    pub(super) scopes: BTreeMap<ScopeValue, RegisteredScope>,
    pub(super) session_clients: BTreeSet<(SessionId, ClientId)>,
    pub(super) sessions: HashMap<SessionId, NewSession>,
    pub(super) spent: BTreeSet<(Timestamp, [u8; 32])>,
    pub(super) users: BTreeMap<Subject, UserCredentials>,
}

impl State {
    /// The claims of a user who may be served on the strength of an authentication at `auth_time`.
    pub(super) fn served(&self, subject: &Subject, auth_time: Timestamp) -> Option<StandardClaims> {
        self.users
            .get(subject)
            .filter(|credentials| credentials.user.honours(auth_time))
            .map(|credentials| credentials.user.claims.clone())
    }

    pub(super) fn has_ended(&self, session: Option<SessionId>) -> bool {
        session.is_some_and(|id| self.ended_sessions.contains(&id))
    }

    /// The claims of the user of a live grant; none if it is not live.
    pub(super) fn claims_if_live(&self, row: &GrantRow, now: Timestamp) -> Option<StandardClaims> {
        let terms: &GrantTerms = &row.grant.terms;
        let stands = row.revoked_at.is_none()
            && now < terms.absolute_expires_at
            && !(terms.ends_with_session && self.has_ended(terms.session));
        if stands { self.served(&terms.subject, terms.authentication.time) } else { None }
    }

    /// Ends the grants of a client and forgets what people consented to for it. How many grants it ended.
    pub(super) fn end_client(&mut self, id: &ClientId, now: Timestamp) -> u64 {
        self.consents.retain(|(_, client), _| client != id);
        self.registrations.remove(id);
        self.session_clients.retain(|(_, client)| client != id);
        self.logout_notices.retain(|_, (_, notice)| notice.client_id != *id);
        self.end_grants(now, |row| row.grant.terms.client_id == *id)
    }

    /// Takes a name for a client; `false` if a user has it, or had. What was opened late for a client that was deleted
    /// ends when another gets its name.
    pub(super) fn claim_client(&mut self, id: &ClientId, now: Timestamp) -> bool {
        let was_deleted = self.principals.contains_key(id.as_str()) && !self.clients.contains_key(id);
        let is_claimed = self.claim_name(id.as_str(), ObjectKind::Client);
        if is_claimed && was_deleted {
            self.end_client(id, now);
        }
        is_claimed
    }

    /// Whom an administrator vouches for did not register themselves any more.
    pub(super) fn end_registration(&mut self, record: &ClientRecord) {
        if !record.settings.self_registered {
            self.registrations.remove(&record.settings.client_id);
        }
    }

    /// Ends the rows meant that were not ended yet; how many.
    pub(super) fn end_grants(&mut self, now: Timestamp, meant: impl Fn(&GrantRow) -> bool) -> u64 {
        let mut ended = 0;
        for row in self.grants.values_mut().filter(|row| row.revoked_at.is_none() && meant(row)) {
            row.revoked_at = Some(now);
            ended += 1;
        }
        ended
    }

    /// Whether a name may be a client's or a user's: the other kind neither has it nor had it.
    pub(super) fn is_for(&self, name: &str, kind: ObjectKind) -> bool {
        self.principals.get(name).is_none_or(|taken| *taken == kind)
    }

    /// Takes a name in the namespace that clients and users share; `false` if the other kind has it, or had.
    pub(super) fn claim_name(&mut self, name: &str, kind: ObjectKind) -> bool {
        *self.principals.entry(name.to_owned()).or_insert(kind) == kind
    }

    pub(super) fn record_change(&mut self, change: Change, now: Timestamp) {
        self.changes.push((now, change));
    }
}
