//! The struct of ports that every use case works on.

use std::sync::Arc;

use grantor_domain::client::{Client, ClientId};
use grantor_domain::id::{GrantId, TokenId};
use grantor_domain::registry::Registry;
use grantor_domain::time::Timestamp;
use grantor_domain::token::access_token::IssueContext;
use grantor_domain::token::lifetime::Lifetimes;
use grantor_ports::{
    Attempts, Changes, ClientKeys, ClientSecrets, Clients, Clock, Consents, Declarations, Devices, Fetch, Grants,
    KeyRing, Keys, LogoutNotices, PairwiseSubjects, PasskeyCeremonies, Passwords, Random, Registrations, ReplayGuard,
    Sealer, SecondFactors, Sessions, Signer, Users,
};

use quick_cache::sync::Cache;
use tokio::sync::Notify;

use crate::account::account_client;
use crate::audit::AuditTrail;
use crate::cache::ClientCache;
use crate::failure::Outcome;
use crate::follow::{FollowedChanges, KeyFollower, RegistryFollower};
use crate::key_sets::KeySets;
use crate::outage::OutageWatch;
use crate::settings::Settings;
use crate::unknown_key::UnknownKeys;

/// Everything the use cases need from the world.
#[expect(missing_docs, reason = "each field is the port of its name")]
pub struct Ports {
    pub attempts: Arc<dyn Attempts>,
    pub changes: Arc<dyn Changes>,
    pub clients: Arc<dyn Clients>,
    pub consents: Arc<dyn Consents>,
    pub declarations: Arc<dyn Declarations>,
    pub devices: Arc<dyn Devices>,
    pub fetch: Arc<dyn Fetch>,
    pub grants: Arc<dyn Grants>,
    pub keys: Arc<dyn Keys>,
    pub logout_notices: Arc<dyn LogoutNotices>,
    pub registrations: Arc<dyn Registrations>,
    pub replay_guard: Arc<dyn ReplayGuard>,
    pub second_factors: Arc<dyn SecondFactors>,
    pub sessions: Arc<dyn Sessions>,
    pub users: Arc<dyn Users>,
    pub client_keys: Arc<dyn ClientKeys>,
    pub client_secrets: Arc<dyn ClientSecrets>,
    pub key_ring: Arc<dyn KeyRing>,
    pub pairwise_subjects: Arc<dyn PairwiseSubjects>,
    pub passkeys: Option<Arc<dyn PasskeyCeremonies>>,
    pub passwords: Arc<dyn Passwords>,
    pub sealer: Arc<dyn Sealer>,
    pub signer: Arc<dyn Signer>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
}

/// The authorization server, less transport and persistence. Stateless but for caches: any number of them may share
/// one storage.
pub struct Service {
    pub(crate) ports: Ports,
    pub(crate) settings: Settings,
    /// Stands for the pages on which people look at their own account.
    pub(crate) account_client: Arc<Client>,
    pub(crate) audit: AuditTrail,
    pub(crate) clients: ClientCache,
    /// Clients that registered themselves and were given a token, as far as this process knows.
    pub(crate) completed_registrations: Cache<ClientId, ()>,
    pub(crate) followed: FollowedChanges,
    pub(crate) key_follower: KeyFollower,
    /// The metadata of issuers whose tokens are exchanged.
    pub(crate) issuers: KeySets,
    pub(crate) key_sets: KeySets,
    /// Woken when this process has made notices.
    pub(crate) logout_notices: Notify,
    pub(crate) outage: OutageWatch,
    pub(crate) registry: RegistryFollower,
    pub(crate) unknown_keys: UnknownKeys,
}

impl Service {
    /// A service over these ports.
    ///
    /// # Errors
    /// If storage is away, or what is registered in it cannot be read: without that, tokens might carry too much.
    pub async fn start(ports: Ports, settings: Settings) -> Outcome<Self> {
        let now = ports.clock.now();
        let registry = ports.declarations.registry().await?;
        Ok(Self {
            account_client: Arc::new(account_client()?),
            audit: AuditTrail::default(),
            clients: ClientCache::new(settings.cache_capacity, settings.cache_max_stale, now),
            completed_registrations: Cache::new(settings.cache_capacity),
            followed: FollowedChanges::default(),
            key_follower: KeyFollower::default(),
            issuers: KeySets::of("jwks_uri"),
            key_sets: KeySets::of("keys"),
            logout_notices: Notify::new(),
            outage: OutageWatch::starting(now, settings.lifetimes.refresh_retry_window),
            registry: RegistryFollower::new(registry),
            unknown_keys: UnknownKeys::new(),
            ports,
            settings,
        })
    }

    /// What the operator decided.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The public keys, as a JWK set (RFC 7517 §5).
    #[must_use]
    pub fn jwks(&self) -> serde_json::Value {
        self.ports.signer.jwks(self.now())
    }

    /// Asks storage for a sign of life.
    ///
    /// # Errors
    /// If it gives none within its deadline.
    pub async fn check_storage(&self) -> Result<(), grantor_ports::Unavailable> {
        self.ports.changes.since(self.now()).await.map(|_changes| ())
    }

    /// When storage last answered again after it had been away; the start, if it has not been away since.
    #[must_use]
    pub fn storage_returned_at(&self) -> Option<Timestamp> {
        self.outage.last().until
    }

    /// Whether scripts of `origin` may read answers meant for this client.
    pub async fn allows_origin(&self, client_id: &str, origin: &str) -> bool {
        let registered = self.registered(client_id).await;
        registered.is_ok_and(|found| found.is_some_and(|registered| registered.client.runs_at(origin)))
    }

    /// Likewise, without asking storage: for answers about an outage, which must not wait for it a second time.
    #[must_use]
    pub fn allows_origin_as_cached(&self, client_id: &str, origin: &str) -> bool {
        let cached = ClientId::parse(client_id).and_then(|id| self.clients.cached(&id));
        cached.is_some_and(|registered| registered.client.runs_at(origin))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    pub(crate) fn clock(&self, now: Timestamp) -> (Timestamp, &Lifetimes) {
        (now, &self.settings.lifetimes)
    }

    pub(crate) fn new_grant_id(&self, now: Timestamp) -> GrantId {
        GrantId::new(now, &self.ports.random.array())
    }

    /// The registered scopes and resources, as they were last read.
    pub(crate) fn registry(&self) -> Arc<Registry> {
        self.registry.in_force()
    }

    pub(crate) fn issue_context<'a>(&'a self, now: Timestamp, registry: &'a Registry) -> IssueContext<'a> {
        IssueContext {
            issuer: &self.settings.issuer,
            now,
            token_id: TokenId::new(now, &self.ports.random.array()),
            lifetimes: &self.settings.lifetimes,
            registry,
        }
    }
}
