//! Where a person is signed in, and what clients may do for them: seen, and taken back.

use std::collections::BTreeMap;

use grantor_domain::client::ClientId;
use grantor_domain::grant::GrantRef;
use grantor_domain::id::SessionId;
use grantor_domain::scope::ScopeSet;
use grantor_domain::time::Timestamp;
use grantor_domain::user::Subject;
use grantor_ports::{GrantQuery, GrantScope, ListedGrant};

use super::{AccountChange, Visitor};
use crate::audit::{AccountAct, AuditEvent, RevokedBy};
use crate::failure::Outcome;
use crate::service::Service;

/// How many grants a person is shown at most, the newest first.
const GRANTS: u32 = 500;

/// What a client may do for a person.
#[derive(Clone, Debug)]
pub struct AccountApplication {
    /// Its id.
    pub client: ClientId,
    /// What people call it; its id if it is gone.
    pub name: String,
    /// What they allowed it, remembered or in a grant.
    pub scope: ScopeSet,
    /// When they first did.
    pub since: Timestamp,
    /// The grants behind it, the newest first.
    pub grants: Vec<AccountGrant>,
}

/// A grant, as its person sees it.
#[derive(Clone, Debug)]
pub struct AccountGrant {
    /// Names it.
    pub reference: GrantRef,
    /// What it is for.
    pub scope: ScopeSet,
    /// When it was given.
    pub made_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

impl Service {
    /// What clients may do for this person, by name.
    pub(super) async fn applications(&self, subject: &Subject) -> Outcome<Vec<AccountApplication>> {
        let mut found: BTreeMap<ClientId, AccountApplication> = BTreeMap::new();
        for remembered in self.ports.consents.of(subject).await? {
            let application = self.application(remembered.client.clone(), remembered.since).await?;
            let scope = remembered.consent.0;
            found.insert(remembered.client, AccountApplication { scope, ..application });
        }
        for ListedGrant { grant, .. } in self.own_grants(subject, None).await? {
            let terms = grant.terms;
            let made_at = terms.reference.id.made_at();
            let application = match found.remove(&terms.client_id) {
                Some(application) => application,
                None => self.application(terms.client_id.clone(), made_at).await?,
            };
            let mut grants = application.grants;
            grants.push(AccountGrant {
                reference: terms.reference,
                scope: terms.scope.clone(),
                made_at,
                expires_at: terms.absolute_expires_at,
            });
            let (scope, since) = (application.scope.union(&terms.scope), application.since.min(made_at));
            found.insert(terms.client_id, AccountApplication { scope, since, grants, ..application });
        }
        let mut applications: Vec<_> = found.into_values().collect();
        applications.sort_by(|one, other| (&one.name, &one.client).cmp(&(&other.name, &other.client)));
        Ok(applications)
    }

    async fn application(&self, client: ClientId, since: Timestamp) -> Outcome<AccountApplication> {
        let registered = self.registered(client.as_str()).await?;
        let name = registered.map_or_else(|| client.as_str().to_owned(), |found| found.client.name.clone());
        Ok(AccountApplication { client, name, scope: ScopeSet::default(), since, grants: Vec::new() })
    }

    /// The newest live grants of a person, or those older than this one.
    async fn own_grants(&self, subject: &Subject, after: Option<GrantRef>) -> Outcome<Vec<ListedGrant>> {
        let scope = Some(GrantScope::Subject(subject.clone()));
        self.list_grants(&GrantQuery { scope, ended: false, after, limit: GRANTS }).await
    }

    /// What the person does not have, or has no more, is not theirs to end: then nothing happens.
    pub(super) async fn end_own_grant(&self, visitor: &Visitor, reference: &str) -> Outcome<AccountChange> {
        let subject = &visitor.user.subject;
        let mut grants = self.own_grants(subject, None).await?;
        grants.retain(|listed| listed.grant.terms.reference.to_string() == reference);
        self.end_listed(subject, &grants).await?;
        Ok(AccountChange::Done)
    }

    /// The client must ask again, and every grant that it has of this person ends.
    pub(super) async fn withdraw_own_consent(&self, visitor: &Visitor, client: &str) -> Outcome<AccountChange> {
        let (subject, Some(client)) = (&visitor.user.subject, ClientId::parse(client)) else {
            return Ok(AccountChange::Done);
        };
        self.ports.consents.withdraw(subject, &client).await?;
        self.audit(AuditEvent::AccountChanged { act: AccountAct::WithdrewConsent, subject });
        let mut after = None;
        loop {
            let listed = self.own_grants(subject, after).await?;
            after = listed.last().map(|listed| listed.grant.terms.reference);
            let own: Vec<_> = listed.into_iter().filter(|listed| listed.grant.terms.client_id == client).collect();
            self.end_listed(subject, &own).await?;
            if after.is_none() {
                return Ok(AccountChange::Done);
            }
        }
    }

    async fn end_listed(&self, subject: &Subject, grants: &[ListedGrant]) -> Outcome<()> {
        for ListedGrant { grant, .. } in grants {
            let (terms, by) = (&grant.terms, RevokedBy::User);
            if self.ports.grants.revoke(terms.reference, self.now()).await? {
                let client = Some(&terms.client_id);
                let grant = terms.reference;
                self.audit(AuditEvent::GrantRevoked { by, client, subject: Some(subject), grant });
            }
        }
        Ok(())
    }

    pub(super) async fn end_own_session(&self, visitor: &Visitor, id: SessionId) -> Outcome<AccountChange> {
        let sessions = self.live_sessions(&visitor.user).await?;
        if let Some(listed) = sessions.iter().find(|listed| listed.session.id == id) {
            self.end_session(&listed.session, None).await?;
        }
        Ok(if id == visitor.session.id { AccountChange::SignedOut } else { AccountChange::Done })
    }

    pub(super) async fn end_other_sessions(&self, visitor: &Visitor) -> Outcome<AccountChange> {
        for listed in self.live_sessions(&visitor.user).await? {
            if listed.session.id != visitor.session.id {
                self.end_session(&listed.session, None).await?;
            }
        }
        Ok(AccountChange::Done)
    }
}
