//! Decides what made-up grants look like: as a real one, in the text in which the database itself gives and takes rows, but
//! under another identifier and with another secret's hash.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anyhow::Context;

use super::ids::Random;

/// Hexadecimal digits of an identifier.
const ID_DIGITS: usize = 32;

/// The real grants, as lines by identifier.
#[derive(Clone, Debug, Default)]
pub(super) struct Real(BTreeMap<u128, String>);

impl Real {
    /// Adds rows, or what has become of them.
    pub(super) fn update(&mut self, lines: &str) -> anyhow::Result<()> {
        for line in lines.lines() {
            let id = id_of(line).with_context(|| format!("no identifier in {line:?}"))?;
            self.0.insert(id, line.to_owned());
        }
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Their first and their last identifier.
    pub(super) fn bounds(&self) -> anyhow::Result<(u128, u128)> {
        let ends = self.0.first_key_value().zip(self.0.last_key_value());
        ends.map(|((first, _), (last, _))| (*first, *last)).context("there are no grants")
    }

    /// Those that `other` has not.
    pub(super) fn without(&self, other: &Self) -> Self {
        let rest = self.0.iter().filter(|(id, _)| !other.0.contains_key(id));
        Self(rest.map(|(id, line)| (*id, line.clone())).collect())
    }

    /// These and those of `other`.
    pub(super) fn with(&self, other: &Self) -> Self {
        let both = self.0.iter().chain(&other.0);
        Self(both.map(|(id, line)| (*id, line.clone())).collect())
    }

    /// Replaces the rows that `newer` has.
    pub(super) fn refresh_from(&mut self, newer: &Self) {
        for (id, line) in &mut self.0 {
            if let Some(found) = newer.0.get(id) {
                line.clone_from(found);
            }
        }
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = (u128, &str)> {
        self.0.iter().map(|(id, line)| (*id, line.as_str()))
    }
}

/// A row between whose parts an identifier and a hash are put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    parts: [String; 3],
}

impl Template {
    /// Takes a row apart; `secret_hash` as hexadecimal digits.
    pub(super) fn new(line: &str, secret_hash: &str) -> anyhow::Result<Self> {
        let id = id_start(line).context("no identifier")?;
        let hash = line.to_ascii_lowercase().find(&secret_hash.to_ascii_lowercase()).context("no hash")?;
        let part =
            |from: usize, to: usize| line.get(from..to).map(str::to_owned).context("identifier and hash overlap");
        let parts = [part(0, id)?, part(id + ID_DIGITS, hash)?, part(hash + secret_hash.len(), line.len())?];
        Ok(Self { parts })
    }

    /// The same row with another text in the place of `found`, wherever that is.
    pub(super) fn with(&self, found: &str, text: &str) -> Self {
        Self { parts: self.parts.clone().map(|part| part.replace(found, text)) }
    }

    pub(super) fn write(&self, out: &mut impl Write, id: u128, random: &mut Random) -> io::Result<()> {
        let [before, between, after] = &self.parts;
        let mut draw = || random.draw();
        let (a, b, c, d) = (draw(), draw(), draw(), draw());
        writeln!(out, "{before}{id:032x}{between}{a:016x}{b:016x}{c:016x}{d:016x}{after}")
    }
}

/// Where the digits of the first column begin: `\\x` in Postgres' text, `X'` in SQLite's.
fn id_start(line: &str) -> Option<usize> {
    let mark = line.find(['x', 'X'])? + 1;
    Some(if line.get(mark..)?.starts_with('\'') { mark + 1 } else { mark })
}

fn id_of(line: &str) -> Option<u128> {
    let start = id_start(line)?;
    u128::from_str_radix(line.get(start..start + ID_DIGITS)?, 16).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    const ID: &str = "0192aa00112273338444555566667777";

    fn check(line: &str, expect: &str) {
        let hash = "ab".repeat(32);
        let template = Template::new(&line.replace("HASH", &hash).replace("ID", ID), &hash).unwrap();
        let mut out = Vec::new();
        template.with("123", "9").write(&mut out, 0xf, &mut Random::new(1)).unwrap();
        let text = String::from_utf8(out).unwrap();
        let (before, after) = expect.split_once("HASH").unwrap();
        let before = before.replace("ID", &format!("{:032x}", 0xf));
        assert!(text.starts_with(&before) && text.ends_with(&format!("{after}\n")), "{text}");
        assert_eq!(text.len(), before.len() + 64 + after.len() + 1);
        assert!(!text.contains(&hash));
    }

    #[test]
    fn both_engines_rows_are_templates() {
        check("\\\\xID\tbench\t\\\\xHASH\t123", "\\\\xID\tbench\t\\\\xHASH\t9");
        check(
            "INSERT INTO grants_long VALUES(X'ID','b',X'HASH',123);",
            "INSERT INTO grants_long VALUES(X'ID','b',X'HASH',9);",
        );
    }

    #[test]
    fn rows_are_kept_as_they_have_become() {
        let line = |digit: char, text: &str| format!("\\\\x{}\t{text}", digit.to_string().repeat(32));
        let mut real = Real::default();
        real.update(&[line('1', "a"), line('2', "b")].join("\n")).unwrap();
        let mut newer = Real::default();
        newer.update(&[line('2', "c"), line('3', "d")].join("\n")).unwrap();
        assert_eq!(newer.without(&real).len(), 1);
        real.refresh_from(&newer);
        let texts: Vec<&str> = real.lines().map(|(_, line)| line.rsplit('\t').next().unwrap()).collect();
        assert_eq!(texts, ["a", "c"]);
        assert_eq!(real.with(&newer).len(), 3);
        assert!(real.update("no row").is_err());
    }
}
