//! Values that must not leak: their `Debug` says nothing, they are wiped when dropped, and what compares them takes the
//! same time whatever it finds. What they hold is of RFC 6749 §2.3.1, §4.3.2 and §1.5; how they hold it is Grantor's own.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// A text secret somebody presented: a client secret (RFC 6749 §2.3.1), a password (§4.3.2), a code verifier (RFC 7636
/// §4.1), a token. Neither `Debug` nor `Display` nor serde tells it.
///
/// ```
/// use grantor_domain::secret::Secret;
///
/// let secret = Secret::new("7Fjfp0ZBr1KtDRbnfVdmIw");
/// assert_eq!(format!("{secret:?}"), "Secret(…)");
/// assert!(secret.estimated_bits() < 128 && Secret::new("password").estimated_bits() < 30);
/// ```
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`, whatever it is; what it must look like is for those who use it.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A new client secret of these random bytes, in base64url.
    #[must_use]
    pub fn generate(random: &[u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random))
    }

    /// The secret itself. Each call is a place where it could leak: keep them few.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// An upper bound on the bits of guessing work, from length and the kinds of characters used: RFC 6749 §10.10 asks
    /// for 128.
    ///
    /// Good enough to tell "chosen by a person" from "drawn at random"; a dictionary word repeated still counts.
    #[must_use]
    pub fn estimated_bits(&self) -> u32 {
        let has = |is: fn(&char) -> bool| self.0.chars().any(|c| is(&c));
        let alphabet = [
            (has(char::is_ascii_lowercase), 26),
            (has(char::is_ascii_uppercase), 26),
            (has(char::is_ascii_digit), 10),
            (has(|c| !c.is_ascii_alphanumeric()), 32),
        ];
        let alphabet: u32 = alphabet.into_iter().filter(|(used, _)| *used).map(|(_, size)| size).sum();
        let distinct = self.0.chars().collect::<std::collections::BTreeSet<_>>().len();
        let per_character =
            f64::from(alphabet.max(1)).log2().min(f64::from(u32::try_from(distinct).unwrap_or(u32::MAX)).log2());
        // Bounded by 2^16 characters of at most 7 bits, so the conversion is exact enough and cannot overflow.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let bits = (per_character * f64::from(u32::try_from(self.0.chars().count()).unwrap_or(u32::MAX))) as u32;
        bits
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The 128 random bits drawn with each grant. Its holder is the client alone, in its refresh token; storage keeps only
/// its SHA-256. As unguessable as RFC 6749 §10.10 asks; the design is Grantor's own, see docs/architecture.md.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct GrantSecret([u8; Self::LENGTH]);

impl GrantSecret {
    /// Bytes in a grant secret: 128 bits (RFC 6749 §10.10).
    pub const LENGTH: usize = 16;

    /// A grant secret of these bytes, drawn from a generator that nobody can foresee.
    #[must_use]
    pub const fn new(random: [u8; Self::LENGTH]) -> Self {
        Self(random)
    }

    /// The bytes that go into the refresh token, and nowhere else.
    #[must_use]
    pub const fn expose(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// What storage keeps: SHA-256 of the bytes. Nothing slower is needed for what cannot be guessed.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        sha256(&self.0)
    }
}

impl fmt::Debug for GrantSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GrantSecret(…)")
    }
}

/// SHA-256 of `bytes` (FIPS 180-4 §6.2).
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).into()
}

/// Whether two byte strings are the same, in time that depends on the lengths alone: how much of a guess was right must
/// not show (RFC 6749 §10.10).
#[must_use]
pub fn same_bytes(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?} {:?}", Secret::new("hunter2"), GrantSecret::new([7; 16])), "Secret(…) GrantSecret(…)");
    }

    #[test]
    fn a_generated_secret_holds_all_its_bytes() {
        assert_eq!(Secret::generate(&[0xff; 32]).expose(), format!("{}8", "_".repeat(42)));
        assert!(Secret::generate(&std::array::from_fn(|n| n as u8)).estimated_bits() >= 128);
    }

    #[test]
    fn strength_tells_chosen_from_drawn() {
        let check = |secret: &str, at_least_128: bool| {
            assert_eq!(Secret::new(secret).estimated_bits() >= 128, at_least_128, "{secret}");
        };
        check("demo-a-secret", false);
        check("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false);
        check("8f14e45fceea167a5a36dedd4bea2543ab12", true);
        check("Zx9QbT7vLm2RkP4sWd8YhN3cJf6GtA1eXu5", true);
        check("", false);
    }
}
