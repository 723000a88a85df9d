//! The baseline file: what a request of each path cost when somebody last looked, for each kind of processor, since each
//! has instructions of its own.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::fs;
use std::path::Path;

use anyhow::Context;

/// The file as messages name it.
pub(super) const SHOWN: &str = "xtask/instructions.toml";

/// What the file begins with.
const HEAD: &str = "\
# Instructions of one request on each hot path, by processor architecture; docs/instructions.md.
# Written by `cargo xtask instructions --bless`.
";

/// Instructions by architecture and path, each in alphabetical order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Baseline(BTreeMap<String, BTreeMap<String, u64>>);

impl Baseline {
    /// The file; without one, a baseline of nothing.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or holds anything else.
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        if !file.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {SHOWN}"))?;
        Self::parse(&text).with_context(|| format!("{SHOWN} is no baseline"))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        Ok(Self(toml::from_str(text)?))
    }

    /// What a request of this path cost on a processor like this machine's.
    pub(super) fn of(&self, path: &str) -> Option<u64> {
        self.0.get(ARCH)?.get(path).copied()
    }

    /// Takes these paths, and no others, as what there is on this machine's architecture; other architectures stay.
    pub(super) fn set<'a>(&mut self, counted: impl Iterator<Item = (&'a str, u64)>) {
        let counted = counted.map(|(path, count)| (path.to_owned(), count)).collect();
        self.0.insert(ARCH.to_owned(), counted);
    }

    /// Writes the file.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub(super) fn write(&self, file: &Path) -> anyhow::Result<()> {
        fs::write(file, self.to_text()?).with_context(|| format!("cannot write {SHOWN}"))
    }

    fn to_text(&self) -> anyhow::Result<String> {
        let tables = toml::to_string(&self.0).context("the baseline cannot be written as TOML")?;
        Ok(format!("{HEAD}\n{tables}"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn blessing_replaces_this_architecture_alone() {
        let text = format!("[{ARCH}]\nrefresh = 1\nforgotten = 2\n\n[abacus]\nrefresh = 3\n");
        let mut baseline = Baseline::parse(&text).unwrap();
        assert_eq!((baseline.of("refresh"), baseline.of("unheard_of")), (Some(1), None));
        baseline.set([("refresh", 10), ("introspection", 20)].into_iter());
        let written = Baseline::parse(&baseline.to_text().unwrap()).unwrap();
        assert_eq!(written, baseline);
        assert_eq!(
            (written.of("refresh"), written.of("introspection"), written.of("forgotten")),
            (Some(10), Some(20), None)
        );
        assert_eq!(written.0["abacus"]["refresh"], 3);
    }

    #[test]
    fn a_file_reads_back_and_says_what_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("instructions.toml");
        let mut baseline = Baseline::read(&file).unwrap();
        assert_eq!(baseline, Baseline::default());
        baseline.set([("refresh", u64::from(u32::MAX) + 1)].into_iter());
        baseline.write(&file).unwrap();
        assert_eq!(Baseline::read(&file).unwrap(), baseline);
        assert!(fs::read_to_string(&file).unwrap().starts_with("# Instructions of one request"));
    }

    #[test]
    fn anything_else_is_no_baseline() {
        for text in ["refresh = 1", "[x86_64]\nrefresh = \"much\"", "[x86_64]\nrefresh = -1", "["] {
            assert!(Baseline::parse(text).is_err(), "{text}");
        }
    }
}
