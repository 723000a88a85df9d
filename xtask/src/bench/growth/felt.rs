//! Decides what of a removal was felt: seconds in which a step of it was done are compared with those between two steps, and with
//! those in which there was nothing to remove.

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
    /// The share of them with more than twice the p99 of the middle second in which there was nothing to remove.
    pub(super) slow: f64,
}

impl Seconds {
    /// Slow are those with more than `slow_ms`.
    fn of(seconds: &[Latency], slow_ms: f64) -> Self {
        let middle = |figure: fn(&Latency) -> f64| median(seconds.iter().map(figure)).unwrap_or_default();
        let worst = |figure: fn(&Latency) -> f64| seconds.iter().map(figure).fold(0.0, f64::max);
        Self {
            number: seconds.len(),
            p50_ms: middle(|second| second.p50_ms),
            p99_ms: middle(|second| second.p99_ms),
            worst_p99_ms: worst(|second| second.p99_ms),
            max_ms: worst(|second| second.max_ms),
            slow: share_above(seconds, slow_ms),
        }
    }
}

/// The seconds of a load, told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Felt {
    /// A step was done, or one that was done shortly before may be felt.
    pub(super) steps: Seconds,
    /// Between two steps.
    pub(super) between: Seconds,
    /// There was nothing to remove.
    pub(super) control: Seconds,
}

impl Felt {
    /// Tells the seconds of `load` apart by its `steps`, each from one moment to another. Those from `before` until the first
    /// step are none of these: then something else was done.
    pub(super) fn by(load: &Steady, before: f64, steps: &[(f64, f64)]) -> Self {
        let first = steps.iter().map(|(from, _)| *from).fold(f64::INFINITY, f64::min);
        let last = steps.iter().map(|(_, to)| *to).fold(f64::NEG_INFINITY, f64::max);
        let (mut touched, mut between, mut control) = (Vec::new(), Vec::new(), Vec::new());
        for (second, latency) in load.seconds() {
            let is_touched = |(from, to): &(f64, f64)| *from < second + 1.0 && second < to + LINGERING;
            if steps.iter().any(is_touched) {
                touched.push(latency);
            } else if second + 1.0 <= before || second >= last && last >= first {
                control.push(latency);
            } else if second >= first {
                between.push(latency);
            }
        }
        let slow_ms = 2.0 * median(control.iter().map(|second| second.p99_ms)).unwrap_or_default();
        let [steps, between, control] = [touched, between, control].map(|seconds| Seconds::of(&seconds, slow_ms));
        Self { steps, between, control }
    }
}

/// The share of seconds with a p99 above this.
fn share_above(seconds: &[Latency], p99_ms: f64) -> f64 {
    let above = seconds.iter().filter(|second| second.p99_ms > p99_ms).count();
    to_f64(above as u64) / to_f64(seconds.len() as u64).max(1.0)
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

    fn numbers(felt: &Felt) -> [usize; 3] {
        [felt.steps, felt.between, felt.control].map(|seconds| seconds.number)
    }

    #[test]
    fn a_step_is_felt_from_its_begin_and_for_some_time_after_its_end() {
        let load = load(&(0..30).map(f64::from).collect::<Vec<_>>());
        let felt = Felt::by(&load, 3.0, &[(5.5, 6.5), (15.0, 15.0)]);
        // 5 to 11 and 15 to 19; 12 to 14; 1, 2 and 20 to 29. Nothing is known of 3 and 4.
        assert_eq!(numbers(&felt), [12, 3, 12]);
        assert_eq!([felt.steps, felt.between, felt.control].map(|seconds| seconds.worst_p99_ms), [19.0, 14.0, 29.0]);
        assert_eq!((felt.between.p99_ms, felt.control.p99_ms), (13.0, 23.5));
    }

    #[test]
    fn slow_is_what_is_above_twice_the_middle_of_the_control() {
        let felt = Felt::by(&load(&[1.0, 1.0, 1.0, 3.0, 2.0, 3.0, 1.0, 1.0, 1.0, 1.0, 3.0]), 3.0, &[(3.0, 3.5)]);
        assert_eq!(numbers(&felt), [6, 0, 4]);
        assert_eq!((felt.steps.slow, felt.control.slow), (2.0 / 6.0, 1.0 / 4.0));
    }

    #[test]
    fn without_a_step_only_what_was_before_is_known() {
        let felt = Felt::by(&load(&[1.0; 5]), 3.0, &[]);
        assert_eq!(numbers(&felt), [0, 0, 2]);
    }

    #[test]
    fn seconds_have_a_middle_and_a_worst() {
        let second = |ms| Latency { requests: 1, p50_ms: ms, p99_ms: 2.0 * ms, max_ms: 3.0 * ms };
        let all = Seconds::of(&[1.0, 2.0, 9.0].map(second), 2.0);
        let expect = Seconds { number: 3, p50_ms: 2.0, p99_ms: 4.0, worst_p99_ms: 18.0, max_ms: 27.0, slow: 2.0 / 3.0 };
        assert_eq!(all, expect);
        assert_eq!(Seconds::of(&[], 0.0), Seconds::default());
    }
}
