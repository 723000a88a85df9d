//! The fields of a readable line that no terminal colours. They read as the library's formatter writes them; but that asks for the
//! style of each part of each field, and looks at texts a character at a time, which the audit line of every token would pay for.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing_subscriber::field::{RecordFields, VisitOutput as _};
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{DefaultVisitor, Writer};

/// Writes `name=value` for texts that need no escaping and for truth values, and leaves everything else to the library.
pub(crate) struct PlainFields;

impl<'writer> FormatFields<'writer> for PlainFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut visitor = PlainVisitor { writer, is_empty: true, written: Ok(()) };
        fields.record(&mut visitor);
        visitor.written
    }
}

struct PlainVisitor<'writer> {
    writer: Writer<'writer>,
    is_empty: bool,
    written: fmt::Result,
}

impl PlainVisitor<'_> {
    /// Writes a field whose value needs no escaping.
    fn write(&mut self, field: &Field, value: &[&str]) -> fmt::Result {
        if !self.is_empty {
            self.writer.write_char(' ')?;
        }
        self.writer.write_str(field.name())?;
        self.writer.write_char('=')?;
        value.iter().try_for_each(|part| self.writer.write_str(part))
    }

    /// Has the library write a field.
    fn hand_over(&mut self, record: impl FnOnce(&mut DefaultVisitor<'_>)) -> fmt::Result {
        let mut visitor = DefaultVisitor::new(self.writer.by_ref(), self.is_empty);
        record(&mut visitor);
        visitor.finish()
    }

    /// Writes the next field, unless one before it could not be written.
    fn record(&mut self, field: &Field, write: impl FnOnce(&mut Self) -> fmt::Result) {
        if self.written.is_ok() {
            self.written = write(self);
            // The library leaves out the `log.…` fields of lines that came from the `log` crate.
            self.is_empty &= field.name().starts_with("log.");
        }
    }
}

impl Visit for PlainVisitor<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.record(field, |this| match is_plain_name(field.name()) {
            true => this.write(field, &[if value { "true" } else { "false" }]),
            false => this.hand_over(|visitor| visitor.record_bool(field, value)),
        });
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record(field, |this| match is_plain_name(field.name()) && is_plain(value) {
            true => this.write(field, &["\"", value, "\""]),
            false => this.hand_over(|visitor| visitor.record_str(field, value)),
        });
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.record(field, |this| this.hand_over(|visitor| visitor.record_error(field, value)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record(field, |this| this.hand_over(|visitor| visitor.record_debug(field, value)));
    }
}

/// Whether the library gives fields of this name no meaning of their own.
fn is_plain_name(name: &str) -> bool {
    name != "message" && !name.starts_with("log.") && !name.starts_with("r#")
}

/// Whether the text reads in quotation marks as it is.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind};
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::format::DefaultFields;

    use super::*;

    /// What `events` are as lines, with the library's fields and with ours.
    fn lines(events: impl Fn()) -> [String; 2] {
        [lines_of(DefaultFields::new(), &events), lines_of(PlainFields, &events)]
    }

    fn lines_of(fields: impl for<'w> FormatFields<'w> + Send + Sync + 'static, events: &impl Fn()) -> String {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::fmt().without_time().with_ansi(false).fmt_fields(fields);
        let subscriber = subscriber.with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, events);
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_reads_as_the_library_writes_it() {
        let error = io::Error::new(ErrorKind::NotFound, io::Error::other("\u{1b}[31mwhy\u{1b}[0m"));
        let error: &(dyn std::error::Error + 'static) = &error;
        let [expected, ours] = lines(|| {
            tracing::info!("only a message");
            tracing::info!(only = "a field");
            tracing::info!(
                text = "a",
                flag = true,
                off = false,
                less = -1_i64,
                more = u64::MAX,
                ratio = 0.5,
                "all kinds"
            );
            tracing::info!(none = None::<&str>, some = Some("text"), shown = %"text", debug = ?Some("text"), "options");
            tracing::info!(error, after = "it", "{}", "an error \u{1b}[31m in red");
            tracing::info!(message = "named", log.target = "left out", log.line = 1, after = "it");
            tracing::info!(log.first = true, after = "it");
            tracing::info!(r#type = "raw", r#in = true, "raw names");
            let span = tracing::info_span!("span", of = "text", flag = true, later = tracing::field::Empty);
            span.record("later", "more");
            let _span = span.entered();
            tracing::info!(within = "it", "in a span");
        });
        assert_eq!(ours, expected);
        assert_eq!(ours.lines().count(), 9, "{ours}");
    }

    #[test]
    fn no_text_ends_its_field_or_its_line() {
        for byte in 0..=u8::MAX {
            let text = format!("before{}after", char::from(byte));
            let [expected, ours] = lines(|| tracing::info!(text, then = "next"));
            assert_eq!(ours, expected);
            assert_eq!(ours.lines().count(), 1, "{ours}");
        }
    }
}
