//! Where log lines go and which are written: to standard error, readable or one JSON object a line, by a setting.

use std::io::{self, IsTerminal as _};

use anyhow::{Context, anyhow};
use grantor_application::AUDIT_TARGET;
use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, Layer};

use crate::settings::{Log, LogFormat, Tracing};

/// Starts logging for the rest of the process, and traces if `tracing` says where to. `default_filter` counts where the
/// settings have none.
///
/// # Errors
/// If the filter cannot be read, traces cannot be exported, or logging was started before.
pub(crate) fn start(log: &Log, tracing: Option<&Tracing>, default_filter: &str) -> anyhow::Result<()> {
    let filter = filter(log, default_filter)?;
    let started = init(log, tracing, filter)?;
    started.map_err(|error| anyhow!("logging cannot be started: {error}"))
}

#[cfg(not(feature = "opentelemetry"))]
fn init(log: &Log, _tracing: Option<&Tracing>, filter: EnvFilter) -> anyhow::Result<Result<(), TryInitError>> {
    Ok(tracing_subscriber::registry().with(filter).with(lines(log)).try_init())
}

/// The filter is that of lines alone: spans are for traces whatever is logged.
#[cfg(feature = "opentelemetry")]
fn init(log: &Log, tracing: Option<&Tracing>, filter: EnvFilter) -> anyhow::Result<Result<(), TryInitError>> {
    let traces = tracing.map(crate::traces::layer).transpose()?.flatten();
    Ok(tracing_subscriber::registry().with(traces).with(lines(log).with_filter(filter)).try_init())
}

fn lines<S>(log: &Log) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    match log.format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
        LogFormat::Text => lines.boxed(),
    }
}

/// Which lines are written.
///
/// # Errors
/// If the setting is no filter.
pub(crate) fn filter(log: &Log, default_filter: &str) -> anyhow::Result<EnvFilter> {
    with_audit_trail(log.filter.as_deref().unwrap_or(default_filter))
}

/// The filter as written, and the audit trail besides: a filter that is about something else must not silence it.
fn with_audit_trail(text: &str) -> anyhow::Result<EnvFilter> {
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
            let subscriber = tracing_subscriber::fmt().with_env_filter(with_audit_trail(text).unwrap()).finish();
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
        let error = with_audit_trail("info,=").map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), "log.filter: \"info,=\" is no filter");
    }
}
