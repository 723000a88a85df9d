//! The key-encryption secrets: the root of everything that is sealed or wrapped, kept in a file apart from the database,
//! so that neither of the two alone is worth stealing.
//!
//! The file holds one secret a line, the first current. Each has an identifier computed from it, which stands in the
//! clear in whatever was made under it; so an old secret stays below the new one until nothing names it any more.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor_ports::{KeyPurpose, Random};
use zeroize::Zeroizing;

use crate::symmetric::SymmetricKey;

/// Fewest bytes of a secret.
const MIN_BYTES: usize = 32;

/// The secrets of the file; cloning shares them.
#[derive(Clone)]
pub struct EncryptionSecrets(Arc<Inner>);

struct Inner {
    current: EncryptionSecret,
    older: Vec<EncryptionSecret>,
}

/// One secret.
pub(crate) struct EncryptionSecret {
    pub(crate) id: u32,
    bytes: Zeroizing<Vec<u8>>,
    /// Wraps the random keys of the ring.
    pub(crate) wrapping: SymmetricKey,
}

/// Why a file of secrets cannot be used. Says where, never what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncryptionSecretsError {
    /// Two lines hold the same secret, or two that cannot be told apart by their identifier.
    Duplicate {
        /// The later line, from 1.
        line: usize,
        /// The earlier line, from 1.
        earlier: usize,
    },
    /// No line holds a secret.
    Empty,
    /// A line is not base64url.
    NotBase64Url {
        /// The line, from 1.
        line: usize,
    },
    /// A secret is shorter than 32 bytes.
    TooShort {
        /// The line, from 1.
        line: usize,
        /// How many bytes it has.
        bytes: usize,
    },
}

impl fmt::Display for EncryptionSecretsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { line, earlier } => write!(f, "line {line} repeats the secret of line {earlier}"),
            Self::Empty => f.write_str("there is no key-encryption secret in it"),
            Self::NotBase64Url { line } => {
                write!(f, "line {line} is not base64url without padding (characters A-Z, a-z, 0-9, - and _)")
            }
            Self::TooShort { line, bytes } => {
                write!(f, "the secret on line {line} has {bytes} bytes and needs at least {MIN_BYTES} random ones")
            }
        }
    }
}

impl Error for EncryptionSecretsError {}

impl EncryptionSecrets {
    /// Reads the text of a file: one secret of at least 32 bytes a line in base64url without padding, the first
    /// current; blank lines and those that begin with `#` do not count.
    ///
    /// # Errors
    /// If there is no secret, or a line is none; see [`EncryptionSecretsError`].
    pub fn parse(text: &str) -> Result<Self, EncryptionSecretsError> {
        let mut found: Vec<(usize, EncryptionSecret)> = Vec::new();
        for (index, content) in text.lines().enumerate() {
            let (line, content) = (index + 1, content.trim());
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let secret = EncryptionSecret::parse(line, content)?;
            if let Some((earlier, _)) = found.iter().find(|(_, other)| other.id == secret.id) {
                return Err(EncryptionSecretsError::Duplicate { line, earlier: *earlier });
            }
            found.push((line, secret));
        }
        let mut secrets = found.into_iter().map(|(_, secret)| secret);
        let current = secrets.next().ok_or(EncryptionSecretsError::Empty)?;
        Ok(Self(Arc::new(Inner { current, older: secrets.collect() })))
    }

    /// The content of a new file, with one secret drawn at random.
    #[must_use]
    pub fn generate_file(random: &dyn Random) -> Zeroizing<String> {
        let secret = SymmetricKey::random(random);
        let line = Zeroizing::new(URL_SAFE_NO_PAD.encode(secret.expose()));
        let mut file = Zeroizing::new(String::with_capacity(512));
        for part in [
            "# Grantor's key-encryption secrets, one a line, the first current.\n",
            "# Whoever has this file and the database can forge every token; without it the database's keys are lost.\n",
            "# Keep a copy in a safe place, but never beside a copy of the database.\n",
            line.as_str(),
            "\n",
        ] {
            file.push_str(part);
        }
        file
    }

    /// The identifier of the secret under which new keys are made.
    #[must_use]
    pub fn current_id(&self) -> u32 {
        self.0.current.id
    }

    /// The identifiers of all secrets, in the order of the file.
    #[must_use]
    pub fn ids(&self) -> Vec<u32> {
        self.all().map(|secret| secret.id).collect()
    }

    /// The secret under which new keys are made.
    pub(crate) fn current(&self) -> &EncryptionSecret {
        &self.0.current
    }

    /// The secret with this identifier.
    pub(crate) fn find(&self, id: u32) -> Option<&EncryptionSecret> {
        self.all().find(|secret| secret.id == id)
    }

    fn all(&self) -> impl Iterator<Item = &EncryptionSecret> {
        std::iter::once(&self.0.current).chain(&self.0.older)
    }
}

impl fmt::Debug for EncryptionSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptionSecrets(")?;
        for (index, id) in self.ids().into_iter().enumerate() {
            write!(f, "{}{id:08x}", if index == 0 { "" } else { ", " })?;
        }
        f.write_str(")")
    }
}

impl EncryptionSecret {
    fn parse(line: usize, content: &str) -> Result<Self, EncryptionSecretsError> {
        // The decoder's own error would tell a character of the secret.
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(content) else {
            return Err(EncryptionSecretsError::NotBase64Url { line });
        };
        let bytes = Zeroizing::new(bytes);
        if bytes.len() < MIN_BYTES {
            return Err(EncryptionSecretsError::TooShort { line, bytes: bytes.len() });
        }
        let fingerprint = SymmetricKey::derive(&bytes, "secret id", 0);
        let id = fingerprint.expose().first_chunk().map_or(0, |first| u32::from_be_bytes(*first));
        let wrapping = SymmetricKey::derive(&bytes, "wrap", 0);
        Ok(Self { id, bytes, wrapping })
    }

    /// The key of a derived purpose with this number.
    pub(crate) fn derive(&self, purpose: KeyPurpose, number: u32) -> SymmetricKey {
        SymmetricKey::derive(&self.bytes, purpose.as_str(), number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsRandom;

    fn line(byte: u8) -> String {
        URL_SAFE_NO_PAD.encode([byte; 32])
    }

    #[test]
    fn a_generated_file_reads_back() {
        let file = EncryptionSecrets::generate_file(&OsRandom);
        let secrets = EncryptionSecrets::parse(&file).unwrap();
        assert_eq!(secrets.ids(), [secrets.current_id()]);
        assert_ne!(*file, *EncryptionSecrets::generate_file(&OsRandom));
    }

    #[test]
    fn the_first_secret_is_current() {
        let both = EncryptionSecrets::parse(&format!("# new\n{}\r\n\n# old\n  {}\n", line(1), line(2))).unwrap();
        let first = EncryptionSecrets::parse(&line(1)).unwrap();
        let second = EncryptionSecrets::parse(&line(2)).unwrap();
        assert_eq!(both.ids(), [first.current_id(), second.current_id()]);
        assert_eq!(both.current_id(), first.current_id());
    }

    #[test]
    fn errors_say_where_and_never_what() {
        let check = |text: &str, expect: EncryptionSecretsError| {
            let error = EncryptionSecrets::parse(text).unwrap_err();
            assert_eq!(error, expect);
            for secret in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
                assert!(!format!("{error} {error:?}").contains(secret), "{error}");
            }
        };
        check("", EncryptionSecretsError::Empty);
        check("# nothing\n\n", EncryptionSecretsError::Empty);
        check("#\nnot base64url!\n", EncryptionSecretsError::NotBase64Url { line: 2 });
        check(&format!("{}=", line(1)), EncryptionSecretsError::NotBase64Url { line: 1 });
        check(&URL_SAFE_NO_PAD.encode([1; 31]), EncryptionSecretsError::TooShort { line: 1, bytes: 31 });
        check(
            &format!("{}\n{}\n{}", line(1), line(2), line(1)),
            EncryptionSecretsError::Duplicate { line: 3, earlier: 1 },
        );
    }

    #[test]
    fn debug_shows_identifiers_alone() {
        let secrets = EncryptionSecrets::parse(&line(1)).unwrap();
        assert_eq!(format!("{secrets:?}"), format!("EncryptionSecrets({:08x})", secrets.current_id()));
    }
}
