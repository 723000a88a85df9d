//! Consent: what a person allowed a client, and whether that covers what it asks now (OpenID Connect Core §3.1.2.4, RFC
//! 8252 §8.6).

use crate::client::Client;
use crate::scope::{ScopeSet, standard};

/// What a person allowed a client before: the union of all they allowed. OpenID Connect Core §3.1.2.4 asks for consent,
/// and lets it be established by other means than a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RememberedConsent(pub ScopeSet);

/// A scope that the person allowed, now or before, or need not be asked about (OpenID Connect Core §3.1.2.4). A code is made
/// from nothing else.
///
/// ```
/// use grantor_domain::authorization::{ConsentedScope, RememberedConsent};
/// use grantor_domain::client::{Client, ClientSettings};
/// use grantor_domain::scope::ScopeSet;
///
/// let client = serde_json::from_str::<ClientSettings>(r#"{ "client_id": "web", "grant_types": [] }"#)?;
/// let client = Client::try_from(client)?;
/// let remembered = RememberedConsent(ScopeSet::parse("openid profile")?);
/// let without_page = |scope| ConsentedScope::without_asking(&scope, &client, Some(&remembered));
/// assert!(without_page(ScopeSet::parse("profile")?).is_some());
/// assert!(without_page(ScopeSet::parse("profile email")?).is_none(), "email is new");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentedScope(ScopeSet);

impl ConsentedScope {
    /// The person pressed "allow" on a page that showed this scope (Core §3.1.2.4). Only the answer to such a page may call
    /// it.
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

    /// The scope, as it was asked.
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
