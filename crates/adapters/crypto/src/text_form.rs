//! The text of what travels: a prefix by kind, the bytes, a checksum, and the name of the key in the clear.
//!
//! Prefix and checksum let a secret scanner recognise a leaked token and dismiss a look-alike, and let us refuse what
//! was cut off on its way before any cryptography runs. Every text has exactly one form: what differs in a single
//! character is another text, and damaged.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Longest text that is made or read, in bytes: beyond it no proxy lets a header pass.
pub(crate) const MAX_TEXT_BYTES: usize = 16 * 1024;

/// Characters of the checksum: CRC-32 in base64url.
const CHECKSUM_CHARACTERS: usize = 6;

/// Writes `body` with its prefix and checksum.
pub(crate) fn encode(prefix: &str, body: &[u8]) -> String {
    let mut text = String::with_capacity(prefix.len() + body.len().div_ceil(3) * 4 + CHECKSUM_CHARACTERS);
    text.push_str(prefix);
    URL_SAFE_NO_PAD.encode_string(body, &mut text);
    let checksum = checksum(&text);
    text.push_str(&checksum);
    text
}

/// Reads what [`encode`] made with the same prefix; none if it is anything else.
pub(crate) fn decode(prefix: &str, text: &str) -> Option<Vec<u8>> {
    if text.len() > MAX_TEXT_BYTES {
        return None;
    }
    let (covered, found) = text.split_at_checked(text.len().checked_sub(CHECKSUM_CHARACTERS)?)?;
    if checksum(covered) != found {
        return None;
    }
    // The decoder refuses bits that are left over, so no two texts mean the same.
    URL_SAFE_NO_PAD.decode(covered.strip_prefix(prefix)?).ok()
}

fn checksum(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(crc32fast::hash(text.as_bytes()).to_be_bytes())
}

/// Which key made a text. Stands in its clear part, so that it can be opened whatever storage has forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyName {
    /// The key-encryption secret that the key is derived from.
    pub(crate) secret_id: u32,
    /// The key's number.
    pub(crate) number: u32,
}

impl KeyName {
    /// Bytes of [`Self::to_bytes`].
    pub(crate) const BYTES: usize = 8;

    /// Both numbers, big-endian.
    pub(crate) const fn to_bytes(self) -> [u8; Self::BYTES] {
        ((self.secret_id as u64) << 32 | self.number as u64).to_be_bytes()
    }

    /// Reads what [`Self::to_bytes`] made.
    pub(crate) const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let both = u64::from_be_bytes(bytes);
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is the number")]
        let number = both as u32;
        Self { secret_id: (both >> 32) as u32, number }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_read_back(body: Vec<u8>) {
            prop_assert_eq!(decode("gat_", &encode("gat_", &body)), Some(body));
        }

        #[test]
        fn key_names_read_back(secret_id: u32, number: u32) {
            let name = KeyName { secret_id, number };
            prop_assert_eq!(KeyName::from_bytes(name.to_bytes()), name);
        }

        #[test]
        fn whatever_else_is_refused_without_panic(text: String) {
            prop_assert_eq!(decode("gat_", &text), None);
        }
    }

    #[test]
    fn a_changed_or_missing_character_is_noticed() {
        let text = encode("gat_", b"sixteen bytes ok");
        for at in 0..text.len() {
            let (before, rest) = text.split_at(at);
            assert_eq!(decode("gat_", before), None, "cut at {at}");
            for other in ["A", "B", "_", "é", "="] {
                let changed = format!("{before}{other}{}", &rest[1..]);
                assert_eq!(decode("gat_", &changed).is_some(), changed == text, "{changed}");
            }
        }
    }

    #[test]
    fn a_checksum_does_not_excuse_another_prefix_or_left_over_bits() {
        let summed = |covered: &str| format!("{covered}{}", checksum(covered));
        assert_eq!(decode("gat_", &summed("gat_AAAA")), Some(vec![0; 3]));
        for covered in ["gac_AAAA", "GAT_AAAA", "AAAA", "gat_A", "gat_AB", "gat_AA==", "gat_A AA", "gat_A+/A"] {
            assert_eq!(decode("gat_", &summed(covered)), None, "{covered}");
        }
    }

    #[test]
    fn a_long_text_is_refused_unread() {
        assert!(decode("gat_", &encode("gat_", &vec![0; 12_000])).is_some());
        assert_eq!(decode("gat_", &encode("gat_", &vec![0; 13_000])), None);
    }
}
