//! Client assertions: the claims of a JWT with which a client authenticates (RFC 7523 §3), as they are read and as a client makes
//! them.

use std::time::Duration;

use serde::Serialize;

use crate::client::ClientId;
use crate::error::{Reason, Refusal};
use crate::jwt::{CLOCK_SKEW, Claims, peek_claims};
use crate::resource::Audience;
use crate::secret::sha256;
use crate::time::{Timestamp, numeric_date};

/// The only type of client assertion (RFC 7523 §2.2): `client_assertion_type`.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How long an assertion that is made here may be used, if no server asks for less: it goes at once, to one server, so minutes
/// are plenty for clocks that differ.
const NEW_LIFETIME: Duration = Duration::from_secs(120);

/// Longest `jti` read, in bytes.
const MAX_JTI: usize = 512;

/// What an assertion may say (RFC 7523 §3).
#[derive(Clone, Debug)]
pub struct AssertionLimits<'a> {
    /// Accepted values of `aud`: the issuer, the configured token URLs, the endpoint's own (RFC 7523 §3).
    pub audiences: &'a [String],
    /// How far ahead `exp` may be: RFC 7523 §3 lets a server refuse one "unreasonably far in the future".
    pub max_lifetime: Duration,
}

/// The claims of an assertion whose signature was checked, found acceptable (RFC 7523 §3). Its `jti` must still be spent:
/// only the guard in storage knows whether it was used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAssertion {
    client_id: ClientId,
    spend_key: [u8; 32],
    expires_at: Timestamp,
}

/// Whose assertion this claims to be: `sub` (RFC 7523 §3); nothing about it is proven. `None` if it names no client.
#[must_use]
pub fn assertion_client(jwt: &str) -> Option<ClientId> {
    ClientId::parse(peek_claims(jwt)?.text("sub")?)
}

impl ClientAssertion {
    /// Checks the claims of a verified assertion: `iss` and `sub` name the client, `aud` this server and it alone, `exp`
    /// lies ahead but not too far, and there is a `jti` (RFC 7523 §3, OpenID Connect Core §9). Clocks may be 30 s apart.
    ///
    /// # Errors
    /// `invalid_client` (RFC 7523 §3.2), with the claim at fault as cause.
    pub fn read(claims: &Claims, limits: &AssertionLimits<'_>, now: Timestamp) -> Result<Self, Refusal> {
        let refuse = |cause: &'static str| Refusal::because(Reason::AssertionInvalid, cause);
        let subject = claims.text("sub").ok_or_else(|| refuse("sub is missing"))?;
        if claims.text("iss") != Some(subject) {
            return Err(refuse("iss and sub differ"));
        }
        let client_id = ClientId::parse(subject).ok_or_else(|| refuse("sub is no client id"))?;
        match claims.audience().as_slice() {
            [audience] if limits.audiences.iter().any(|accepted| accepted == audience) => {}
            _ => return Err(refuse("aud is not this server, or not it alone")),
        }
        let expires_at = claims.time("exp").ok_or_else(|| refuse("exp is missing or no time"))?;
        if expires_at.plus(CLOCK_SKEW) <= now {
            return Err(refuse("exp has passed"));
        }
        if expires_at > now.plus(limits.max_lifetime).plus(CLOCK_SKEW) {
            return Err(refuse("exp is too far ahead"));
        }
        for name in ["nbf", "iat"] {
            match claims.time(name) {
                Some(time) if time > now.plus(CLOCK_SKEW) => return Err(refuse("nbf or iat is in the future")),
                None if claims.has(name) => return Err(refuse("nbf or iat is no time")),
                _ => {}
            }
        }
        let jti = claims
            .text("jti")
            .filter(|jti| (1..=MAX_JTI).contains(&jti.len()))
            .ok_or_else(|| refuse("jti is missing or too long"))?;
        Ok(Self { spend_key: spend_key(&client_id, jti), client_id, expires_at: expires_at.plus(CLOCK_SKEW) })
    }

    /// The client that signed it: `sub` (RFC 7523 §3).
    #[must_use]
    pub const fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// Names the assertion in the replay guard: SHA-256 over client and `jti` (RFC 7523 §3). The key is Grantor's own; see
    /// docs/architecture.md.
    #[must_use]
    pub const fn spend_key(&self) -> &[u8; 32] {
        &self.spend_key
    }

    /// From when on the assertion would be refused for its age alone, so that the guard may forget it: `exp`, and 30 s for
    /// clocks that differ.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

/// The claims of an assertion that a client makes (RFC 7523 §3, OpenID Connect Core §9), which is what it is serialized to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewClientAssertion<'a> {
    iss: &'a ClientId,
    sub: &'a ClientId,
    aud: &'a Audience,
    jti: &'a str,
    #[serde(serialize_with = "numeric_date")]
    iat: Timestamp,
    #[serde(serialize_with = "numeric_date")]
    exp: Timestamp,
}

impl<'a> NewClientAssertion<'a> {
    /// Says at `now` to the server of this issuer that the client is this one. `jti` must be new each time; `max_lifetime` is how
    /// far ahead the server lets `exp` be.
    #[must_use]
    pub fn new(
        client_id: &'a ClientId,
        issuer: &'a Audience,
        jti: &'a str,
        (now, max_lifetime): (Timestamp, Duration),
    ) -> Self {
        let exp = now.plus(NEW_LIFETIME.min(max_lifetime));
        Self { iss: client_id, sub: client_id, aud: issuer, jti, iat: now, exp }
    }
}

/// A NUL cannot be part of a client id, so no two pairs share an input.
fn spend_key(client_id: &ClientId, jti: &str) -> [u8; 32] {
    sha256(format!("{}\0{jti}", client_id.as_str()).as_bytes())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

    fn check(changes: Value, expect: Result<(), &str>) {
        let mut claims =
            json!({"iss": "c", "sub": "c", "aud": "https://op.example", "exp": NOW.as_secs() + 60, "jti": "1"});
        for (key, value) in changes.as_object().unwrap() {
            claims[key] = value.clone();
        }
        let audiences = ["https://op.example".to_owned(), "https://op.example/oauth/token".to_owned()];
        let limits = AssertionLimits { audiences: &audiences, max_lifetime: Duration::from_secs(3600) };
        let found = ClientAssertion::read(&Claims::from_payload(claims.to_string().as_bytes()).unwrap(), &limits, NOW);
        assert_eq!(found.map(|_| ()).map_err(|r| r.cause.unwrap()), expect.map_err(Into::into), "{claims}");
    }

    #[test]
    fn each_claim_is_checked() {
        let now = NOW.as_secs();
        check(json!({}), Ok(()));
        check(json!({"aud": ["https://op.example/oauth/token"]}), Ok(()));
        check(
            json!({"aud": ["https://op.example", "https://other.example"]}),
            Err("aud is not this server, or not it alone"),
        );
        check(json!({"aud": "https://other.example"}), Err("aud is not this server, or not it alone"));
        check(json!({"aud": null}), Err("aud is not this server, or not it alone"));
        check(json!({"iss": "d"}), Err("iss and sub differ"));
        check(json!({"sub": null}), Err("sub is missing"));
        check(json!({"exp": null}), Err("exp is missing or no time"));
        check(json!({"exp": 1e19}), Err("exp is missing or no time"));
        check(json!({"exp": now - 31}), Err("exp has passed"));
        check(json!({"exp": now + 3600}), Ok(()));
        check(json!({"exp": now + 3700}), Err("exp is too far ahead"));
        check(json!({"nbf": now + 60}), Err("nbf or iat is in the future"));
        check(json!({"iat": "now"}), Err("nbf or iat is no time"));
        check(json!({"jti": ""}), Err("jti is missing or too long"));
        check(json!({"jti": 1}), Err("jti is missing or too long"));
    }

    #[test]
    fn what_a_client_makes_is_accepted_and_says_no_more_than_is_asked() {
        let (client_id, issuer) = (ClientId::parse("c").unwrap(), Audience::parse("https://op.example").unwrap());
        let check = |max_lifetime: u64, lifetime: i64| {
            let max_lifetime = Duration::from_secs(max_lifetime);
            let made = NewClientAssertion::new(&client_id, &issuer, "unique", (NOW, max_lifetime));
            let now = NOW.as_secs();
            let expect = json!({
                "iss": "c", "sub": "c", "aud": "https://op.example", "jti": "unique", "iat": now, "exp": now + lifetime,
            });
            assert_eq!(serde_json::to_value(&made).unwrap(), expect);
            let claims = Claims::from_payload(&serde_json::to_vec(&made).unwrap()).unwrap();
            let limits = AssertionLimits { audiences: &[issuer.as_str().to_owned()], max_lifetime };
            assert_eq!(ClientAssertion::read(&claims, &limits, NOW).unwrap().client_id(), &client_id);
        };
        check(3600, 120);
        check(60, 60);
    }

    #[test]
    fn the_guard_tells_clients_apart() {
        let id = |text| ClientId::parse(text).unwrap();
        assert_ne!(spend_key(&id("a"), "b"), spend_key(&id("ab"), ""));
        assert_ne!(spend_key(&id("a"), "x"), spend_key(&id("b"), "x"));
    }
}
