//! Work that may have taken effect although its caller was told of an outage: taken back before anything else is done,
//! so that whoever tries again finds things as they were told.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::job::TakeBack;
use crate::connection::Connection;
use crate::error::StatementError;

/// What is still to be taken back, by whichever thread has a connection first.
#[derive(Default)]
pub(super) struct Unresolved(Mutex<Vec<TakeBack>>);

impl Unresolved {
    pub(super) fn add(&self, take_back: TakeBack) {
        self.list().push(take_back);
    }

    /// Takes everything back. Others wait meanwhile: what they do next may depend on it. What fails stays.
    pub(super) fn resolve(&self, connection: &mut Connection) -> Result<(), StatementError> {
        let mut list = self.list();
        while let Some(take_back) = list.last_mut() {
            take_back(connection)?;
            list.pop();
        }
        Ok(())
    }

    fn list(&self) -> MutexGuard<'_, Vec<TakeBack>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
