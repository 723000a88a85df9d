//! The arithmetic of partitions: which are missing, which are past, and how a name tells the bounds.
//!
//! A partition holds the grants whose identifiers were made in an interval of time. Few and wide: a fourth of the
//! longest life each, so that six hold everything that lives (four past, the current, the next).

use std::time::Duration;

use grantor_domain::time::Timestamp;
use grantor_domain::token::lifetime::LifetimeClass;

use crate::grants::table;

/// A replica whose clock is behind, and a code made just before the first partition, still find one.
const BEFORE: Duration = Duration::from_secs(3600);

/// Upkeep runs hourly, so nothing shorter makes sense; a fourth of the short table's longest life.
const MIN_WIDTH: Duration = Duration::from_secs(12 * 3600);

/// A partition: identifiers made from `from` on and before `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Partition {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl Partition {
    /// The name, which tells the bounds in milliseconds.
    pub(super) fn name(self, class: LifetimeClass) -> String {
        format!("{}_{}_{}", table(class), self.from.as_millis(), self.to.as_millis())
    }

    /// Reads a name.
    pub(super) fn parse(class: LifetimeClass, name: &str) -> Option<Self> {
        let (from, to) = name.strip_prefix(table(class))?.strip_prefix('_')?.split_once('_')?;
        let time = |text: &str| text.parse().ok().map(Timestamp::from_millis);
        let partition = Self { from: time(from)?, to: time(to)? };
        (partition.from < partition.to).then_some(partition)
    }

    /// Whether everything in it has outlived `life`.
    pub(super) fn is_past(self, life: Duration, now: Timestamp) -> bool {
        self.to.plus(life) <= now
    }

    fn contains(self, time: Timestamp) -> bool {
        self.from <= time && time < self.to
    }
}

/// How wide the partitions of a table are made whose rows live this long.
pub(super) fn width(life: Duration) -> Duration {
    (life / 4).max(MIN_WIDTH)
}

/// What must be made beside `existing` so that there is a partition for `now` and the next one too. New ones go on from
/// the last bound, whatever width the others have: a changed configuration leaves no gap and no overlap.
pub(super) fn missing(existing: &[Partition], now: Timestamp, width: Duration) -> Vec<Partition> {
    let mut all = existing.to_vec();
    for time in [now.minus(BEFORE), now] {
        cover(&mut all, time, width);
    }
    if let Some(current) = all.iter().find(|partition| partition.contains(now)).copied() {
        cover(&mut all, current.to, width);
    }
    all.retain(|partition| !existing.contains(partition));
    all
}

/// Adds the partition that holds `time`, if none does.
fn cover(all: &mut Vec<Partition>, time: Timestamp, width: Duration) {
    if all.iter().any(|partition| partition.contains(time)) {
        return;
    }
    let width_millis = i64::try_from(width.as_millis()).unwrap_or(i64::MAX).max(1);
    let aligned = Timestamp::from_millis(time.as_millis().div_euclid(width_millis).saturating_mul(width_millis));
    let before = all.iter().map(|partition| partition.to).filter(|to| *to <= time).max();
    let after = all.iter().map(|partition| partition.from).filter(|from| *from > time).min();
    let from = before.map_or(aligned, |before| before.max(aligned));
    let to = after.map_or(from.plus(width), |after| after.min(from.plus(width)));
    all.push(Partition { from, to });
}

/// The lowest identifier of a moment: its 48 bits of milliseconds (RFC 9562 §5.7), then zeros.
pub(super) fn edge(time: Timestamp) -> [u8; 16] {
    let millis = u128::try_from(time.as_millis()).unwrap_or(0).min((1 << 48) - 1);
    (millis << 80).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use grantor_domain::id::GrantId;

    use super::*;

    const HOUR: u64 = 3600;
    const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

    fn hours(n: u64) -> Duration {
        Duration::from_secs(n * HOUR)
    }

    #[test]
    fn names_read_back() {
        let partition = Partition { from: NOW, to: NOW.plus(hours(12)) };
        for class in [LifetimeClass::Long, LifetimeClass::Short] {
            assert_eq!(Partition::parse(class, &partition.name(class)), Some(partition));
        }
        for name in ["grants_long_1", "grants_long_2_1", "grants_long_a_b", "grants_short_1_2", "other"] {
            assert_eq!(Partition::parse(LifetimeClass::Long, name), None, "{name}");
        }
    }

    #[test]
    fn edges_lie_before_every_identifier_of_their_moment() {
        let later = NOW.plus(Duration::from_millis(1));
        assert!(edge(NOW) <= *GrantId::new(NOW, &[0; 10]).as_bytes());
        assert!(edge(later) > *GrantId::new(NOW, &[0xff; 10]).as_bytes());
    }

    #[test]
    fn a_new_table_gets_the_hour_before_the_present_and_the_next() {
        for offset in 0..24 {
            let now = NOW.plus(hours(offset));
            let made = missing(&[], now, hours(12));
            let covers = |time| made.iter().any(|partition| partition.contains(time));
            assert!(covers(now.minus(hours(1))) && covers(now) && covers(now.plus(hours(12))), "{offset}");
            assert!(missing(&made, now, hours(12)).is_empty());
        }
    }

    #[test]
    fn another_width_continues_at_the_last_bound() {
        let made = missing(&[], NOW, hours(12));
        let last = made.iter().map(|partition| partition.to).max().unwrap();
        let next = missing(&made, last.minus(hours(1)), hours(100));
        assert_eq!(next, [Partition { from: last, to: last.plus(hours(100)) }]);
    }

    #[test]
    fn after_years_of_rest_it_begins_anew_without_the_years_between() {
        let made = missing(&[], NOW, hours(12));
        let now = NOW.plus(hours(24 * 800));
        let next = missing(&made, now, hours(12));
        assert!(next.len() <= 3 && next.iter().any(|partition| partition.contains(now)));
    }

    #[test]
    fn at_most_six_at_a_time_none_overlapping_and_no_hole() {
        let life = hours(24 * 400);
        let mut all: Vec<Partition> = Vec::new();
        for hour in 0..24 * 1200 {
            let now = NOW.plus(hours(hour));
            all.retain(|partition| !partition.is_past(life, now));
            all.extend(missing(&all, now, width(life)));
            all.sort_unstable();
            let adjoin = all.windows(2).all(|pair| pair[0].to == pair[1].from);
            assert!(all.len() <= 6 && adjoin && all.iter().any(|partition| partition.contains(now)), "hour {hour}");
        }
    }
}
