//! Where log lines go and which are written: to standard error, readable or one JSON object a line, by a setting.
//!
//! A server's lines are written by a thread of their own: whoever reads them may stall, and no request, no sign of life
//! and no end of the process may wait for that. What does not fit into the queue before it is lost, and counted.

use std::io::{self, IsTerminal as _, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, anyhow};
use grantor_application::AUDIT_TARGET;
use tracing::Subscriber;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, Layer};

use crate::log_fields::PlainFields;
use crate::settings::{Log, LogFormat, Tracing};

/// How many lines may wait to be written: some megabytes.
const QUEUE: usize = 16_384;

/// How many bytes are written at once.
const AT_ONCE: usize = 64 * 1024;

/// Lines that found no place in the queue.
static UNQUEUED: OnceLock<ErrorCounter> = OnceLock::new();

/// Lines that standard error did not take.
static UNWRITTEN: AtomicU64 = AtomicU64::new(0);

/// Starts logging for the rest of a server's life, and traces if `tracing` says where to. `default_filter` counts where
/// the settings have none. Keep what it gives: dropped, it writes what still waits.
///
/// # Errors
/// If the filter cannot be read, traces cannot be exported, or logging was started before.
pub(crate) fn start_server(log: &Log, tracing: &Tracing, default_filter: &str) -> anyhow::Result<WorkerGuard> {
    let queue = NonBlockingBuilder::default().buffered_lines_limit(QUEUE).lossy(true).thread_name("log");
    let (writer, guard) = queue.finish(StandardError::default());
    UNQUEUED.get_or_init(|| writer.error_counter());
    start(log, Some(tracing), default_filter, BoxMakeWriter::new(writer))?;
    Ok(guard)
}

/// Starts logging for a command, which waits for each of its lines.
///
/// # Errors
/// If the filter cannot be read, or logging was started before.
pub(crate) fn start_command(log: &Log) -> anyhow::Result<()> {
    start(log, None, "warn", BoxMakeWriter::new(io::stderr))
}

/// How many lines were lost so far: nobody read fast enough, or they could not be written.
pub(crate) fn lost_lines() -> u64 {
    let unqueued = UNQUEUED.get().map_or(0, ErrorCounter::dropped_lines);
    u64::try_from(unqueued).unwrap_or(u64::MAX).saturating_add(UNWRITTEN.load(Ordering::Relaxed))
}

/// Standard error, written to when no line waits any more or many bytes have come together: a busy server's lines share
/// a write. Lines that cannot be written are counted instead of being tried for ever.
#[derive(Default)]
struct StandardError {
    bytes: Vec<u8>,
    lines: u64,
}

impl Write for StandardError {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(line);
        self.lines += 1;
        if self.bytes.len() >= AT_ONCE {
            self.flush()?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.bytes.is_empty() && io::stderr().write_all(&self.bytes).is_err() {
            UNWRITTEN.fetch_add(self.lines, Ordering::Relaxed);
        }
        self.bytes.clear();
        self.lines = 0;
        Ok(())
    }
}

fn start(log: &Log, tracing: Option<&Tracing>, default_filter: &str, writer: BoxMakeWriter) -> anyhow::Result<()> {
    let filter = filter(log, default_filter)?;
    let started = init(log, tracing, filter, writer)?;
    started.map_err(|error| anyhow!("logging cannot be started: {error}"))
}

#[cfg(not(feature = "opentelemetry"))]
fn init(
    log: &Log,
    _tracing: Option<&Tracing>,
    filter: EnvFilter,
    writer: BoxMakeWriter,
) -> anyhow::Result<Result<(), TryInitError>> {
    Ok(tracing_subscriber::registry().with(filter).with(lines(log, writer)).try_init())
}

/// The filter is that of lines alone: spans are for traces whatever is logged.
#[cfg(feature = "opentelemetry")]
fn init(
    log: &Log,
    tracing: Option<&Tracing>,
    filter: EnvFilter,
    writer: BoxMakeWriter,
) -> anyhow::Result<Result<(), TryInitError>> {
    let traces = tracing.map(crate::traces::layer).transpose()?.flatten();
    Ok(tracing_subscriber::registry().with(traces).with(lines(log, writer).with_filter(filter)).try_init())
}

fn lines<S, W>(log: &Log, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let has_colours = io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(has_colours);
    match log.format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
        LogFormat::Text if has_colours => lines.boxed(),
        LogFormat::Text => lines.fmt_fields(PlainFields).boxed(),
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
    if names_audit_trail(text) { Ok(filter) } else { read(&format!("{text},{AUDIT_TARGET}=info")) }
}

/// Whether a directive of the filter is about the trail's very target.
fn names_audit_trail(text: &str) -> bool {
    text.split(',')
        .any(|directive| directive.split(['=', '[']).next().is_some_and(|target| target.trim() == AUDIT_TARGET))
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
        for text in
            ["warn", "off", "error,actix_server=off", "grantor=off", "trace", "", "warn,grantor::audit_page=debug"]
        {
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
