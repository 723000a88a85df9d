//! What is filled in beforehand where the demo set is: its clients and its user, whose secrets are public.

use grantor_domain::grant::GrantType;
use grantor_domain::secret::Secret;

use super::actions::{Action, Target};
use super::entry::Authentication;
use super::kept::Kept;

/// Scope values that are about a person, and so are nothing for a client alone.
const ABOUT_PEOPLE: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// A client that everybody may know.
pub struct DemoClient {
    /// Its id.
    pub client_id: String,
    /// Its secret; none for a public one.
    pub client_secret: Option<Secret>,
    /// The grants that it may use.
    pub grants: Vec<GrantType>,
    /// Whether the playground's redirect URI is registered for it.
    pub has_callback: bool,
    /// What it may ask for.
    pub scope: String,
    /// For whom it may exchange tokens.
    pub audience: Option<String>,
}

/// A user that everybody may know.
pub struct DemoUser {
    /// The name.
    pub username: String,
    /// The password.
    pub password: Secret,
}

impl DemoClient {
    /// Whether it is of use for this.
    pub(crate) fn suits(&self, action: &Action) -> bool {
        let may = |grant| self.grants.contains(&grant);
        match action.target {
            Target::Authorization => may(GrantType::AuthorizationCode) && self.has_callback,
            Target::DeviceAuthorization => may(GrantType::DeviceCode),
            Target::Introspection => self.client_secret.is_some(),
            Target::Revocation => true,
            Target::Token(grant) => may(grant),
            Target::Userinfo => false,
        }
    }

    /// What a page keeps about it, as if somebody had typed it.
    pub(crate) fn to_kept(&self) -> Kept {
        let client_secret = self.client_secret.clone();
        let authentication = if client_secret.is_some() { Authentication::Basic } else { Authentication::None };
        Kept { client_id: self.client_id.clone(), client_secret, authentication, ..Kept::default() }
    }

    /// What is filled in for it.
    pub(crate) fn value(&self, action: &Action, field: &str) -> Option<String> {
        match (field, action.target) {
            ("scope", Target::Token(GrantType::ClientCredentials)) => {
                let own = self.scope.split(' ').filter(|value| !ABOUT_PEOPLE.contains(value));
                Some(own.collect::<Vec<_>>().join(" "))
            }
            ("scope", Target::Authorization | Target::DeviceAuthorization | Target::Token(GrantType::Password)) => {
                Some(self.scope.clone())
            }
            ("audience", _) => self.audience.clone(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::actions::find;
    use super::*;

    #[test]
    fn a_client_is_offered_where_it_may_do_something() {
        let client = DemoClient {
            client_id: "web".to_owned(),
            client_secret: None,
            grants: vec![GrantType::AuthorizationCode, GrantType::ClientCredentials],
            has_callback: false,
            scope: "openid read".to_owned(),
            audience: None,
        };
        let suits = |client: &DemoClient, name: &str| client.suits(find(name).unwrap());
        assert!(suits(&client, "client_credentials") && suits(&client, "revocation"));
        assert!(
            !suits(&client, "authorization_code") && !suits(&client, "password") && !suits(&client, "introspection")
        );
        assert!(suits(&DemoClient { has_callback: true, ..client }, "authorization_code"));
    }

    #[test]
    fn a_client_alone_asks_for_nothing_about_people() {
        let client = DemoClient {
            client_id: "web".to_owned(),
            client_secret: None,
            grants: Vec::new(),
            has_callback: false,
            scope: "openid read email write".to_owned(),
            audience: None,
        };
        let scope = |name: &str| client.value(find(name).unwrap(), "scope");
        assert_eq!(scope("client_credentials").as_deref(), Some("read write"));
        assert_eq!(scope("password").as_deref(), Some("openid read email write"));
        assert_eq!(scope("refresh_token"), None);
    }
}
