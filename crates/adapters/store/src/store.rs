//! The store: one value behind every storage port. It holds the executor and nothing of what is stored.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use grantor_ports::{StorageReading, StoreFuture};

use crate::connection::Connection;
use crate::error::{StatementError, StoreError};
use crate::executor::{Aside, Executor, Groupable, LaneOf, Manager, Repeat, Size};
use crate::grants::GrantLanes;
use crate::guards::Spending;
use crate::maintenance::{Lease, PartitionCounts};
use crate::target::{Engine, Limits, PostgresTls, Protection, Target};

/// Where the database is and how much of it is used.
#[derive(Clone)]
pub struct StoreConfig {
    /// `postgres://…`, `postgresql://…` or `sqlite:PATH`. On Postgres, parameters of libpq may follow; those written
    /// here win over ours.
    pub url: String,
    /// Connections, each with a thread; 8 on Postgres, 1 on SQLite if none is given.
    pub pool_size: Option<u32>,
    /// Requests that may wait for a connection; one more is an outage at once.
    pub queue: usize,
    /// The longest that a request waits, time in the queue included.
    pub deadline: Duration,
    /// The longest that making a connection may take, in whole seconds.
    pub connect_timeout: Duration,
    /// How connections to Postgres are protected; libpq's default, [`PostgresTls::Prefer`], if it is not said.
    pub tls: Option<PostgresTls>,
    /// The root certificates that Postgres' certificate must lead to, in PEM.
    pub tls_root_file: Option<PathBuf>,
}

impl StoreConfig {
    /// The defaults for this database.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            pool_size: None,
            queue: 1024,
            deadline: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(2),
            tls: None,
            tls_root_file: None,
        }
    }

    /// Refuses what could be no store, without looking for the database.
    ///
    /// # Errors
    /// If the URL names no engine we know, or a size is zero.
    pub fn check(&self) -> Result<(), StoreError> {
        self.target().map(|_target| ())
    }

    /// Whether it is a file of SQLite's that is not there. Asking makes none, as connecting would.
    #[must_use]
    pub fn lacks_file(&self) -> bool {
        self.target().is_ok_and(|target| target.lacks_file())
    }

    fn target(&self) -> Result<Target, StoreError> {
        for (name, is_zero) in [
            ("pool_size", self.pool_size == Some(0)),
            ("queue", self.queue == 0),
            ("deadline", self.deadline.as_millis() == 0),
        ] {
            if is_zero {
                return Err(StoreError::Zero(name));
            }
        }
        let limits = Limits { connect: self.connect_timeout, statement: self.deadline };
        let protection = Protection { tls: self.tls, root_file: self.tls_root_file.clone() };
        Ok(Target::parse(&self.url, limits)?.protected(protection))
    }
}

impl fmt::Debug for StoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold a password.
        f.debug_struct("StoreConfig")
            .field("pool_size", &self.pool_size)
            .field("queue", &self.queue)
            .field("deadline", &self.deadline)
            .field("connect_timeout", &self.connect_timeout)
            .field("tls", &self.tls)
            .field("tls_root_file", &self.tls_root_file)
            .finish_non_exhaustive()
    }
}

/// Storage on Postgres or SQLite.
pub struct Store {
    executor: Executor,
    grants: GrantLanes,
    spending: Arc<LaneOf<Spending>>,
    aside: Aside,
    engine: Engine,
    statements: Arc<AtomicU64>,
    partitions: Arc<PartitionCounts>,
    lease: Arc<Lease>,
}

impl Store {
    /// Starts the store's threads. The database need not be there yet: until it is, every call is an outage.
    ///
    /// # Errors
    /// If the URL names no engine we know, a size is zero, or no thread can be started.
    pub fn connect(config: &StoreConfig) -> Result<Self, StoreError> {
        let target = config.target()?;
        let engine = target.engine();
        let threads = config.pool_size.unwrap_or(default_pool_size(engine));
        let statements = Arc::new(AtomicU64::new(0));
        let manager = Manager::new(target, Arc::clone(&statements));
        let size = Size { threads, queue: config.queue, deadline: config.deadline };
        let executor = Executor::start(manager.clone(), size)?;
        let (grants, spending) = (GrantLanes::of(&executor), executor.lane());
        Ok(Self {
            executor,
            grants,
            spending,
            aside: Aside::new(manager),
            engine,
            statements,
            partitions: Arc::default(),
            lease: Arc::default(),
        })
    }

    /// Which engine stands behind.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        self.engine
    }

    /// One statement that needs no table: whether storage answers at all.
    pub fn ping(&self) -> StoreFuture<'_, ()> {
        self.run(Repeat::Once, Connection::ping)
    }

    /// How many statements were sent so far, transaction brackets not counted.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// What it has counted of itself.
    #[must_use]
    pub fn reading(&self) -> StorageReading {
        let measures = self.executor.measures();
        StorageReading {
            pool: self.executor.pool(),
            statements: self.statements(),
            failures: measures.failures(),
            batch_size: measures.batch_size.read(),
            wait: measures.wait.read(),
            partitions: self.partitions.read(),
        }
    }

    /// Where upkeep notes how many partitions there are.
    pub(crate) fn partitions(&self) -> Arc<PartitionCounts> {
        Arc::clone(&self.partitions)
    }

    /// The lease of upkeep.
    pub(crate) fn lease(&self) -> Arc<Lease> {
        Arc::clone(&self.lease)
    }

    /// Does `work` for a request.
    pub(crate) fn run<'a, T, W>(&'a self, repeat: Repeat, work: W) -> StoreFuture<'a, T>
    where
        T: Send + 'static,
        W: FnMut(&mut Connection) -> Result<T, StatementError> + Send + 'static,
    {
        self.executor.run(repeat, work)
    }

    /// Does a piece of work for a request, together with others of its kind.
    pub(crate) fn join<'a, G: Groupable>(&'a self, lane: &'a LaneOf<G>, piece: G) -> StoreFuture<'a, G::Outcome> {
        self.executor.join(lane, piece)
    }

    /// The lanes of what is done to grants.
    pub(crate) const fn grants(&self) -> &GrantLanes {
        &self.grants
    }

    /// The lane of what must not happen twice.
    pub(crate) fn spending(&self) -> &LaneOf<Spending> {
        &self.spending
    }

    /// Does long work beside the requests.
    pub(crate) fn run_aside<'a, T, W>(&'a self, work: W) -> StoreFuture<'a, T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Connection) -> Result<T, StatementError> + Send + 'static,
    {
        self.aside.run(work)
    }
}

/// SQLite has one writer however many connections there are: a second one would only wait for the first inside SQLite,
/// without order and without our deadline, and what we read takes microseconds.
const fn default_pool_size(engine: Engine) -> u32 {
    match engine {
        Engine::Postgres => 8,
        Engine::Sqlite => 1,
    }
}
