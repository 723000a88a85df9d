//! Decides how a table is filled up to a number of grants: written anew in the order of identifiers, made-up rows and real ones
//! merged, so that the real ones lie all over heap and index as if all had been made one after the other. Nothing has to be
//! sorted or rewritten for that (`CLUSTER` would need as much disk again), and a heap in the order of its key is what Grantor's
//! own inserts leave.

use std::io::{self, BufWriter, Write};
use std::iter::Peekable;
use std::process::{Child, Stdio};
use std::time::Instant;

use anyhow::{Context, bail, ensure};

use super::engine::{Engine, TABLE};
use super::ids::{Random, Spread, millis};
use super::rows::{Real, Template};
use crate::bench::figures::to_f64;
use crate::bench::report::number;
use crate::signals::Signals;

/// How often it is said how far it is, in rows.
const TELL_EVERY: u64 = 2_000_000;

/// Rows of one transaction on SQLite, whose log grows until it ends.
const TRANSACTION: u64 = 50_000;

/// Before anything was measured: a row of about 400 bytes, its place in the index, and what is free beside them.
pub(super) const ASSUMED_ROW_BYTES: f64 = 550.0;

/// The write-ahead log grows to `max_wal_size` and somewhat more; what else runs on the machine needs room too.
const RESERVE_BYTES: f64 = 4e9;

/// A table, or a partition of it, and what goes into it beside the real rows of that time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) table: String,
    pub(super) spread: Spread,
}

/// What is written.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) template: &'a Template,
    pub(super) real: &'a Real,
    /// Whether they replace what is there; on Postgres each part does in any case.
    pub(super) anew: bool,
}

/// Refuses what would fill the disk. SQLite's file is written twice, by `VACUUM`; Postgres keeps the old rows meanwhile.
pub(super) fn check_room(engine: &Engine, rows: u64, row_bytes: f64) -> anyhow::Result<()> {
    let times = if matches!(engine, Engine::Sqlite { .. }) { 2.0 } else { 1.0 };
    let needed = to_f64(rows) * row_bytes * times + RESERVE_BYTES;
    let free = engine.free_bytes()?;
    ensure!(
        free >= needed,
        "{} grants need {:.1} GB of disk ({row_bytes:.0} bytes each, and room for the log), and {:.1} GB are free; choose fewer \
         with --grants",
        number(to_f64(rows), 0),
        needed / 1e9,
        free / 1e9
    );
    Ok(())
}

/// Writes the parts, which are in the order of their times; gives rows a second.
pub(super) fn fill(engine: &Engine, parts: &[Part], rows: Rows, signals: &Signals) -> anyhow::Result<f64> {
    let mut child = engine
        .program()
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start the program of the database")?;
    let input = child.stdin.take().context("no way into the program of the database")?;
    let mut filling = Filling {
        out: BufWriter::with_capacity(1 << 20, input),
        copies: matches!(engine, Engine::Postgres(_)),
        template: rows.template,
        random: Random::new(1),
        begin: Instant::now(),
        rows: 0,
        signals,
    };
    let written = filling.all(parts, rows);
    let (rows, begin) = (filling.rows, filling.begin);
    // Closes its input, and it ends.
    drop(filling);
    let ended = finish(child);
    if let Err(error) = written {
        signals.check()?;
        bail!("{error}; {}", ended.err().map(|error| format!("{error:#}")).unwrap_or_default());
    }
    ended?;
    Ok(to_f64(rows) / begin.elapsed().as_secs_f64())
}

fn finish(child: Child) -> anyhow::Result<()> {
    let output = child.wait_with_output().context("cannot wait for the program of the database")?;
    let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    ensure!(output.status.success(), "it ended with {}: {complaint}", output.status);
    Ok(())
}

struct Filling<'a, W: Write> {
    out: W,
    /// Whether rows are copied, not inserted.
    copies: bool,
    template: &'a Template,
    random: Random,
    begin: Instant,
    rows: u64,
    signals: &'a Signals,
}

impl<W: Write> Filling<'_, W> {
    fn all(&mut self, parts: &[Part], rows: Rows) -> anyhow::Result<()> {
        if !self.copies {
            let delete = if rows.anew { format!("DELETE FROM {TABLE};\n") } else { String::new() };
            writeln!(self.out, "{delete}BEGIN;")?;
        }
        let mut real = rows.real.lines().peekable();
        for part in parts {
            self.part(part, &mut real)?;
        }
        ensure!(real.next().is_none(), "a real grant is younger than every part");
        if !self.copies {
            writeln!(self.out, "COMMIT;")?;
        }
        self.out.flush()?;
        Ok(())
    }

    fn part<'a>(
        &mut self,
        part: &Part,
        real: &mut Peekable<impl Iterator<Item = (u128, &'a str)>>,
    ) -> anyhow::Result<()> {
        if self.copies {
            // A table that was emptied in the same transaction takes rows that need no VACUUM any more.
            let table = &part.table;
            writeln!(self.out, "BEGIN;\nTRUNCATE {table};\nCOPY {table} FROM STDIN WITH (FREEZE);")?;
        }
        for id in part.spread.ids() {
            while let Some((_, line)) = real.next_if(|(real, _)| *real < id) {
                self.line(line)?;
            }
            self.template.write(&mut self.out, id, &mut self.random)?;
            self.count()?;
        }
        while let Some((_, line)) = real.next_if(|(id, _)| millis(*id) < part.spread.to_ms) {
            self.line(line)?;
        }
        if self.copies {
            writeln!(self.out, "\\.\nCOMMIT;")?;
        }
        Ok(())
    }

    fn line(&mut self, line: &str) -> anyhow::Result<()> {
        writeln!(self.out, "{line}")?;
        self.count()
    }

    fn count(&mut self) -> anyhow::Result<()> {
        self.rows += 1;
        if self.rows.is_multiple_of(TRANSACTION) {
            self.signals.check()?;
            if !self.copies {
                self.between_transactions()?;
            }
        }
        if self.rows.is_multiple_of(TELL_EVERY) {
            let rate = to_f64(self.rows) / self.begin.elapsed().as_secs_f64();
            println!("{} grants written, {} a second", number(to_f64(self.rows), 0), number(rate, 0));
        }
        Ok(())
    }

    fn between_transactions(&mut self) -> io::Result<()> {
        writeln!(self.out, "COMMIT;\nBEGIN;")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    fn written(copies: bool) -> Vec<String> {
        let hash = "ab".repeat(32);
        let line = |digits: u128| format!("\\\\x{digits:032x}\t\\\\x{hash}");
        let mut real = Real::default();
        real.update(&[line(150 << 80), line(250 << 80)].join("\n")).unwrap();
        let template = Template::new(&line(1), &hash).unwrap();
        let parts = [
            Part { table: "a".to_owned(), spread: Spread { from_ms: 0, to_ms: 100, count: 2 } },
            Part { table: "b".to_owned(), spread: Spread { from_ms: 100, to_ms: 300, count: 2 } },
        ];
        let mut out = Vec::new();
        let signals = Signals::catch().unwrap();
        let mut filling = Filling {
            out: &mut out,
            copies,
            template: &template,
            random: Random::new(1),
            begin: Instant::now(),
            rows: 0,
            signals: &signals,
        };
        filling.all(&parts, Rows { template: &template, real: &real, anew: true }).unwrap();
        let text = String::from_utf8(out).unwrap();
        // Of rows the millisecond.
        text.lines()
            .map(|line| match line.strip_prefix("\\\\x") {
                Some(rest) => u64::from_str_radix(rest.get(..12).unwrap(), 16).unwrap().to_string(),
                None => line.to_owned(),
            })
            .collect()
    }

    #[test]
    fn real_rows_are_where_they_belong() {
        let copied = [
            "BEGIN;",
            "TRUNCATE a;",
            "COPY a FROM STDIN WITH (FREEZE);",
            "0",
            "50",
            "\\.",
            "COMMIT;",
            "BEGIN;",
            "TRUNCATE b;",
            "COPY b FROM STDIN WITH (FREEZE);",
            "100",
            "150",
            "200",
            "250",
            "\\.",
            "COMMIT;",
        ];
        assert_eq!(written(true), copied);
        assert_eq!(
            written(false),
            ["DELETE FROM grants_long;", "BEGIN;", "0", "50", "100", "150", "200", "250", "COMMIT;"]
        );
    }
}
