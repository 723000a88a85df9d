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

/// What is still to be taken back, by whichever thread has a connection first.
#[derive(Default)]
pub(super) struct Unresolved(Mutex<Vec<Entry>>);

struct Entry {
    take_back: TakeBack,
    /// When it is to be done once more; none if it was not done yet.
    again_at: Option<Instant>,
}

impl Unresolved {
    pub(super) fn add(&self, take_back: TakeBack) {
        self.list().push(Entry { take_back, again_at: None });
    }

    /// Takes back what is due. Others wait meanwhile: what they do next may depend on it. What fails stays.
    pub(super) fn resolve(&self, connection: &mut Connection) -> Result<(), StatementError> {
        let mut list = self.list();
        let mut index = 0;
        while let Some(entry) = list.get_mut(index) {
            let now = Instant::now();
            match entry.again_at {
                Some(again_at) if now < again_at => index += 1,
                Some(_) => {
                    (entry.take_back)(connection)?;
                    list.swap_remove(index);
                }
                None => {
                    (entry.take_back)(connection)?;
                    entry.again_at = Some(now + ONCE_MORE_AFTER);
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
