//! The device authorization grant (RFC 8628): what a device may ask for, the code that a person types, and whether they
//! allowed it.
//!
//! The device code is sealed and names the grant that it may become; what the person decided is one short-lived row. An
//! approval is the same record that an authorization code carries, so that both grants open alike.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::client::{AuthenticatedClient, ClientId};
use crate::error::{Reason, Refusal};
use crate::grant::authorization_code::{Redemption, open};
use crate::grant::{GrantType, read_scope, required};
use crate::id::GrantId;
use crate::resource::{Audience, read_resources};
use crate::scope::ScopeSet;
use crate::secret::{GrantSecret, Secret};
use crate::time::Timestamp;
use crate::token::authorization_code::AuthorizationCode;
use crate::token::lifetime::Lifetimes;

/// How long both codes live: `expires_in` (RFC 8628 §3.2).
pub const LIFETIME: Duration = Duration::from_secs(600);

/// How long a device waits between two requests: `interval` (RFC 8628 §3.2).
pub const INTERVAL: Duration = Duration::from_secs(5);

/// What `slow_down` adds to the interval (RFC 8628 §3.5).
pub const SLOWER_BY: Duration = Duration::from_secs(5);

/// Letters of a user code: no vowels, so that no words appear (RFC 8628 §6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// How many: 20 to the power of 8 are 34 bits (RFC 8628 §5.1, §6.1).
const LENGTH: usize = 8;

/// The code that a device shows and a person types (RFC 8628 §6.1).
///
/// ```
/// use grantor_domain::grant::device_code::UserCode;
///
/// let code = UserCode::parse("wdjb mjht").expect("case and separators do not count");
/// assert_eq!(code.to_string(), "WDJB-MJHT");
/// assert_eq!(UserCode::parse("AEIO-UAEI"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct UserCode(String);

impl UserCode {
    /// A code of random bytes; of 2⁶⁴ values each code has as good as equally many (RFC 8628 §5.1).
    #[must_use]
    pub fn generate(random: [u8; 8]) -> Self {
        let mut number = u64::from_be_bytes(random);
        let letters = (0..LENGTH).map(|_| {
            let index = usize::try_from(number % 20).unwrap_or_default();
            number /= 20;
            LETTERS.get(index).copied().map_or('B', char::from)
        });
        Self(letters.collect())
    }

    /// Reads what somebody typed: case counts not, nor does what stands between the letters (RFC 8628 §6.1).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let letters: String = text
            .chars()
            .filter(|character| !matches!(character, '-' | ' ' | '_' | '.'))
            .map(|character| character.to_ascii_uppercase())
            .collect();
        let is_code = letters.len() == LENGTH && letters.bytes().all(|byte| LETTERS.contains(&byte));
        is_code.then_some(Self(letters))
    }

    /// The letters alone, to look it up by.
    #[must_use]
    pub fn letters(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at_checked(LENGTH / 2).unwrap_or((&self.0, ""));
        write!(f, "{first}-{second}")
    }
}

impl TryFrom<String> for UserCode {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("no user code")
    }
}

impl From<UserCode> for String {
    fn from(code: UserCode) -> Self {
        code.0
    }
}

/// What a device sent to the device authorization endpoint (RFC 8628 §3.1, RFC 8707 §2).
#[derive(Clone, Debug, Default)]
pub struct AuthorizationParameters {
    /// `scope` (RFC 8628 §3.1).
    pub scope: Option<String>,
    /// `resource` (RFC 8707 §2; may repeat).
    pub resource: Vec<String>,
}

/// What a device asks for (RFC 8628 §3.1), found acceptable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRequest {
    /// The grant that it may become, under an identifier made for this request. Grantor's own.
    pub grant: GrantId,
    /// Which client the device is (RFC 8628 §3.1).
    pub client_id: ClientId,
    /// What for (RFC 8628 §3.1).
    pub scope: ScopeSet,
    /// For which resources (RFC 8707 §2).
    pub resources: Vec<Audience>,
}

impl DeviceRequest {
    /// Checks what a device asks for (RFC 8628 §3.1). `grant` was made for it.
    ///
    /// # Errors
    /// `unauthorized_client`, `invalid_scope` (RFC 6749 §5.2) or `invalid_target` (RFC 8707 §2).
    pub fn read(
        parameters: &AuthorizationParameters,
        client: &AuthenticatedClient,
        grant: GrantId,
        issuer: &Audience,
    ) -> Result<Self, Refusal> {
        client.require_grant(GrantType::DeviceCode)?;
        Ok(Self {
            grant,
            client_id: client.id.clone(),
            scope: read_scope(parameters.scope.as_deref(), &client.scope, &client.default_scope)?,
            resources: read_resources(&parameters.resource, |resource| client.may_target(resource, issuer.as_str()))?,
        })
    }
}

/// What a device code carries, sealed (RFC 8628 §3.2). Names of serde are one letter long, which is Grantor's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceCode {
    /// The grant that it may become. Grantor's own.
    #[serde(rename = "g")]
    pub grant: GrantId,
    /// The only client that may use it (RFC 8628 §3.4).
    #[serde(rename = "c")]
    pub client_id: ClientId,
    /// When it ends: `expires_in` (RFC 8628 §3.2).
    #[serde(rename = "e")]
    pub expires_at: Timestamp,
}

/// What the client sent (RFC 8628 §3.4).
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// `device_code` (RFC 8628 §3.4).
    pub device_code: Option<Secret>,
}

impl Parameters {
    /// The device code (RFC 8628 §3.4).
    ///
    /// # Errors
    /// `invalid_request` (RFC 6749 §5.2) if it is missing.
    pub fn device_code(&self) -> Result<&Secret, Refusal> {
        required(self.device_code.as_ref(), "device_code")
    }
}

/// What the person decided so far (RFC 8628 §3.5).
#[derive(Clone, Debug, PartialEq)]
pub enum DeviceDecision {
    /// Yes: what an authorization code would carry.
    Allowed(Box<AuthorizationCode>),
    /// No.
    Denied,
    /// Nothing.
    Pending,
}

/// Checks a device code before storage is asked (RFC 8628 §3.4, §3.5).
///
/// # Errors
/// `invalid_grant` for another client's, `expired_token` if it is too old.
pub fn check(code: &DeviceCode, client: &AuthenticatedClient, now: Timestamp) -> Result<(), Refusal> {
    if code.client_id != client.id {
        return Err(Refusal::because(Reason::DeviceCodeInvalid, "it was issued to another client"));
    }
    if now >= code.expires_at {
        return Err(Refusal::new(Reason::DeviceCodeExpired));
    }
    Ok(())
}

/// What a device gets that asks (RFC 8628 §3.5), too soon perhaps. `secret` is the grant secret that this request drew.
///
/// # Errors
/// `authorization_pending`, `slow_down` and `access_denied`.
pub fn redeem(
    (decision, is_too_fast): (&DeviceDecision, bool),
    client: &AuthenticatedClient,
    secret: &GrantSecret,
    clock: (Timestamp, &Lifetimes),
) -> Result<Redemption, Refusal> {
    match decision {
        // Whoever waits for nothing more need not be told to wait.
        DeviceDecision::Pending if is_too_fast => Err(Refusal::new(Reason::SlowDown)),
        DeviceDecision::Pending => Err(Refusal::new(Reason::AuthorizationPending)),
        DeviceDecision::Denied => Err(Refusal::new(Reason::DeviceDenied)),
        DeviceDecision::Allowed(approval) => {
            let mut redemption = open(approval, approval.resources.clone(), client, secret, clock);
            // The session is that of the browser in which somebody said yes: its end is not the device's.
            (redemption.grant.terms.session, redemption.grant.terms.ends_with_session) = (None, false);
            Ok(redemption)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::testing::{OPENED, authenticated, client};

    #[test]
    fn a_code_is_eight_letters_of_twenty() {
        let code = UserCode::generate([0xff; 8]);
        assert_eq!(UserCode::parse(&code.to_string()), Some(code.clone()));
        assert_eq!((code.letters().len(), code.to_string().len()), (8, 9));
        assert_eq!(UserCode::generate([0; 8]).letters(), "BBBBBBBB");
        for typed in ["bcdf-ghjk", "BCDFGHJK", " bcdf ghjk ", "BCDF.GHJK"] {
            assert_eq!(UserCode::parse(typed).unwrap().letters(), "BCDFGHJK", "{typed}");
        }
        for wrong in ["", "BCDF-GHJ", "BCDF-GHJKL", "ACDF-GHJK", "BCDF-GH1K", "BCDF\u{2013}GHJK"] {
            assert_eq!(UserCode::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_letter_is_as_likely_as_the_others() {
        let mut seen = [0_u32; 20];
        for number in 0..20_000_u64 {
            let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            for letter in UserCode::generate(mixed.to_be_bytes()).letters().bytes() {
                seen[LETTERS.iter().position(|known| *known == letter).unwrap()] += 1;
            }
        }
        assert!(seen.iter().all(|count| (7_000..9_000).contains(count)), "{seen:?}");
    }

    #[test]
    fn a_code_is_one_clients_and_not_for_ever() {
        let client = authenticated(client());
        let code = |id: &str| DeviceCode {
            grant: GrantId::from_bytes([1; 16]),
            client_id: ClientId::parse(id).unwrap(),
            expires_at: OPENED.plus(LIFETIME),
        };
        assert_eq!(check(&code("c"), &client, OPENED), Ok(()));
        assert_eq!(check(&code("c"), &client, OPENED.plus(LIFETIME)).unwrap_err().reason, Reason::DeviceCodeExpired);
        assert_eq!(check(&code("d"), &client, OPENED).unwrap_err().reason, Reason::DeviceCodeInvalid);
    }

    #[test]
    fn a_device_asks_for_what_its_client_may_have() {
        let mut registered = client();
        registered.grant_types.push(GrantType::DeviceCode);
        let issuer = Audience::parse("https://op.example").unwrap();
        let ask = |client: crate::client::Client, scope: &str| {
            let parameters = AuthorizationParameters { scope: Some(scope.to_owned()), resource: Vec::new() };
            DeviceRequest::read(&parameters, &authenticated(client), GrantId::from_bytes([1; 16]), &issuer)
                .map(|request| request.scope.to_string())
                .map_err(|refusal| refusal.reason)
        };
        assert_eq!(ask(registered.clone(), "openid a"), Ok("openid a".to_owned()));
        assert_eq!(ask(registered, "unknown"), Err(Reason::ScopeInvalid));
        assert_eq!(ask(client(), "openid"), Err(Reason::GrantTypeNotAllowed));
    }

    #[test]
    fn nothing_is_opened_before_the_person_said_yes() {
        let (client, secret) = (authenticated(client()), GrantSecret::new([1; 16]));
        let lifetimes = Lifetimes::default();
        let check = |decision: DeviceDecision, is_too_fast, expect| {
            let refusal = redeem((&decision, is_too_fast), &client, &secret, (OPENED, &lifetimes)).unwrap_err();
            assert_eq!(refusal.reason, expect, "{decision:?}");
        };
        check(DeviceDecision::Pending, false, Reason::AuthorizationPending);
        check(DeviceDecision::Pending, true, Reason::SlowDown);
        check(DeviceDecision::Denied, true, Reason::DeviceDenied);
    }
}
