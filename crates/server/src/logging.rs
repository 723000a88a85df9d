//! Where log lines go and which are written: to standard error, readable or one JSON object a line, by a setting.

use std::io::{self, IsTerminal as _};

use anyhow::{Context, anyhow};
use grantor_application::AUDIT_TARGET;
use tracing_subscriber::EnvFilter;

use crate::settings::{Log, LogFormat};

/// Starts logging for the rest of the process. `default_filter` counts where the settings have none.
///
/// # Errors
/// If the filter cannot be read, or logging was started before.
pub(crate) fn start(log: &Log, default_filter: &str) -> anyhow::Result<()> {
    let filter = filter(log.filter.as_deref().unwrap_or(default_filter))?;
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    let started = match log.format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).try_init(),
        LogFormat::Text => lines.try_init(),
    };
    started.map_err(|error| anyhow!("logging cannot be started: {error}"))
}

/// The filter as written, and the audit trail besides: a filter that is about something else must not silence it.
fn filter(text: &str) -> anyhow::Result<EnvFilter> {
    let read = |text: &str| EnvFilter::try_new(text).with_context(|| format!("log.filter: {text:?} is no filter"));
    let filter = read(text)?;
    if text.contains(AUDIT_TARGET) { Ok(filter) } else { read(&format!("{text},{AUDIT_TARGET}=info")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_filter_that_names_the_audit_trail_turns_it_off() {
        let check = |text: &str, expect: bool| {
            let subscriber = tracing_subscriber::fmt().with_env_filter(filter(text).unwrap()).finish();
            let on = tracing::subscriber::with_default(
                subscriber,
                || tracing::enabled!(target: AUDIT_TARGET, tracing::Level::INFO),
            );
            assert_eq!(on, expect, "{text}");
        };
        for text in ["warn", "off", "error,actix_server=off", "grantor=off", "trace", ""] {
            check(text, true);
        }
        check("grantor::audit=off", false);
        check("info,grantor::audit=warn", false);
        check("off,grantor::audit=info", true);
    }

    #[test]
    fn what_is_no_filter_is_refused_as_it_was_written() {
        let error = filter("info,=").map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), "log.filter: \"info,=\" is no filter");
    }
}
