//! Decides how counts are kept and shown: by name, the most frequent first.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// A server that says something else each time must not fill the memory or the page.
const NAMES_MAX: usize = 40;

/// What counts beyond that.
const OTHER: &str = "(other)";

/// How often each thing was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Tally(BTreeMap<String, u64>);

impl Tally {
    pub(crate) fn add(&mut self, name: impl fmt::Display) {
        self.add_times(&name.to_string(), 1);
    }

    pub(crate) fn add_times(&mut self, name: &str, times: u64) {
        let is_full = self.0.len() >= NAMES_MAX && !self.0.contains_key(name);
        *self.0.entry(if is_full { OTHER } else { name }.to_owned()).or_default() += times;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (name, times) in &other.0 {
            self.add_times(name, *times);
        }
    }

    pub(crate) fn of(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    pub(crate) fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Whether everything that was seen is this.
    pub(crate) fn is_only(&self, name: &str) -> bool {
        self.of(name) == self.total()
    }

    /// The names and counts, the most frequent first.
    pub(crate) fn sorted(&self) -> Vec<(&str, u64)> {
        let mut sorted: Vec<(&str, u64)> = self.0.iter().map(|(name, times)| (name.as_str(), *times)).collect();
        sorted.sort_by_key(|(name, times)| (std::cmp::Reverse(*times), *name));
        sorted
    }
}

/// One line each, under a title; nothing was seen is a line as well.
impl Tally {
    pub(crate) fn section(&self, title: &str) -> String {
        let mut text = format!("{title}\n");
        for (name, times) in self.sorted() {
            text.push_str(&format!("  {times:>8} × {name}\n"));
        }
        if self.0.is_empty() {
            text.push_str("         –\n");
        }
        text
    }
}

/// All in one line.
impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.sorted().iter().map(|(name, times)| format!("{times} × {name}")).collect();
        formatter.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_comes_first() {
        let mut tally = Tally::default();
        tally.add("a");
        tally.add_times("b", 2);
        let mut other = Tally::default();
        other.add("c");
        tally.merge(&other);
        assert_eq!(tally.to_string(), "2 × b, 1 × a, 1 × c");
        assert_eq!(tally.section("seen"), "seen\n         2 × b\n         1 × a\n         1 × c\n");
        assert_eq!((tally.of("b"), tally.total(), tally.is_only("b")), (2, 4, false));
        assert_eq!(Tally::default().section("seen"), "seen\n         –\n");
    }

    #[test]
    fn names_are_bounded() {
        let mut tally = Tally::default();
        for name in 0..1000 {
            tally.add(name);
        }
        assert_eq!((tally.of(OTHER), tally.total()), (960, 1000));
    }
}
