//! How long whoever failed to prove who they are must wait before they may try again. Grantor's own; NIST SP 800-63B §5.2.2
//! asks for a limit, and RFC 6749 §4.3.2 for protection against brute force.
//!
//! Only failures count, and each makes the next wait twice as long, up to a bound. Guesses of one name from one place wait
//! for longest. What others guess elsewhere makes a person wait too, but never for long: else whoever knows a name could lock
//! its owner out. A browser that its owner signed in with before is counted by itself alone.
//!
//! ```
//! use std::time::Duration;
//! use grantor_domain::throttle::{FailureTally, Failures, Throttle};
//! use grantor_domain::time::Timestamp;
//!
//! let now = Timestamp::from_secs(1_800_000_000);
//! let failed = |count| Failures { count, last: Some(now) };
//! let tally = |count| FailureTally { name_here: failed(count), name: failed(count), here: failed(count) };
//! let throttle = Throttle::default();
//! assert_eq!(throttle.wait(&tally(4), now), None);
//! assert_eq!(throttle.wait(&tally(6), now), Some(Duration::from_secs(2)));
//! ```

use std::time::Duration;

use crate::time::Timestamp;

/// How long a failure counts. Grantor's own.
pub const MEMORY: Duration = Duration::from_secs(24 * 3600);

/// The wait after the first failure that is one too many; it doubles with every other.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Failures of one kind within [`MEMORY`]. Grantor's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub count: u64,
    /// When the last one was.
    pub last: Option<Timestamp>,
}

/// The failures that speak against another attempt. Grantor's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailureTally {
    /// Under this name from this place; or, in a browser that its owner signed in with before, under this name in it.
    pub name_here: Failures,
    /// Under this name, from anywhere.
    pub name: Failures,
    /// From this place, under any name.
    pub here: Failures,
}

/// How many failures are free, and how long the others make wait. Grantor's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The failure with this number is the first after which one waits.
    pub failures: u32,
    /// The longest wait.
    pub longest_wait: Duration,
}

impl Limit {
    /// How long it still is to the next attempt; none if it may be made.
    fn wait(&self, failures: Failures, now: Timestamp) -> Option<Duration> {
        let beyond = failures.count.checked_sub(self.failures.into())?;
        let wait = u32::try_from(beyond).ok().and_then(|beyond| 2_u32.checked_pow(beyond));
        let wait = wait.map_or(self.longest_wait, |times| FIRST_WAIT.saturating_mul(times).min(self.longest_wait));
        // The clock of the replica that wrote it may be ahead.
        let ends_at = failures.last?.min(now).plus(wait);
        Some(ends_at.since(now)).filter(|left| !left.is_zero())
    }
}

/// The limits of each kind. Grantor's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// Of one name from one place.
    pub name_here: Limit,
    /// Of one name from anywhere.
    pub name: Limit,
    /// Of one place under any name.
    pub here: Limit,
}

impl Default for Throttle {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self {
            name_here: Limit { failures: 5, longest_wait: 15 * minute },
            name: Limit { failures: 20, longest_wait: minute },
            here: Limit { failures: 100, longest_wait: minute },
        }
    }
}

impl Throttle {
    /// Whether one of several attempts is looked at that were written down at once: after its look at those `before`, and with
    /// itself among those `after`. One after another only the first few are free, and so they are here.
    #[must_use]
    pub fn hears(&self, before: Failures, after: Failures) -> bool {
        after.count <= before.count.saturating_add(1).max(self.name_here.failures.into())
    }

    /// How long it still is to the next attempt; none if it may be made (NIST SP 800-63B §5.2.2).
    #[must_use]
    pub fn wait(&self, tally: &FailureTally, now: Timestamp) -> Option<Duration> {
        let waits = [
            self.name_here.wait(tally.name_here, now),
            self.name.wait(tally.name, now),
            self.here.wait(tally.here, now),
        ];
        waits.into_iter().flatten().max()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
    const SECOND: Duration = Duration::from_secs(1);

    fn failed(count: u64, last: Timestamp) -> Failures {
        Failures { count, last: Some(last) }
    }

    #[test]
    fn each_failure_doubles_the_wait_up_to_a_bound() {
        let limit = Limit { failures: 3, longest_wait: 10 * SECOND };
        let waits = |count| limit.wait(failed(count, NOW), NOW).map_or(0, |wait| wait.as_secs());
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7, 8].map(waits), [0, 0, 0, 1, 2, 4, 8, 10, 10]);
        for many in [40, 100, u64::from(u32::MAX) + 10, u64::MAX] {
            assert_eq!(waits(many), 10, "{many}");
        }
        assert_eq!(limit.wait(Failures::default(), NOW), None);
    }

    #[test]
    fn of_many_at_once_no_more_are_heard_than_in_turn() {
        let throttle = Throttle::default();
        let heard = |before: u64, others: u64| {
            let at_once = (1..=others).filter(|rank| throttle.hears(failed(before, NOW), failed(before + rank, NOW)));
            at_once.count()
        };
        assert_eq!([heard(0, 64), heard(3, 64), heard(5, 64), heard(9, 64), heard(9, 1)], [5, 2, 1, 1, 1]);
    }

    #[test]
    fn the_wait_is_over_when_its_time_has_passed() {
        let limit = Limit { failures: 1, longest_wait: 60 * SECOND };
        let left = |later: Duration| limit.wait(failed(4, NOW), NOW.plus(later));
        assert_eq!(left(Duration::ZERO), Some(8 * SECOND));
        assert_eq!(left(3 * SECOND), Some(5 * SECOND));
        assert_eq!(left(8 * SECOND), None);
        assert_eq!(limit.wait(failed(4, NOW.plus(3600 * SECOND)), NOW), Some(8 * SECOND), "a clock that is ahead");
    }

    #[test]
    fn the_longest_of_the_waits_counts() {
        let none = Failures::default();
        let throttle = Throttle::default();
        let wait = |tally: FailureTally| throttle.wait(&tally, NOW).map(|wait| wait.as_secs());
        let many = failed(1000, NOW);
        assert_eq!(wait(FailureTally { name_here: many, name: many, here: many }), Some(900));
        assert_eq!(wait(FailureTally { name_here: none, name: many, here: none }), Some(60));
        assert_eq!(wait(FailureTally { name_here: none, name: none, here: many }), Some(60));
        assert_eq!(
            wait(FailureTally { name_here: failed(4, NOW), name: failed(19, NOW), here: failed(99, NOW) }),
            None
        );
    }

    /// Everything that somebody who never tires can try in `days`, from one place, or from a new one each time.
    fn guesses(days: u64, from_one_place: bool) -> usize {
        let throttle = Throttle::default();
        let (mut now, end) = (NOW, NOW.plus(Duration::from_secs(days * 24 * 3600)));
        let (mut failures, mut guesses) = (VecDeque::new(), 0);
        while now < end {
            while failures.front().is_some_and(|at| *at < now.minus(MEMORY)) {
                failures.pop_front();
            }
            let all = Failures { count: failures.len() as u64, last: failures.back().copied() };
            let here = if from_one_place { all } else { Failures::default() };
            match throttle.wait(&FailureTally { name_here: here, name: all, here }, now) {
                Some(wait) => now = now.plus(wait),
                None => {
                    failures.push_back(now);
                    guesses += 1;
                }
            }
        }
        guesses
    }

    #[test]
    fn nobody_guesses_often() {
        let from_one_place = guesses(7, true);
        assert!((7 * 90..7 * 110).contains(&from_one_place), "{from_one_place} in a week");
        let from_everywhere = guesses(7, false);
        assert!(from_everywhere < 7 * 1500, "{from_everywhere} in a week");
    }
}
