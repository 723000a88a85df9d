//! Decides how two are compared: their runs are made in turn, so that both see the same machine, and what one is to the other
//! is the median of what it was in each two runs that followed one another.

use std::fmt;

use serde::Serialize;

use super::figures::{Figures, median};
use super::measure::Course;
use super::report::Row;
use super::setup::Setup;

/// One of the two, warmed up.
pub(super) struct Contender<'a> {
    /// Its name in a row.
    pub(super) server: String,
    pub(super) store: &'static str,
    pub(super) course: Course<'a>,
}

/// What was measured of both.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Pair {
    pub(super) ours: Row,
    pub(super) theirs: Row,
}

/// What one is to the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ratio {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Ratio {
    /// What these ratios say together, if there are any.
    pub(super) fn of(ratios: &[f64]) -> Option<Self> {
        Some(Self {
            median: median(ratios.iter().copied())?,
            least: ratios.iter().copied().reduce(f64::min)?,
            most: ratios.iter().copied().reduce(f64::max)?,
        })
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { median, least, most } = self;
        write!(f, "{median:.2} × ({least:.2} to {most:.2})")
    }
}

impl Contender<'_> {
    fn row(self, setup: &Setup) -> Row {
        let Self { server, store, course } = self;
        let (work, connections) = (course.work(), course.connections());
        let measured = course.measured();
        if let Some(problem) = measured.median.problem() {
            setup.note(format!("{} of {server} on {store}, {connections} connections: {problem}", work.name()));
        }
        Row::new(&server, work, store, connections, measured)
    }
}

/// The runs of both, in turn; who begins changes each time. Runs that say nothing are noted.
pub(super) fn in_turn(setup: &Setup, mut ours: Contender, mut theirs: Contender) -> anyhow::Result<Pair> {
    for run in 0..setup.options.runs() {
        // Both at first: to make them takes a while.
        let (our_values, their_values) = (ours.course.values()?, theirs.course.values()?);
        if run % 2 == 0 {
            ours.course.run(our_values.as_ref())?;
            theirs.course.run(their_values.as_ref())?;
        } else {
            theirs.course.run(their_values.as_ref())?;
            ours.course.run(our_values.as_ref())?;
        }
    }
    Ok(Pair { ours: ours.row(setup), theirs: theirs.row(setup) })
}

/// What a figure of these runs is to that of those which they were in turn with, if all have it.
pub(super) fn ratio(over: &[Figures], under: &[Figures], figure: impl Fn(&Figures) -> Option<f64>) -> Option<Ratio> {
    let each = over.iter().zip(under);
    let ratios = each.map(|(over, under)| Some(figure(over)? / figure(under).filter(|under| *under > 0.0)?));
    Ratio::of(&ratios.collect::<Option<Vec<f64>>>()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    fn runs(costs: &[Option<f64>]) -> Vec<Figures> {
        costs.iter().map(|&server_us| Figures { server_us, ..Figures::default() }).collect()
    }

    #[test]
    fn each_run_is_compared_with_the_one_beside_it() {
        // The machine was half as fast for the last two runs of ours and the last of theirs: the medians alone would say 3 to 1.
        let (ours, theirs) = (runs(&[Some(1.0), Some(2.0), Some(2.0)]), runs(&[Some(5.0), Some(6.0), Some(14.0)]));
        let ratio = ratio(&theirs, &ours, |figures| figures.server_us).unwrap();
        assert_eq!(ratio, Ratio { median: 5.0, least: 3.0, most: 7.0 });
        assert_eq!(ratio.to_string(), "5.00 × (3.00 to 7.00)");
    }

    #[test]
    fn a_run_without_the_figure_leaves_nothing_to_compare() {
        let cost = |figures: &Figures| figures.server_us;
        assert_eq!(ratio(&runs(&[Some(1.0), None]), &runs(&[Some(1.0), Some(1.0)]), cost), None);
        assert_eq!(ratio(&runs(&[Some(1.0)]), &runs(&[Some(0.0)]), cost), None);
        assert_eq!(ratio(&[], &[], cost), None);
    }
}
