//! Argon2 in the PHC string format (RFC 9106): what new hashes are made with, and what an imported one may cost.

use ::argon2::password_hash::PasswordVerifier as _;
use ::argon2::password_hash::phc::{Output, ParamsString, PasswordHash};
use ::argon2::{Argon2, Params, Version};
use grantor_ports::{PasswordScheme, UnusableHash};

use super::stored::Matching;

/// Bytes of a salt (RFC 9106 §3.1: 16 are recommended for passwords).
pub(super) const SALT_BYTES: usize = 16;

/// Most memory times passes of a hash, in KiB: about a second on a slow core.
const MAX_WORK_KIB: u64 = 1024 * 1024;

/// The bound, for people.
const BOUND: &str = "1 GiB of memory times passes (m times t of argon2)";

/// An argon2 hash of any variant.
pub(super) struct Argon2Hash {
    scheme: PasswordScheme,
    phc: PasswordHash,
}

impl Argon2Hash {
    /// Reads a hash of `scheme`, whose name its text begins with.
    ///
    /// # Errors
    /// See [`UnusableHash`].
    pub(super) fn parse(scheme: PasswordScheme, text: &str) -> Result<Self, UnusableHash> {
        let damaged = UnusableHash::Damaged(scheme);
        let phc = PasswordHash::new(text).map_err(|_quotes_the_hash| damaged)?;
        let params = Params::try_from(&phc).map_err(|_without_bounds| damaged)?;
        let version_known = phc.version.is_none_or(|version| Version::try_from(version).is_ok());
        if !version_known || phc.salt.is_none() || phc.hash.is_none() {
            return Err(damaged);
        }
        check_cost(&params)?;
        Ok(Self { scheme, phc })
    }

    /// An argon2id hash that was just put together.
    pub(super) const fn of(phc: PasswordHash) -> Self {
        Self { scheme: PasswordScheme::Argon2id, phc }
    }

    /// Which variant made it.
    pub(super) const fn scheme(&self) -> PasswordScheme {
        self.scheme
    }

    /// Whether it was made with the parameters that `other` was made with.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        fn shape(hash: &PasswordHash) -> (Option<u32>, &ParamsString, Option<usize>) {
            (hash.version, &hash.params, hash.hash.as_ref().map(Output::len))
        }
        self.scheme == other.scheme
            && shape(&self.phc) == shape(&other.phc)
            && self.phc.salt.as_ref().is_some_and(|salt| salt.len() >= SALT_BYTES)
    }

    /// Whether the password is the one that was hashed.
    ///
    /// # Errors
    /// If there is not enough memory: that is no reason to call a password wrong.
    pub(super) fn matches(&self, password: &[u8]) -> Matching {
        match Argon2::default().verify_password(password, &self.phc) {
            Ok(()) => Ok(true),
            Err(::argon2::password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether a hash with these parameters may be checked: whoever signs in waits for it, and so do those behind.
///
/// # Errors
/// [`UnusableHash::TooCostly`].
pub(super) fn check_cost(params: &Params) -> Result<(), UnusableHash> {
    let work = u64::from(params.m_cost()) * u64::from(params.t_cost());
    if work > MAX_WORK_KIB { Err(UnusableHash::TooCostly(BOUND)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9106 gives no vector without a secret; these are of the reference implementation's own tests.
    const REFERENCE: &str = "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8";

    fn parse(text: &str) -> Result<Argon2Hash, UnusableHash> {
        Argon2Hash::parse(PasswordScheme::Argon2id, text)
    }

    #[test]
    fn a_hash_of_the_reference_implementation_is_checked() {
        let hash = Argon2Hash::parse(PasswordScheme::Argon2i, REFERENCE).unwrap();
        assert!(hash.matches(b"password").unwrap());
        assert!(!hash.matches(b"passwore").unwrap());
    }

    #[test]
    fn what_is_missing_or_broken_is_damaged() {
        let whole = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8";
        assert!(parse(whole).is_ok());
        let broken = [
            &whole[..whole.len() - 44],
            "$argon2id$v=19$m=64,t=1,p=1",
            "$argon2id$",
            "$argon2id$v=18$m=64,t=1,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xA",
            "$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xA",
            "$argon2id$v=19$m=64,t=1,p=1$c2$iekCn0Y3spW+sCcFanM2xA",
            "$argon2id$v=19$m=64,t=1,p=1$!!!!!!!!!!!!$iekCn0Y3spW+sCcFanM2xA",
        ];
        for text in broken {
            assert_eq!(parse(text).err(), Some(UnusableHash::Damaged(PasswordScheme::Argon2id)), "{text}");
        }
    }

    #[test]
    fn work_is_bounded() {
        let check = |m: u32, t: u32, usable: bool| {
            let text = format!("$argon2id$v=19$m={m},t={t},p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xA");
            let expect = if usable { None } else { Some(UnusableHash::TooCostly(BOUND)) };
            assert_eq!(parse(&text).err(), expect, "m={m},t={t}");
        };
        check(1024 * 1024, 1, true);
        check(1024 * 1024 + 1, 1, false);
        check(256 * 1024, 4, true);
        check(256 * 1024, 5, false);
        check(64, u32::MAX, false);
    }
}
