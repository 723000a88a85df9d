//! Several processes on one database, and what happens when things break.
//!
//! These tests load the machine and measure time against deadlines, so they take turns: each begins with [`alone`].

mod administration;
mod graceful_end;
mod guessing;
mod key_rotation;
mod killed;
mod outages;
mod password_pool;
mod races;
mod restored_backup;
mod second_factor;
mod starting_together;
mod storage_queue;
mod support;

use tokio::sync::{Mutex, MutexGuard};

static TURN: Mutex<()> = Mutex::const_new(());

/// Waits until no other test of this module runs. Keep what it gives until the end.
async fn alone() -> MutexGuard<'static, ()> {
    TURN.lock().await
}
