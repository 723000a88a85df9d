//! Points in time, as the rules see them: milliseconds since the Unix epoch, always handed in by the caller. A JWT's
//! `NumericDate` (RFC 7519 §2) is one of them.

use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

/// Milliseconds since the Unix epoch, UTC. Arithmetic saturates: no input can make it overflow.
///
/// Grantor's own: a JWT has whole seconds (`NumericDate`, RFC 7519 §2), storage and the order of identifiers have
/// milliseconds (RFC 9562 §5.7).
///
/// ```
/// use std::time::Duration;
/// use grantor_domain::time::Timestamp;
///
/// let issued = Timestamp::from_millis(1_800_000_000_999);
/// let expires = issued.plus(Duration::from_secs(60));
/// assert_eq!(expires.as_secs(), 1_800_000_060);
/// assert_eq!(issued.since(expires), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// A point `millis` milliseconds after (or, negative, before) the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// A JWT `NumericDate` without its fraction, in seconds since the epoch (RFC 7519 §2).
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// Milliseconds since the epoch, as storage keeps them.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down: the `NumericDate` that a JWT carries (RFC 7519 §2).
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This point, `duration` later, to the millisecond.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    /// This point, `duration` earlier, to the millisecond.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }

    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        u64::try_from(self.0.saturating_sub(earlier.0)).map_or(Duration::ZERO, Duration::from_millis)
    }
}

/// Serializes a point as the `NumericDate` of a JWT (RFC 7519 §2).
pub(crate) fn numeric_date<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(time.as_secs())
}

/// [`numeric_date`] of what may be absent.
pub(crate) fn optional_numeric_date<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(Timestamp::as_secs).serialize(serializer)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates() {
        let end = Timestamp::from_millis(i64::MAX);
        assert_eq!(end.plus(Duration::MAX), end);
        assert_eq!(Timestamp::from_secs(i64::MAX), end);
        assert_eq!(Timestamp::from_millis(5).since(end), Duration::ZERO);
    }

    #[test]
    fn seconds_round_down_before_the_epoch_too() {
        assert_eq!(Timestamp::from_millis(-1).as_secs(), -1);
        assert_eq!(Timestamp::from_millis(1999).as_secs(), 1);
    }
}
