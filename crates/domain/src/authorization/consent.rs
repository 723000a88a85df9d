//! Consent: what a person allowed a client, and whether that covers what it asks now.

use crate::client::Client;
use crate::scope::{ScopeSet, standard};

/// What a person allowed a client before: the union of all they allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RememberedConsent(pub ScopeSet);

/// A scope that the person allowed, now or before, or need not be asked about. A code is made from nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentedScope(ScopeSet);

impl ConsentedScope {
    /// The person pressed "allow" on a page that showed this scope.
    #[must_use]
    pub fn given(asked: &ScopeSet) -> Self {
        Self(asked.clone())
    }

    /// Whether the scope asked needs no page: the client is the operator's own, or everything in it was allowed
    /// before. `offline_access` is a person's to give even to the operator's own (OpenID Connect Core §11).
    #[must_use]
    pub fn without_asking(asked: &ScopeSet, client: &Client, remembered: Option<&RememberedConsent>) -> Option<Self> {
        let allowed_before = remembered.is_some_and(|RememberedConsent(allowed)| asked.is_subset(allowed));
        let own = client.first_party && !asked.contains(standard::OFFLINE_ACCESS);
        (allowed_before || own).then(|| Self(asked.clone()))
    }

    /// The scope.
    #[must_use]
    pub const fn scope(&self) -> &ScopeSet {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::testing::client;

    #[test]
    fn only_more_than_was_allowed_needs_a_page() {
        let set = |text: &str| ScopeSet::parse(text).unwrap();
        let check = |asked: &str, remembered: Option<&str>, first_party: bool, expect: bool| {
            let mut client = client();
            client.first_party = first_party;
            let remembered = remembered.map(|text| RememberedConsent(set(text)));
            assert_eq!(
                ConsentedScope::without_asking(&set(asked), &client, remembered.as_ref()).is_some(),
                expect,
                "{asked}"
            );
        };
        check("a", None, false, false);
        check("a", Some("a b"), false, true);
        check("a c", Some("a b"), false, false);
        check("a", None, true, true);
        check("a offline_access", None, true, false);
        check("a offline_access", Some("a offline_access"), true, true);
        check("", None, false, false);
        check("", Some(""), false, true);
    }
}
