//! The password grant: the client shows the person's own password (RFC 6749 §4.3). Legacy: RFC 9700 §2.4 says it "MUST
//! NOT be used", so only a client that is registered for it may.

use crate::client::AuthenticatedClient;
use crate::error::{Reason, Refusal};
use crate::grant::{GrantRef, GrantTerms, GrantType, NewGrant, is_refreshable, read_scope, required};
use crate::id::{GrantId, IdEntropy};
use crate::resource::{Audience, read_resources};
use crate::scope::ScopeSet;
use crate::secret::{GrantSecret, Secret};
use crate::session::Authentication;
use crate::time::Timestamp;
use crate::token::lifetime::Lifetimes;
use crate::user::{Subject, Username};

/// What the client sent (RFC 6749 §4.3.2).
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// `username` (RFC 6749 §4.3.2).
    pub username: Option<String>,
    /// `password` (RFC 6749 §4.3.2).
    pub password: Option<Secret>,
    /// `scope` (RFC 6749 §4.3.2, §3.3).
    pub scope: Option<String>,
    /// `resource` (RFC 8707 §2.2).
    pub resource: Vec<String>,
    /// `nonce` (OpenID Connect Core §3.1.2.1): one of the systems we replace takes it here, which no specification does.
    pub nonce: Option<String>,
}

/// A request that may be granted (RFC 6749 §4.3.2), if the password is right.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Who claims to sign in; none if nobody can have such a name, and then the password is checked in vain, because the
    /// answer must take its time.
    pub username: Option<Username>,
    /// With which password, as it came.
    pub password: Secret,
    /// For which scope (RFC 6749 §3.3).
    pub scope: ScopeSet,
    /// For which resources (RFC 8707 §2.2).
    pub resources: Vec<Audience>,
    /// Goes into the ID token (OpenID Connect Core §2).
    pub nonce: Option<String>,
}

/// Decides everything that does not depend on the password (RFC 6749 §4.3.2), so that no hash is computed for a request
/// that cannot succeed.
///
/// # Errors
/// `unauthorized_client` if the client may not use this grant, `invalid_grant` if a password is not enough for it, `invalid_request` if a parameter is missing (RFC 6749
/// §5.2), `invalid_scope`, or `invalid_target` (RFC 8707 §2).
pub fn attempt(parameters: &Parameters, client: &AuthenticatedClient, issuer: &Audience) -> Result<Attempt, Refusal> {
    client.require_grant(GrantType::Password)?;
    if !client.minimum_acr.is_least() {
        return Err(Refusal::because(Reason::SecondFactorRequired, "the client demands one of everybody"));
    }
    let username = required(parameters.username.as_deref(), "username")?;
    let password = required(parameters.password.as_ref(), "password")?;
    Ok(Attempt {
        username: Username::parse(username).ok(),
        password: password.clone(),
        scope: read_scope(parameters.scope.as_deref(), &client.scope, &client.default_scope)?,
        resources: read_resources(&parameters.resource, |resource| client.may_target(resource, issuer.as_str()))?,
        nonce: parameters.nonce.clone(),
    })
}

/// What one request draws before it opens a grant, from a generator that nobody can foresee. Grantor's own.
#[derive(Clone, Copy, Debug)]
pub struct GrantEntropy {
    /// Makes the identifier unique (RFC 9562 §5.7).
    pub id: IdEntropy,
    /// The grant secret, which the refresh token carries.
    pub secret: GrantSecret,
}

/// The grant that a person's right password opens (RFC 6749 §4.3.3): of no session, and ended by no logout.
#[must_use]
pub fn grant(
    attempt: &Attempt,
    subject: Subject,
    client: &AuthenticatedClient,
    entropy: &GrantEntropy,
    clock: (Timestamp, &Lifetimes),
) -> NewGrant {
    let (now, lifetimes) = clock;
    let (class, life) = lifetimes.grant(client, is_refreshable(client));
    let absolute_expires_at = now.plus(life);
    let terms = GrantTerms {
        reference: GrantRef { class, id: GrantId::new(now, &entropy.id) },
        client_id: client.id.clone(),
        subject,
        session: None,
        scope: attempt.scope.clone(),
        resources: attempt.resources.clone(),
        claims: None,
        authentication: Authentication::by_password(now),
        sender: None,
        ends_with_session: false,
        absolute_expires_at,
    };
    NewGrant {
        terms,
        secret_hash: entropy.secret.hash(),
        expires_at: now.plus(lifetimes.refresh_idle).min(absolute_expires_at),
    }
}

/// The one answer to a wrong name, a wrong password, and a person who may not sign in: `invalid_grant` (RFC 6749 §5.2).
/// Which it was goes to the log alone.
#[must_use]
pub fn refused(cause: &'static str) -> Refusal {
    Refusal::because(Reason::CredentialsInvalid, cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::testing::{authenticated, client};
    use crate::session::Acr;

    fn check(change: impl Fn(&mut Parameters, &mut crate::client::Client), expect: Result<(), Reason>) {
        let mut parameters = Parameters {
            username: Some("alice".into()),
            password: Some(Secret::new("x")),
            scope: Some("a".into()),
            ..Parameters::default()
        };
        let mut client = client();
        change(&mut parameters, &mut client);
        let found = attempt(&parameters, &authenticated(client), &Audience::parse("urn:i").unwrap());
        assert_eq!(found.map(|_| ()).map_err(|r| r.reason), expect);
    }

    #[test]
    fn what_cannot_succeed_is_refused_before_the_password_is_looked_at() {
        check(|_, _| {}, Ok(()));
        check(|_, client| client.grant_types.clear(), Err(Reason::GrantTypeNotAllowed));
        check(|_, client| client.minimum_acr = Acr::Mfa, Err(Reason::SecondFactorRequired));
        check(|p, _| p.username = None, Err(Reason::ParameterMissing));
        check(|p, _| p.password = None, Err(Reason::ParameterMissing));
        check(|p, _| p.scope = Some("unknown".into()), Err(Reason::ScopeInvalid));
        check(|p, _| p.resource = vec!["urn:x".into()], Err(Reason::ResourceNotAllowed));
    }

    #[test]
    fn an_impossible_name_is_an_attempt_all_the_same() {
        check(|p, _| p.username = Some("\u{0}".into()), Ok(()));
    }
}
