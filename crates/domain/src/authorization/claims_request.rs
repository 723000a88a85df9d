//! The `claims` parameter (OpenID Connect Core §5.5): single claims asked for by name.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::scope::ScopeSet;
use crate::user::StandardClaims;

/// Which claims a client asks for, and where (Core §5.5). What is unknown in it is ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClaimsRequest(Map<String, Value>);

impl ClaimsRequest {
    /// Reads the parameter (Core §5.5); `None` if it is no JSON object, or asks for nothing that we could give.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut members: Map<String, Value> = serde_json::from_str(text).ok()?;
        members.retain(|name, value| matches!(name.as_str(), "id_token" | "userinfo") && value.is_object());
        (!members.is_empty()).then_some(Self(members))
    }

    /// The names of this request that `allowed` releases: naming a claim gets a client nothing that it could not ask for by scope
    /// (Core §5.4, §5.5). So what a code and a grant carry is small, however much was asked.
    #[must_use]
    pub fn limited_to(mut self, allowed: &ScopeSet) -> Self {
        for claims in self.0.values_mut().filter_map(Value::as_object_mut) {
            claims.retain(|name, _| StandardClaims::scope_of(name).is_some_and(|scope| allowed.contains(scope)));
            claims.values_mut().for_each(|how| *how = Value::Null);
        }
        self
    }

    /// The scope that releases the claims asked for (Core §5.4): what the person must agree to.
    #[must_use]
    pub fn scope(&self) -> ScopeSet {
        let names = self.id_token_names().into_iter().chain(self.userinfo_names());
        let scopes: Vec<_> = names.filter_map(|name| StandardClaims::scope_of(&name)).collect();
        ScopeSet::parse(&scopes.join(" ")).unwrap_or_default()
    }

    /// Names asked for in the ID token: the members of `id_token` (Core §5.5).
    #[must_use]
    pub fn id_token_names(&self) -> Vec<String> {
        self.names("id_token")
    }

    /// Names asked for at UserInfo: the members of `userinfo` (Core §5.5).
    #[must_use]
    pub fn userinfo_names(&self) -> Vec<String> {
        self.names("userinfo")
    }

    /// Whom the answer must be about (Core §5.5.1): for each place that says so, one of these.
    #[must_use]
    pub fn subjects(&self) -> Vec<Vec<String>> {
        let named = self.0.values().filter_map(|claims| claims.get("sub")).map(wanted_values);
        let named = named.map(|values| values.into_iter().filter_map(Value::as_str).map(str::to_owned).collect());
        named.filter(|subjects: &Vec<_>| !subjects.is_empty()).collect()
    }

    /// The values of `acr` that are asked for, the best first, and whether as essential: a condition (Core §5.5.1.1).
    #[must_use]
    pub fn acr(&self) -> (Vec<&str>, bool) {
        let Some(acr) = self.0.get("id_token").and_then(|claims| claims.get("acr")) else { return (Vec::new(), false) };
        let wanted = wanted_values(acr).into_iter().filter_map(Value::as_str).collect();
        (wanted, acr.get("essential") == Some(&Value::Bool(true)))
    }

    fn names(&self, place: &str) -> Vec<String> {
        self.0.get(place).and_then(Value::as_object).map(|claims| claims.keys().cloned().collect()).unwrap_or_default()
    }
}

/// What a claim may be: its `value` and `values` (Core §5.5.1).
fn wanted_values(claim: &Value) -> Vec<&Value> {
    let several = claim.get("values").and_then(Value::as_array).into_iter().flatten();
    claim.get("value").into_iter().chain(several).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn naming_a_claim_needs_the_scope_that_releases_it() {
        let request =
            ClaimsRequest::parse(r#"{"userinfo":{"email":null,"address":null,"sub":null},"id_token":{"name":null}}"#);
        let limited = request.unwrap().limited_to(&ScopeSet::parse("openid email profile").unwrap());
        assert_eq!(limited.userinfo_names(), ["email"]);
        assert_eq!(limited.scope(), ScopeSet::parse("profile email").unwrap());
    }

    #[test]
    fn however_much_is_asked_little_is_carried() {
        let how = serde_json::json!({ "essential": true, "values": ["x".repeat(99)] });
        let unknown = ["https://example.com/claims/groups", "https://example.com/claims/roles"];
        let names = StandardClaims::names().chain(unknown);
        let all: Map<String, Value> = names.map(|name| (name.to_owned(), how.clone())).collect();
        let request =
            ClaimsRequest::parse(&serde_json::json!({ "userinfo": all, "id_token": all }).to_string()).unwrap();
        let limited = request.limited_to(&ScopeSet::parse("openid profile email address phone").unwrap());
        assert_eq!(limited.userinfo_names().len(), StandardClaims::names().count());
        let carried = serde_json::to_string(&limited).unwrap();
        assert!(carried.len() < 800, "{carried}");
    }

    #[test]
    fn whom_it_must_be_about_may_be_said_in_either_place() {
        let check = |text: &str, expect: &[&[&str]]| {
            assert_eq!(ClaimsRequest::parse(text).unwrap().subjects(), expect, "{text}");
        };
        check(r#"{"id_token":{"sub":null}}"#, &[]);
        check(r#"{"id_token":{"sub":{"essential":true}}}"#, &[]);
        check(r#"{"id_token":{"sub":{"value":"a"}},"userinfo":{"sub":{"value":"b"}}}"#, &[&["a"], &["b"]]);
        check(r#"{"userinfo":{"sub":{"values":["a","b"]}}}"#, &[&["a", "b"]]);
    }

    #[test]
    fn what_is_unknown_is_ignored() {
        let found =
            ClaimsRequest::parse(r#"{"userinfo":{"email":null},"id_token":{"sub":{"value":"alice"}},"other":{}}"#)
                .unwrap();
        assert_eq!(
            (found.userinfo_names(), found.subjects()),
            (vec!["email".to_owned()], vec![vec!["alice".to_owned()]])
        );
        for text in ["", "[]", "{}", "{\"userinfo\":1}", "{\"other\":{}}"] {
            assert_eq!(ClaimsRequest::parse(text), None, "{text}");
        }
    }
}
