//! Decides whether something that was asked for is met, and by how much not.

use std::fmt;

use serde::Serialize;

use crate::bench::report::number;

/// What was asked of one figure, and what that is.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Bar {
    pub(super) work: String,
    /// In words, its bound included.
    pub(super) asked: String,
    pub(super) bound: Bound,
    /// Nothing where it was not measured.
    pub(super) reached: Option<Reached>,
}

/// The least or the most that a figure may be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// A figure, and how a table shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Reached {
    pub(super) value: f64,
    pub(super) shown: String,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, bound) = match *self {
            Self::AtLeast(bound) => ('≥', bound),
            Self::AtMost(bound) => ('≤', bound),
        };
        let places = bound.to_string().split_once('.').map_or(0, |(_, places)| places.len());
        write!(f, "{sign} {}", number(bound, places))
    }
}

impl Bound {
    /// Whether a value is within it, and if not, what part of the bound it is short or over.
    fn met_by(self, value: f64) -> String {
        let (missing, word) = match self {
            Self::AtLeast(bound) => (1.0 - value / bound, "short"),
            Self::AtMost(bound) => (value / bound - 1.0, "over"),
        };
        // What is not met is not met by 0 %.
        if missing > 0.0 { format!("no, {:.0} % {word}", (100.0 * missing).max(1.0)) } else { "yes".to_owned() }
    }
}

impl Bar {
    /// The cells of its line.
    pub(super) fn cells(&self) -> Vec<String> {
        let shown = self.reached.as_ref().map_or("–", |reached| reached.shown.as_str());
        vec![self.work.clone(), self.asked.clone(), shown.to_owned(), self.met()]
    }

    fn met(&self) -> String {
        self.reached.as_ref().map_or("not measured".to_owned(), |reached| self.bound.met_by(reached.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_met_says_by_how_much() {
        let check = |bound, value: Option<f64>, expect: &str| {
            let reached = value.map(|value| Reached { value, shown: String::new() });
            let bar = Bar { work: String::new(), asked: String::new(), bound, reached };
            assert_eq!(bar.met(), expect, "{bound}: {value:?}");
        };
        check(Bound::AtLeast(10.0), Some(10.0), "yes");
        check(Bound::AtLeast(10.0), Some(7.6), "no, 24 % short");
        check(Bound::AtLeast(10.0), Some(9.999), "no, 1 % short");
        check(Bound::AtMost(1.35), Some(1.35), "yes");
        check(Bound::AtMost(5.0), Some(6.0), "no, 20 % over");
        check(Bound::AtMost(64.0), None, "not measured");
    }

    #[test]
    fn a_bound_is_shown_as_it_was_asked_for() {
        let check = |bound: Bound, expect: &str| assert_eq!(bound.to_string(), expect);
        check(Bound::AtLeast(8000.0), "≥ 8,000");
        check(Bound::AtMost(1.35), "≤ 1.35");
        check(Bound::AtMost(0.3), "≤ 0.3");
    }
}
