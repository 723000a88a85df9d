//! Where log lines go and which are written: to standard error, readable or one JSON object a line, by a setting.

use std::io::{self, IsTerminal as _};

use anyhow::{Context, anyhow};
use tracing_subscriber::EnvFilter;

use crate::settings::{Log, LogFormat};

/// Starts logging for the rest of the process. `default_filter` counts where the settings have none.
///
/// # Errors
/// If the filter cannot be read, or logging was started before.
pub(crate) fn start(log: &Log, default_filter: &str) -> anyhow::Result<()> {
    let filter = filter(log, default_filter)?;
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    let started = match log.format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).try_init(),
        LogFormat::Text => lines.try_init(),
    };
    started.map_err(|error| anyhow!("logging cannot be started: {error}"))
}

/// Which lines are written.
///
/// # Errors
/// If the setting is no filter.
pub(crate) fn filter(log: &Log, default_filter: &str) -> anyhow::Result<EnvFilter> {
    let filter = log.filter.as_deref().unwrap_or(default_filter);
    EnvFilter::try_new(filter).with_context(|| format!("log.filter: {filter:?} is no filter"))
}
