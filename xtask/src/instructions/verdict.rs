//! Decides how much more a path may cost than its baseline says before somebody must say so.

use std::fmt::Write as _;

/// By how much a path may change unsaid, in per cent of its baseline: well above what differs between two runs, well below
/// what one more signature or one more statement costs.
const TOLERANCE_PERCENT: u64 = 10;

/// What was counted of one path, and what it was before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Its name.
    pub(super) path: &'static str,
    /// Instructions of one request now.
    pub(super) counted: u64,
    /// Instructions of one request when somebody last looked; none on a machine of a kind that nobody has counted on.
    pub(super) baseline: Option<u64>,
}

/// How a path stands to its baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Grew,
    Shrank,
    Unknown,
    Within,
}

impl Row {
    fn change(&self) -> Change {
        // Whole numbers: what is exactly at the limit is within it. Wide ones, so that no count overflows.
        let Some(baseline) = self.baseline else { return Change::Unknown };
        let (counted, baseline) = (u128::from(self.counted) * 100, u128::from(baseline));
        if counted > baseline * u128::from(100 + TOLERANCE_PERCENT) {
            Change::Grew
        } else if counted < baseline * u128::from(100 - TOLERANCE_PERCENT) {
            Change::Shrank
        } else {
            Change::Within
        }
    }

    /// The change in per cent of the baseline, as it is shown.
    fn percent(&self) -> String {
        match self.baseline {
            Some(baseline) if baseline > 0 => {
                format!("{:+.1} %", (self.counted as f64 / baseline as f64 - 1.0) * 100.0)
            }
            _ => "none yet".to_owned(),
        }
    }
}

/// What there is to say about all paths together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Why the check fails.
    pub(super) complaints: Vec<String>,
    /// What is worth knowing, but fails nothing.
    pub(super) remarks: Vec<String>,
}

/// Judges every path.
pub(super) fn of(rows: &[Row]) -> Verdict {
    let mut verdict = Verdict::default();
    for row in rows {
        let Row { path, counted, .. } = row;
        match row.change() {
            Change::Grew => verdict.complaints.push(format!(
                "{path} grew by more than {TOLERANCE_PERCENT} %, to {counted} instructions a request ({})",
                row.percent()
            )),
            Change::Shrank => verdict.remarks.push(format!(
                "{path} shrank by more than {TOLERANCE_PERCENT} % ({}): `cargo xtask instructions --bless` keeps it there",
                row.percent()
            )),
            Change::Unknown => verdict.complaints.push(format!(
                "{path} has no baseline on {} yet; it takes {counted} instructions a request",
                std::env::consts::ARCH
            )),
            Change::Within => {}
        }
    }
    verdict
}

/// The figures for people.
pub(super) fn table(rows: &[Row]) -> String {
    let mut table = format!("\n{:<20} {:>20} {:>12} {:>10}\n", "path", "instructions/request", "baseline", "change");
    for row in rows {
        let baseline = row.baseline.map_or_else(|| "-".to_owned(), |baseline| baseline.to_string());
        // Writing to a text does not fail.
        let _ = writeln!(table, "{:<20} {:>20} {baseline:>12} {:>10}", row.path, row.counted, row.percent());
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(counted: u64, baseline: Option<u64>) -> Row {
        Row { path: "refresh", counted, baseline }
    }

    #[test]
    fn ten_per_cent_is_the_limit_both_ways() {
        let check = |counted, expect| assert_eq!(row(counted, Some(1_000)).change(), expect, "{counted}");
        check(1_000, Change::Within);
        check(1_100, Change::Within);
        check(1_101, Change::Grew);
        check(900, Change::Within);
        check(899, Change::Shrank);
        assert_eq!(row(1, Some(0)).change(), Change::Grew);
        assert_eq!(row(u64::MAX, Some(u64::MAX)).change(), Change::Within);
    }

    #[test]
    fn growth_fails_and_shrinking_does_not() {
        let grown = of(&[row(1_000, Some(1_000)), row(1_250, Some(1_000))]);
        assert_eq!(grown.complaints, ["refresh grew by more than 10 %, to 1250 instructions a request (+25.0 %)"]);
        assert!(grown.remarks.is_empty());
        let shrunk = of(&[row(500, Some(1_000))]);
        assert!(shrunk.complaints.is_empty());
        assert_eq!(shrunk.remarks.len(), 1);
        assert!(shrunk.remarks[0].starts_with("refresh shrank by more than 10 % (-50.0 %)"), "{shrunk:?}");
        assert_eq!(of(&[row(1_000, Some(1_000))]), Verdict::default());
    }

    #[test]
    fn a_path_without_a_baseline_fails() {
        assert_eq!(of(&[row(1_000, None)]).complaints.len(), 1);
    }

    #[test]
    fn the_table_has_a_line_for_each_path() {
        let table = table(&[row(1_050, Some(1_000)), row(7, None)]);
        let lines: Vec<Vec<&str>> = table.lines().skip(2).map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines, [vec!["refresh", "1050", "1000", "+5.0", "%"], vec!["refresh", "7", "-", "none", "yet"]]);
    }
}
