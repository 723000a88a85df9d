//! Decides what of a removal was felt: seconds in which a step of it was done are compared with those, before, between and after,
//! in which nothing was.

use serde::Serialize;

use super::steady::{Latency, Steady};
use crate::bench::figures::{median, to_f64};

/// How long a step may be felt after it: a file system has its own time to free what was given back.
pub(super) const LINGERING: f64 = 5.0;

/// Latencies second by second: the medians of each second's figures, and the worst of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Seconds {
    pub(super) number: usize,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) worst_p99_ms: f64,
    pub(super) max_ms: f64,
}

impl Seconds {
    pub(super) fn of(seconds: &[Latency]) -> Self {
        let middle = |figure: fn(&Latency) -> f64| median(seconds.iter().map(figure)).unwrap_or_default();
        let worst = |figure: fn(&Latency) -> f64| seconds.iter().map(figure).fold(0.0, f64::max);
        Self {
            number: seconds.len(),
            p50_ms: middle(|second| second.p50_ms),
            p99_ms: middle(|second| second.p99_ms),
            worst_p99_ms: worst(|second| second.p99_ms),
            max_ms: worst(|second| second.max_ms),
        }
    }
}

/// The seconds of a load, told apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Apart {
    /// In which nothing was done.
    pub(super) quiet: Vec<Latency>,
    /// In which a step was done, or one that was done shortly before may be felt.
    pub(super) touched: Vec<Latency>,
}

impl Apart {
    /// Tells the seconds of `load` apart by its `steps`, each from one moment to another. Those from `before` until the first
    /// step are neither: then something else was done.
    pub(super) fn by(load: &Steady, before: f64, steps: &[(f64, f64)]) -> Self {
        let mut apart = Self::default();
        let first = steps.iter().map(|(from, _)| *from).fold(f64::INFINITY, f64::min);
        for (second, latency) in load.seconds() {
            let is_touched = |(from, to): &(f64, f64)| *from < second + 1.0 && second < to + LINGERING;
            if steps.iter().any(is_touched) {
                apart.touched.push(latency);
            } else if second + 1.0 <= before || second >= first {
                apart.quiet.push(latency);
            }
        }
        apart
    }
}

/// The share of seconds with a p99 above this.
pub(super) fn slow(seconds: &[Latency], p99_ms: f64) -> f64 {
    let slow = seconds.iter().filter(|second| second.p99_ms > p99_ms).count();
    to_f64(slow as u64) / to_f64(seconds.len() as u64).max(1.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "these are exact")]

    use super::super::steady::Sample;
    use super::*;

    /// A load of so many seconds, of which each has its own latency.
    fn load(latencies: &[f64]) -> Steady {
        let second = |(at, ms): (u32, &f64)| {
            let ms = *ms;
            (0..100_u32).map(move |part| Sample { at: f64::from(at) + f64::from(part) / 100.0, ms })
        };
        let mut samples: Vec<Sample> = (0..).zip(latencies).flat_map(second).collect();
        samples.extend(samples.last().copied().map(|last| Sample { at: last.at + 0.01, ..last }));
        Steady { samples, ..Steady::default() }
    }

    fn figures(seconds: &[Latency]) -> Vec<f64> {
        seconds.iter().map(|second| second.p99_ms).collect()
    }

    #[test]
    fn a_step_is_felt_from_its_begin_and_for_some_time_after_its_end() {
        let load = load(&(0..20).map(f64::from).collect::<Vec<_>>());
        let apart = Apart::by(&load, 3.0, &[(5.5, 6.5)]);
        assert_eq!(figures(&apart.touched), [5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0]);
        assert_eq!(figures(&apart.quiet), [1.0, 2.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0, 19.0]);
        assert_eq!(slow(&apart.touched, 9.0), 2.0 / 7.0);
        assert_eq!(slow(&[], 9.0), 0.0);
    }

    #[test]
    fn without_a_step_only_what_was_before_is_quiet() {
        let apart = Apart::by(&load(&[1.0; 5]), 3.0, &[]);
        assert_eq!((apart.quiet.len(), apart.touched.len()), (2, 0));
    }

    #[test]
    fn seconds_have_a_middle_and_a_worst() {
        let second = |ms| Latency { requests: 1, p50_ms: ms, p99_ms: 2.0 * ms, max_ms: 3.0 * ms };
        let all = Seconds::of(&[1.0, 2.0, 9.0].map(second));
        assert_eq!(all, Seconds { number: 3, p50_ms: 2.0, p99_ms: 4.0, worst_p99_ms: 18.0, max_ms: 27.0 });
        assert_eq!(Seconds::of(&[]), Seconds::default());
    }
}
