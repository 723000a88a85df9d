//! How many partitions each table has, as this replica's last upkeep found: for whoever watches that there are some ahead.

use std::sync::atomic::{AtomicU64, Ordering};

use grantor_domain::token::lifetime::LifetimeClass;

use super::postgres;
use crate::connection::Connection;
use crate::error::StatementError;
use crate::grants::table;
use crate::target::Engine;

/// The counts; zero on an engine without partitions.
#[derive(Default)]
pub(crate) struct PartitionCounts {
    long: AtomicU64,
    short: AtomicU64,
}

impl PartitionCounts {
    /// Counts anew.
    pub(super) fn note(&self, connection: &mut Connection) -> Result<(), StatementError> {
        if connection.engine() == Engine::Postgres {
            for (class, count) in self.all() {
                count.store(postgres::count_attached(connection, class)?, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// The name of each table and its partitions.
    pub(crate) fn read(&self) -> Vec<(&'static str, u64)> {
        self.all().map(|(class, count)| (table(class), count.load(Ordering::Relaxed))).to_vec()
    }

    const fn all(&self) -> [(LifetimeClass, &AtomicU64); 2] {
        [(LifetimeClass::Long, &self.long), (LifetimeClass::Short, &self.short)]
    }
}
