//! Bcrypt as other systems store it: `$2a$`, `$2b$` or `$2y$`, cost, salt and hash. `$2x$` is left out: it marks hashes of
//! an implementation that got characters beyond ASCII wrong.

use base64::Engine as _;
use base64::alphabet::BCRYPT;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use grantor_domain::secret::same_bytes;
use grantor_ports::{PasswordScheme, UnusableHash};
use zeroize::Zeroizing;

/// Bytes of a password that count, the zero byte at its end included where there is room for it.
const COUNTED_BYTES: usize = 72;

/// Least cost that the algorithm takes.
const MIN_COST: u32 = 4;

/// Most that a hash may cost: about a second on a slow core.
const MAX_COST: u32 = 14;

/// The bound, for people.
const BOUND: &str = "bcrypt cost 14";

const SALT_BYTES: usize = 16;

/// Bytes of a hash: the last of the 24 that bcrypt computes is never stored.
const HASH_BYTES: usize = 23;

/// Length of the salt in bcrypt's alphabet.
const SALT_CHARACTERS: usize = 22;

/// Some makers leave bits behind the end of the salt set.
const ALPHABET: GeneralPurpose = GeneralPurpose::new(
    &BCRYPT,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// A bcrypt hash.
pub(super) struct BcryptHash {
    cost: u32,
    salt: [u8; SALT_BYTES],
    hash: [u8; HASH_BYTES],
}

impl BcryptHash {
    /// Reads what follows `$2a$`, `$2b$` or `$2y$`.
    ///
    /// # Errors
    /// See [`UnusableHash`].
    pub(super) fn parse(rest: &str) -> Result<Self, UnusableHash> {
        let parts = read(rest).ok_or(UnusableHash::Damaged(PasswordScheme::Bcrypt))?;
        if parts.cost > MAX_COST { Err(UnusableHash::TooCostly(BOUND)) } else { Ok(parts) }
    }

    /// Whether the password is the one that was hashed. As its makers did, it takes a password that is too long for the
    /// algorithm for the part of it that is not.
    pub(super) fn matches(&self, password: &[u8]) -> bool {
        let terminated = password.iter().copied().chain([0]).take(COUNTED_BYTES);
        let terminated = Zeroizing::new(terminated.collect::<Vec<u8>>());
        let computed = ::bcrypt::bcrypt(self.cost, self.salt, &terminated);
        computed.get(..HASH_BYTES).is_some_and(|computed| same_bytes(computed, &self.hash))
    }
}

fn read(rest: &str) -> Option<BcryptHash> {
    let (cost, encoded) = rest.split_once('$')?;
    let two_digits = cost.len() == 2 && cost.bytes().all(|digit| digit.is_ascii_digit());
    let cost: u32 = cost.parse().ok().filter(|cost| two_digits && *cost >= MIN_COST)?;
    let (salt, hash) = encoded.split_at_checked(SALT_CHARACTERS)?;
    let decoded = |text: &str| ALPHABET.decode(text).ok();
    Some(BcryptHash { cost, salt: decoded(salt)?.try_into().ok()?, hash: decoded(hash)?.try_into().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, password: &str, expect: bool) {
        let hash = BcryptHash::parse(&text[4..]).unwrap();
        assert_eq!(hash.matches(password.as_bytes()), expect, "{text} {password:?}");
    }

    #[test]
    fn published_vectors_match() {
        // The vectors of jBCrypt and of Openwall's crypt_blowfish.
        check("$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.", "", true);
        check("$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", "a", true);
        check("$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", "b", false);
        check("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", true);
        check("$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*", true);
        check("$2b$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U", true);
    }

    #[test]
    fn only_72_bytes_count() {
        let text = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
        let counted = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        check(text, &format!("{counted}chars after 72 are ignored"), true);
        check(text, counted, true);
        check(text, &counted[..71], false);
        check(text, &"x".repeat(1024), false);
    }

    #[test]
    fn bits_behind_the_salt_are_ignored() {
        // The last character of a salt has four bits that are part of none of its bytes.
        check("$2a$05$CCCCCCCCCCCCCCCCCCCCC/E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", true);
    }

    #[test]
    fn what_is_missing_or_broken_is_damaged() {
        let whole = "05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        assert!(BcryptHash::parse(whole).is_ok());
        let broken = [
            "",
            "05",
            "05$",
            &whole[..whole.len() - 1],
            &format!("{whole}x"),
            &whole.replacen("05", "5", 1),
            &whole.replacen("05", "+5", 1),
            &whole.replacen("05", "03", 1),
            &whole.replacen('E', "!", 1),
            "05$CCCCCCCCCCCCCCCCCCCCé.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
        ];
        for text in broken {
            let damaged = UnusableHash::Damaged(PasswordScheme::Bcrypt);
            assert_eq!(BcryptHash::parse(text).err(), Some(damaged), "{text}");
        }
    }

    #[test]
    fn cost_is_bounded() {
        let of_cost =
            |cost: &str| BcryptHash::parse(&format!("{cost}$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
        assert!(of_cost("14").is_ok());
        for cost in ["15", "31", "32", "99"] {
            assert_eq!(of_cost(cost).err(), Some(UnusableHash::TooCostly(BOUND)), "{cost}");
        }
    }
}
