//! Work that may have taken effect although its caller was told of an outage: taken back before anything else is done,
//! so that whoever tries again finds things as they were told.
//!
//! A database that stood still may carry out a statement after it has answered the one that takes it back: the process
//! that had read it is only one among others that go on. So each is taken back a second time, a little later.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::job::TakeBack;
use crate::connection::Connection;
use crate::error::StatementError;

/// How long after the first time it is done once more: longer than a database that goes on takes to do what it had read.
const ONCE_MORE_AFTER: Duration = Duration::from_secs(2);

/// How long what the database refused to take back is left alone: somebody holds its row, and everybody would wait with it.
const LEFT_ALONE_FOR: Duration = Duration::from_secs(15);

/// What is still to be taken back, by whichever thread has a connection first.
#[derive(Default)]
pub(super) struct Unresolved(Mutex<Vec<Entry>>);

struct Entry {
    take_back: TakeBack,
    /// Before this it is not due.
    due_at: Instant,
    /// Whether it was done once.
    is_done: bool,
}

impl Unresolved {
    pub(super) fn add(&self, take_back: TakeBack) {
        self.list().push(Entry { take_back, due_at: Instant::now(), is_done: false });
    }

    /// Takes back what is due. Others wait meanwhile: what they do next may depend on it. What fails stays, and fails nobody
    /// else unless the connection is lost.
    pub(super) fn resolve(&self, connection: &mut Connection) -> Result<(), StatementError> {
        let mut list = self.list();
        let mut index = 0;
        while let Some(entry) = list.get_mut(index) {
            if Instant::now() < entry.due_at {
                index += 1;
                continue;
            }
            match (entry.take_back)(connection) {
                Err(lost @ StatementError::Lost(_)) => return Err(lost),
                Err(_refused) => {
                    entry.due_at = Instant::now() + LEFT_ALONE_FOR;
                    index += 1;
                }
                Ok(()) if entry.is_done => {
                    list.swap_remove(index);
                }
                Ok(()) => {
                    (entry.is_done, entry.due_at) = (true, Instant::now() + ONCE_MORE_AFTER);
                    index += 1;
                }
            }
        }
        Ok(())
    }

    fn list(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
