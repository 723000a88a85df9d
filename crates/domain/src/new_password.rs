//! What a new password must be (NIST SP 800-63B §5.1.1.2): long enough, and none that is guessed early. Nothing is asked of its
//! characters: that makes people write it down, and is guessed all the same.

use std::fmt;

/// As many guesses as nobody makes in a hundred years at the pace of [`crate::throttle`], and a thousand times more than the
/// lists of common passwords have.
const GUESSES: u64 = 1_000_000;

/// What an operator asks of new passwords (NIST SP 800-63B §5.1.1.2). What it does not ask is Grantor's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordRules {
    /// The fewest characters: "at least 8" (NIST SP 800-63B §5.1.1.2).
    pub min_length: u32,
    /// Whether common ones, and those made of them, of names, dates and rows of keys, are refused ("compare … against a list",
    /// §5.1.1.2).
    pub refuse_common: bool,
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self { min_length: 8, refuse_common: true }
    }
}

/// Why a password is not taken (NIST SP 800-63B §5.1.1.2). Its text goes to whoever chose it, and shows nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeakPassword {
    /// It has fewer characters than this.
    TooShort(u32),
    /// It is common, or made of what is.
    Common,
}

impl fmt::Display for WeakPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort(min_length) => write!(f, "the password is too short: it needs at least {min_length} characters"),
            Self::Common => f.write_str(
                "the password is too easy to guess: it is common, or made of common words, names, dates or rows of keys; a \
                 few words that have nothing to do with each other are better",
            ),
        }
    }
}

impl std::error::Error for WeakPassword {}

impl PasswordRules {
    /// Whether this password may be set (NIST SP 800-63B §5.1.1.2). `guesses` says after how many guesses of somebody who knows
    /// whose it is it would be found; it is asked only where that counts.
    ///
    /// # Errors
    /// Says why not.
    ///
    /// ```
    /// use grantor_domain::new_password::{PasswordRules, WeakPassword};
    ///
    /// let rules = PasswordRules::default();
    /// assert_eq!(rules.check("letmein", || 11), Err(WeakPassword::TooShort(8)));
    /// assert_eq!(rules.check("Password1!", || 17_560), Err(WeakPassword::Common));
    /// assert_eq!(rules.check("red queen seven", || 4_246_000_000), Ok(()));
    /// ```
    pub fn check(&self, password: &str, guesses: impl FnOnce() -> u64) -> Result<(), WeakPassword> {
        if password.chars().count() < self.min_length as usize {
            return Err(WeakPassword::TooShort(self.min_length));
        }
        if self.refuse_common && guesses() < GUESSES {
            return Err(WeakPassword::Common);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters_and_common_ones_are_refused_where_that_is_wanted() {
        let rules = PasswordRules { min_length: 4, refuse_common: true };
        assert_eq!(rules.check("äöü", || u64::MAX), Err(WeakPassword::TooShort(4)));
        assert_eq!(rules.check("äöüß", || u64::MAX), Ok(()));
        for (guesses, expect) in
            [(0, Err(WeakPassword::Common)), (GUESSES - 1, Err(WeakPassword::Common)), (GUESSES, Ok(()))]
        {
            assert_eq!(rules.check("four", || guesses), expect);
        }
        let lenient = PasswordRules { refuse_common: false, ..rules };
        assert_eq!(lenient.check("four", || panic!("nobody needs to know")), Ok(()));
    }
}
