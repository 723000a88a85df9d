//! PBKDF2 (RFC 8018 §5.2) as three kinds of systems store it: in the PHC string format, as passlib writes it, and as
//! Django does.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use grantor_domain::secret::same_bytes;
use grantor_ports::{PasswordScheme, UnusableHash};
use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;

use super::stored::Matching;

/// Most rounds that a hash may ask for, in all of its blocks together: about a second on a slow core.
const MAX_ROUNDS: usize = 2_000_000;

/// The bound, for people.
const BOUND: &str = "2 million rounds of PBKDF2 over all blocks of the hash";

/// Most rounds with SHA-512, of which one costs more than twice as much.
const MAX_SHA512_ROUNDS: usize = 1_000_000;

/// That bound, for people.
const SHA512_BOUND: &str = "1 million rounds of PBKDF2 with SHA-512";

/// Lengths of a hash that mean something: a shorter one would be easy to meet, a longer one only costs more.
const HASH_BYTES: std::ops::RangeInclusive<usize> = 16..=64;

/// Longest salt that is read, in bytes.
const MAX_SALT_BYTES: usize = 1024;

/// Makers differ in whether they pad.
const FORGIVING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, FORGIVING);

/// A PBKDF2 hash.
pub(super) struct Pbkdf2Hash {
    scheme: PasswordScheme,
    rounds: usize,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Pbkdf2Hash {
    /// Reads what follows the name of the scheme in the form of PHC (`i=…,l=…$salt$hash`) or passlib
    /// (`rounds$salt$hash`, base64 with `.` for `+`).
    ///
    /// # Errors
    /// See [`UnusableHash`].
    pub(super) fn parse(scheme: PasswordScheme, rest: &str) -> Result<Self, UnusableHash> {
        let fields = fields(rest);
        let read = fields.and_then(|(parameters, salt, hash)| {
            let hash = decode(hash)?;
            Some((rounds(parameters, hash.len())?, decode(salt)?, hash))
        });
        Self::checked(scheme, read)
    }

    /// Reads what follows the name of the scheme in Django's form: `rounds$salt$hash`, the salt as plain text.
    ///
    /// # Errors
    /// See [`UnusableHash`].
    pub(super) fn parse_django(scheme: PasswordScheme, rest: &str) -> Result<Self, UnusableHash> {
        let read = fields(rest).and_then(|(rounds, salt, hash)| {
            Some((number(rounds)?, salt.as_bytes().to_vec(), BASE64.decode(hash).ok()?))
        });
        Self::checked(scheme, read)
    }

    fn checked(scheme: PasswordScheme, read: Option<(usize, Vec<u8>, Vec<u8>)>) -> Result<Self, UnusableHash> {
        let meant = read.filter(|(rounds, salt, hash)| {
            *rounds > 0 && (1..=MAX_SALT_BYTES).contains(&salt.len()) && HASH_BYTES.contains(&hash.len())
        });
        let (rounds, salt, hash) = meant.ok_or(UnusableHash::Damaged(scheme))?;
        let (block_bytes, most, bound) = match scheme {
            PasswordScheme::Pbkdf2Sha1 => (20, MAX_ROUNDS, BOUND),
            PasswordScheme::Pbkdf2Sha512 => (64, MAX_SHA512_ROUNDS, SHA512_BOUND),
            _ => (32, MAX_ROUNDS, BOUND),
        };
        // Every block of the hash takes all rounds.
        if rounds.saturating_mul(hash.len().div_ceil(block_bytes)) > most {
            return Err(UnusableHash::TooCostly(bound));
        }
        Ok(Self { scheme, rounds, salt, hash })
    }

    /// Which function is repeated.
    pub(super) const fn scheme(&self) -> PasswordScheme {
        self.scheme
    }

    /// Whether the password is the one that was hashed.
    ///
    /// # Errors
    /// If the library fails: that is no reason to call a password wrong.
    pub(super) fn matches(&self, password: &[u8]) -> Matching {
        let digest = match self.scheme {
            PasswordScheme::Pbkdf2Sha1 => MessageDigest::sha1(),
            PasswordScheme::Pbkdf2Sha512 => MessageDigest::sha512(),
            _ => MessageDigest::sha256(),
        };
        let mut computed = vec![0; self.hash.len()];
        pbkdf2_hmac(password, &self.salt, self.rounds, digest, &mut computed)?;
        Ok(same_bytes(&computed, &self.hash))
    }
}

fn fields(rest: &str) -> Option<(&str, &str, &str)> {
    let mut fields = rest.split('$');
    match (fields.next(), fields.next(), fields.next(), fields.next()) {
        (Some(first), Some(second), Some(third), None) => Some((first, second, third)),
        _ => None,
    }
}

/// The rounds: alone, or as `i` beside the length `l` of the hash.
fn rounds(parameters: &str, hash_bytes: usize) -> Option<usize> {
    if let Some(rounds) = number(parameters) {
        return Some(rounds);
    }
    let mut rounds = None;
    for parameter in parameters.split(',') {
        match parameter.split_once('=')? {
            ("i", value) if rounds.is_none() => rounds = Some(number(value)?),
            ("l", value) if number(value)? == hash_bytes => {}
            _ => return None,
        }
    }
    rounds
}

/// A number without a sign. One that is too large for any machine is as good as the largest.
fn number(text: &str) -> Option<usize> {
    let is_number = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(usize::MAX))
}

fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.replace('.', "+")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA256: PasswordScheme = PasswordScheme::Pbkdf2Sha256;

    fn check(hash: &Result<Pbkdf2Hash, UnusableHash>, password: &str) {
        let hash = hash.as_ref().unwrap();
        assert!(hash.matches(password.as_bytes()).unwrap(), "{:?}", hash.scheme);
        assert!(!hash.matches(format!("{password}x").as_bytes()).unwrap(), "{:?}", hash.scheme);
        assert!(!hash.matches(b"").unwrap(), "{:?}", hash.scheme);
    }

    #[test]
    fn published_vectors_match() {
        // RFC 6070 §2, and for SHA-256 RFC 7914 §11.
        let sha1 = Pbkdf2Hash::parse(PasswordScheme::Pbkdf2Sha1, "2$c2FsdA$6mwBTcctb4zNHtkqzh1B8NjeiVc");
        check(&sha1, "password");
        let sha256 = "1$c2FsdA$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLxJypzM8Xm2RZkWZLOdd+8xfHG4RbHjC9UJESBB06GXgw";
        check(&Pbkdf2Hash::parse(SHA256, sha256), "passwd");
    }

    // Computed with Python's hashlib, for a password with a character beyond ASCII.
    const PASSWORD: &str = "correct horse — battery";

    #[test]
    fn the_phc_form_is_read() {
        let text = "i=1000,l=20$8PHy8/T19vf4+fr7/P3+/w$7RZ10gc6y8iiGdIAtJOud8E5w/c";
        check(&Pbkdf2Hash::parse(PasswordScheme::Pbkdf2Sha1, text), PASSWORD);
        let text = "i=1000,l=32$8PHy8/T19vf4+fr7/P3+/w$MBASqwM+oWS29/5LqOEcNRV0v2+lk8loyBXCixEee9Y";
        check(&Pbkdf2Hash::parse(PasswordScheme::Pbkdf2Sha256, text), PASSWORD);
        let text = "i=1000,l=64$8PHy8/T19vf4+fr7/P3+/w$Ps/t2ly+RyOJMPH1yutbU3chA+CuokFblQa5FkGO6z8jn2W7vsG7DST+z3TXE8BNrJcl50hUiwjNWciEWULwag";
        check(&Pbkdf2Hash::parse(PasswordScheme::Pbkdf2Sha512, text), PASSWORD);
        check(&Pbkdf2Hash::parse(SHA256, "i=1000$8PHy8/T19vf4+fr7/P3+/w$MBASqwM+oWS29/5LqOEcNQ"), PASSWORD);
    }

    #[test]
    fn the_form_of_passlib_is_read() {
        let text = "1200$8PHy8/T19vf4.fr7/P3./w$sZggUKtrLnQA7Q/S3OY1.iEhdd8";
        check(&Pbkdf2Hash::parse(PasswordScheme::Pbkdf2Sha1, text), PASSWORD);
        let text = "1200$8PHy8/T19vf4.fr7/P3./w$nGFohsmF6bXs8Lxz8fsMnCrZRz/dtFrJPcwnjzbgev0";
        check(&Pbkdf2Hash::parse(PasswordScheme::Pbkdf2Sha256, text), PASSWORD);
        let text = "1200$8PHy8/T19vf4.fr7/P3./w$9C/0zab0ZwmhCNwQhaD1vPoTOvfvedCcPzVTeKRQPVh0b8yhjHnQL76l6lGryhPOwtFqkTovIaPLFE/Jkidx6Q";
        check(&Pbkdf2Hash::parse(PasswordScheme::Pbkdf2Sha512, text), PASSWORD);
    }

    #[test]
    fn the_form_of_django_is_read() {
        let text = "1500$seasalt2$Vv4/2ANl+8qiQgzX3SCldYmLU/c=";
        check(&Pbkdf2Hash::parse_django(PasswordScheme::Pbkdf2Sha1, text), PASSWORD);
        let text = "1500$seasalt2$96p2Bevk51eCoXQb7x/AO6Omu4OCf87hlkwad+sMw3Q=";
        check(&Pbkdf2Hash::parse_django(PasswordScheme::Pbkdf2Sha256, text), PASSWORD);
    }

    #[test]
    fn what_is_missing_or_broken_is_damaged() {
        let broken = [
            "",
            "1",
            "1$c2FsdA",
            "1$c2FsdA$short",
            "0$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
            "-1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
            "$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
            "1$$AAAAAAAAAAAAAAAAAAAAAA",
            "1$c2FsdA$AAAAAAAAAAAAAAAAAAAA!!",
            "1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA$",
            "l=16$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
            "i=1,l=32$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
            "i=1,i=1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
            "i=1,x=1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
        ];
        for text in broken {
            assert_eq!(Pbkdf2Hash::parse(SHA256, text).err(), Some(UnusableHash::Damaged(SHA256)), "{text}");
        }
        for text in ["", "1$salt", "1$$AAAAAAAAAAAAAAAAAAAAAA==", "x$salt$AAAAAAAAAAAAAAAAAAAAAA=="] {
            assert_eq!(Pbkdf2Hash::parse_django(SHA256, text).err(), Some(UnusableHash::Damaged(SHA256)), "{text}");
        }
        let long_salt = format!("1${}$AAAAAAAAAAAAAAAAAAAAAA==", "s".repeat(MAX_SALT_BYTES + 1));
        assert!(Pbkdf2Hash::parse_django(SHA256, &long_salt).is_err());
    }

    #[test]
    fn rounds_are_bounded() {
        let of = |scheme, rounds: &str, hash_bytes: usize| {
            let hash = BASE64.encode(vec![0; hash_bytes]);
            Pbkdf2Hash::parse(scheme, &format!("{rounds}$c2FsdA${hash}")).err()
        };
        let costly = |bound| Some(UnusableHash::TooCostly(bound));
        assert_eq!(of(SHA256, "2000000", 32), None);
        for rounds in ["2000001", "4294967296", "99999999999999999999999999", "i=2000001"] {
            assert_eq!(of(SHA256, rounds, 32), costly(BOUND), "{rounds}");
        }
        for (scheme, rounds, hash_bytes, bound) in [
            (SHA256, 1_000_000, 64, BOUND),
            (PasswordScheme::Pbkdf2Sha1, 500_000, 64, BOUND),
            (PasswordScheme::Pbkdf2Sha512, 1_000_000, 64, SHA512_BOUND),
        ] {
            assert_eq!(of(scheme, &rounds.to_string(), hash_bytes), None, "{scheme:?}");
            assert_eq!(of(scheme, &(rounds + 1).to_string(), hash_bytes), costly(bound), "{scheme:?}");
        }
    }
}
