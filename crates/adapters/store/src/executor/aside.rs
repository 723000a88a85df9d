//! Long work that must not hold up requests: migrations, upkeep, administration of everything at once. Each piece has
//! a thread and a connection of its own, for as long as it takes; a few at a time, since clients that registered themselves can ask
//! for some of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use grantor_ports::{StoreFuture, Unavailable};
use tokio::sync::{Semaphore, oneshot};

use super::pool::Manager;
use super::{Unanswered, answer_by, start_thread};
use crate::connection::Connection;
use crate::error::StatementError;
use crate::target::Purpose;

/// Longest that a caller waits for such work.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Pieces at a time: upkeep, and one that somebody waits for.
pub(crate) const AT_ONCE: usize = 2;

/// Most pieces that wait for their turn.
const WAITING: usize = 32;

/// Starts such work.
pub(crate) struct Aside {
    manager: Manager,
    /// Held from when a piece comes until it is done.
    places: Arc<Semaphore>,
    /// Held while it is done.
    turns: Arc<Semaphore>,
}

impl Aside {
    pub(crate) fn new(manager: Manager) -> Self {
        let [places, turns] = [AT_ONCE + WAITING, AT_ONCE].map(|permits| Arc::new(Semaphore::new(permits)));
        Self { manager, places, turns }
    }

    /// Does `work` once, beside the pool.
    pub(crate) fn run<'a, T, W>(&'a self, work: W) -> StoreFuture<'a, T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Connection) -> Result<T, StatementError> + Send + 'static,
    {
        Box::pin(async move {
            let deadline = Instant::now() + PATIENCE;
            let full = |error| Unavailable::because("too much long work waits for storage", error);
            let place = Arc::clone(&self.places).try_acquire_owned().map_err(full)?;
            let late = |error| Unavailable::because("storage was busy with other long work", error);
            let turn = tokio::time::timeout_at(deadline.into(), Arc::clone(&self.turns).acquire_owned()).await;
            let turn = turn.map_err(late)?;
            let (answer, answered) = oneshot::channel();
            let manager = self.manager.clone();
            start_thread("store-aside".to_owned(), move || {
                // Until it is done, even if its caller has gone.
                let _held = (place, turn);
                let result = catch_unwind(AssertUnwindSafe(|| work(&mut manager.connect_for(Purpose::Upkeep)?)))
                    .unwrap_or(Err(StatementError::Panicked));
                // Fails if the caller has stopped waiting: then nobody is left to be told.
                drop(answer.send(result));
            })
            .map_err(|error| Unavailable::because("no thread for storage", error))?;
            answer_by(deadline, answered).await.map_err(Unanswered::into_unavailable)
        })
    }
}
