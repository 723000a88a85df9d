//! After how many guesses a password is found (NIST SP 800-63B §5.1.1.2), by lists of common passwords, words and names.

/// How many characters are looked at. The work grows faster than the length, and so many are enough to tell.
const LOOKED_AT: usize = 100;

/// After how many guesses somebody finds it who knows `about`: names, addresses.
pub(super) fn guesses(password: &str, about: &[&str]) -> u64 {
    let beginning: String = password.chars().take(LOOKED_AT).collect();
    zxcvbn::zxcvbn(&beginning, about).guesses()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_ones_are_found_early_and_others_late() {
        for common in ["password", "Password1!", "12345678", "qwertyuiop", "letmein123", "passwort123", "aaaaaaaaaaaa"]
        {
            assert!(guesses(common, &[]) < 1_000_000, "{common}");
        }
        for good in ["wonderland-42", "red-queen-7", "through-the-looking-glass", "käse hund 7 turm"] {
            assert!(guesses(good, &[]) >= 1_000_000, "{good}");
        }
        assert!(guesses("dodgson1832", &["dodgson"]) < guesses("dodgson1832", &[]));
        assert!(guesses(&"long enough ".repeat(1000), &[]) > 1_000_000);
    }
}
