//! Scope: what a client may ask for, and what it was given (RFC 6749 §3.3).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest scope text read, in bytes. Far above any real request, far below what would make a code unwieldy. A bound of
/// Grantor's own: RFC 6749 §3.3 sets none.
pub const MAX_LENGTH: usize = 2048;

/// Scope values that OpenID Connect gives a meaning (Core §3.1.2.1, §5.4, §11).
pub mod standard {
    /// Asks for an ID token (Core §3.1.2.1).
    pub const OPENID: &str = "openid";
    /// Asks for a grant that outlives the session (Core §11).
    pub const OFFLINE_ACCESS: &str = "offline_access";
    /// All of them, as discovery lists them.
    pub const ALL: [&str; 6] = [OPENID, "profile", "email", "address", "phone", OFFLINE_ACCESS];
}

/// A set of scope values: "a list of space-delimited, case-sensitive strings", whose "order does not matter" (RFC 6749
/// §3.3). Kept in the order asked, without duplicates; equality ignores the order. As text, and in serde, it is that list.
///
/// ```
/// use grantor_domain::scope::ScopeSet;
///
/// let granted = ScopeSet::parse("openid read write")?;
/// let asked = ScopeSet::parse("read  read")?;
/// assert!(asked.is_subset(&granted));
/// assert_eq!(granted.difference(&asked).to_string(), "openid write");
/// assert!(ScopeSet::parse("no \"quotes\"").is_err());
/// # Ok::<(), grantor_domain::scope::InvalidScopeText>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ScopeSet(Vec<String>);

/// One value of a scope: a `scope-token` of RFC 6749 §3.3.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ScopeValue(String);

impl ScopeValue {
    /// The value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ScopeValue {
    type Error = InvalidScopeValue;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let valid = (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(is_scope_character);
        if valid { Ok(Self(text)) } else { Err(InvalidScopeValue) }
    }
}

impl From<ScopeValue> for String {
    fn from(value: ScopeValue) -> Self {
        value.0
    }
}

impl fmt::Display for ScopeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no single scope value (RFC 6749 §3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidScopeValue;

impl fmt::Display for InvalidScopeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scope value is one printable ASCII word without quotes or backslashes")
    }
}

impl std::error::Error for InvalidScopeValue {}

/// A scope text that RFC 6749 §3.3 does not allow, or that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidScopeText;

impl fmt::Display for InvalidScopeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scope is a list of printable ASCII words without quotes or backslashes, separated by one space")
    }
}

impl std::error::Error for InvalidScopeText {}

impl ScopeSet {
    /// Reads a space-separated list (RFC 6749 §3.3); runs of spaces count as one, and no value at all is the empty set.
    ///
    /// # Errors
    /// If a character outside `scope-token` of RFC 6749 §3.3 appears, or the text is longer than [`MAX_LENGTH`].
    pub fn parse(text: &str) -> Result<Self, InvalidScopeText> {
        if text.len() > MAX_LENGTH || !text.bytes().all(|b| b == b' ' || is_scope_character(b)) {
            return Err(InvalidScopeText);
        }
        let mut values = Vec::new();
        for value in text.split(' ').filter(|value| !value.is_empty()) {
            if !values.iter().any(|known| known == value) {
                values.push(value.to_owned());
            }
        }
        Ok(Self(values))
    }

    /// Whether `value` is in the set; case counts (RFC 6749 §3.3).
    #[must_use]
    pub fn contains(&self, value: &str) -> bool {
        self.0.iter().any(|known| known == value)
    }

    /// Whether everything here is also in `other`: what narrowing must keep to, which "MUST NOT include any scope
    /// not originally granted" (RFC 6749 §6). The empty set is part of every other.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().all(|value| other.contains(value))
    }

    /// What is here and also in `other`, in this set's order: a server may grant less than was asked (RFC 6749 §3.3).
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.filtered(|value| other.contains(value))
    }

    /// What is here but not in `other`, in this set's order: for example what a consent page has to ask anew.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.filtered(|value| !other.contains(value))
    }

    /// This set and, behind it, what else is in `other`: for example all that a person allowed over time.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let new = other.difference(self);
        Self(self.0.iter().chain(&new.0).cloned().collect())
    }

    /// This set without one value; the same set if it is not in it.
    #[must_use]
    pub fn without(&self, value: &str) -> Self {
        self.filtered(|known| known != value)
    }

    /// What of this set `keep` keeps.
    #[must_use]
    pub(crate) fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|value| keep(value)).cloned().collect())
    }

    /// Whether the set is empty; an empty set is left out of answers, because `scope` has at least one value
    /// (RFC 6749 §3.3).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values, each once, in the order they were asked.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether the client asked for OpenID Connect: "If the openid scope value is not present, the behavior is entirely
    /// unspecified" (Core §3.1.2.1), so without it there is no ID token and no UserInfo.
    #[must_use]
    pub fn is_openid(&self) -> bool {
        self.contains(standard::OPENID)
    }
}

/// `scope-token` characters: %x21 / %x23-5B / %x5D-7E (RFC 6749 §3.3).
const fn is_scope_character(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut values = self.iter();
        f.write_str(values.next().unwrap_or_default())?;
        values.try_for_each(|value| {
            f.write_str(" ")?;
            f.write_str(value)
        })
    }
}

impl PartialEq for ScopeSet {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.is_subset(other)
    }
}

impl Eq for ScopeSet {}

impl std::str::FromStr for ScopeSet {
    type Err = InvalidScopeText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for ScopeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ScopeSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope(text: &str) -> ScopeSet {
        ScopeSet::parse(text).unwrap()
    }

    #[test]
    fn duplicates_and_extra_spaces_vanish() {
        assert_eq!(scope(" openid  profile openid ").to_string(), "openid profile");
    }

    #[test]
    fn forbidden_characters_are_refused() {
        for text in ["a\"b", "a\\b", "a\tb", "a\nb", "é", "a\u{7f}"] {
            assert_eq!(ScopeSet::parse(text), Err(InvalidScopeText), "{text:?}");
        }
        assert_eq!(ScopeSet::parse(&"a".repeat(MAX_LENGTH + 1)), Err(InvalidScopeText));
    }

    fn any_scope() -> impl Strategy<Value = ScopeSet> {
        proptest::collection::vec("[a-e]{1,2}", 0..6).prop_map(|values| scope(&values.join(" ")))
    }

    proptest! {
        #[test]
        fn narrowing_never_widens(left in any_scope(), right in any_scope()) {
            let both = left.intersection(&right);
            prop_assert!(both.is_subset(&left) && both.is_subset(&right));
            prop_assert!(left.difference(&right).intersection(&right).is_empty());
            let either = left.union(&right);
            prop_assert!(left.is_subset(&either) && right.is_subset(&either));
            prop_assert!(either.difference(&left).is_subset(&right));
        }

        #[test]
        fn text_form_reads_back(set in any_scope()) {
            prop_assert_eq!(scope(&set.to_string()), set);
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            if let Ok(set) = ScopeSet::parse(&text) {
                prop_assert!(set.iter().all(|value| text.contains(value)));
            }
        }
    }
}
