//! How long things live, and in which of the two grant tables a grant lives. Grantor's own, within what RFC 6749 §4.1.2 and
//! RFC 9700 §4.14.2 ask; see docs/architecture.md.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::client::Client;

/// The longest life of a grant in the short table. Grantor's own; see docs/architecture.md.
pub const SHORT_MAX: Duration = Duration::from_secs(48 * 3600);

/// Which table holds a grant. Sealed into its code and named in every token, never looked up in configuration again:
/// so one code always meets one table, whatever an administrator changes in between. Grantor's own; see
/// docs/architecture.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LifetimeClass {
    /// Has a refresh token, or an access token that lives longer than [`SHORT_MAX`]. `l` as text.
    #[serde(rename = "l")]
    Long,
    /// The rest. `s` as text.
    #[serde(rename = "s")]
    Short,
}

/// How long things live unless the client says otherwise. What each bounds comes from the section named; the defaults
/// are Grantor's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// From a person's consent to the redemption of the code (RFC 6749 §4.1.2 recommends ten minutes at most). 60 s.
    pub authorization_code: Duration,
    /// An access token (RFC 6749 §1.4, `expires_in` of §5.1). One hour.
    pub access_token: Duration,
    /// An ID token (`exp`, OpenID Connect Core §2). One hour.
    pub id_token: Duration,
    /// A refresh token that is not used (RFC 9700 §4.14.2 asks for expiry after inactivity). 30 days.
    pub refresh_idle: Duration,
    /// A grant with refresh tokens, however often they are used. 180 days.
    pub refresh_absolute: Duration,
    /// How long a spent refresh token may be presented again by a client that lost the answer, before it counts as a
    /// replay (RFC 9700 §4.14.2). 30 s.
    pub refresh_retry_window: Duration,
    /// Bounds every grant, so that old tables can be dropped; see docs/architecture.md. 400 days.
    pub grant_max: Duration,
    /// A signed-in browser. 14 days.
    pub session: Duration,
    /// A person on the sign-in and consent pages. One hour.
    pub interaction: Duration,
    /// Depth of an `act` chain (RFC 8693 §4.1). Four actors.
    pub max_actors: usize,
}

impl Default for Lifetimes {
    fn default() -> Self {
        const DAY: u64 = 24 * 3600;
        Self {
            authorization_code: Duration::from_secs(60),
            access_token: Duration::from_secs(3600),
            id_token: Duration::from_secs(3600),
            refresh_idle: Duration::from_secs(30 * DAY),
            refresh_absolute: Duration::from_secs(180 * DAY),
            refresh_retry_window: Duration::from_secs(30),
            grant_max: Duration::from_secs(400 * DAY),
            session: Duration::from_secs(14 * DAY),
            interaction: Duration::from_secs(3600),
            max_actors: 4,
        }
    }
}

impl Lifetimes {
    /// How long this client's access tokens live: its own setting, else [`Self::access_token`] (`expires_in`, RFC 6749
    /// §5.1); never longer than a grant can.
    #[must_use]
    pub fn access_token(&self, client: &Client) -> Duration {
        client.access_token_lifetime.unwrap_or(self.access_token).min(self.grant_max)
    }

    /// Where a grant of this client goes, and how long it may live: at least as long as its code and any token issued
    /// from it, so that its row is there whenever one of them is presented. Grantor's own; see docs/architecture.md.
    #[must_use]
    pub fn grant(&self, client: &Client, refreshable: bool) -> (LifetimeClass, Duration) {
        let needed = self.access_token(client).max(self.authorization_code);
        if refreshable {
            (LifetimeClass::Long, self.refresh_absolute.max(needed).min(self.grant_max))
        } else if needed.saturating_add(self.authorization_code) <= SHORT_MAX {
            (LifetimeClass::Short, needed)
        } else {
            (LifetimeClass::Long, needed.min(self.grant_max))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::ClientSettings;

    #[test]
    fn a_grant_outlives_its_code_and_tokens_in_its_own_table() {
        let check = |access: u32, refreshable: bool, expect: LifetimeClass| {
            let settings: ClientSettings =
                serde_json::from_value(json!({"client_id": "c", "grant_types": [], "access_token_lifetime": access}))
                    .unwrap();
            let client = Client::try_from(settings).unwrap();
            let lifetimes = Lifetimes::default();
            let (class, life) = lifetimes.grant(&client, refreshable);
            assert_eq!(class, expect, "{access} {refreshable}");
            assert!(life >= lifetimes.access_token(&client) && life <= lifetimes.grant_max);
            assert!(class == LifetimeClass::Long || life + lifetimes.authorization_code <= SHORT_MAX);
        };
        check(3600, true, LifetimeClass::Long);
        check(3600, false, LifetimeClass::Short);
        check(48 * 3600, false, LifetimeClass::Long);
        check(u32::MAX, false, LifetimeClass::Long);
    }
}
