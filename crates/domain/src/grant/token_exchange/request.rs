//! What a client sends to have a token exchanged (RFC 8693 §2.1), checked against its policy.

use crate::client::{AuthenticatedClient, ExchangePolicy, TokenValidator};
use crate::error::{Reason, Refusal};
use crate::grant::{GrantType, required};
use crate::resource::Audience;
use crate::secret::Secret;

/// A token type identifier (RFC 8693 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenType {
    /// An access token, whatever its format (RFC 8693 §3).
    AccessToken,
    /// An ID token (RFC 8693 §3).
    IdToken,
    /// An access token that is a JWT (RFC 8693 §3).
    Jwt,
    /// A refresh token (RFC 8693 §3).
    RefreshToken,
}

impl TokenType {
    /// The identifier, a URN (RFC 8693 §3).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "urn:ietf:params:oauth:token-type:access_token",
            Self::IdToken => "urn:ietf:params:oauth:token-type:id_token",
            Self::Jwt => "urn:ietf:params:oauth:token-type:jwt",
            Self::RefreshToken => "urn:ietf:params:oauth:token-type:refresh_token",
        }
    }

    /// Reads an identifier; `None` for one that we do not take.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::AccessToken, Self::IdToken, Self::Jwt, Self::RefreshToken].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What the client sent (RFC 8693 §2.1).
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// `subject_token` (RFC 8693 §2.1).
    pub subject_token: Option<Secret>,
    /// `subject_token_type` (RFC 8693 §2.1).
    pub subject_token_type: Option<String>,
    /// `actor_token` (RFC 8693 §2.1).
    pub actor_token: Option<Secret>,
    /// `actor_token_type` (RFC 8693 §2.1).
    pub actor_token_type: Option<String>,
    /// `requested_token_type` (RFC 8693 §2.1).
    pub requested_token_type: Option<String>,
    /// `audience`, which may repeat (RFC 8693 §2.1).
    pub audience: Vec<String>,
    /// `resource`, which may repeat (RFC 8693 §2.1, RFC 8707 §2).
    pub resource: Vec<String>,
    /// `scope` (RFC 8693 §2.1).
    pub scope: Option<String>,
}

/// A token to be loaded, and the type it was declared to be (RFC 8693 §2.1).
#[derive(Clone, Debug)]
pub struct DeclaredToken {
    /// The token.
    pub token: Secret,
    /// Its declared type; what it is must match (RFC 8725 §3.11).
    pub kind: DeclaredType,
}

/// A declared type (RFC 8693 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeclaredType {
    /// One that the specification has.
    Standard(TokenType),
    /// Another: whom to ask about it, which the policy says.
    Validated(TokenValidator),
}

/// A request (RFC 8693 §2.1) that makes sense; whether its tokens are good is not known yet.
#[derive(Clone, Debug)]
pub struct Request {
    /// On whose behalf: `subject_token`.
    pub subject: DeclaredToken,
    /// Who acts, if that is somebody else: `actor_token`. With one it is delegation, without impersonation (RFC 8693
    /// §1.1).
    pub actor: Option<DeclaredToken>,
    /// What is asked for: `requested_token_type`, and `issued_token_type` of the answer (RFC 8693 §2.2.1).
    pub requested: TokenType,
    /// For whom: `audience` and `resource`; each is allowed to the client.
    pub audience: Vec<Audience>,
}

/// Reads a request, and checks it against the client's policy (RFC 8693 §2.1).
///
/// # Errors
/// `unauthorized_client` for what the policy does not allow, `invalid_request` for a missing parameter or another token
/// type, `invalid_target` for an audience not allowed (RFC 8693 §2.2.2).
pub fn read(parameters: &Parameters, client: &AuthenticatedClient) -> Result<Request, Refusal> {
    let policy = policy(client)?;
    let subject = declared(
        &parameters.subject_token,
        parameters.subject_token_type.as_deref(),
        ["subject_token", "subject_token_type"],
        policy,
    )?;
    if subject.kind == DeclaredType::Standard(TokenType::IdToken) && !policy.id_tokens {
        return Err(Refusal::because(Reason::TokenTypeUnsupported, "the policy does not name ID tokens"));
    }
    let actor = match (&parameters.actor_token, &parameters.actor_token_type) {
        (None, None) => None,
        (None, Some(_)) => return Err(Refusal::parameter(Reason::ParameterMissing, "actor_token")),
        (token, kind) => Some(declared(token, kind.as_deref(), ["actor_token", "actor_token_type"], policy)?),
    };
    let names_no_actor = |actor: &DeclaredToken| {
        matches!(actor.kind, DeclaredType::Standard(TokenType::IdToken | TokenType::RefreshToken))
    };
    if actor.as_ref().is_some_and(names_no_actor) {
        return Err(Refusal::parameter(Reason::TokenTypeUnsupported, "actor_token_type"));
    }
    if !(if actor.is_some() { policy.delegation } else { policy.impersonation }) {
        return Err(Refusal::because(
            Reason::GrantTypeNotAllowed,
            "the policy allows neither this impersonation nor delegation",
        ));
    }
    let requested = match parameters.requested_token_type.as_deref() {
        None => TokenType::AccessToken,
        Some(text) => TokenType::parse(text)
            .filter(|kind| matches!(kind, TokenType::AccessToken | TokenType::Jwt))
            .ok_or_else(|| Refusal::parameter(Reason::TokenTypeUnsupported, "requested_token_type"))?,
    };
    Ok(Request { subject, actor, requested, audience: read_audience(parameters, policy)? })
}

fn policy(client: &AuthenticatedClient) -> Result<&ExchangePolicy, Refusal> {
    client.require_grant(GrantType::TokenExchange)?;
    client
        .exchange
        .as_ref()
        .ok_or_else(|| Refusal::because(Reason::GrantTypeNotAllowed, "the client has no exchange policy"))
}

fn declared(
    token: &Option<Secret>,
    kind: Option<&str>,
    names: [&'static str; 2],
    policy: &ExchangePolicy,
) -> Result<DeclaredToken, Refusal> {
    let [token_name, kind_name] = names;
    let token = required(token.as_ref(), token_name)?.clone();
    let text = required(kind, kind_name)?;
    let validator = || policy.validators.iter().find(|validator| validator.subject_token_type == text);
    let kind = TokenType::parse(text)
        .map(DeclaredType::Standard)
        .or_else(|| validator().cloned().map(DeclaredType::Validated))
        .ok_or_else(|| Refusal::parameter(Reason::TokenTypeUnsupported, kind_name))?;
    Ok(DeclaredToken { token, kind })
}

fn read_audience(parameters: &Parameters, policy: &ExchangePolicy) -> Result<Vec<Audience>, Refusal> {
    let mut audience = Vec::new();
    let resources = parameters.resource.iter().map(|text| Audience::parse_resource(text));
    let names = parameters
        .audience
        .iter()
        .map(|text| Audience::parse(text).map_err(|_invalid| Refusal::new(Reason::ResourceNotAllowed)));
    for asked in resources.chain(names) {
        let asked = asked?;
        if !policy.audiences.contains(&asked) {
            return Err(Refusal::new(Reason::ResourceNotAllowed));
        }
        if !audience.contains(&asked) {
            audience.push(asked);
        }
    }
    Ok(audience)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::client::Client;
    use crate::grant::testing::{authenticated, client};

    pub(crate) fn parameters() -> Parameters {
        Parameters {
            subject_token: Some(Secret::new("…")),
            subject_token_type: Some(TokenType::AccessToken.as_str().to_owned()),
            ..Parameters::default()
        }
    }

    #[test]
    fn a_request_is_checked_against_the_policy() {
        let check = |change: &dyn Fn(&mut Parameters, &mut Client), expect: Result<(), Reason>| {
            let (mut parameters, mut client) = (parameters(), client());
            change(&mut parameters, &mut client);
            assert_eq!(read(&parameters, &authenticated(client)).map(|_| ()).map_err(|r| r.reason), expect);
        };
        let policy = |change: fn(&mut ExchangePolicy)| {
            move |_: &mut Parameters, client: &mut Client| change(client.exchange.as_mut().unwrap())
        };
        check(&|_, _| {}, Ok(()));
        check(&|p, _| p.subject_token = None, Err(Reason::ParameterMissing));
        check(&|p, _| p.subject_token_type = None, Err(Reason::ParameterMissing));
        check(&|p, _| p.subject_token_type = Some("urn:x".into()), Err(Reason::TokenTypeUnsupported));
        check(
            &|p, _| p.subject_token_type = Some(TokenType::IdToken.as_str().into()),
            Err(Reason::TokenTypeUnsupported),
        );
        check(&|p, _| p.actor_token_type = Some(TokenType::Jwt.as_str().into()), Err(Reason::ParameterMissing));
        check(&|p, _| p.actor_token = Some(Secret::new("…")), Err(Reason::ParameterMissing));
        check(
            &|p, _| p.requested_token_type = Some(TokenType::RefreshToken.as_str().into()),
            Err(Reason::TokenTypeUnsupported),
        );
        check(&|p, _| p.audience = vec!["urn:api".into()], Ok(()));
        check(&|p, _| p.audience = vec!["urn:other".into()], Err(Reason::ResourceNotAllowed));
        check(&|p, _| p.resource = vec!["urn:api".into(), "urn:other".into()], Err(Reason::ResourceNotAllowed));
        check(&policy(|policy| policy.impersonation = false), Err(Reason::GrantTypeNotAllowed));
        check(&|_, client| client.grant_types.clear(), Err(Reason::GrantTypeNotAllowed));
    }
}
