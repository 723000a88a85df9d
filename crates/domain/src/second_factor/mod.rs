//! What a person proves themselves with beside their password, and what they type for it (RFC 6238; recovery codes are Grantor's
//! own).

mod recovery_code;
mod totp;

pub use recovery_code::RecoveryCode;
pub use totp::{DIGITS, PERIOD, TotpSecret};

use crate::secret::Secret;

/// What somebody typed as their second factor, by its shape: one field takes both. Grantor's own.
#[derive(Clone, Debug)]
pub enum TypedCode {
    /// Digits that an authenticator app shows (RFC 6238 §4).
    Totp(Secret),
    /// One of the codes that were written down. Grantor's own.
    Recovery(RecoveryCode),
}

impl TypedCode {
    /// Reads what was typed; people put spaces and dashes where they like. None if it is of neither shape. Grantor's own.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let plain: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let is_totp = plain.len() == DIGITS && plain.bytes().all(|byte| byte.is_ascii_digit());
        if is_totp { Some(Self::Totp(Secret::new(plain))) } else { RecoveryCode::parse(&plain).map(Self::Recovery) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_field_takes_both() {
        let shape = |typed: &str| match TypedCode::parse(typed) {
            Some(TypedCode::Totp(code)) => code.expose().to_owned(),
            Some(TypedCode::Recovery(_)) => "recovery".to_owned(),
            None => "neither".to_owned(),
        };
        assert_eq!(shape(" 012 345 "), "012345");
        assert_eq!(shape("abcd-efgh-ijkl-2345"), "recovery");
        for neither in ["", "01234", "0123456", "٠١٢٣٤٥", "abcd-efgh-ijkl", "abcd-efgh-ijkl-0189"] {
            assert_eq!(shape(neither), "neither", "{neither}");
        }
    }
}
