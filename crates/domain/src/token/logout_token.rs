//! The logout token (OpenID Connect Back-Channel Logout §2.4): how a client is told that a session ended.

use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::json;

use crate::client::ClientId;
use crate::id::{LogoutNoticeId, SessionId};
use crate::resource::Audience;
use crate::time::{Timestamp, numeric_date};
use crate::user::Subject;

/// How long it may be believed: "at most two minutes in the future" (Back-Channel Logout §2.4).
const LIFETIME: Duration = Duration::from_secs(120);

/// The claims of a logout token (Back-Channel Logout §2.4), which is what it is serialized to. Never a `nonce`: it must not
/// pass for an ID token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogoutToken<'a> {
    iss: &'a Audience,
    sub: &'a Subject,
    aud: &'a ClientId,
    #[serde(serialize_with = "numeric_date")]
    iat: Timestamp,
    #[serde(serialize_with = "numeric_date")]
    exp: Timestamp,
    jti: LogoutNoticeId,
    sid: SessionId,
    #[serde(serialize_with = "logout_event")]
    events: (),
}

impl<'a> LogoutToken<'a> {
    /// Tells `client` at `now` that the session of this subject ended; `id` is the same however often it is tried.
    #[must_use]
    pub fn new(
        id: LogoutNoticeId,
        (client, subject, session): (&'a ClientId, &'a Subject, SessionId),
        (issuer, now): (&'a Audience, Timestamp),
    ) -> Self {
        Self {
            iss: issuer,
            sub: subject,
            aud: client,
            iat: now,
            exp: now.plus(LIFETIME),
            jti: id,
            sid: session,
            events: (),
        }
    }
}

/// The one event that makes it a logout token.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn logout_event<S: Serializer>(_: &(), serializer: S) -> Result<S::Ok, S::Error> {
    json!({ "http://schemas.openid.net/event/backchannel-logout": {} }).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::testing::OPENED;

    #[test]
    fn it_says_what_the_specification_asks_and_no_nonce() {
        let issuer = Audience::parse("https://op.example").unwrap();
        let (client, subject) = (ClientId::parse("c").unwrap(), Subject::parse("alice").unwrap());
        let (id, session) = (LogoutNoticeId::from_bytes([1; 16]), SessionId::from_bytes([2; 16]));
        let token = LogoutToken::new(id, (&client, &subject, session), (&issuer, OPENED));
        let now = OPENED.as_secs();
        let expect = json!({
            "iss": "https://op.example", "sub": "alice", "aud": "c", "iat": now, "exp": now + 120,
            "jti": id.to_string(), "sid": session.to_string(),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        assert_eq!(serde_json::to_value(&token).unwrap(), expect);
    }
}
