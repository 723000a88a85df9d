//! What counts as right, stale or wrong: a hash of ours is argon2id with the current parameters, and every other that can
//! be checked is stale.

use ::argon2::password_hash::phc::{self, Output, ParamsString, Salt};
use ::argon2::password_hash::{self, PasswordHasher as _};
use ::argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Params, Version};
use grantor_domain::secret::Secret;
use grantor_ports::{PasswordCheck, PasswordHash, Random, Unavailable};

use super::argon2::{Argon2Hash, SALT_BYTES, check_cost};
use super::stored::StoredHash;
use super::{PasswordPoolError, PasswordSettings};

/// Longest password that is taken, in bytes.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// Bytes of a hash.
const HASH_BYTES: usize = 32;

/// The parameters as argon2 takes them.
///
/// # Errors
/// If it does not take them, or hashes made with them would cost more than one may that is to be checked.
pub(super) fn params(settings: &PasswordSettings) -> Result<Params, PasswordPoolError> {
    let PasswordSettings { memory_kib, iterations, parallelism, .. } = *settings;
    let params = Params::new(memory_kib, iterations, parallelism, Some(HASH_BYTES))
        .map_err(|error| PasswordPoolError::Parameters(error.into()))?;
    check_cost(&params).map_err(PasswordPoolError::Cost)?;
    Ok(params)
}

/// Hashes with the current parameters, and checks hashes of any.
pub(super) struct Hasher {
    argon2: Argon2<'static>,
    /// A hash of no password with the current parameters: checking it costs what checking one of ours costs.
    dummy: Argon2Hash,
}

impl Hasher {
    /// A hasher with these parameters.
    ///
    /// # Errors
    /// As [`params`].
    pub(super) fn new(settings: &PasswordSettings, random: &dyn Random) -> Result<Self, PasswordPoolError> {
        Self::of(params(settings)?, random).map_err(PasswordPoolError::Parameters)
    }

    fn of(params: Params, random: &dyn Random) -> password_hash::Result<Self> {
        let dummy = Argon2Hash::of(phc::PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params)?,
            salt: Some(Salt::new(&random.array::<SALT_BYTES>())?),
            hash: Some(Output::new(&random.array::<HASH_BYTES>())?),
        });
        Ok(Self { argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params), dummy })
    }

    /// Hashes a password.
    ///
    /// # Errors
    /// If it is longer than [`MAX_PASSWORD_BYTES`], or there is not enough memory.
    pub(super) fn hash(&self, password: &Secret, salt: &[u8; SALT_BYTES]) -> Result<PasswordHash, Unavailable> {
        let password = password.expose().as_bytes();
        if password.len() > MAX_PASSWORD_BYTES {
            return Err(Unavailable::new("the password is longer than 1024 bytes"));
        }
        self.argon2
            .hash_password_with_salt(password, salt)
            .map(|hash| PasswordHash::new(hash.to_string()))
            .map_err(|error| Unavailable::because("hashing a password failed", error))
    }

    /// Checks a password. Without a stored hash it is wrong, at the cost of a hash of ours; if it is too long to be one,
    /// it is wrong at the cost of the stored hash.
    ///
    /// # Errors
    /// If the stored hash cannot be read, or there is not enough memory: that is no reason to call a password wrong.
    pub(super) fn verify(
        &self,
        stored: Option<&PasswordHash>,
        password: &Secret,
    ) -> Result<PasswordCheck, Unavailable> {
        let parsed = stored
            .map(|stored| StoredHash::parse(stored.expose()))
            .transpose()
            .map_err(|error| Unavailable::because("a stored password hash cannot be read", error))?;
        let possible = parsed.is_some() && password.expose().len() <= MAX_PASSWORD_BYTES;
        let password = if possible { password.expose().as_bytes() } else { &[] };
        let matching = match &parsed {
            Some(hash) => hash.matches(password),
            None => self.dummy.matches(password),
        };
        let matches = matching.map_err(|error| Unavailable::because("checking a password failed", error))?;
        Ok(match parsed {
            Some(hash) if matches && possible && self.is_current(&hash) => PasswordCheck::Right,
            Some(_) if matches && possible => PasswordCheck::RightButStale,
            _ => PasswordCheck::Wrong,
        })
    }

    /// Whether the hash is as one would be made now.
    fn is_current(&self, hash: &StoredHash) -> bool {
        matches!(hash, StoredHash::Argon2(hash) if hash.is_like(&self.dummy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsRandom;

    fn hasher(memory_kib: u32, iterations: u32) -> Hasher {
        let settings = PasswordSettings { memory_kib, iterations, ..PasswordSettings::default() };
        Hasher::new(&settings, &OsRandom).unwrap()
    }

    fn check(hasher: &Hasher, stored: Option<&PasswordHash>, password: &str, expect: PasswordCheck) {
        assert_eq!(hasher.verify(stored, &Secret::new(password)).unwrap(), expect, "{password}");
    }

    #[test]
    fn a_hash_is_right_for_its_password_alone() {
        let hasher = hasher(64, 1);
        let hash = hasher.hash(&Secret::new("wonderland-42"), &[7; 16]).unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", hash.expose());
        check(&hasher, Some(&hash), "wonderland-42", PasswordCheck::Right);
        check(&hasher, Some(&hash), "wonderland-43", PasswordCheck::Wrong);
        check(&hasher, Some(&hash), "", PasswordCheck::Wrong);
        check(&hasher, None, "wonderland-42", PasswordCheck::Wrong);
    }

    #[test]
    fn the_empty_password_is_only_right_where_it_was_set() {
        let hasher = hasher(64, 1);
        let hash = hasher.hash(&Secret::new(""), &[7; 16]).unwrap();
        check(&hasher, Some(&hash), "", PasswordCheck::Right);
        // Checked as the empty one, for the cost, but never right.
        check(&hasher, Some(&hash), &"x".repeat(MAX_PASSWORD_BYTES + 1), PasswordCheck::Wrong);
    }

    #[test]
    fn a_hash_of_other_parameters_is_stale() {
        let hash = hasher(64, 1).hash(&Secret::new("secret"), &[7; 16]).unwrap();
        for other in [hasher(64, 2), hasher(128, 1)] {
            check(&other, Some(&hash), "secret", PasswordCheck::RightButStale);
            check(&other, Some(&hash), "wrong", PasswordCheck::Wrong);
        }
        let older = Argon2::new(Algorithm::Argon2i, Version::V0x10, Params::new(64, 1, 1, None).unwrap());
        let older = PasswordHash::new(older.hash_password_with_salt(b"secret", &[7; 16]).unwrap().to_string());
        check(&hasher(64, 1), Some(&older), "secret", PasswordCheck::RightButStale);
    }

    #[test]
    fn a_hash_of_another_scheme_is_stale() {
        // All of the password `U*U`.
        let foreign = [
            "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$pbkdf2-sha256$i=10$c2FsdHNhbHQ$mbfIlkXBcmSFHZcwO1YB5O0qPn3QhojELzIbK6+ZlNg",
            "pbkdf2_sha256$10$saltsalt$mbfIlkXBcmSFHZcwO1YB5O0qPn3QhojELzIbK6+ZlNg=",
        ];
        for text in foreign {
            let hash = PasswordHash::new(text);
            check(&hasher(64, 1), Some(&hash), "U*U", PasswordCheck::RightButStale);
            check(&hasher(64, 1), Some(&hash), "U*V", PasswordCheck::Wrong);
            check(&hasher(64, 1), Some(&hash), "", PasswordCheck::Wrong);
            check(&hasher(64, 1), Some(&hash), &"x".repeat(MAX_PASSWORD_BYTES + 1), PasswordCheck::Wrong);
        }
    }

    #[test]
    fn a_password_is_of_bounded_length() {
        let hasher = hasher(64, 1);
        let longest = "x".repeat(MAX_PASSWORD_BYTES);
        let hash = hasher.hash(&Secret::new(longest.as_str()), &[7; 16]).unwrap();
        check(&hasher, Some(&hash), &longest, PasswordCheck::Right);
        check(&hasher, Some(&hash), &format!("{longest}x"), PasswordCheck::Wrong);
        assert!(hasher.hash(&Secret::new(format!("{longest}x")), &[7; 16]).is_err());
    }

    #[test]
    fn a_damaged_hash_calls_no_password_wrong() {
        for damaged in ["", "plain", "$argon2id$v=19$m=64,t=1,p=1$!!$!!", "$2b$10$abc", "pbkdf2_sha256$1$salt$x"] {
            let outcome = hasher(64, 1).verify(Some(&PasswordHash::new(damaged)), &Secret::new("secret"));
            assert!(outcome.is_err(), "{damaged}: {outcome:?}");
        }
    }

    #[test]
    fn parameters_that_argon2_does_not_take_are_an_error() {
        let settings = PasswordSettings { iterations: 0, ..PasswordSettings::default() };
        assert!(matches!(Hasher::new(&settings, &OsRandom), Err(PasswordPoolError::Parameters(_))));
    }

    #[test]
    fn parameters_whose_hashes_would_be_refused_are_an_error() {
        let of = |memory_kib, iterations| PasswordSettings { memory_kib, iterations, ..PasswordSettings::default() };
        assert!(Hasher::new(&of(256 * 1024, 4), &OsRandom).is_ok());
        let error = Hasher::new(&of(256 * 1024, 5), &OsRandom).err().unwrap();
        assert_eq!(
            error.to_string(),
            "hashes made with these parameters could not be checked: the password hash is too costly to check: the most is \
             1 GiB of memory times passes (m times t of argon2)"
        );
    }
}
