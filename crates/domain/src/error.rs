//! Why a request is refused (RFC 6749 §5.2, §4.1.2.1): one closed list of reasons, and one map from each to what goes on
//! the wire.
//!
//! A [`Refusal`] also has a cause, for the log alone: what exactly was wrong, which a client (or an attacker) must not
//! learn. Outages are no refusals; they are told apart by type, in the ports.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// An error code of OAuth 2.0 or OpenID Connect, as it goes into `error` (RFC 6749 §5.2, §4.1.2.1; RFC 6750 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// RFC 6749 §4.1.2.1.
    AccessDenied,
    /// RFC 8628 §3.5.
    AuthorizationPending,
    /// OpenID Connect Core §3.1.2.6.
    ConsentRequired,
    /// RFC 8628 §3.5.
    ExpiredToken,
    /// RFC 6750 §3.1.
    InsufficientScope,
    /// RFC 6749 §5.2.
    InvalidClient,
    /// RFC 7591 §3.2.2.
    InvalidClientMetadata,
    /// RFC 6749 §5.2.
    InvalidGrant,
    /// RFC 7591 §3.2.2.
    InvalidRedirectUri,
    /// RFC 6749 §5.2.
    InvalidRequest,
    /// OpenID Connect Core §3.1.2.6, RFC 9101 §6.3.
    InvalidRequestObject,
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
    RequestUriNotSupported,
    /// RFC 6749 §4.1.2.1.
    ServerError,
    /// RFC 8628 §3.5.
    SlowDown,
    /// RFC 6749 §4.1.2.1.
    TemporarilyUnavailable,
    /// RFC 6749 §5.2.
    UnauthorizedClient,
    /// OpenID Connect Core Error Code unmet_authentication_requirements §2.
    UnmetAuthenticationRequirements,
    /// RFC 6749 §5.2.
    UnsupportedGrantType,
    /// RFC 6749 §4.1.2.1.
    UnsupportedResponseType,
}

impl ErrorCode {
    /// Every code, in alphabetical order.
    pub const ALL: [Self; 24] = [
        Self::AccessDenied,
        Self::AuthorizationPending,
        Self::ConsentRequired,
        Self::ExpiredToken,
        Self::InsufficientScope,
        Self::InvalidClient,
        Self::InvalidClientMetadata,
        Self::InvalidGrant,
        Self::InvalidRedirectUri,
        Self::InvalidRequest,
        Self::InvalidRequestObject,
        Self::InvalidScope,
        Self::InvalidTarget,
        Self::InvalidToken,
        Self::LoginRequired,
        Self::RegistrationNotSupported,
        Self::RequestUriNotSupported,
        Self::ServerError,
        Self::SlowDown,
        Self::TemporarilyUnavailable,
        Self::UnauthorizedClient,
        Self::UnmetAuthenticationRequirements,
        Self::UnsupportedGrantType,
        Self::UnsupportedResponseType,
    ];

    /// The text that goes into `error` (RFC 6749 §5.2, §4.1.2.1; RFC 6750 §3).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::AuthorizationPending => "authorization_pending",
            Self::ConsentRequired => "consent_required",
            Self::ExpiredToken => "expired_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::InvalidClient => "invalid_client",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidToken => "invalid_token",
            Self::LoginRequired => "login_required",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::ServerError => "server_error",
            Self::SlowDown => "slow_down",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
        }
    }
}

/// What the wire says for one reason (RFC 6749 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wire {
    /// Goes into `error` (RFC 6749 §5.2).
    pub code: ErrorCode,
    /// HTTP status where the answer is not a redirect (RFC 6749 §5.2, RFC 6750 §3.1, RFC 9110 §15).
    pub status: u16,
    /// Goes into `error_description`: printable ASCII without `"` and `\` (RFC 6749 §5.2).
    pub description: &'static str,
    /// What a developer can do about it, for the documentation that `error_uri` leads to (RFC 6749 §5.2).
    pub advice: &'static str,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident => $code:ident, $status:literal, $description:literal, $advice:literal;)+) => {
        /// Why a request is refused: finer than the codes of the specifications, so that a developer is told what to
        /// change. Grantor's own list, each with the section its code comes from. Alphabetical; each is an anchor of
        /// docs/errors.md.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason {
            $(#[doc = $description] #[doc = ""] $(#[$doc])* $name,)+
        }

        impl Reason {
            /// Every reason, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// What the wire says (RFC 6749 §5.2).
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
    /// RFC 6749 §4.1.2.1.
    AccessDenied => AccessDenied, 403, "the resource owner denied the request", "Nothing to mend: the person chose not to allow the client.";
    /// RFC 6750 §3.1.
    AccessTokenInvalid => InvalidToken, 401, "the access token is malformed, expired, revoked or not meant for this resource", "Get a fresh access token, and check that it was issued for this audience.";
    /// RFC 6750 §3.1: a request without a token.
    AccessTokenMissing => InvalidRequest, 401, "no access token was presented", "Send the token as Authorization: Bearer, or as the form parameter access_token of a POST.";
    /// OpenID Connect Core §5.5.1.1, and its error code unmet_authentication_requirements.
    AcrUnmet => UnmetAuthenticationRequirements, 400, "the authentication asked for as essential is not offered here", "See acr_values_supported in the discovery document, or ask for it by acr_values, which is no condition.";
    /// RFC 8693 §2.2.2.
    ActorTokenInvalid => InvalidRequest, 400, "the actor token is not acceptable", "Present a live token of the declared actor_token_type that was issued to your client or names it as audience (RFC 8693 section 2.2.2).";
    /// RFC 7523 §3.2.
    AssertionInvalid => InvalidClient, 401, "the client assertion is not acceptable", "Check iss, sub, aud, exp, jti, the key and the algorithm of the assertion (RFC 7523 section 3).";
    /// RFC 7523 §3, `jti`.
    AssertionReplayed => InvalidClient, 401, "the client assertion was used before", "Sign a fresh assertion, with a jti of its own, for each request.";
    /// RFC 8628 §3.5.
    AuthorizationPending => AuthorizationPending, 400, "the person has not decided yet", "Ask again after the interval.";
    /// RFC 9110 §15.5.14; the bound is Grantor's own.
    BodyTooLarge => InvalidRequest, 413, "the request body is larger than 64 KiB", "Send less.";
    /// RFC 9110 §15.5.9; the bound is Grantor's own.
    BodyTooSlow => InvalidRequest, 408, "the request body did not arrive in time", "Send the body at once, behind its head.";
    /// RFC 6749 §5.2.
    ClientAuthenticationFailed => InvalidClient, 401, "client authentication failed", "Check client id, secret and method: unknown client, wrong secret and a method the client is not registered for all end here.";
    /// RFC 6749 §2.3, §5.2.
    ClientAuthenticationRepeated => InvalidRequest, 400, "the request uses more than one method of client authentication", "Use one (RFC 6749 section 2.3): either the Authorization header or the body.";
    /// RFC 6749 §2.3, RFC 7521 §4.2.
    ClientIdMismatch => InvalidRequest, 400, "client_id differs from the authenticated client", "Leave client_id out, or send the id you authenticate with.";
    /// RFC 7591 §3.2.2.
    ClientMetadataInvalid => InvalidClientMetadata, 400, "the client metadata are not acceptable", "The description names the member; the body is one JSON object (RFC 7591 section 2), sent as application/json.";
    /// RFC 6749 §4.1.2.1: shown on a page, never sent by a redirect.
    ClientUnknown => InvalidRequest, 400, "the client_id is not known here", "Check the client_id, and that you are talking to the right issuer.";
    /// RFC 7636 §4.4.1.
    CodeChallengeMethodUnsupported => InvalidRequest, 400, "this code_challenge_method is not allowed for the client", "Use S256 (RFC 7636 section 4.2).";
    /// RFC 7636 §4.4.1.
    CodeChallengeRequired => InvalidRequest, 400, "the client must use PKCE: code_challenge is missing", "Send code_challenge and code_challenge_method=S256 (RFC 7636).";
    /// RFC 6749 §5.2.
    CodeInvalid => InvalidGrant, 400, "the authorization code is malformed, expired or was issued to another client", "Start again at the authorization endpoint; codes live for a minute.";
    /// RFC 6749 §4.1.2.
    CodeReused => InvalidGrant, 400, "the authorization code was used before; everything issued from it is revoked", "Redeem each code once. If it was not you who redeemed it first, somebody intercepted it.";
    /// RFC 7636 §4.6.
    CodeVerifierMismatch => InvalidGrant, 400, "code_verifier is missing or does not match the code_challenge", "Send the verifier from which the challenge of this very request was made (RFC 7636 section 4.5).";
    /// RFC 9700 §2.1.1.
    CodeVerifierUnexpected => InvalidGrant, 400, "code_verifier was sent, but the authorization request had no code_challenge", "Send code_challenge with the authorization request; a challenge that got lost on the way means tampering (RFC 9700 section 2.1.1).";
    /// OpenID Connect Core §3.1.2.6.
    ConsentRequired => ConsentRequired, 400, "the person must agree first, which prompt=none forbids", "Send the request again without prompt=none.";
    /// RFC 6749 §4.3.2, §5.2.
    CredentialsInvalid => InvalidGrant, 400, "username or password is wrong, or the user may not sign in", "Check both. Unknown, wrong, disabled and locked are told apart in the log only.";
    /// RFC 8628 §3.3.
    DeviceCodeDecided => InvalidRequest, 400, "the code is over, or was answered already", "Look at the device: it goes on by itself, or it shows a new code.";
    /// RFC 8628 §3.5.
    DeviceCodeExpired => ExpiredToken, 400, "the device code has expired", "Ask for a new one at the device authorization endpoint, and show its user code.";
    /// RFC 6749 §5.2.
    DeviceCodeInvalid => InvalidGrant, 400, "the device code is malformed or was issued to another client", "Send the device_code of the device authorization response, as it came.";
    /// RFC 6749 §4.1.2, which holds for every code.
    DeviceCodeReused => InvalidGrant, 400, "the device code was used before; everything issued from it is revoked", "Stop asking when tokens came. If it was not you who got them, somebody intercepted the code.";
    /// RFC 8628 §3.5.
    DeviceDenied => AccessDenied, 400, "the person did not allow the device", "Nothing to mend: stop asking.";
    /// RFC 6749 §5.2.
    GrantTypeNotAllowed => UnauthorizedClient, 400, "the client is not allowed to use this grant type", "Register the grant type for the client.";
    /// RFC 6749 §5.2.
    GrantTypeUnsupported => UnsupportedGrantType, 400, "the server does not support this grant type", "See grant_types_supported in the discovery document.";
    /// RFC 6750 §3.1, OpenID Connect Core §5.3.
    InsufficientScope => InsufficientScope, 403, "the access token was not granted the openid scope", "Ask for the openid scope; UserInfo answers only for it.";
    /// RFC 6749 §4.1.2.1.
    InternalFailure => ServerError, 500, "the server failed in a way it should not", "Nothing to mend on your side; tell the operator the reference.";
    /// OpenID Connect Core §3.1.2.6.
    LoginRequired => LoginRequired, 400, "the person must sign in, or with a second factor, which prompt=none forbids", "Send the request again without prompt=none.";
    /// OpenID Connect RP-Initiated Logout §2: shown on a page, never sent by a redirect.
    LogoutClientMismatch => InvalidRequest, 400, "client_id is not the client that the id_token_hint was issued to", "Send the ID token of this client, or leave client_id out.";
    /// Grantor's own; see docs/errors.md.
    LogoutExpired => InvalidRequest, 400, "the page that asked whether to sign out is out of date", "Sign out again.";
    /// RFC 6749 §4.1.3, appendix B.
    MediaTypeUnsupported => InvalidRequest, 400, "the request body must be application/x-www-form-urlencoded", "Set Content-Type: application/x-www-form-urlencoded and encode the body so.";
    /// RFC 9110 §15.5.6; RFC 6749 §3.2 for the token endpoint.
    MethodNotAllowed => InvalidRequest, 405, "this endpoint does not answer to this HTTP method", "See the Allow header.";
    /// RFC 6749 appendix B.
    ParameterEncodingInvalid => InvalidRequest, 400, "the parameters are not valid form encoding of UTF-8 text", "Percent-encode UTF-8.";
    /// RFC 6749 §5.2, §4.1.2.1.
    ParameterInvalid => InvalidRequest, 400, "a parameter has a value that is not allowed", "The description names the parameter.";
    /// RFC 6749 §5.2, §4.1.2.1.
    ParameterMissing => InvalidRequest, 400, "a required parameter is missing", "The description names the parameter; an empty value counts as missing.";
    /// RFC 6749 §3.1, §3.2.
    ParameterRepeated => InvalidRequest, 400, "a parameter is sent more than once", "Send each parameter once (RFC 6749 section 3.2); only resource and audience may repeat.";
    /// OpenID Connect RP-Initiated Logout §3: shown on a page, never sent by a redirect.
    PostLogoutRedirectUriMismatch => InvalidRequest, 400, "post_logout_redirect_uri is not registered for the client, or nothing names the client", "Register the exact string as one of post_logout_redirect_uris, and send id_token_hint or client_id with it.";
    /// RFC 6749 §4.1.2.1: shown on a page, never sent by a redirect.
    RedirectUriMismatch => InvalidRequest, 400, "redirect_uri is not registered for the client", "Register the exact string; only the port of a loopback address may differ.";
    /// RFC 6749 §5.2.
    RefreshTokenInvalid => InvalidGrant, 400, "the refresh token is malformed, expired, revoked or was issued to another client", "Send the person through the authorization endpoint again.";
    /// RFC 9700 §4.14.2.
    RefreshTokenReused => InvalidGrant, 400, "the refresh token was used before; the grant is revoked", "Store the newest refresh token each time. If it was not you who used it, somebody stole it.";
    /// RFC 7591 §5; the bounds are Grantor's own.
    RegistrationQuotaReached => AccessDenied, 429, "too many clients were registered", "Wait an hour; if it goes on, the operator's limit is reached: ask them to register the client.";
    /// OpenID Connect Core §3.1.2.6.
    RegistrationUnsupported => RegistrationNotSupported, 400, "the registration parameter is not supported", "Register the client beforehand.";
    /// RFC 7591 §3.2.2.
    RegistrationUriInvalid => InvalidRedirectUri, 400, "a redirect URI is not acceptable", "Use https, http to this very device, or for a native application a scheme such as com.example.app (RFC 8252 section 7.1); no fragment; and where a sector_identifier_uri is named, every one must stand in the file there.";
    /// Grantor's own; see docs/errors.md.
    RequestExpired => InvalidRequest, 400, "the sign-in took too long, or was started in another browser", "Go back to the application and start again.";
    /// OpenID Connect Core §6.1, RFC 9101 §6.3.
    RequestObjectInvalid => InvalidRequestObject, 400, "the request object is not acceptable", "Check its algorithm and key against what is registered, client_id, iss, aud and exp, and that what stands beside it agrees (RFC 9101 sections 5 and 6.3).";
    /// RFC 9101 §10.5.
    RequestObjectRequired => InvalidRequest, 400, "the client must send a signed request object", "Send the whole request as the parameter request, signed with a registered key (RFC 9101).";
    /// OpenID Connect Core §3.1.2.6.
    RequestUriUnsupported => RequestUriNotSupported, 400, "the request_uri parameter is not supported", "Send the parameters as they are.";
    /// RFC 8707 §2.
    ResourceInvalid => InvalidTarget, 400, "resource must be an absolute URI without a fragment", "See RFC 8707 section 2.";
    /// RFC 8707 §2, RFC 8693 §2.2.2.
    ResourceNotAllowed => InvalidTarget, 400, "the client may not ask for this resource or audience", "Register the resource for the client, or its exchange policy.";
    /// OAuth 2.0 Multiple Response Type Encoding Practices §2.1.
    ResponseModeUnsupported => InvalidRequest, 400, "this response_mode is not supported", "See response_modes_supported in the discovery document.";
    /// RFC 6749 §4.1.2.1.
    ResponseTypeUnsupported => UnsupportedResponseType, 400, "this response_type is not supported", "Use response_type=code.";
    /// RFC 6749 §5.2, §4.1.2.1.
    ScopeInvalid => InvalidScope, 400, "a scope is malformed, unknown or not allowed to the client", "Ask for a subset of the scopes registered for the client.";
    /// RFC 6749 §6, §5.2.
    ScopeWidened => InvalidScope, 400, "the scope asked for is wider than what was granted", "Narrow it, or ask the person again at the authorization endpoint.";
    /// RFC 6749 §4.3.2; second factors are Grantor's own.
    SecondFactorRequired => InvalidGrant, 400, "a second factor is needed, which the password grant cannot ask for", "Send the person through the authorization endpoint: its pages ask for it.";
    /// RFC 6749 §4.3.2; the waits are Grantor's own, see [`crate::throttle`].
    SignInThrottled => AccessDenied, 429, "too many sign-ins failed", "Wait as long as Retry-After says. Only failures count, and each one more makes the wait longer.";
    /// RFC 8628 §3.5.
    SlowDown => SlowDown, 400, "the device asks too often; the interval is five seconds longer now", "Wait five seconds longer between two requests, from now on.";
    /// RFC 6749 §5.2; who may be served is Grantor's own, see docs/architecture.md.
    SubjectRefused => InvalidGrant, 400, "the user may not be served", "The user is disabled, signed out everywhere, or the session ended.";
    /// RFC 8693 §2.2.2.
    SubjectTokenInvalid => InvalidRequest, 400, "the subject token is not acceptable", "Present a live token of the declared subject_token_type that was issued to your client or names it as audience (RFC 8693 section 2.2.2).";
    /// RFC 6749 §4.1.2.1, which has it for the authorization endpoint alone; used everywhere, because an outage is no refusal.
    TemporarilyUnavailable => TemporarilyUnavailable, 503, "the server cannot answer right now", "Try again after the time in Retry-After. A refresh token may be repeated as it is; sign a fresh assertion; and start again if a code is then refused.";
    /// RFC 7009 §2.1.
    TokenOfAnotherClient => UnauthorizedClient, 400, "the token was issued to another client", "Revoke your own tokens only (RFC 7009 section 2.1).";
    /// RFC 8693 §2.2.2.
    TokenTypeUnsupported => InvalidRequest, 400, "this token type is not supported here", "See RFC 8693 section 3 and the discovery document.";
    /// RFC 8628 §5.1; the bound is Grantor's own.
    TooManyAttempts => AccessDenied, 429, "too many wrong codes were typed here", "Wait some minutes, and type the code that the device shows now.";
}

impl Reason {
    /// The anchor in docs/errors.md, and the end of `error_uri` (RFC 6749 §5.2): the name in kebab case.
    ///
    /// ```
    /// use grantor_domain::error::Reason;
    ///
    /// assert_eq!(Reason::CodeReused.anchor(), "code-reused");
    /// assert_eq!(Reason::CodeReused.wire().code.as_str(), "invalid_grant");
    /// ```
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

/// A request that is refused (RFC 6749 §5.2). Its `Display` is what the client may read; the cause is not in it.
///
/// ```
/// use grantor_domain::error::{Reason, Refusal};
///
/// let refusal = Refusal::because(Reason::CodeInvalid, "the code has expired");
/// assert!(refusal.to_string().starts_with("invalid_grant: "));
/// assert!(!refusal.to_string().contains("the code has expired"), "which of its faults is for the log alone");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the client is told: code, status and description (RFC 6749 §5.2).
    pub reason: Reason,
    /// The parameter it is about, where one is; its name is added to the description.
    pub parameter: Option<&'static str>,
    /// What exactly was wrong, for the log alone; never a value that came from the request.
    pub cause: Option<Cow<'static, str>>,
    /// When the same request may be made again, where only time stands in its way (RFC 9110 §10.2.3).
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal that needs no more words than its reason has.
    #[must_use]
    pub const fn new(reason: Reason) -> Self {
        Self { reason, parameter: None, cause: None, retry_after: None }
    }

    /// A refusal over one parameter, by its name on the wire.
    #[must_use]
    pub const fn parameter(reason: Reason, parameter: &'static str) -> Self {
        Self { reason, parameter: Some(parameter), cause: None, retry_after: None }
    }

    /// A refusal whose exact cause goes to the log. The cause never holds a value that came from the request.
    #[must_use]
    pub fn because(reason: Reason, cause: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, parameter: None, cause: Some(cause.into()), retry_after: None }
    }

    /// The text for `error_description`: printable ASCII without `"` and `\` (RFC 6749 §5.2).
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
