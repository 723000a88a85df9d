//! Resource owners (RFC 6749 §1.1): their subject identifier, their claims (OpenID Connect Core §5.1), and when they may
//! not be served.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::random_name;
use crate::scope::{ScopeSet, standard};
use crate::time::Timestamp;

/// A subject identifier (`sub`): 1 to 255 printable ASCII characters without spaces, case-sensitive (OpenID Connect Core
/// §2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Subject(String);

/// The name a person types to sign in (RFC 6749 §4.3.2 `username`): 1 to 255 characters without control characters,
/// stored in lower case. That case does not count is Grantor's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Username(String);

/// A text that cannot be a subject (OpenID Connect Core §2) or a username; the message says which rule it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidName(&'static str);

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for InvalidName {}

impl Subject {
    /// Longest subject, in characters.
    const MAX: usize = 255;

    /// A subject as long as one can be, to find out how large something may become.
    #[must_use]
    pub(crate) fn longest() -> Self {
        Self("x".repeat(Self::MAX))
    }

    /// Reads a subject identifier (Core §2).
    ///
    /// # Errors
    /// If it is empty, longer than 255 characters or not printable ASCII.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let valid = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName("a subject is 1 to 255 printable ASCII characters"))
        }
    }

    /// A new subject made of random bytes, in the form of a UUID.
    #[must_use]
    pub fn generate(random: [u8; 16]) -> Self {
        Self(random_name(random))
    }

    /// The text that goes into `sub` (Core §2, RFC 9068 §2.2).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Username {
    /// Reads a username as typed; case does not count, nor does space around it.
    ///
    /// # Errors
    /// If it is empty, longer than 255 characters or holds control characters.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let text = text.trim().to_lowercase();
        let valid = !text.is_empty() && text.chars().count() <= 255 && !text.chars().any(char::is_control);
        if valid {
            Ok(Self(text))
        } else {
            Err(InvalidName("a username is 1 to 255 characters without control characters"))
        }
    }

    /// The name in lower case: what is stored and compared.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text_conversions {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_conversions!(Subject);
text_conversions!(Username);

/// A person who can sign in: a resource owner (RFC 6749 §1.1), or End-User (Core §1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Never changes and is never reused; shares one namespace with client ids (RFC 9700 §4.15).
    pub subject: Subject,
    /// What they type to sign in; unique among users.
    pub username: Username,
    /// What clients may learn, if the scope releases it (Core §5.4).
    pub claims: StandardClaims,
    /// Set while the user may not sign in and no grant of theirs may be used. Grantor's own; see docs/architecture.md.
    pub disabled_at: Option<Timestamp>,
    /// Whatever was authenticated before this is void: set by disabling, a password change and "sign out everywhere",
    /// and never moved back. Grantor's own; see docs/architecture.md.
    pub not_before: Timestamp,
}

impl User {
    /// Whether what was authenticated at `auth_time` (Core §2) may still be used: the user is enabled, and it lies not
    /// before [`Self::not_before`].
    #[must_use]
    pub fn honours(&self, auth_time: Timestamp) -> bool {
        self.disabled_at.is_none() && auth_time >= self.not_before
    }
}

/// The JSON type of a standard claim (OpenID Connect Core §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClaimType {
    Address,
    Boolean,
    Number,
    Text,
}

/// Every standard claim but `sub`: its scope (Core §5.4) and its type (Core §5.1), in alphabetical order.
const STANDARD: &[(&str, &str, ClaimType)] = &[
    ("address", "address", ClaimType::Address),
    ("birthdate", "profile", ClaimType::Text),
    ("email", "email", ClaimType::Text),
    ("email_verified", "email", ClaimType::Boolean),
    ("family_name", "profile", ClaimType::Text),
    ("gender", "profile", ClaimType::Text),
    ("given_name", "profile", ClaimType::Text),
    ("locale", "profile", ClaimType::Text),
    ("middle_name", "profile", ClaimType::Text),
    ("name", "profile", ClaimType::Text),
    ("nickname", "profile", ClaimType::Text),
    ("phone_number", "phone", ClaimType::Text),
    ("phone_number_verified", "phone", ClaimType::Boolean),
    ("picture", "profile", ClaimType::Text),
    ("preferred_username", "profile", ClaimType::Text),
    ("profile", "profile", ClaimType::Text),
    ("updated_at", "profile", ClaimType::Number),
    ("website", "profile", ClaimType::Text),
    ("zoneinfo", "profile", ClaimType::Text),
];

/// The standard claims of a user, each of the type that Core §5.1 gives it. Empty claims do not exist (§5.3.2). In serde,
/// and as what it is made from, a JSON object; `sub` is none of them.
///
/// ```
/// use grantor_domain::scope::ScopeSet;
/// use grantor_domain::user::StandardClaims;
///
/// let claims: StandardClaims =
///     serde_json::from_str(r#"{ "name": "Alice Liddell", "email": "alice@example.test", "email_verified": true }"#)?;
/// let released = claims.released_by(&ScopeSet::parse("openid email")?);
/// assert_eq!(released.keys().collect::<Vec<_>>(), ["email", "email_verified"]);
/// assert!(serde_json::from_str::<StandardClaims>(r#"{ "email_verified": "true" }"#).is_err(), "a boolean is no text");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct StandardClaims(Map<String, Value>);

/// A claim that is not a standard one, or is of another type (Core §5.1); the message names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidClaim(String);

impl fmt::Display for InvalidClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "claim {:?} is not a standard claim of OpenID Connect Core section 5.1, or not of the type given there",
            self.0
        )
    }
}

impl std::error::Error for InvalidClaim {}

impl StandardClaims {
    /// The claims that `scope` releases (Core §5.4), by name; none without `openid`.
    #[must_use]
    pub fn released_by(&self, scope: &ScopeSet) -> Map<String, Value> {
        if !scope.contains(standard::OPENID) {
            return Map::new();
        }
        self.selected(|_, claim_scope| scope.contains(claim_scope))
    }

    /// The claims with these names, whatever their scope: for the `claims` parameter (Core §5.5).
    #[must_use]
    pub fn named(&self, names: &[String]) -> Map<String, Value> {
        self.selected(|name, _| names.iter().any(|wanted| wanted == name))
    }

    /// The person's `name` (Core §5.1) to greet them by, if they gave one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// The text of this claim (Core §5.1); none if there is none, or it is no text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    fn selected(&self, wanted: impl Fn(&str, &str) -> bool) -> Map<String, Value> {
        STANDARD
            .iter()
            .filter(|(name, scope, _)| wanted(name, scope))
            .filter_map(|(name, _, _)| self.0.get(*name).map(|value| ((*name).to_owned(), value.clone())))
            .collect()
    }

    /// The scope that releases a standard claim (Core §5.4); `None` for any other name, `sub` too.
    #[must_use]
    pub fn scope_of(name: &str) -> Option<&'static str> {
        STANDARD.iter().find(|(known, _, _)| *known == name).map(|(_, scope, _)| *scope)
    }

    /// Whether this is a standard claim, and text (Core §5.1).
    #[must_use]
    pub fn is_text(name: &str) -> bool {
        STANDARD.iter().any(|(known, _, kind)| *known == name && matches!(kind, ClaimType::Text))
    }

    /// The names of all standard claims a user can have, in alphabetical order: `claims_supported` of OpenID Connect
    /// Discovery §3.
    pub fn names() -> impl Iterator<Item = &'static str> {
        STANDARD.iter().map(|(name, _, _)| *name)
    }
}

impl TryFrom<Map<String, Value>> for StandardClaims {
    type Error = InvalidClaim;

    fn try_from(claims: Map<String, Value>) -> Result<Self, Self::Error> {
        for (name, value) in &claims {
            let typed = STANDARD.iter().find(|(known, _, _)| known == name).is_some_and(|(_, _, kind)| match kind {
                ClaimType::Address => value.as_object().is_some_and(|members| members.values().all(Value::is_string)),
                ClaimType::Boolean => value.is_boolean(),
                ClaimType::Number => value.is_i64(),
                ClaimType::Text => value.as_str().is_some_and(|text| !text.is_empty()),
            });
            if !typed {
                return Err(InvalidClaim(name.clone()));
            }
        }
        Ok(Self(claims))
    }
}

impl From<StandardClaims> for Map<String, Value> {
    fn from(claims: StandardClaims) -> Self {
        claims.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn alice() -> StandardClaims {
        serde_json::from_value(json!({"name": "Alice Liddell", "email": "alice@example.test", "email_verified": true}))
            .unwrap()
    }

    #[test]
    fn scope_releases_its_claims_and_no_others() {
        let check = |scope: &str, expect: Value| {
            assert_eq!(Value::from(alice().released_by(&ScopeSet::parse(scope).unwrap())), expect, "{scope}");
        };
        check("openid", json!({}));
        check("openid profile", json!({"name": "Alice Liddell"}));
        check("openid email", json!({"email": "alice@example.test", "email_verified": true}));
        check("profile email", json!({}));
    }

    #[test]
    fn a_claim_of_another_type_is_refused() {
        for claims in [
            json!({"email_verified": "true"}),
            json!({"updated_at": "now"}),
            json!({"name": ""}),
            json!({"sub": "x"}),
            json!({"address": "x"}),
        ] {
            assert!(serde_json::from_value::<StandardClaims>(claims.clone()).is_err(), "{claims}");
        }
    }

    #[test]
    fn the_standard_claims_are_in_order() {
        assert!(STANDARD.is_sorted_by_key(|(name, _, _)| *name));
    }

    #[test]
    fn names_are_checked() {
        assert!(
            Subject::parse("").is_err() && Subject::parse("a b").is_err() && Subject::parse(&"a".repeat(256)).is_err()
        );
        assert_eq!(Username::parse(" Alice ").unwrap().as_str(), "alice");
        assert!(Username::parse("a\u{0}").is_err());
    }
}
