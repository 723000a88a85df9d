//! Decides how the database of a server goes away that the probe has started itself: Postgres is shut down at once, as by a crash,
//! and started again on the same port and data.

use crate::postgres::Postgres;
use crate::probe::outage::{Interruption, Timing};
use crate::signals::Signals;

/// A Postgres to stop and start.
pub(super) struct Database<'a> {
    pub(super) postgres: &'a mut Postgres,
    pub(super) timing: Timing,
}

impl Interruption for Database<'_> {
    fn timing(&self) -> Option<Timing> {
        Some(self.timing)
    }

    fn begin(&mut self, _signals: &Signals) -> anyhow::Result<()> {
        self.postgres.stop();
        Ok(())
    }

    fn end(&mut self, signals: &Signals) -> anyhow::Result<()> {
        self.postgres.start_again(signals)
    }
}
