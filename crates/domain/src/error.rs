//! Why a request is refused: one closed list of reasons, and one map from each to what goes on the wire.
//!
//! A [`Refusal`] also has a cause, for the log alone: what exactly was wrong, which a client (or an attacker) must not
//! learn. Outages are no refusals; they are told apart by type, in the ports.

use std::borrow::Cow;
use std::fmt;

/// An error code of OAuth 2.0 or OpenID Connect, as it goes into `error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// RFC 6749 §4.1.2.1.
    AccessDenied,
    /// OpenID Connect Core §3.1.2.6.
    ConsentRequired,
    /// RFC 6750 §3.1.
    InsufficientScope,
    /// RFC 6749 §5.2.
    InvalidClient,
    /// RFC 6749 §5.2.
    InvalidGrant,
    /// RFC 6749 §5.2.
    InvalidRequest,
    /// RFC 6749 §5.2.
    InvalidScope,
    /// RFC 8707 §2, RFC 8693 §2.2.2.
    InvalidTarget,
    /// RFC 6750 §3.1.
    InvalidToken,
    /// OpenID Connect Core §3.1.2.6.
    LoginRequired,
    /// OpenID Connect Core §3.1.2.6.
    RegistrationNotSupported,
    /// OpenID Connect Core §3.1.2.6.
    RequestNotSupported,
    /// OpenID Connect Core §3.1.2.6.
    RequestUriNotSupported,
    /// RFC 6749 §4.1.2.1.
    ServerError,
    /// RFC 6749 §4.1.2.1.
    TemporarilyUnavailable,
    /// RFC 6749 §5.2.
    UnauthorizedClient,
    /// RFC 6749 §5.2.
    UnsupportedGrantType,
    /// RFC 6749 §4.1.2.1.
    UnsupportedResponseType,
}

impl ErrorCode {
    /// Every code, in alphabetical order.
    pub const ALL: [Self; 18] = [
        Self::AccessDenied,
        Self::ConsentRequired,
        Self::InsufficientScope,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::InvalidRequest,
        Self::InvalidScope,
        Self::InvalidTarget,
        Self::InvalidToken,
        Self::LoginRequired,
        Self::RegistrationNotSupported,
        Self::RequestNotSupported,
        Self::RequestUriNotSupported,
        Self::ServerError,
        Self::TemporarilyUnavailable,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
        Self::UnsupportedResponseType,
    ];

    /// The text that goes into `error`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::ConsentRequired => "consent_required",
            Self::InsufficientScope => "insufficient_scope",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidToken => "invalid_token",
            Self::LoginRequired => "login_required",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
        }
    }
}

/// What the wire says for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wire {
    /// Goes into `error`.
    pub code: ErrorCode,
    /// HTTP status where the answer is not a redirect.
    pub status: u16,
    /// Goes into `error_description`: printable ASCII without `"` and `\` (RFC 6749 §5.2).
    pub description: &'static str,
    /// What a developer can do about it, for the documentation.
    pub advice: &'static str,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident => $code:ident, $status:literal, $description:literal, $advice:literal;)+) => {
        /// Why a request is refused. Alphabetical; each is an anchor of docs/errors.md.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason {
            $($(#[$doc])* #[doc = $description] $name,)+
        }

        impl Reason {
            /// Every reason, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// What the wire says.
            #[must_use]
            pub const fn wire(self) -> Wire {
                match self {
                    $(Self::$name => Wire { code: ErrorCode::$code, status: $status, description: $description, advice: $advice },)+
                }
            }

            const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }
        }
    };
}

reasons! {
    AccessDenied => AccessDenied, 403, "the resource owner denied the request", "Nothing to mend: the person chose not to allow the client.";
    AccessTokenInvalid => InvalidToken, 401, "the access token is malformed, expired, revoked or not meant for this resource", "Get a fresh access token, and check that it was issued for this audience.";
    AccessTokenMissing => InvalidRequest, 401, "no access token was presented", "Send the token as Authorization: Bearer, or as the form parameter access_token of a POST.";
    ActorTokenInvalid => InvalidRequest, 400, "the actor token is not acceptable", "Present a live token of the declared actor_token_type that was issued to your client or names it as audience (RFC 8693 section 2.2.2).";
    AssertionInvalid => InvalidClient, 401, "the client assertion is not acceptable", "Check iss, sub, aud, exp, jti, the key and the algorithm of the assertion (RFC 7523 section 3).";
    AssertionReplayed => InvalidClient, 401, "the client assertion was used before", "Sign a fresh assertion, with a jti of its own, for each request.";
    BodyTooLarge => InvalidRequest, 413, "the request body is larger than 64 KiB", "Send less.";
    BodyTooSlow => InvalidRequest, 408, "the request body did not arrive in time", "Send the body at once, behind its head.";
    ClientAuthenticationFailed => InvalidClient, 401, "client authentication failed", "Check client id, secret and method: unknown client, wrong secret and a method the client is not registered for all end here.";
    ClientAuthenticationRepeated => InvalidRequest, 400, "the request uses more than one method of client authentication", "Use one (RFC 6749 section 2.3): either the Authorization header or the body.";
    ClientIdMismatch => InvalidRequest, 400, "client_id differs from the authenticated client", "Leave client_id out, or send the id you authenticate with.";
    ClientUnknown => InvalidRequest, 400, "the client_id is not known here", "Check the client_id, and that you are talking to the right issuer.";
    CodeChallengeMethodUnsupported => InvalidRequest, 400, "this code_challenge_method is not allowed for the client", "Use S256 (RFC 7636 section 4.2).";
    CodeChallengeRequired => InvalidRequest, 400, "the client must use PKCE: code_challenge is missing", "Send code_challenge and code_challenge_method=S256 (RFC 7636).";
    CodeInvalid => InvalidGrant, 400, "the authorization code is malformed, expired or was issued to another client", "Start again at the authorization endpoint; codes live for a minute.";
    CodeReused => InvalidGrant, 400, "the authorization code was used before; everything issued from it is revoked", "Redeem each code once. If it was not you who redeemed it first, somebody intercepted it.";
    CodeVerifierMismatch => InvalidGrant, 400, "code_verifier is missing or does not match the code_challenge", "Send the verifier from which the challenge of this very request was made (RFC 7636 section 4.5).";
    CodeVerifierUnexpected => InvalidGrant, 400, "code_verifier was sent, but the authorization request had no code_challenge", "Send code_challenge with the authorization request; a challenge that got lost on the way means tampering (RFC 9700 section 2.1.1).";
    ConsentRequired => ConsentRequired, 400, "the person must agree first, which prompt=none forbids", "Send the request again without prompt=none.";
    CredentialsInvalid => InvalidGrant, 400, "username or password is wrong, or the user may not sign in", "Check both. Unknown, wrong, disabled and locked are told apart in the log only.";
    GrantTypeNotAllowed => UnauthorizedClient, 400, "the client is not allowed to use this grant type", "Register the grant type for the client.";
    GrantTypeUnsupported => UnsupportedGrantType, 400, "the server does not support this grant type", "See grant_types_supported in the discovery document.";
    InsufficientScope => InsufficientScope, 403, "the access token was not granted the openid scope", "Ask for the openid scope; UserInfo answers only for it.";
    InternalFailure => ServerError, 500, "the server failed in a way it should not", "Nothing to mend on your side; tell the operator the reference.";
    LoginRequired => LoginRequired, 400, "the person must sign in, which prompt=none forbids", "Send the request again without prompt=none.";
    MediaTypeUnsupported => InvalidRequest, 400, "the request body must be application/x-www-form-urlencoded", "Set Content-Type: application/x-www-form-urlencoded and encode the body so.";
    MethodNotAllowed => InvalidRequest, 405, "this endpoint does not answer to this HTTP method", "See the Allow header.";
    ParameterEncodingInvalid => InvalidRequest, 400, "the parameters are not valid form encoding of UTF-8 text", "Percent-encode UTF-8.";
    ParameterInvalid => InvalidRequest, 400, "a parameter has a value that is not allowed", "The description names the parameter.";
    ParameterMissing => InvalidRequest, 400, "a required parameter is missing", "The description names the parameter; an empty value counts as missing.";
    ParameterRepeated => InvalidRequest, 400, "a parameter is sent more than once", "Send each parameter once (RFC 6749 section 3.2); only resource and audience may repeat.";
    RedirectUriMismatch => InvalidRequest, 400, "redirect_uri is not registered for the client", "Register the exact string; only the port of a loopback address may differ.";
    RefreshTokenInvalid => InvalidGrant, 400, "the refresh token is malformed, expired, revoked or was issued to another client", "Send the person through the authorization endpoint again.";
    RefreshTokenReused => InvalidGrant, 400, "the refresh token was used before; the grant is revoked", "Store the newest refresh token each time. If it was not you who used it, somebody stole it.";
    RegistrationUnsupported => RegistrationNotSupported, 400, "the registration parameter is not supported", "Register the client beforehand.";
    RequestExpired => InvalidRequest, 400, "the sign-in took too long, or was started in another browser", "Go back to the application and start again.";
    RequestObjectUnsupported => RequestNotSupported, 400, "the request parameter is not supported", "Send the parameters as they are.";
    RequestUriUnsupported => RequestUriNotSupported, 400, "the request_uri parameter is not supported", "Send the parameters as they are.";
    ResourceInvalid => InvalidTarget, 400, "resource must be an absolute URI without a fragment", "See RFC 8707 section 2.";
    ResourceNotAllowed => InvalidTarget, 400, "the client may not ask for this resource or audience", "Register the resource for the client, or its exchange policy.";
    ResponseModeUnsupported => InvalidRequest, 400, "this response_mode is not supported", "See response_modes_supported in the discovery document.";
    ResponseTypeUnsupported => UnsupportedResponseType, 400, "this response_type is not supported", "Use response_type=code.";
    ScopeInvalid => InvalidScope, 400, "a scope is malformed, unknown or not allowed to the client", "Ask for a subset of the scopes registered for the client.";
    ScopeWidened => InvalidScope, 400, "the scope asked for is wider than what was granted", "Narrow it, or ask the person again at the authorization endpoint.";
    SubjectRefused => InvalidGrant, 400, "the user may not be served", "The user is disabled, signed out everywhere, or the session ended.";
    SubjectTokenInvalid => InvalidRequest, 400, "the subject token is not acceptable", "Present a live token of the declared subject_token_type that was issued to your client or names it as audience (RFC 8693 section 2.2.2).";
    TemporarilyUnavailable => TemporarilyUnavailable, 503, "the server cannot answer right now", "Try again after the time in Retry-After. A refresh token may be repeated as it is; sign a fresh assertion; and start again if a code is then refused.";
    TokenOfAnotherClient => UnauthorizedClient, 400, "the token was issued to another client", "Revoke your own tokens only (RFC 7009 section 2.1).";
    TokenTypeUnsupported => InvalidRequest, 400, "this token type is not supported here", "See RFC 8693 section 3 and the discovery document.";
}

impl Reason {
    /// The anchor in docs/errors.md: the name in kebab case.
    #[must_use]
    pub fn anchor(self) -> String {
        let mut anchor = String::new();
        for (index, character) in self.name().char_indices() {
            if index > 0 && character.is_ascii_uppercase() {
                anchor.push('-');
            }
            anchor.push(character.to_ascii_lowercase());
        }
        anchor
    }
}

/// A request that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the client is told.
    pub reason: Reason,
    /// The parameter it is about, where one is.
    pub parameter: Option<&'static str>,
    /// What exactly was wrong, for the log alone; never a value that came from the request.
    pub cause: Option<Cow<'static, str>>,
}

impl Refusal {
    /// A refusal that needs no more words than its reason has.
    #[must_use]
    pub const fn new(reason: Reason) -> Self {
        Self { reason, parameter: None, cause: None }
    }

    /// A refusal over one parameter.
    #[must_use]
    pub const fn parameter(reason: Reason, parameter: &'static str) -> Self {
        Self { reason, parameter: Some(parameter), cause: None }
    }

    /// A refusal whose exact cause goes to the log.
    #[must_use]
    pub fn because(reason: Reason, cause: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, parameter: None, cause: Some(cause.into()) }
    }

    /// The text for `error_description`.
    #[must_use]
    pub fn description(&self) -> String {
        let description = self.reason.wire().description;
        self.parameter.map_or_else(|| description.to_owned(), |parameter| format!("{description}: {parameter}"))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.wire().code.as_str(), self.description())
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_hold_only_characters_that_the_wire_allows() {
        for reason in Reason::ALL {
            let allowed = |text: &str| text.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e));
            assert!(allowed(reason.wire().description) && allowed(reason.wire().advice), "{reason:?}");
        }
    }

    #[test]
    fn reasons_are_in_alphabetical_order() {
        assert!(Reason::ALL.is_sorted_by_key(|reason| reason.name()));
    }

    #[test]
    fn every_code_is_listed_once_in_alphabetical_order() {
        assert!(ErrorCode::ALL.iter().enumerate().all(|(index, code)| *code as usize == index));
        assert!(ErrorCode::ALL.is_sorted_by_key(|code| code.as_str()));
        assert!(Reason::ALL.iter().all(|reason| ErrorCode::ALL.contains(&reason.wire().code)));
    }

    #[test]
    fn anchors_are_kebab_case() {
        assert_eq!(Reason::CodeVerifierMismatch.anchor(), "code-verifier-mismatch");
    }
}
