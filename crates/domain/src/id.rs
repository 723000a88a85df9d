//! Identifiers. Those we make are UUIDv7 (RFC 9562 §5.7): they sort by the time they were made, so what has expired is
//! always the left edge of its table.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::Timestamp;

/// Random bytes that make a time-ordered identifier unique: `rand_a` and `rand_b` of RFC 9562 §5.7, 74 of the 80 bits.
/// Drawn by the caller, from a generator that nobody can foresee.
pub type IdEntropy = [u8; 10];

/// The text of a random UUID (RFC 9562 §5.4): for what gets a name from us because nobody gave it one. It tells nothing,
/// not even when it was made.
#[must_use]
pub(crate) fn random_name(random: [u8; 16]) -> String {
    uuid::Builder::from_random_bytes(random).into_uuid().hyphenated().to_string()
}

macro_rules! time_ordered_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new identifier of the moment `now`, made unique by `entropy` (RFC 9562 §5.7). A time before 1970 counts
            /// as 1970.
            #[must_use]
            pub fn new(now: Timestamp, entropy: &IdEntropy) -> Self {
                let millis = u64::try_from(now.as_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, entropy).into_uuid())
            }

            /// The identifier with these 16 bytes, as storage keeps them; any 16 bytes are one.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The 16 bytes that storage keeps; they sort by time.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// When the identifier was made, to the millisecond: its first 48 bits (RFC 9562 §5.7).
            #[must_use]
            pub fn made_at(&self) -> Timestamp {
                let millis = self.as_bytes().iter().take(6).fold(0_i64, |millis, byte| (millis << 8) | i64::from(*byte));
                Timestamp::from_millis(millis)
            }

            /// Reads the text form (RFC 9562 §4), as [`Display`](fmt::Display) and serde write it. `None` if it is none.
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
    /// Names one authorization given to one client. The code that opens it carries the same identifier. Grantor's own;
    /// see docs/architecture.md.
    GrantId
}

time_ordered_id! {
    /// Names one message to one client that a session ended: the `jti` of its logout token (OpenID Connect Back-Channel Logout
    /// §2.4).
    LogoutNoticeId
}

time_ordered_id! {
    /// Names one signed-in browser (`sid`, OpenID Connect Front-Channel Logout §3).
    SessionId
}

time_ordered_id! {
    /// Names one access token (`jti`, RFC 7519 §4.1.7, required by RFC 9068 §2.2).
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
    fn a_random_name_is_a_uuid() {
        assert_eq!(random_name([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn text_form_reads_back() {
        let id = TokenId::new(Timestamp::from_millis(1_700_000_000_000), &[7; 10]);
        assert_eq!(TokenId::parse(&id.to_string()), Some(id));
    }
}
