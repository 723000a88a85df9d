//! Identifiers. Those we make are UUIDv7 (RFC 9562 §5.7): they sort by the time they were made, so what has expired is
//! always the left edge of its table.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::Timestamp;

/// Random bytes that make a time-ordered identifier unique (RFC 9562 §5.7 `rand_a` and `rand_b`).
pub type IdEntropy = [u8; 10];

macro_rules! time_ordered_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new identifier of the moment `now`, made unique by `entropy`.
            #[must_use]
            pub fn new(now: Timestamp, entropy: &IdEntropy) -> Self {
                let millis = u64::try_from(now.as_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, entropy).into_uuid())
            }

            /// The identifier with these 16 bytes, as storage keeps them.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The 16 bytes that storage keeps; they sort by time.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// When the identifier was made, to the millisecond.
            #[must_use]
            pub fn made_at(&self) -> Timestamp {
                let millis = self.as_bytes().iter().take(6).fold(0_i64, |millis, byte| (millis << 8) | i64::from(*byte));
                Timestamp::from_millis(millis)
            }

            /// Reads the hyphenated form.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Uuid::try_parse(text).ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }
    };
}

time_ordered_id! {
    /// One authorization given to one client. The code that opens it carries the same identifier.
    GrantId
}

time_ordered_id! {
    /// One signed-in browser (`sid`, OpenID Connect Front-Channel Logout §3).
    SessionId
}

time_ordered_id! {
    /// One access token (`jti`, RFC 7519 §4.1.7).
    TokenId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_sort_by_time_whatever_the_entropy() {
        let earlier = GrantId::new(Timestamp::from_millis(1_000), &[0xff; 10]);
        let later = GrantId::new(Timestamp::from_millis(1_001), &[0; 10]);
        assert!(earlier < later && earlier.as_bytes() < later.as_bytes());
        assert_eq!(earlier.made_at(), Timestamp::from_millis(1_000));
    }

    #[test]
    fn text_form_reads_back() {
        let id = TokenId::new(Timestamp::from_millis(1_700_000_000_000), &[7; 10]);
        assert_eq!(TokenId::parse(&id.to_string()), Some(id));
    }
}
