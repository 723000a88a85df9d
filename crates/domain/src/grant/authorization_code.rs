//! The authorization code grant: whether a code may be redeemed, and the grant that redeeming it opens
//! (RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 9700 §2.1.1).

use crate::client::AuthenticatedClient;
use crate::error::{Reason, Refusal};
use crate::grant::{GrantRef, GrantTerms, GrantType, NewGrant, is_refreshable, required};
use crate::resource::{Audience, read_resources};
use crate::secret::{GrantSecret, Secret};
use crate::time::Timestamp;
use crate::token::authorization_code::AuthorizationCode;
use crate::token::lifetime::{LifetimeClass, Lifetimes};

/// What the client sent (RFC 6749 §4.1.3, RFC 7636 §4.5, RFC 8707 §2.2).
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// `code` (RFC 6749 §4.1.3).
    pub code: Option<Secret>,
    /// `redirect_uri` (RFC 6749 §4.1.3).
    pub redirect_uri: Option<String>,
    /// `code_verifier` (RFC 7636 §4.5).
    pub code_verifier: Option<Secret>,
    /// `resource`, to narrow what was authorized (RFC 8707 §2.2).
    pub resource: Vec<String>,
}

impl Parameters {
    /// The code (RFC 6749 §4.1.3).
    ///
    /// # Errors
    /// `invalid_request` (RFC 6749 §5.2) if it is missing.
    pub fn code(&self) -> Result<&Secret, Refusal> {
        required(self.code.as_ref(), "code")
    }
}

/// A code that may be redeemed (RFC 6749 §4.1.3): what its redemption commits and issues.
#[derive(Clone, Debug)]
pub struct Redemption {
    /// The grant to open. Opening it is what makes the code single-use: "The client MUST NOT use the authorization code
    /// more than once" (RFC 6749 §4.1.2).
    pub grant: NewGrant,
    /// The resources of this answer's access token (RFC 8707 §2.2); all that were authorized unless the request named
    /// some.
    pub resources: Vec<Audience>,
    /// Whether a refresh token goes with it (RFC 6749 §4.1.4).
    pub refreshable: bool,
    /// Goes into the ID token (OpenID Connect Core §2).
    pub nonce: Option<String>,
}

/// A code that may not be redeemed (RFC 6749 §5.2).
#[derive(Clone, Debug, PartialEq)]
pub struct Rejection {
    /// What the client is told.
    pub refusal: Refusal,
    /// An expired code that meets every other binding: if it was redeemed in time, this is its second use, and what was
    /// issued from it must end (RFC 6749 §4.1.2).
    pub revoke: Option<GrantRef>,
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, revoke: None }
    }
}

/// Decides whether `client` may redeem `code` (RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 9700 §2.1.1). `secret` is the grant
/// secret that this request drew. `examples/code_flow.rs` makes a code and redeems it.
///
/// # Errors
/// `unauthorized_client` if the client may not use codes any more; `invalid_grant` for a foreign, expired or unproven
/// code; `invalid_target` for a resource that was not authorized. None of them burns the code.
pub fn redeem(
    code: &AuthorizationCode,
    parameters: &Parameters,
    client: &AuthenticatedClient,
    secret: &GrantSecret,
    clock: (Timestamp, &Lifetimes),
) -> Result<Redemption, Rejection> {
    client.require_grant(GrantType::AuthorizationCode)?;
    check_bindings(code, parameters, client)?;
    let resources = narrow(code, parameters)?;
    if clock.0 >= code.expires_at {
        return Err(Rejection {
            refusal: Refusal::because(Reason::CodeInvalid, "the code has expired"),
            revoke: Some(code.grant),
        });
    }
    Ok(open(code, resources, client, secret, clock))
}

/// The grant that a person agreed to, once everything about the request was checked.
pub(crate) fn open(
    code: &AuthorizationCode,
    resources: Vec<Audience>,
    client: &AuthenticatedClient,
    secret: &GrantSecret,
    (now, lifetimes): (Timestamp, &Lifetimes),
) -> Redemption {
    // The class was sealed when the code was made; a client that has lost or gained refresh tokens since then meets the
    // same table, and only a grant of the long table can have one.
    let refreshable = is_refreshable(client) && code.grant.class == LifetimeClass::Long;
    let (_, life) = lifetimes.grant(client, refreshable);
    let absolute_expires_at = now.plus(bounded(life, code.grant.class));
    let idle_expires_at = now.plus(lifetimes.refresh_idle);
    let terms = GrantTerms {
        reference: code.grant,
        client_id: code.client_id.clone(),
        subject: code.subject.clone(),
        session: Some(code.session),
        scope: code.scope.clone(),
        resources: code.resources.clone(),
        claims: code.claims.clone(),
        authentication: code.authentication.clone(),
        sender: None,
        ends_with_session: client.ends_with_session(&code.scope),
        absolute_expires_at,
    };
    Redemption {
        grant: NewGrant { terms, secret_hash: secret.hash(), expires_at: idle_expires_at.min(absolute_expires_at) },
        resources,
        refreshable,
        nonce: code.nonce.clone(),
    }
}

fn bounded(life: std::time::Duration, class: LifetimeClass) -> std::time::Duration {
    match class {
        LifetimeClass::Long => life,
        LifetimeClass::Short => life.min(crate::token::lifetime::SHORT_MAX),
    }
}

/// Everything that ties the code to this client and this request.
fn check_bindings(
    code: &AuthorizationCode,
    parameters: &Parameters,
    client: &AuthenticatedClient,
) -> Result<(), Refusal> {
    if code.client_id != client.id {
        return Err(Refusal::because(Reason::CodeInvalid, "the code was issued to another client"));
    }
    // "if the redirect_uri parameter was included in the authorization request …, and if included ensure that their
    // values are identical" (RFC 6749 §4.1.3). One that was not included but is sent now must still be the right one.
    match &parameters.redirect_uri {
        Some(presented) if *presented != code.redirect_uri => {
            return Err(Refusal::because(Reason::CodeInvalid, "redirect_uri differs from the authorization request"));
        }
        None if code.redirect_uri_sent => return Err(Refusal::because(Reason::CodeInvalid, "redirect_uri is missing")),
        _ => {}
    }
    match (&code.challenge, &parameters.code_verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Refusal::new(Reason::CodeVerifierUnexpected)),
        (Some(_), None) => Err(Refusal::because(Reason::CodeVerifierMismatch, "code_verifier is missing")),
        (Some(challenge), Some(verifier)) if challenge.matches(verifier) => Ok(()),
        (Some(_), Some(_)) => Err(Refusal::because(Reason::CodeVerifierMismatch, "code_verifier does not match")),
    }
}

fn narrow(code: &AuthorizationCode, parameters: &Parameters) -> Result<Vec<Audience>, Refusal> {
    if parameters.resource.is_empty() {
        return Ok(code.resources.clone());
    }
    read_resources(&parameters.resource, |resource| code.resources.contains(resource))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::client::ClientId;
    use crate::grant::testing::{OPENED, authenticated, client, grant};
    use crate::id::SessionId;
    use crate::pkce::{CodeChallenge, PkcePolicy};
    use crate::scope::ScopeSet;
    use crate::session::Authentication;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn code() -> AuthorizationCode {
        let policy = PkcePolicy { required: true, plain_allowed: true };
        AuthorizationCode {
            grant: grant("").terms.reference,
            client_id: ClientId::parse("c").unwrap(),
            redirect_uri: "https://app.example/cb".to_owned(),
            redirect_uri_sent: true,
            challenge: CodeChallenge::read(Some(VERIFIER), Some("plain"), policy).unwrap(),
            scope: ScopeSet::parse("openid a").unwrap(),
            resources: vec![Audience::parse("urn:a").unwrap(), Audience::parse("urn:b").unwrap()],
            subject: crate::user::Subject::parse("alice").unwrap(),
            session: SessionId::from_bytes([3; 16]),
            nonce: Some("n".to_owned()),
            authentication: Authentication::by_password(OPENED),
            claims: None,
            expires_at: OPENED.plus(Duration::from_secs(60)),
        }
    }

    fn parameters() -> Parameters {
        Parameters {
            code: Some(Secret::new("…")),
            redirect_uri: Some("https://app.example/cb".to_owned()),
            code_verifier: Some(Secret::new(VERIFIER)),
            resource: Vec::new(),
        }
    }

    fn check(
        change: impl Fn(&mut AuthorizationCode, &mut Parameters, &mut crate::client::Client),
        now: Timestamp,
        expect: Result<(), Reason>,
    ) {
        let (mut code, mut parameters, mut client) = (code(), parameters(), client());
        change(&mut code, &mut parameters, &mut client);
        let found = redeem(
            &code,
            &parameters,
            &authenticated(client),
            &GrantSecret::new([7; 16]),
            (now, &Lifetimes::default()),
        );
        if let Err(Rejection { refusal, revoke }) = &found {
            let expired_only = refusal.cause.as_deref() == Some("the code has expired");
            assert_eq!(revoke.is_some(), expired_only, "only an otherwise good code revokes");
        }
        assert_eq!(found.map(|_| ()).map_err(|rejection| rejection.refusal.reason), expect);
    }

    #[test]
    fn every_binding_is_checked() {
        check(|_, _, _| {}, OPENED, Ok(()));
        check(|code, _, _| code.client_id = ClientId::parse("other").unwrap(), OPENED, Err(Reason::CodeInvalid));
        check(|_, p, _| p.redirect_uri = Some("https://app.example/cb2".into()), OPENED, Err(Reason::CodeInvalid));
        check(|_, p, _| p.redirect_uri = None, OPENED, Err(Reason::CodeInvalid));
        check(|code, p, _| (code.redirect_uri_sent, p.redirect_uri) = (false, None), OPENED, Ok(()));
        check(
            |code, p, _| (code.redirect_uri_sent, p.redirect_uri) = (false, Some("x".into())),
            OPENED,
            Err(Reason::CodeInvalid),
        );
        check(|_, p, _| p.code_verifier = None, OPENED, Err(Reason::CodeVerifierMismatch));
        check(|_, p, _| p.code_verifier = Some(Secret::new("a".repeat(43))), OPENED, Err(Reason::CodeVerifierMismatch));
        check(|code, _, _| code.challenge = None, OPENED, Err(Reason::CodeVerifierUnexpected));
        check(|code, p, _| (code.challenge, p.code_verifier) = (None, None), OPENED, Ok(()));
        check(|_, _, client| client.grant_types.clear(), OPENED, Err(Reason::GrantTypeNotAllowed));
        check(|_, p, _| p.resource = vec!["urn:c".into()], OPENED, Err(Reason::ResourceNotAllowed));
    }

    #[test]
    fn an_expired_code_revokes_only_if_everything_else_fits() {
        let late = OPENED.plus(Duration::from_secs(60));
        check(|_, _, _| {}, late.minus(Duration::from_millis(1)), Ok(()));
        check(|_, _, _| {}, late, Err(Reason::CodeInvalid));
        check(|_, p, _| p.code_verifier = None, late, Err(Reason::CodeVerifierMismatch));
        check(|code, _, _| code.client_id = ClientId::parse("other").unwrap(), late, Err(Reason::CodeInvalid));
    }

    #[test]
    fn a_resource_narrows_the_answer_but_not_the_grant() {
        let parameters = Parameters { resource: vec!["urn:b".into()], ..parameters() };
        let found = redeem(
            &code(),
            &parameters,
            &authenticated(client()),
            &GrantSecret::new([7; 16]),
            (OPENED, &Lifetimes::default()),
        )
        .unwrap();
        assert_eq!(found.resources, [Audience::parse("urn:b").unwrap()]);
        assert_eq!(found.grant.terms.resources.len(), 2);
        assert!(found.refreshable && found.grant.secret_hash == GrantSecret::new([7; 16]).hash());
    }

    #[test]
    fn a_code_of_the_short_table_never_gets_a_refresh_token() {
        let mut code = code();
        code.grant.class = LifetimeClass::Short;
        let mut client = client();
        client.access_token_lifetime = Some(Duration::from_secs(90 * 24 * 3600));
        let found = redeem(
            &code,
            &parameters(),
            &authenticated(client),
            &GrantSecret::new([7; 16]),
            (OPENED, &Lifetimes::default()),
        )
        .unwrap();
        assert!(!found.refreshable);
        assert!(found.grant.terms.absolute_expires_at <= OPENED.plus(crate::token::lifetime::SHORT_MAX));
    }
}
