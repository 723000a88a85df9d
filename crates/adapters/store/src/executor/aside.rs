//! Long work that must not hold up requests: migrations, upkeep, administration of everything at once. Each piece has
//! a thread and a connection of its own, for as long as it takes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use grantor_ports::{StoreFuture, Unavailable};
use tokio::sync::oneshot;

use super::pool::Manager;
use super::{Unanswered, answer_by, start_thread};
use crate::connection::Connection;
use crate::error::StatementError;
use crate::target::Purpose;

/// Longest that a caller waits for such work.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Starts such work.
pub(crate) struct Aside {
    manager: Manager,
}

impl Aside {
    pub(crate) const fn new(manager: Manager) -> Self {
        Self { manager }
    }

    /// Does `work` once, beside the pool.
    pub(crate) fn run<'a, T, W>(&'a self, work: W) -> StoreFuture<'a, T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Connection) -> Result<T, StatementError> + Send + 'static,
    {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            let manager = self.manager.clone();
            start_thread("store-aside".to_owned(), move || {
                let result = catch_unwind(AssertUnwindSafe(|| work(&mut manager.connect_for(Purpose::Upkeep)?)))
                    .unwrap_or(Err(StatementError::Panicked));
                // Fails if the caller has stopped waiting: then nobody is left to be told.
                drop(answer.send(result));
            })
            .map_err(|error| Unavailable::because("no thread for storage", error))?;
            answer_by(Instant::now() + PATIENCE, answered).await.map_err(Unanswered::into_unavailable)
        })
    }
}
