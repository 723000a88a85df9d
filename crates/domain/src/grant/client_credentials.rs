//! The client credentials grant: a client acts for itself (RFC 6749 §4.4). It opens no grant and writes nothing.

use crate::client::AuthenticatedClient;
use crate::error::{Reason, Refusal};
use crate::grant::{GrantType, read_scope};
use crate::resource::{Audience, read_resources};
use crate::scope::{ScopeSet, standard};

/// What the client sent (RFC 6749 §4.4.2).
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// `scope` (RFC 6749 §4.4.2, §3.3).
    pub scope: Option<String>,
    /// `resource` (RFC 8707 §2.2).
    pub resource: Vec<String>,
}

/// What the client gets (RFC 6749 §4.4.3): an access token, and never a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Its scope (RFC 6749 §3.3); may be empty, and is then left out of the answer.
    pub scope: ScopeSet,
    /// Its resources (RFC 8707 §2.2); may be none.
    pub resources: Vec<Audience>,
}

/// Decides what `client` gets for itself (RFC 6749 §4.4.2). Nothing is committed.
///
/// # Errors
/// `unauthorized_client` if it may not use this grant; `invalid_scope` for a scope it may not have, and for `openid` and
/// `offline_access`, which need a person; `invalid_target` (RFC 8707 §2) for a resource it may not have.
///
/// ```
/// use std::sync::Arc;
/// use grantor_domain::client::{AuthMethod, Client, ClientSettings, Evidence, authenticate};
/// use grantor_domain::grant::client_credentials::{Parameters, issue};
/// use grantor_domain::resource::Audience;
///
/// let settings = r#"{ "client_id": "job", "grant_types": ["client_credentials"], "scope": "read write" }"#;
/// let client = Client::try_from(serde_json::from_str::<ClientSettings>(settings)?)?;
/// // The adapter compared the secret; the domain decides what that proves.
/// let evidence = Evidence::Secret { method: AuthMethod::ClientSecretBasic, matched: true };
/// let client = authenticate(Arc::new(client), evidence, None)?;
///
/// let parameters = Parameters { scope: Some("read".to_owned()), ..Parameters::default() };
/// let issued = issue(&parameters, &client, &Audience::parse("https://op.example")?)?;
/// assert_eq!(issued.scope.to_string(), "read");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn issue(parameters: &Parameters, client: &AuthenticatedClient, issuer: &Audience) -> Result<Issue, Refusal> {
    client.require_grant(GrantType::ClientCredentials)?;
    let for_people = |scope: &ScopeSet| scope.contains(standard::OPENID) || scope.contains(standard::OFFLINE_ACCESS);
    let default = client.default_scope.without(standard::OPENID).without(standard::OFFLINE_ACCESS);
    let scope = read_scope(parameters.scope.as_deref(), &client.scope, &default)?;
    if for_people(&scope) {
        return Err(Refusal::because(Reason::ScopeInvalid, "openid and offline_access need a person"));
    }
    let resources = read_resources(&parameters.resource, |resource| client.may_target(resource, issuer.as_str()))?;
    Ok(Issue { scope, resources })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::testing::{authenticated, client};

    #[test]
    fn a_client_gets_what_it_is_registered_for_and_nothing_of_a_persons() {
        let check = |scope: Option<&str>, default: &str, expect: Result<&str, Reason>| {
            let mut client = client();
            client.default_scope = ScopeSet::parse(default).unwrap();
            let parameters = Parameters { scope: scope.map(str::to_owned), resource: Vec::new() };
            let found = issue(&parameters, &authenticated(client), &Audience::parse("urn:i").unwrap());
            assert_eq!(
                found.map(|i| i.scope.to_string()).map_err(|r| r.reason),
                expect.map(str::to_owned),
                "{scope:?}"
            );
        };
        check(None, "", Ok(""));
        check(None, "openid a", Ok("a"));
        check(Some("b a"), "", Ok("b a"));
        check(Some("openid"), "", Err(Reason::ScopeInvalid));
        check(Some("a offline_access"), "", Err(Reason::ScopeInvalid));
        check(Some("unknown"), "", Err(Reason::ScopeInvalid));
    }

    #[test]
    fn the_grant_type_and_the_resource_must_be_registered() {
        let mut client = client();
        let issuer = Audience::parse("urn:i").unwrap();
        let resource = Parameters { scope: None, resource: vec!["urn:api".to_owned()] };
        assert_eq!(
            issue(&resource, &authenticated(client.clone()), &issuer).unwrap_err().reason,
            Reason::ResourceNotAllowed
        );
        client.grant_types.clear();
        assert_eq!(
            issue(&Parameters::default(), &authenticated(client), &issuer).unwrap_err().reason,
            Reason::GrantTypeNotAllowed
        );
    }
}
