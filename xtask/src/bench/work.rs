//! Decides what each work of the matrix is: which endpoint, which form, which one-time values, and what a good answer has.

use clap::ValueEnum;
use serde::Serialize;

/// The redirect URI of the client, for Grantor and for peers.
pub(crate) const REDIRECT_URI: &str = "https://rp.example/cb";

/// The audience that tokens are exchanged for.
pub(super) const EXCHANGE_AUDIENCE: &str = "https://api.example";

/// The code verifier (RFC 7636 §4.1).
pub(crate) const VERIFIER: &str = "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv";

/// Its S256 challenge (RFC 7636 §4.2).
pub(super) const CHALLENGE: &str = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM";

/// Stands for the one-time value in a body, or a header.
pub(super) const VALUE: &str = "@";

/// One work of the matrix, named as on the command line and in a peer's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Work {
    /// client_credentials, JWT signed with ES256
    ClientCredentialsEs256,
    /// client_credentials, JWT signed with EdDSA
    ClientCredentialsEddsa,
    /// client_credentials, JWT signed with RS256
    ClientCredentialsRs256,
    /// client_credentials, opaque access token
    ClientCredentialsOpaque,
    /// A code with PKCE becomes an access token (a JWT), a refresh token and an ES256 ID token
    Code,
    /// The same with an opaque access token
    CodeOpaque,
    /// Refresh with rotation, access tokens are JWTs
    Refresh,
    /// Refresh with rotation, access tokens are opaque
    RefreshOpaque,
    /// Refresh with rotation and an ES256 ID token
    RefreshIdToken,
    /// An access token is exchanged for one of another audience
    TokenExchange,
    /// Introspection of a JWT
    IntrospectJwt,
    /// Introspection of an opaque access token
    IntrospectOpaque,
    /// Revocation of a refresh token
    Revoke,
    /// UserInfo
    Userinfo,
    /// The JWK set
    Jwks,
    /// The discovery document
    Discovery,
    /// An authorization request with a live session and remembered consent: the answer is a redirect with a code
    Authorize,
}

impl Serialize for Work {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Authorization,
    Discovery,
    Introspection,
    Jwks,
    Revocation,
    Token,
    Userinfo,
}

/// What a request needs that must be made before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Nothing,
    /// A browser that is signed in and has consented.
    Session,
    Code,
    RefreshToken,
    AccessToken,
}

/// How often a value may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// There is none.
    Never,
    /// Once.
    Once,
    /// Again and again, in turn.
    Cycle,
    /// Once, and the answer brings the next, which goes to the end of the queue.
    Rotate,
}

impl Work {
    pub(super) const ALL: [Self; 17] = [
        Self::ClientCredentialsEs256,
        Self::ClientCredentialsEddsa,
        Self::ClientCredentialsRs256,
        Self::ClientCredentialsOpaque,
        Self::Code,
        Self::CodeOpaque,
        Self::Refresh,
        Self::RefreshOpaque,
        Self::RefreshIdToken,
        Self::TokenExchange,
        Self::IntrospectJwt,
        Self::IntrospectOpaque,
        Self::Revoke,
        Self::Userinfo,
        Self::Jwks,
        Self::Discovery,
        Self::Authorize,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ClientCredentialsEs256 => "client-credentials-es256",
            Self::ClientCredentialsEddsa => "client-credentials-eddsa",
            Self::ClientCredentialsRs256 => "client-credentials-rs256",
            Self::ClientCredentialsOpaque => "client-credentials-opaque",
            Self::Code => "code",
            Self::CodeOpaque => "code-opaque",
            Self::Refresh => "refresh",
            Self::RefreshOpaque => "refresh-opaque",
            Self::RefreshIdToken => "refresh-id-token",
            Self::TokenExchange => "token-exchange",
            Self::IntrospectJwt => "introspect-jwt",
            Self::IntrospectOpaque => "introspect-opaque",
            Self::Revoke => "revoke",
            Self::Userinfo => "userinfo",
            Self::Jwks => "jwks",
            Self::Discovery => "discovery",
            Self::Authorize => "authorize",
        }
    }

    pub(super) fn endpoint(self) -> Endpoint {
        match self {
            Self::ClientCredentialsEs256
            | Self::ClientCredentialsEddsa
            | Self::ClientCredentialsRs256
            | Self::ClientCredentialsOpaque
            | Self::Code
            | Self::CodeOpaque
            | Self::Refresh
            | Self::RefreshOpaque
            | Self::RefreshIdToken
            | Self::TokenExchange => Endpoint::Token,
            Self::IntrospectJwt | Self::IntrospectOpaque => Endpoint::Introspection,
            Self::Revoke => Endpoint::Revocation,
            Self::Userinfo => Endpoint::Userinfo,
            Self::Jwks => Endpoint::Jwks,
            Self::Discovery => Endpoint::Discovery,
            Self::Authorize => Endpoint::Authorization,
        }
    }

    pub(super) fn need(self) -> Need {
        match self {
            Self::Code | Self::CodeOpaque => Need::Code,
            Self::Refresh | Self::RefreshOpaque | Self::RefreshIdToken | Self::Revoke => Need::RefreshToken,
            Self::TokenExchange | Self::IntrospectJwt | Self::IntrospectOpaque | Self::Userinfo => Need::AccessToken,
            Self::Authorize => Need::Session,
            _ => Need::Nothing,
        }
    }

    pub(super) fn usage(self) -> Use {
        match self {
            Self::Code | Self::CodeOpaque | Self::Revoke => Use::Once,
            Self::Refresh | Self::RefreshOpaque | Self::RefreshIdToken => Use::Rotate,
            Self::TokenExchange | Self::IntrospectJwt | Self::IntrospectOpaque | Self::Userinfo => Use::Cycle,
            _ => Use::Never,
        }
    }

    /// What a person is asked to allow when the values of this work are made.
    pub(super) fn scope(self) -> &'static str {
        match self {
            Self::Code | Self::CodeOpaque | Self::RefreshIdToken | Self::Userinfo => "openid read",
            _ => "read",
        }
    }

    /// The form, or nothing for a GET.
    pub(super) fn form(self) -> Option<String> {
        match self.endpoint() {
            Endpoint::Authorization | Endpoint::Discovery | Endpoint::Jwks | Endpoint::Userinfo => None,
            Endpoint::Introspection | Endpoint::Revocation => Some(format!("token={VALUE}")),
            Endpoint::Token => Some(match self {
                Self::Code | Self::CodeOpaque => code_form(),
                Self::Refresh | Self::RefreshOpaque | Self::RefreshIdToken => {
                    format!("grant_type=refresh_token&refresh_token={VALUE}")
                }
                Self::TokenExchange => exchange_form(),
                _ => "grant_type=client_credentials&scope=read".to_owned(),
            }),
        }
    }

    /// What Grantor is told besides; a peer's description has its own.
    pub(super) fn parameters(self) -> Option<&'static str> {
        match self {
            Self::IntrospectJwt | Self::IntrospectOpaque => Some("token_type_hint=access_token"),
            Self::Revoke => Some("token_type_hint=refresh_token"),
            _ => None,
        }
    }

    /// The members that the answer must have, or, for a redirect, what its target must have.
    pub(super) fn members(self) -> &'static [&'static str] {
        match self {
            Self::Code | Self::CodeOpaque | Self::RefreshIdToken => &["access_token", "refresh_token", "id_token"],
            Self::Refresh | Self::RefreshOpaque => &["access_token", "refresh_token"],
            Self::IntrospectJwt | Self::IntrospectOpaque => &["active"],
            Self::Revoke => &[],
            Self::Userinfo => &["sub"],
            Self::Jwks => &["keys"],
            Self::Discovery => &["issuer"],
            Self::Authorize => &["code"],
            _ => &["access_token"],
        }
    }

    /// The pattern (Lua's) that each answer must match where the status does not tell success.
    pub(super) fn pattern(self) -> Option<&'static str> {
        match self {
            Self::IntrospectJwt | Self::IntrospectOpaque => Some("\"active\"%s*:%s*true"),
            Self::Authorize => Some("[?&]code="),
            _ => None,
        }
    }

    /// Whether it writes: only then WAL bytes say something.
    pub(super) fn writes(self) -> bool {
        matches!(self.usage(), Use::Once | Use::Rotate)
    }
}

/// The form that redeems a code.
pub(super) fn code_form() -> String {
    let redirect_uri = encoded(REDIRECT_URI);
    format!("grant_type=authorization_code&redirect_uri={redirect_uri}&code_verifier={VERIFIER}&code={VALUE}")
}

fn exchange_form() -> String {
    let grant_type = encoded("urn:ietf:params:oauth:grant-type:token-exchange");
    let token_type = encoded("urn:ietf:params:oauth:token-type:access_token");
    let audience = encoded(EXCHANGE_AUDIENCE);
    format!("grant_type={grant_type}&subject_token_type={token_type}&audience={audience}&subject_token={VALUE}")
}

/// As `application/x-www-form-urlencoded`.
pub(super) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn names_are_those_of_the_command_line() {
        for work in Work::ALL {
            assert_eq!(Work::from_str(work.name(), false), Ok(work));
        }
        assert_eq!(Work::ALL.as_slice(), Work::value_variants());
    }

    #[test]
    fn what_needs_a_value_has_a_place_for_it() {
        for work in Work::ALL {
            let in_form = work.form().is_some_and(|form| form.matches(VALUE).count() == 1);
            let takes_one = work.usage() != Use::Never;
            assert_eq!(in_form || work == Work::Userinfo, takes_one, "{}", work.name());
        }
    }

    #[test]
    fn forms_are_encoded() {
        assert!(code_form().contains("redirect_uri=https%3A%2F%2Frp.example%2Fcb&"));
        assert_eq!(VERIFIER, "v".repeat(43));
    }
}
