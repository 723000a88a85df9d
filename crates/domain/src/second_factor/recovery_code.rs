//! Codes that a person writes down, each good for one sign-in without their second factor. Grantor's own.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use zeroize::Zeroize;

use crate::secret::sha256;

/// Bytes of a code: nobody who reads storage finds one by trying, though only a plain hash is kept.
const BYTES: usize = 10;

/// Characters between two dashes.
const GROUP: usize = 4;

/// A recovery code: 80 random bits. Grantor's own.
///
/// ```
/// use grantor_domain::second_factor::RecoveryCode;
///
/// let code = RecoveryCode::new([7; 10]);
/// assert_eq!(code.text(), "a4dq-obyh-a4dq-obyh");
/// assert_eq!(RecoveryCode::parse("A4DQOBYHA4DQOBYH").map(|typed| typed.hash()), Some(code.hash()));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode([u8; BYTES]);

impl RecoveryCode {
    /// How many a person is given at once. Grantor's own.
    pub const COUNT: usize = 10;

    /// A code of these bytes, drawn from a generator that nobody can foresee. Grantor's own.
    #[must_use]
    pub const fn new(random: [u8; BYTES]) -> Self {
        Self(random)
    }

    /// As its owner writes it down: base32 (RFC 4648 §6, which has neither 0 nor 1) in groups.
    #[must_use]
    pub fn text(&self) -> String {
        let plain = BASE32_NOPAD.encode(&self.0).to_ascii_lowercase();
        let mut text = String::with_capacity(plain.len() + plain.len() / GROUP);
        for (place, character) in plain.chars().enumerate() {
            if place > 0 && place.is_multiple_of(GROUP) {
                text.push('-');
            }
            text.push(character);
        }
        text
    }

    /// Reads one without its dashes, in capitals or not (RFC 4648 §6).
    #[must_use]
    pub fn parse(plain: &str) -> Option<Self> {
        let bytes = BASE32_NOPAD.decode(plain.to_ascii_uppercase().as_bytes()).ok()?;
        bytes.as_slice().try_into().ok().map(Self)
    }

    /// What storage keeps: SHA-256 of the bytes. Grantor's own.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        sha256(&self.0)
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

impl Drop for RecoveryCode {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_down_is_read_again(random: [u8; BYTES]) {
            let code = RecoveryCode::new(random);
            let typed = code.text().replace('-', "");
            prop_assert_eq!(RecoveryCode::parse(&typed), Some(code));
            prop_assert_eq!(RecoveryCode::parse(&typed[1..]), None);
        }
    }

    #[test]
    fn nothing_is_told_by_accident() {
        assert_eq!(format!("{:?}", RecoveryCode::new([1; BYTES])), "RecoveryCode(…)");
    }
}
