//! Tokens (RFC 6749 §1.4, §1.5): what each kind says and how long it is good for.
//!
//! None of them is stored. An access token names the grants it rests on, a refresh token carries the proof that it
//! belongs to its grant, a code carries everything that redeeming it needs; see each file.

pub mod access_token;
pub mod authorization_code;
pub mod id_token;
pub mod introspection;
pub mod lifetime;
pub mod logout_token;
pub mod pairwise;
pub mod refresh_token;

use std::slice;

use crate::client::Client;
use crate::resource::Audience;
use crate::scope::ScopeSet;
use crate::token::access_token::IssueContext;

/// Whom an access token is for, and what of `scope` it carries there: every access token passes through here.
#[must_use]
pub(crate) fn target(
    scope: &ScopeSet,
    resources: &[Audience],
    client: &Client,
    context: IssueContext<'_>,
) -> (Vec<Audience>, ScopeSet) {
    let audience = audience(resources, client.default_audience.as_ref(), context.issuer, scope.is_openid());
    // Leaving `resource` out must not give more than asking for the same. The issuer, which `openid` adds, narrows nothing.
    let meant = match (resources, &client.default_audience) {
        ([], Some(default)) => slice::from_ref(default),
        (asked, _) => asked,
    };
    (audience, context.registry.carried(scope, meant))
}

/// `aud` of an access token: the resources asked, else the client's default audience, else the issuer; with `openid`
/// the issuer too, because UserInfo is a resource of the issuer's (RFC 9068 §3, RFC 8707 §2.2, OpenID Connect Core §5.3).
///
/// ```
/// use grantor_domain::resource::Audience;
/// use grantor_domain::token::audience;
///
/// let (issuer, api) = (Audience::parse("https://op.example")?, Audience::parse("https://api.example")?);
/// assert_eq!(audience(&[], None, &issuer, false), [issuer.clone()]);
/// assert_eq!(audience(&[api.clone()], None, &issuer, true), [api, issuer]);
/// # Ok::<(), grantor_domain::resource::InvalidAudience>(())
/// ```
#[must_use]
pub fn audience(resources: &[Audience], default: Option<&Audience>, issuer: &Audience, openid: bool) -> Vec<Audience> {
    let mut audience: Vec<Audience> = match (resources, default) {
        ([], Some(default)) => vec![default.clone()],
        ([], None) => vec![issuer.clone()],
        (asked, _) => asked.to_vec(),
    };
    if openid && !audience.contains(issuer) {
        audience.push(issuer.clone());
    }
    audience
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::grant::testing::{client, issued_at};
    use crate::registry::{RegisteredResource, Registry};
    use crate::time::Timestamp;

    #[test]
    fn a_default_audience_narrows_as_if_it_were_asked() {
        let resource = |identifier: &str, scopes: &[&str]| {
            let resource = json!({ "identifier": identifier, "name": "An API", "scopes": scopes });
            serde_json::from_value::<RegisteredResource>(resource).unwrap()
        };
        let registry = Registry::new([], [resource("urn:letters", &["read"]), resource("urn:photos", &["view"])]);
        let context = IssueContext { registry: &registry, ..issued_at(Timestamp::from_secs(0)) };
        let check = |resources: &[&str], default: Option<&str>, expect: (&[&str], &str)| {
            let mut client = client();
            client.default_audience = default.map(|text| Audience::parse(text).unwrap());
            let resources: Vec<_> = resources.iter().map(|text| Audience::parse(text).unwrap()).collect();
            let asked = ScopeSet::parse("openid read view").unwrap();
            let (audience, scope) = target(&asked, &resources, &client, context);
            let audience: Vec<_> = audience.iter().map(Audience::as_str).collect();
            assert_eq!((&*audience, &*scope.to_string()), expect, "{resources:?} {default:?}");
        };
        let issuer = "https://op.example";
        check(&[], Some("urn:letters"), (&["urn:letters", issuer], "openid read"));
        check(&["urn:letters"], Some("urn:letters"), (&["urn:letters", issuer], "openid read"));
        check(&["urn:photos"], Some("urn:letters"), (&["urn:photos", issuer], "openid view"));
        check(&[], Some("urn:unregistered"), (&["urn:unregistered", issuer], "openid read view"));
        check(&[], None, (&[issuer], "openid read view"));
    }

    #[test]
    fn the_audience_is_resource_else_default_else_issuer() {
        let a = |text| Audience::parse(text).unwrap();
        let issuer = a("https://op.example");
        let check = |resources: &[Audience], default: Option<&Audience>, openid, expect: &[&str]| {
            let found = audience(resources, default, &issuer, openid);
            assert_eq!(found.iter().map(Audience::as_str).collect::<Vec<_>>(), expect);
        };
        check(&[], None, false, &["https://op.example"]);
        check(&[], Some(&a("urn:d")), false, &["urn:d"]);
        check(&[a("urn:r")], Some(&a("urn:d")), false, &["urn:r"]);
        check(&[a("urn:r")], None, true, &["urn:r", "https://op.example"]);
        check(&[], None, true, &["https://op.example"]);
    }
}
