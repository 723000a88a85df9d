//! Decides what a request to stop does: it is only noted, so that xtask can end what it started before it ends itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// The requests to stop that have arrived.
pub(crate) struct Signals {
    interrupted: Arc<AtomicBool>,
    terminated: Arc<AtomicBool>,
}

impl Signals {
    /// Notes SIGINT, SIGTERM and SIGHUP from now on.
    pub(crate) fn catch() -> anyhow::Result<Self> {
        let signals = Self { interrupted: Arc::default(), terminated: Arc::default() };
        for (signal, flag) in
            [(SIGINT, &signals.interrupted), (SIGTERM, &signals.terminated), (SIGHUP, &signals.terminated)]
        {
            signal_hook::flag::register(signal, Arc::clone(flag)).context("cannot catch signals")?;
        }
        Ok(signals)
    }

    /// Whether xtask itself was told to end (SIGTERM, SIGHUP).
    pub(crate) fn terminated(&self) -> bool {
        self.terminated.load(Ordering::Relaxed)
    }

    /// Whether Ctrl-C was pressed (SIGINT). At a terminal the running command has got it too.
    pub(crate) fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Fails once a request to stop has arrived.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(!self.interrupted() && !self.terminated(), "stopped by a signal");
        Ok(())
    }
}
