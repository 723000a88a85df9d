//! `ui_locales` (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2): the languages that a person reads best, as far as the
//! client knows.

use serde::{Deserialize, Serialize};

/// Longest tag that is kept, in bytes: what RFC 5646 §4.4.1 asks everybody to have room for.
const MAX_TAG: usize = 35;
/// How many are kept: they travel sealed in an address of ours.
const MAX_TAGS: usize = 8;

/// Language tags, separated by spaces, the most wanted first. "An error SHOULD NOT result if some or all of the requested locales
/// are not supported" (OpenID Connect Core §3.1.2.1), so what is no tag is passed over, and what is too much is left out.
///
/// ```
/// use grantor_domain::ui_locales::UiLocales;
///
/// let locales = UiLocales::parse("fr-CA no_tag! de");
/// assert_eq!(locales.iter().collect::<Vec<_>>(), ["fr-CA", "de"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UiLocales(Vec<String>);

impl UiLocales {
    /// Reads the parameter. Never fails.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(text.split(' ').filter(|tag| is_tag(tag)).take(MAX_TAGS).map(str::to_owned).collect())
    }

    /// The tags, the most wanted first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether nothing is said.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether it has the characters and the length of a language tag (RFC 5646 §2.1).
fn is_tag(text: &str) -> bool {
    (1..=MAX_TAG).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_keep_their_order_and_nothing_else_is_kept() {
        let check = |text: &str, expect: &[&str]| {
            assert_eq!(UiLocales::parse(text).iter().collect::<Vec<_>>(), expect, "{text}");
        };
        check("", &[]);
        check("de", &["de"]);
        check("id  de-AT en", &["id", "de-AT", "en"]);
        check("<script> d\u{e9} de_DE en", &["en"]);
        check(&format!("{} id", "x".repeat(36)), &["id"]);
        assert_eq!(UiLocales::parse(&"de ".repeat(1000)).iter().count(), 8);
    }
}
