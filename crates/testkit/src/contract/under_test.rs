//! A store as the contract sees it: its ports, the time its rows are made at, and how many statements it has sent.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use grantor_domain::time::Timestamp;
use grantor_ports::{
    Attempts, Changes, Clients, Consents, Declarations, Devices, Grants, Keys, LogoutNotices, Registrations,
    ReplayGuard, SecondFactors, Sessions, Users,
};

use crate::SeededRandom;

/// Every storage port at once.
pub trait Storage:
    Attempts
    + Changes
    + Clients
    + Consents
    + Declarations
    + Devices
    + Grants
    + Keys
    + LogoutNotices
    + Registrations
    + ReplayGuard
    + SecondFactors
    + Sessions
    + Users
{
}

impl<
    T: Attempts
        + Changes
        + Clients
        + Consents
        + Declarations
        + Devices
        + Grants
        + Keys
        + LogoutNotices
        + Registrations
        + ReplayGuard
        + SecondFactors
        + Sessions
        + Users,
> Storage for T
{
}

/// One empty store, and what a property needs beside it.
pub struct UnderTest {
    /// Failed sign-ins.
    pub attempts: Arc<dyn Attempts>,
    /// What replicas follow.
    pub changes: Arc<dyn Changes>,
    /// Clients.
    pub clients: Arc<dyn Clients>,
    /// Remembered consent.
    pub consents: Arc<dyn Consents>,
    /// What files declare.
    pub declarations: Arc<dyn Declarations>,
    /// What devices ask for.
    pub devices: Arc<dyn Devices>,
    /// Grants.
    pub grants: Arc<dyn Grants>,
    /// The key ring.
    pub keys: Arc<dyn Keys>,
    /// What clients are to be told.
    pub notices: Arc<dyn LogoutNotices>,
    /// Clients that registered themselves.
    pub registrations: Arc<dyn Registrations>,
    /// One-time values.
    pub replay: Arc<dyn ReplayGuard>,
    /// Second factors.
    pub second_factors: Arc<dyn SecondFactors>,
    /// Sessions.
    pub sessions: Arc<dyn Sessions>,
    /// Users.
    pub users: Arc<dyn Users>,
    /// The time that rows are made at: one that the store has partitions for.
    pub now: Timestamp,
    pub(super) random: SeededRandom,
    statements: Option<Box<dyn Fn() -> u64 + Send + Sync>>,
    // Last, so that the store is dropped before what it stands on.
    kept: Option<Box<dyn Any + Send + Sync>>,
}

impl UnderTest {
    /// Puts a store under test whose rows can be made at `now`.
    #[must_use]
    pub fn new<S: Storage + 'static>(store: &Arc<S>, now: Timestamp) -> Self {
        Self {
            attempts: Arc::<S>::clone(store),
            changes: Arc::<S>::clone(store),
            clients: Arc::<S>::clone(store),
            consents: Arc::<S>::clone(store),
            declarations: Arc::<S>::clone(store),
            devices: Arc::<S>::clone(store),
            grants: Arc::<S>::clone(store),
            keys: Arc::<S>::clone(store),
            notices: Arc::<S>::clone(store),
            registrations: Arc::<S>::clone(store),
            replay: Arc::<S>::clone(store),
            second_factors: Arc::<S>::clone(store),
            sessions: Arc::<S>::clone(store),
            users: Arc::<S>::clone(store),
            now,
            random: SeededRandom::new(now.as_millis().unsigned_abs()),
            statements: None,
            kept: None,
        }
    }

    /// Lets the contract count the statements that the store has sent so far; without it budgets are not checked.
    #[must_use]
    pub fn counting(mut self, statements: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.statements = Some(Box::new(statements));
        self
    }

    /// Keeps what the store stands on, a directory or a database, until the property has been tested.
    #[must_use]
    pub fn keeping(mut self, guard: impl Any + Send + Sync) -> Self {
        self.kept = Some(Box::new(guard));
        self
    }

    /// The statements sent so far, if the store counts them.
    #[must_use]
    pub fn statements(&self) -> Option<u64> {
        self.statements.as_ref().map(|count| count())
    }
}

impl fmt::Debug for UnderTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnderTest").field("now", &self.now).finish_non_exhaustive()
    }
}
