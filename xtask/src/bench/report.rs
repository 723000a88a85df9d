//! Decides how results are kept: as rows, in JSON for programs and as a Markdown table for people.

use std::collections::BTreeMap;
use std::{fmt, fs};

use anyhow::Context;
use serde::Serialize;

use super::figures::Figures;
use super::machine::Machine;
use super::measure::Measured;
use super::work::Work;
use crate::workspace;

/// The name of our own server in a row.
pub(super) const GRANTOR: &str = "grantor";

/// One thing that was measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    pub(super) server: String,
    pub(super) work: Work,
    pub(super) store: String,
    pub(super) connections: usize,
    pub(super) median: Figures,
    pub(super) runs: Vec<Figures>,
}

impl Row {
    pub(super) fn new(server: &str, work: Work, store: &str, connections: usize, measured: Measured) -> Self {
        Self {
            server: server.to_owned(),
            work,
            store: store.to_owned(),
            connections,
            median: measured.median,
            runs: measured.runs,
        }
    }

    /// Statements for each batch, where requests have any: without, there is only the server's own poll, a batch of one.
    pub(super) fn statements_per_batch(&self) -> Option<f64> {
        let figures = &self.median;
        figures.statements_per_batch.filter(|_| self.work.writes() || figures.statements > Some(0.5))
    }
}

/// Everything that a command measured, for programs.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) machine: Machine,
    /// Each section's results, by its name.
    pub(super) sections: BTreeMap<&'static str, serde_json::Value>,
    pub(super) problems: Vec<String>,
}

impl Report {
    /// Writes it below the build directory, and says where.
    pub(super) fn write(&self) -> anyhow::Result<()> {
        let directory = workspace::target().join("bench");
        fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
        let file = directory.join("results.json");
        fs::write(&file, serde_json::to_string_pretty(self)?)
            .with_context(|| format!("cannot write {}", file.display()))?;
        println!("results: {}", file.display());
        Ok(())
    }
}

const COLUMNS: [&str; 15] = [
    "work",
    "store",
    "connections",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "p99.9 ms",
    "server µs",
    "Postgres µs",
    "RSS MiB",
    "statements",
    "for a batch",
    "WAL bytes",
    "non-2xx",
    "others",
];

/// The table of the matrix.
pub(super) fn matrix(rows: &[Row]) -> String {
    let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
    table(&COLUMNS, &cells)
}

fn cells(row: &Row) -> Vec<String> {
    let figures = &row.median;
    vec![
        row.work.name().to_owned(),
        row.store.clone(),
        row.connections.to_string(),
        number(figures.requests_per_second, 0),
        number(figures.p50_ms, 2),
        number(figures.p99_ms, 2),
        number(figures.p999_ms, 2),
        optional(figures.server_us, 1),
        optional(figures.postgres_us, 1),
        optional(figures.resident_kib.map(|kib| kib / 1024.0), 1),
        optional(figures.statements, 3),
        optional(row.statements_per_batch(), 2),
        optional(figures.wal_bytes, 0),
        number(figures.failed + figures.socket_errors, 0),
        number(figures.others_busy, 2),
    ]
}

/// A Markdown table: the first column is text, all others are numbers.
pub(super) fn table(columns: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &mut dyn Iterator<Item = &str>| format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
    let rules: Vec<&str> = columns.iter().enumerate().map(|(at, _)| if at == 0 { "---" } else { "--:" }).collect();
    let mut text = line(&mut columns.iter().copied());
    text.push_str(&format!("|{}|\n", rules.join("|")));
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    text
}

/// What there may be nothing of, in a table.
pub(super) fn or_dash(value: Option<impl fmt::Display>) -> String {
    value.map_or("–".to_owned(), |value| value.to_string())
}

/// A number, as [`number`] writes it, that there may be none of.
pub(super) fn optional(value: Option<f64>, places: usize) -> String {
    or_dash(value.map(|value| number(value, places)))
}

/// A number with this many decimal places, and thousands set apart.
pub(super) fn number(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), ""), |(whole, rest)| (whole, rest));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if rest.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let check = |value, places, expect: &str| assert_eq!(number(value, places), expect);
        check(0.0, 0, "0");
        check(999.4, 0, "999");
        check(1234567.891, 2, "1,234,567.89");
        check(-1234.0, 0, "-1,234");
    }

    #[test]
    fn a_batch_is_told_of_where_requests_have_statements() {
        let check = |work, statements, expect| {
            let median =
                Figures { statements: Some(statements), statements_per_batch: Some(1.0), ..Figures::default() };
            let row = Row::new(GRANTOR, work, "postgres", 32, Measured { median, runs: Vec::new() });
            assert_eq!(row.statements_per_batch(), expect, "{} with {statements}", work.name());
        };
        check(Work::Refresh, 0.05, Some(1.0));
        check(Work::IntrospectOpaque, 1.0, Some(1.0));
        check(Work::ClientCredentialsEs256, 0.001, None);
    }

    #[test]
    fn a_table_has_a_cell_for_each_column() {
        let row = Row::new(
            "grantor",
            Work::Code,
            "sqlite",
            32,
            Measured { median: Figures { server_us: Some(1.25), ..Figures::default() }, runs: Vec::new() },
        );
        assert_eq!(cells(&row).len(), COLUMNS.len());
        assert_eq!(table(&["a", "b"], &[vec!["x".to_owned(), "1".to_owned()]]), "| a | b |\n|---|--:|\n| x | 1 |\n");
    }
}
