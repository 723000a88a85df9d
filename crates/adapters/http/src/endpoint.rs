//! The endpoints by name, as metrics, traces and the log call them. A closed list: no path that somebody made up is in it.

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// `/account`, and the pages below it.
    Account,
    /// The stylesheet, the scripts and the logo.
    Asset,
    /// `/oauth/authorize`.
    Authorization,
    /// The consent page.
    Consent,
    /// The page for user codes, and the one after the decision.
    Device,
    /// `/oauth/device_authorization`.
    DeviceAuthorization,
    /// The metadata documents.
    Discovery,
    /// The page about an error.
    ErrorPage,
    /// `/livez` and `/readyz`.
    Health,
    /// `/oauth/introspect`.
    Introspection,
    /// `/oauth/jwks`.
    Jwks,
    /// `/language`.
    Language,
    /// `/oauth/logout`.
    Logout,
    /// Whatever we have nothing at.
    Other,
    /// The playground and its redirect URI.
    Playground,
    /// `/oauth/register`, and the address of each client below it.
    Registration,
    /// `/oauth/revoke`.
    Revocation,
    /// The sign-in page, those about second factors and the account chooser.
    SignIn,
    /// The token endpoint, under each of its paths.
    Token,
    /// `/oauth/userinfo`.
    Userinfo,
}

impl Endpoint {
    /// Every endpoint, in alphabetical order.
    pub(crate) const ALL: [Self; 20] = [
        Self::Account,
        Self::Asset,
        Self::Authorization,
        Self::Consent,
        Self::Device,
        Self::DeviceAuthorization,
        Self::Discovery,
        Self::ErrorPage,
        Self::Health,
        Self::Introspection,
        Self::Jwks,
        Self::Language,
        Self::Logout,
        Self::Other,
        Self::Playground,
        Self::Registration,
        Self::Revocation,
        Self::SignIn,
        Self::Token,
        Self::Userinfo,
    ];

    /// The name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Asset => "asset",
            Self::Authorization => "authorization",
            Self::Consent => "consent",
            Self::Device => "device",
            Self::DeviceAuthorization => "device_authorization",
            Self::Discovery => "discovery",
            Self::ErrorPage => "error_page",
            Self::Health => "health",
            Self::Introspection => "introspection",
            Self::Jwks => "jwks",
            Self::Language => "language",
            Self::Logout => "logout",
            Self::Other => "other",
            Self::Playground => "playground",
            Self::Registration => "registration",
            Self::Revocation => "revocation",
            Self::SignIn => "sign_in",
            Self::Token => "token",
            Self::Userinfo => "userinfo",
        }
    }
}
