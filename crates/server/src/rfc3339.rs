//! Points in time as people and scripts read and write them: RFC 3339, always in UTC when written.

use grantor_domain::time::Timestamp;
use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time, shown as RFC 3339 §5.6 says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShownTime(pub(crate) Timestamp);

impl std::fmt::Display for ShownTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let nanos = i128::from(self.0.as_millis()).saturating_mul(1_000_000);
        // What no calendar can show is shown as it is.
        let shown = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok().and_then(|time| time.format(&Rfc3339).ok());
        match shown {
            Some(text) => f.write_str(&text),
            None => write!(f, "{} ms after 1970", self.0.as_millis()),
        }
    }
}

impl Serialize for ShownTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads RFC 3339, with whatever offset; none for anything else.
#[must_use]
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let millis = time.unix_timestamp_nanos().div_euclid(1_000_000);
    i64::try_from(millis).ok().map(Timestamp::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_any_offset() {
        let check =
            |text: &str, expect: Option<i64>| assert_eq!(parse(text), expect.map(Timestamp::from_millis), "{text}");
        check("1970-01-01T00:00:01Z", Some(1_000));
        check("1970-01-01T01:00:00.25+01:00", Some(250));
        check("2026-11-22T13:00:00-05:00", Some(1_795_370_400_000));
        check("2026-11-22", None);
        check("2026-11-22T13:00:00", None);
        check("yesterday", None);
    }

    #[test]
    fn times_are_shown_in_utc() {
        let check =
            |millis: i64, expect: &str| assert_eq!(ShownTime(Timestamp::from_millis(millis)).to_string(), expect);
        check(0, "1970-01-01T00:00:00Z");
        check(1_795_370_400_250, "2026-11-22T18:00:00.25Z");
        check(i64::MAX, "9223372036854775807 ms after 1970");
    }
}
