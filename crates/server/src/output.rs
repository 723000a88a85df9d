//! How a command shows what it did: as text for people or as JSON for scripts, both from the same value.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::io::{self, Write as _};

use anyhow::Context;
use serde::Serialize;

use crate::cli::Output;

/// Prints a report on standard output. That nobody reads it any more is no failure.
///
/// # Errors
/// If standard output cannot be written.
pub(crate) fn print(output: Output, report: &(impl Display + Serialize)) -> anyhow::Result<()> {
    if output.json { print_text(&json(report)?) } else { print_text(&report.to_string()) }
}

/// Prints text on standard output, with a line end if it has none.
///
/// # Errors
/// If standard output cannot be written.
pub(crate) fn print_text(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("standard output"),
    }
}

/// The report as JSON, one member a line.
///
/// # Errors
/// If it cannot be written as JSON, which its types rule out.
pub(crate) fn json(report: &impl Serialize) -> anyhow::Result<String> {
    serde_json::to_string_pretty(report).context("the report as JSON")
}

/// Text as it may be written on a terminal: a control character, which could move what was written before or take it
/// away, is written as JSON would write it.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut printable = String::with_capacity(text.len() + 5);
    for character in text.chars() {
        if character.is_control() {
            printable.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            printable.push(character);
        }
    }
    Cow::Owned(printable)
}

/// Writes rows in columns as wide as their widest cell, under their names. Cells are made [`printable`].
pub(crate) fn write_table<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    names: [&str; N],
    rows: &[[String; N]],
) -> fmt::Result {
    let rows: Vec<_> = rows.iter().map(|row| row.each_ref().map(|cell| printable(cell))).collect();
    let mut widths = names.map(|name| name.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let names = names.map(|name| Cow::Owned(name.to_uppercase()));
    for row in std::iter::once(&names).chain(&rows) {
        let line: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        writeln!(f, "{}", line.join("  ").trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Table(Vec<[String; 2]>);

    impl Display for Table {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write_table(f, ["id", "name"], &self.0)
        }
    }

    #[test]
    fn control_characters_are_written_out() {
        for plain in ["", "Demo \"B\" \\ ünïcode → 名"] {
            assert_eq!(printable(plain), plain);
        }
        assert_eq!(printable("a\u{1b}[2J\r\n\t\u{7f}\u{9b}z"), r"a\u001b[2J\u000d\u000a\u0009\u007f\u009bz");
    }

    #[test]
    fn no_cell_of_a_table_touches_another() {
        let rows = [["a", "\u{1b}[2J\nb"], ["longer", "c"]].map(|row| row.map(str::to_owned));
        let expect = ["ID      NAME", r"a       \u001b[2J\u000ab", "longer  c", ""].join("\n");
        assert_eq!(Table(rows.to_vec()).to_string(), expect);
    }
}
