//! Codes of an authenticator app (RFC 6238), as every such app makes them: SHA-1, six digits, thirty seconds.

use std::fmt;
use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use url::form_urlencoded::byte_serialize;
use zeroize::Zeroize;

use crate::secret::{Secret, same_bytes};
use crate::time::Timestamp;

/// Digits of a code (RFC 4226 §5.3: "at least 6").
pub const DIGITS: usize = 6;

/// How long a code is shown (RFC 6238 §5.2: 30 seconds are recommended).
pub const PERIOD: Duration = Duration::from_secs(30);

/// How many steps before and after the present one count, too: clocks differ, and typing takes time (RFC 6238 §5.2, §6).
const TOLERANCE: u64 = 1;

/// What an authenticator app and we share: 160 random bits, as long as what the hash makes (RFC 4226 §4, R6).
///
/// ```
/// use grantor_domain::second_factor::TotpSecret;
/// use grantor_domain::time::Timestamp;
///
/// let secret = TotpSecret::new(*b"12345678901234567890");
/// let step = secret.accepts("287082", Timestamp::from_secs(59), 0);
/// assert_eq!(step, Some(1));
/// assert_eq!(secret.accepts("287082", Timestamp::from_secs(59), 1), None, "a code counts once");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; Self::LENGTH]);

impl TotpSecret {
    /// Bytes of a secret (RFC 4226 §4, R6).
    pub const LENGTH: usize = 20;

    /// A secret of these bytes, drawn from a generator that nobody can foresee.
    #[must_use]
    pub const fn new(random: [u8; Self::LENGTH]) -> Self {
        Self(random)
    }

    /// As people type it into an app that has no camera: base32 (RFC 4648 §6).
    #[must_use]
    pub fn text(&self) -> Secret {
        Secret::new(BASE32_NOPAD.encode(&self.0))
    }

    /// Reads [`Self::text`] (RFC 4648 §6).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = BASE32_NOPAD.decode(text.as_bytes()).ok()?;
        let secret = bytes.as_slice().try_into().ok().map(Self);
        bytes.zeroize();
        secret
    }

    /// What a QR code tells an app: the `otpauth` address that all of them read, which no RFC describes.
    #[must_use]
    pub fn address(&self, issuer: &str, account: &str) -> Secret {
        // The apps take a plus sign for itself.
        let plain = |text: &str| byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
        let (issuer, account) = (plain(issuer), plain(account));
        let (secret, period) = (self.text(), PERIOD.as_secs());
        let secret = secret.expose();
        Secret::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={period}"
        ))
    }

    /// The time step of a code that counts at `now`, if it is later than the last one that did (RFC 6238 §5.2: "MUST NOT accept
    /// the second attempt of the OTP").
    #[must_use]
    pub fn accepts(&self, typed: &str, now: Timestamp, last_step: u64) -> Option<u64> {
        let present = now.as_millis().unsigned_abs() / 1000 / PERIOD.as_secs();
        let steps = present.saturating_sub(TOLERANCE)..=present.saturating_add(TOLERANCE);
        // No early end: every step is compared.
        let same = |step: &u64| same_bytes(self.code(*step).as_bytes(), typed.as_bytes());
        let found: Vec<u64> = steps.filter(same).collect();
        found.into_iter().find(|step| *step > last_step)
    }

    /// The code of a time step (RFC 4226 §5.3, RFC 6238 §4.2).
    #[must_use]
    pub fn code(&self, step: u64) -> String {
        // HMAC takes keys of any length (RFC 2104 §2).
        let digest: [u8; 20] = Hmac::<Sha1>::new_from_slice(&self.0)
            .map(|hmac| hmac.chain_update(step.to_be_bytes()).finalize().into_bytes().into())
            .unwrap_or_default();
        let offset = usize::from(digest.last().copied().unwrap_or_default() & 0x0f);
        let window = digest.get(offset..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
        let number = u32::from_be_bytes(window) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

impl Drop for TotpSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secret() -> TotpSecret {
        TotpSecret::new(*b"12345678901234567890")
    }

    #[test]
    fn rfc_4226_appendix_d_the_codes_of_the_first_counters() {
        let expect =
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        for (counter, code) in (0..).zip(expect) {
            assert_eq!(secret().code(counter), code);
        }
    }

    #[test]
    fn rfc_6238_appendix_b_the_codes_of_those_times() {
        let times = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (seconds, code) in times {
            let now = Timestamp::from_secs(seconds);
            assert_eq!(secret().accepts(code, now, 0), Some(seconds.unsigned_abs() / 30), "{seconds}");
        }
    }

    #[test]
    fn rfc_6238_5_2_one_step_of_delay_is_allowed_and_no_second_use() {
        let now = Timestamp::from_secs(1_800_000_000);
        let present = 60_000_000;
        let accepted = |step: u64, last| secret().accepts(&secret().code(step), now, last);
        for step in [present - 1, present, present + 1] {
            assert_eq!(accepted(step, 0), Some(step));
            assert_eq!(accepted(step, step), None, "used");
            assert_eq!(accepted(step, step + 1), None, "a later one was");
        }
        assert_eq!((accepted(present - 2, 0), accepted(present + 2, 0)), (None, None));
        assert_eq!(secret().accepts("", now, 0), None);
    }

    #[test]
    fn an_app_is_told_all_that_it_needs() {
        let address = secret().address("Grantor & Söhne", "alice@example.com");
        assert_eq!(
            address.expose(),
            "otpauth://totp/Grantor%20%26%20S%C3%B6hne:alice%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Grantor%20%26%20S%C3%B6hne&algorithm=SHA1&digits=6&period=30"
        );
    }

    proptest! {
        #[test]
        fn a_code_that_was_accepted_is_accepted_no_more(random: [u8; 20], at in 0_i64..4_000_000_000, guess in 0_u32..1_000_000) {
            let (secret, now) = (TotpSecret::new(random), Timestamp::from_secs(at));
            let typed = secret.code(at.unsigned_abs() / 30);
            let step = secret.accepts(&typed, now, 0);
            prop_assume!(at >= 30);
            prop_assert!(step.is_some());
            prop_assert_ne!(secret.accepts(&typed, now, step.unwrap_or_default()), step);
            prop_assert_eq!(TotpSecret::parse(secret.text().expose()), Some(secret.clone()));
            let typed = format!("{guess:06}");
            let near = (0..=2).any(|ahead| secret.code((at.unsigned_abs() / 30 + ahead).saturating_sub(1)) == typed);
            prop_assert_eq!(secret.accepts(&typed, now, 0).is_some(), near);
        }
    }
}
