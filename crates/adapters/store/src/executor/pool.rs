//! How pooled connections are made and when they are thrown away.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use r2d2::{ManageConnection, NopErrorHandler};

use crate::connection::Connection;
use crate::error::StatementError;
use crate::target::{Engine, Purpose, Target};

/// The longest that a thread waits for a connection before it answers its caller. Half of it is the longest pause of
/// r2d2 between two attempts to connect, so the store is back within a second of its database.
pub(super) const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(1);

/// Makes connections for r2d2.
#[derive(Clone)]
pub(crate) struct Manager {
    target: Target,
    statements: Arc<AtomicU64>,
}

impl Manager {
    pub(crate) const fn new(target: Target, statements: Arc<AtomicU64>) -> Self {
        Self { target, statements }
    }

    pub(super) const fn engine(&self) -> Engine {
        self.target.engine()
    }

    /// A connection outside the pool.
    pub(super) fn connect_for(&self, purpose: Purpose) -> Result<Connection, StatementError> {
        Ok(Connection::new(self.target.connect(purpose)?, Arc::clone(&self.statements)))
    }
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = StatementError;

    fn connect(&self) -> Result<Connection, StatementError> {
        self.connect_for(Purpose::Requests)
    }

    fn is_valid(&self, connection: &mut Connection) -> Result<(), StatementError> {
        connection.ping()
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        std::thread::panicking() || connection.is_broken()
    }
}

/// A pool of as many connections as there are threads. It waits for none of them: the database may be away.
///
/// A thread keeps its connection while it works and finds out that it is broken by using it, so a test on check-out
/// would only cost. None is made before a thread asks: one that idles may die unnoticed.
pub(super) fn build(manager: Manager, size: u32) -> r2d2::Pool<Manager> {
    r2d2::Pool::builder()
        .max_size(size)
        .min_idle(Some(0))
        .test_on_check_out(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connection_timeout(WAIT_FOR_CONNECTION)
        // The reason reaches the caller whose job found no connection; a line for each attempt would say it 16 times a second.
        .error_handler(Box::new(NopErrorHandler))
        .build_unchecked(manager)
}
