//! The refresh token (RFC 6749 §1.5): a grant's identifier, its secret, and which generation of it this is.
//!
//! The row of the grant keeps only a hash of the secret and the generation it expects, so a stolen database mints
//! nothing. The adapter adds key number, authentication tag and checksum around [`RefreshToken::to_bytes`].

use crate::id::GrantId;
use crate::secret::GrantSecret;

/// A refresh token (RFC 6749 §1.5) whose authentication tag was checked. The format is Grantor's own; see
/// docs/architecture.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// Which grant it refreshes; always one of the long table ([`LifetimeClass::Long`](super::lifetime::LifetimeClass)).
    pub grant: GrantId,
    /// How many rotations came before it (RFC 9700 §4.14.2).
    pub generation: u32,
    /// Proves that it came from us to the client: storage has only its hash.
    pub secret: GrantSecret,
}

impl RefreshToken {
    /// Bytes of [`Self::to_bytes`]: identifier, generation, secret.
    pub const LENGTH: usize = 16 + 4 + GrantSecret::LENGTH;

    /// The content that the authentication tag covers: 16 bytes of identifier, 4 of generation (big-endian), 16 of secret.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let (id, rest) = bytes.split_at_mut(16);
        let (generation, secret) = rest.split_at_mut(4);
        id.copy_from_slice(self.grant.as_bytes());
        generation.copy_from_slice(&self.generation.to_be_bytes());
        secret.copy_from_slice(self.secret.expose());
        bytes
    }

    /// Reads what [`Self::to_bytes`] made.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Self {
        let (id, rest) = bytes.split_at(16);
        let (generation, secret) = rest.split_at(4);
        let mut token = Self {
            grant: GrantId::from_bytes([0; 16]),
            generation: 0,
            secret: GrantSecret::new([0; GrantSecret::LENGTH]),
        };
        if let (Ok(id), Ok(generation), Ok(secret)) = (id.try_into(), generation.try_into(), secret.try_into()) {
            token = Self {
                grant: GrantId::from_bytes(id),
                generation: u32::from_be_bytes(generation),
                secret: GrantSecret::new(secret),
            };
        }
        token
    }

    /// What takes its place after a rotation (RFC 9700 §4.14.2). Derived, not stored: repeating the request gives the same
    /// one.
    ///
    /// ```
    /// use grantor_domain::id::GrantId;
    /// use grantor_domain::secret::GrantSecret;
    /// use grantor_domain::token::refresh_token::RefreshToken;
    ///
    /// let first = RefreshToken { grant: GrantId::from_bytes([1; 16]), generation: 0, secret: GrantSecret::new([2; 16]) };
    /// assert_eq!(first.successor(), RefreshToken { generation: 1, ..first });
    /// assert_eq!(RefreshToken::from_bytes(&first.to_bytes()), first);
    /// ```
    #[must_use]
    pub const fn successor(&self) -> Self {
        Self { generation: self.generation.saturating_add(1), ..*self }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_read_back(grant: [u8; 16], generation: u32, secret: [u8; 16]) {
            let token = RefreshToken { grant: GrantId::from_bytes(grant), generation, secret: GrantSecret::new(secret) };
            prop_assert_eq!(RefreshToken::from_bytes(&token.to_bytes()), token);
        }

        #[test]
        fn a_successor_is_the_same_grant_one_generation_on(generation in 0..u32::MAX) {
            let token = RefreshToken { grant: GrantId::from_bytes([1; 16]), generation, secret: GrantSecret::new([2; 16]) };
            let next = token.successor();
            prop_assert_eq!((next.grant, next.secret, next.generation), (token.grant, token.secret, generation + 1));
        }
    }
}
