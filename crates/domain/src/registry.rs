//! The registry: what scope values and resources mean beyond what the specifications say, as operators declare it.
//!
//! It is small and read whole. What a file declares belongs to an [`Owner`]. A description is for people on the consent
//! page; a resource's list of scope values narrows the tokens that are for it alone (RFC 8707 §2).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::resource::{Audience, InvalidAudience};
use crate::scope::{ScopeSet, ScopeValue, standard};

/// Text that people read on our pages (Grantor's own): 1 to 200 characters, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct DisplayText(String);

/// A text that cannot be shown (Grantor's own).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidDisplayText;

impl fmt::Display for InvalidDisplayText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a text for people has 1 to {} characters and no control characters", DisplayText::MAX)
    }
}

impl std::error::Error for InvalidDisplayText {}

impl DisplayText {
    /// Longest text, in characters.
    const MAX: usize = 200;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DisplayText {
    type Error = InvalidDisplayText;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = (1..=Self::MAX).contains(&text.chars().count()) && !text.trim().is_empty();
        if fits && !text.chars().any(char::is_control) { Ok(Self(text)) } else { Err(InvalidDisplayText) }
    }
}

impl From<DisplayText> for String {
    fn from(text: DisplayText) -> Self {
        text.0
    }
}

/// A registered scope value (RFC 6749 §3.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisteredScope {
    /// The value.
    pub name: ScopeValue,
    /// What it lets a client do, to complete "It will be able to".
    pub description: DisplayText,
}

/// The identifier of a registered resource: an absolute URI without a fragment (RFC 8707 §2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ResourceIdentifier(Audience);

/// A text that is no identifier of a resource (RFC 8707 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidResourceIdentifier;

impl fmt::Display for InvalidResourceIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a resource is an absolute URI without a fragment (RFC 8707 section 2), and {InvalidAudience}")
    }
}

impl std::error::Error for InvalidResourceIdentifier {}

impl ResourceIdentifier {
    /// The identifier, as a value of `aud`.
    #[must_use]
    pub const fn as_audience(&self) -> &Audience {
        &self.0
    }

    /// The URI.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl TryFrom<String> for ResourceIdentifier {
    type Error = InvalidResourceIdentifier;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Audience::parse_resource(&text).map(Self).map_err(|_refusal| InvalidResourceIdentifier)
    }
}

impl From<ResourceIdentifier> for String {
    fn from(identifier: ResourceIdentifier) -> Self {
        identifier.0.into()
    }
}

/// A registered resource (RFC 8707 §2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisteredResource {
    /// What clients name it by.
    pub identifier: ResourceIdentifier,
    /// What people call it.
    pub name: DisplayText,
    /// The scope values that mean something there; none: any may.
    #[serde(default)]
    pub scopes: Vec<ScopeValue>,
}

/// Who declares objects (Grantor's own): 1 to 100 printable ASCII characters. Only its owner changes or removes what a file declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Owner(String);

impl Owner {
    /// The owner.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Owner {
    /// Whoever gives no name.
    fn default() -> Self {
        Self("apply".to_owned())
    }
}

impl TryFrom<String> for Owner {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let valid = (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if valid { Ok(Self(text)) } else { Err("an owner is 1 to 100 printable ASCII characters without spaces") }
    }
}

impl From<Owner> for String {
    fn from(owner: Owner) -> Self {
        owner.0
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Everything that is registered (Grantor's own).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    scopes: BTreeMap<ScopeValue, DisplayText>,
    resources: BTreeMap<Audience, RegisteredResource>,
}

impl Registry {
    /// A registry of these.
    #[must_use]
    pub fn new(
        scopes: impl IntoIterator<Item = RegisteredScope>,
        resources: impl IntoIterator<Item = RegisteredResource>,
    ) -> Self {
        Self {
            scopes: scopes.into_iter().map(|scope| (scope.name, scope.description)).collect(),
            resources: resources.into_iter().map(|resource| (resource.identifier.0.clone(), resource)).collect(),
        }
    }

    /// What this scope value lets a client do, where somebody registered it.
    #[must_use]
    pub fn describe(&self, scope: &str) -> Option<&str> {
        self.scopes.iter().find(|(name, _)| name.as_str() == scope).map(|(_, description)| description.as_str())
    }

    /// What people call this resource, where somebody registered it.
    #[must_use]
    pub fn name_of(&self, resource: &Audience) -> Option<&str> {
        self.resources.get(resource).map(|resource| resource.name.as_str())
    }

    /// Every scope value worth announcing: those of OpenID Connect, then what is registered, by name.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        let registered = self.scopes.keys().map(ScopeValue::as_str).filter(|name| !standard::ALL.contains(name));
        standard::ALL.into_iter().chain(registered)
    }

    /// What of `scope` a token carries that was asked for these resources. If each of them says which scope values it
    /// knows, the token carries only what one of them knows, and what OpenID Connect gives a meaning: a resource server
    /// should not be handed rights of another (RFC 8707 §2). A resource that is not registered, or names no scope
    /// values, may know any. Nothing may be left: then the token is good for nothing but its audience.
    #[must_use]
    pub fn carried(&self, scope: &ScopeSet, resources: &[Audience]) -> ScopeSet {
        let mut known = BTreeSet::new();
        for resource in resources {
            match self.resources.get(resource) {
                Some(registered) if !registered.scopes.is_empty() => {
                    known.extend(registered.scopes.iter().map(ScopeValue::as_str));
                }
                _ => return scope.clone(),
            }
        }
        if resources.is_empty() {
            return scope.clone();
        }
        scope.filtered(|value| standard::ALL.contains(&value) || known.contains(value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn registry() -> Registry {
        let scope = |name: &str, description: &str| {
            serde_json::from_value::<RegisteredScope>(json!({ "name": name, "description": description })).unwrap()
        };
        let resource = |identifier: &str, scopes: &[&str]| {
            let resource = json!({ "identifier": identifier, "name": "An API", "scopes": scopes });
            serde_json::from_value::<RegisteredResource>(resource).unwrap()
        };
        Registry::new(
            [scope("read", "Read your letters"), scope("email", "See where letters reach you")],
            [resource("urn:letters", &["read", "write"]), resource("urn:photos", &["view"]), resource("urn:any", &[])],
        )
    }

    fn audience(text: &str) -> Audience {
        Audience::parse(text).unwrap()
    }

    fn set(text: &str) -> ScopeSet {
        ScopeSet::parse(text).unwrap()
    }

    #[test]
    fn a_token_carries_what_its_resources_know() {
        let check = |resources: &[&str], expect: &str| {
            let resources: Vec<_> = resources.iter().map(|text| audience(text)).collect();
            assert_eq!(registry().carried(&set("openid email read write view"), &resources), set(expect));
        };
        check(&[], "openid email read write view");
        check(&["urn:letters"], "openid email read write");
        check(&["urn:photos"], "openid email view");
        check(&["urn:letters", "urn:photos"], "openid email read write view");
        check(&["urn:any"], "openid email read write view");
        check(&["urn:unregistered"], "openid email read write view");
        check(&["urn:letters", "urn:unregistered"], "openid email read write view");
    }

    #[test]
    fn what_is_registered_is_described() {
        let registry = registry();
        assert_eq!(registry.describe("read"), Some("Read your letters"));
        assert_eq!(registry.describe("email"), Some("See where letters reach you"));
        assert_eq!(registry.describe("view"), None);
        assert_eq!(registry.name_of(&audience("urn:any")), Some("An API"));
        assert_eq!(registry.name_of(&audience("urn:unregistered")), None);
    }

    #[test]
    fn standard_scopes_are_announced_once_and_first() {
        let announced: Vec<_> = registry().scopes().map(str::to_owned).collect();
        assert_eq!(announced, ["openid", "profile", "email", "address", "phone", "offline_access", "read"]);
    }

    #[test]
    fn what_cannot_be_shown_or_named_is_refused() {
        let scope = |name: &str, description: &str| {
            serde_json::from_value::<RegisteredScope>(json!({ "name": name, "description": description })).is_ok()
        };
        assert!(scope("read", "Read your letters"));
        for (name, description) in
            [("read write", "x"), ("", "x"), ("a\"b", "x"), ("read", ""), ("read", " "), ("read", "a\nb")]
        {
            assert!(!scope(name, description), "{name:?} {description:?}");
        }
        assert!(!scope("read", &"x".repeat(201)));
        for owner in ["", "two words", "ümlaut", "line\nend"] {
            assert!(Owner::try_from(owner.to_owned()).is_err(), "{owner:?}");
        }
        for identifier in ["api", "https://api.example/#part", "", "https://api.example/ä"] {
            assert!(ResourceIdentifier::try_from(identifier.to_owned()).is_err(), "{identifier}");
        }
    }

    proptest! {
        #[test]
        fn a_registry_never_widens(scope in "[a-c ]{0,6}", resources in proptest::collection::vec("urn:(letters|photos|any|other)", 0..4)) {
            let resources: Vec<_> = resources.iter().map(|text| audience(text)).collect();
            prop_assert!(registry().carried(&set(&scope), &resources).is_subset(&set(&scope)));
        }
    }
}
