//! The client credentials grant: a client acts for itself (RFC 6749 §4.4). It opens no grant and writes nothing.

use crate::client::AuthenticatedClient;
use crate::error::{Reason, Refusal};
use crate::grant::{GrantType, read_scope};
use crate::resource::{Audience, read_resources};
use crate::scope::{ScopeSet, standard};

/// What the client sent.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// `scope`.
    pub scope: Option<String>,
    /// `resource` (RFC 8707).
    pub resource: Vec<String>,
}

/// What the client gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Its scope; may be empty.
    pub scope: ScopeSet,
    /// Its resources.
    pub resources: Vec<Audience>,
}

/// Decides what `client` gets for itself.
///
/// # Errors
/// `unauthorized_client`; `invalid_scope`, also for `openid` and `offline_access`, which need a person;
/// `invalid_target`.
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
