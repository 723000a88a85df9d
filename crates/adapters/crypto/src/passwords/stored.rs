//! A password hash that somebody made: which scheme it is of, read once and never guessed.

use grantor_ports::{PasswordScheme, UnusableHash};

use super::argon2::Argon2Hash;
use super::bcrypt::BcryptHash;
use super::pbkdf2::Pbkdf2Hash;

/// Whether a password matches; an error is never "no".
pub(super) type Matching = Result<bool, Box<dyn std::error::Error + Send + Sync>>;

/// How the text of a hash begins, and how the rest is read.
const FORMS: [(&str, Reader); 13] = [
    ("$argon2d$", |text, _| argon2(PasswordScheme::Argon2d, text)),
    ("$argon2i$", |text, _| argon2(PasswordScheme::Argon2i, text)),
    ("$argon2id$", |text, _| argon2(PasswordScheme::Argon2id, text)),
    ("$2a$", |_, rest| BcryptHash::parse(rest).map(StoredHash::Bcrypt)),
    ("$2b$", |_, rest| BcryptHash::parse(rest).map(StoredHash::Bcrypt)),
    ("$2y$", |_, rest| BcryptHash::parse(rest).map(StoredHash::Bcrypt)),
    ("$pbkdf2$", |_, rest| Pbkdf2Hash::parse(PasswordScheme::Pbkdf2Sha1, rest).map(StoredHash::Pbkdf2)),
    ("$pbkdf2-sha1$", |_, rest| Pbkdf2Hash::parse(PasswordScheme::Pbkdf2Sha1, rest).map(StoredHash::Pbkdf2)),
    ("$pbkdf2-sha256$", |_, rest| Pbkdf2Hash::parse(PasswordScheme::Pbkdf2Sha256, rest).map(StoredHash::Pbkdf2)),
    ("$pbkdf2-sha512$", |_, rest| Pbkdf2Hash::parse(PasswordScheme::Pbkdf2Sha512, rest).map(StoredHash::Pbkdf2)),
    ("pbkdf2_sha1$", |_, rest| Pbkdf2Hash::parse_django(PasswordScheme::Pbkdf2Sha1, rest).map(StoredHash::Pbkdf2)),
    ("pbkdf2_sha256$", |_, rest| Pbkdf2Hash::parse_django(PasswordScheme::Pbkdf2Sha256, rest).map(StoredHash::Pbkdf2)),
    ("pbkdf2_sha512$", |_, rest| Pbkdf2Hash::parse_django(PasswordScheme::Pbkdf2Sha512, rest).map(StoredHash::Pbkdf2)),
];

/// Reads a hash from its whole text and from what follows its beginning.
type Reader = fn(&str, &str) -> Result<StoredHash, UnusableHash>;

fn argon2(scheme: PasswordScheme, text: &str) -> Result<StoredHash, UnusableHash> {
    Argon2Hash::parse(scheme, text).map(Box::new).map(StoredHash::Argon2)
}

/// A hash whose form and cost passed.
pub(super) enum StoredHash {
    Argon2(Box<Argon2Hash>),
    Bcrypt(BcryptHash),
    Pbkdf2(Pbkdf2Hash),
}

impl StoredHash {
    /// Reads a hash of any known form.
    ///
    /// # Errors
    /// See [`UnusableHash`].
    pub(super) fn parse(text: &str) -> Result<Self, UnusableHash> {
        let read = |(beginning, read): (&str, Reader)| text.strip_prefix(beginning).map(|rest| read(text, rest));
        FORMS.into_iter().find_map(read).unwrap_or(Err(UnusableHash::Foreign))
    }

    /// What made it.
    pub(super) const fn scheme(&self) -> PasswordScheme {
        match self {
            Self::Argon2(hash) => hash.scheme(),
            Self::Bcrypt(_) => PasswordScheme::Bcrypt,
            Self::Pbkdf2(hash) => hash.scheme(),
        }
    }

    /// Whether the password is the one that was hashed.
    ///
    /// # Errors
    /// If it could not be found out.
    pub(super) fn matches(&self, password: &[u8]) -> Matching {
        match self {
            Self::Argon2(hash) => hash.matches(password),
            Self::Bcrypt(hash) => Ok(hash.matches(password)),
            Self::Pbkdf2(hash) => hash.matches(password),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_tells_the_scheme() {
        let check = |text: &str, expect: PasswordScheme| {
            assert_eq!(StoredHash::parse(text).map(|hash| hash.scheme()), Ok(expect), "{text}");
        };
        let argon2 = "v=19$m=64,t=1,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xA";
        check(&format!("$argon2d${argon2}"), PasswordScheme::Argon2d);
        check(&format!("$argon2i${argon2}"), PasswordScheme::Argon2i);
        check(&format!("$argon2id${argon2}"), PasswordScheme::Argon2id);
        for version in ["2a", "2b", "2y"] {
            let text = format!("${version}$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
            check(&text, PasswordScheme::Bcrypt);
        }
        let pbkdf2 = "1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA";
        check(&format!("$pbkdf2${pbkdf2}"), PasswordScheme::Pbkdf2Sha1);
        check(&format!("pbkdf2_sha1${pbkdf2}"), PasswordScheme::Pbkdf2Sha1);
        check(&format!("$pbkdf2-sha1${pbkdf2}"), PasswordScheme::Pbkdf2Sha1);
        check(&format!("$pbkdf2-sha256${pbkdf2}"), PasswordScheme::Pbkdf2Sha256);
        check(&format!("pbkdf2_sha256${pbkdf2}"), PasswordScheme::Pbkdf2Sha256);
        check(&format!("$pbkdf2-sha512${pbkdf2}"), PasswordScheme::Pbkdf2Sha512);
        check(&format!("pbkdf2_sha512${pbkdf2}"), PasswordScheme::Pbkdf2Sha512);
    }

    #[test]
    fn what_nobody_knows_is_foreign() {
        let foreign =
            ["", "plain", "$", "$1$salt$hash", "$2x$05$CCCC", "$2$05$CCCC", "argon2id$", "{SSHA}AAAA", " $2a$05$"];
        for text in foreign {
            assert_eq!(StoredHash::parse(text).err(), Some(UnusableHash::Foreign), "{text}");
        }
    }
}
