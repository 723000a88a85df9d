//! How a command shows what it did: as text for people or as JSON for scripts, both from the same value.

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

/// Writes rows in columns as wide as their widest cell, under their names.
pub(crate) fn write_table<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    names: [&str; N],
    rows: &[[String; N]],
) -> fmt::Result {
    let mut widths = names.map(|name| name.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let names = names.map(|name| name.to_uppercase());
    for row in std::iter::once(&names).chain(rows) {
        let line: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        writeln!(f, "{}", line.join("  ").trim_end())?;
    }
    Ok(())
}
