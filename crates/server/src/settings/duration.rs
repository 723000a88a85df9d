//! How an operator writes a duration: a whole number and a unit, `30s`, `5m`, `24h` or `180d`. A bare number is refused,
//! because nobody could tell seconds from milliseconds by looking at it.

use std::fmt;
use std::time::Duration;

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// Units by their size in seconds, the largest first.
const UNITS: [(char, u64); 4] = [('d', 24 * 3600), ('h', 3600), ('m', 60), ('s', 1)];

/// A duration as it stands in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HumanDuration(pub Duration);

impl HumanDuration {
    /// This many seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(Duration::from_secs(secs))
    }

    /// Reads a whole number and a unit; none for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (unit, size) = UNITS.into_iter().find(|(unit, _)| text.ends_with(*unit))?;
        let number = text.strip_suffix(unit)?;
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        let secs = number.parse::<u64>().ok().filter(|_| digits)?.checked_mul(size)?;
        Some(Self::from_secs(secs))
    }
}

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.0.as_secs();
        let (unit, size) =
            UNITS.into_iter().find(|(_, size)| secs != 0 && secs.is_multiple_of(*size)).unwrap_or(('s', 1));
        write!(f, "{}{unit}", secs / size)
    }
}

impl From<HumanDuration> for Duration {
    fn from(duration: HumanDuration) -> Self {
        duration.0
    }
}

impl From<Duration> for HumanDuration {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl<'de> Deserialize<'de> for HumanDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DurationVisitor;

        impl Visitor<'_> for DurationVisitor {
            type Value = HumanDuration;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration with its unit, such as \"30s\", \"5m\", \"24h\" or \"180d\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<HumanDuration, E> {
                HumanDuration::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_any(DurationVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_needs_a_number_and_a_unit() {
        let check = |text: &str, expect: Option<u64>| {
            assert_eq!(HumanDuration::parse(text), expect.map(HumanDuration::from_secs), "{text:?}");
        };
        check("30s", Some(30));
        check("5m", Some(300));
        check("24h", Some(86_400));
        check("180d", Some(180 * 86_400));
        check("0s", Some(0));
        for text in ["", "30", "s", "30 s", "+30s", "-1s", "1.5h", "30ms", "1w", "ä", "213503982334602d"] {
            check(text, None);
        }
    }

    #[test]
    fn the_text_form_uses_the_largest_unit_that_fits() {
        let check = |secs: u64, expect: &str| {
            let duration = HumanDuration::from_secs(secs);
            assert_eq!(duration.to_string(), expect);
            assert_eq!(HumanDuration::parse(expect), Some(duration));
        };
        check(0, "0s");
        check(90, "90s");
        check(300, "5m");
        check(86_400, "1d");
        check(3_600 * 36, "36h");
    }
}
