//! The clients of the demo set.

/// Client id and secret.
pub(crate) type Credentials = (&'static str, &'static str);

pub(crate) const DEMO_A: Credentials = ("demo-a", "demo-a-secret");
pub(crate) const DEMO_API: Credentials = ("demo-api", "demo-api-secret");
pub(crate) const DEMO_B: Credentials = ("demo-b", "demo-b-secret");
pub(crate) const DEMO_C: Credentials = ("1000000042", "demo-c-secret-of-more-than-thirty-two-octets");

pub(crate) const CALLBACK_A: &str = "http://127.0.0.1:3090/sso/auth/callback";
pub(crate) const CALLBACK_B: &str = "http://localhost:3000/callback";
pub(crate) const CALLBACK_C: &str = "https://somedomain.example/oauth-return/";
pub(crate) const CALLBACK_SPA: &str = "http://127.0.0.1:5173/callback";

/// The audience of the demo resource server.
pub(crate) const DEMO_API_AUDIENCE: &str = "https://api.example.test";

/// `grant_type` of token exchange.
pub(crate) const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// Token types of RFC 8693 §3.
pub(crate) const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";
pub(crate) const ID_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:id_token";
pub(crate) const JWT_TYPE: &str = "urn:ietf:params:oauth:token-type:jwt";
pub(crate) const REFRESH_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:refresh_token";

/// Everything that `demo-spa` may ask for.
pub(crate) const SPA_SCOPE: &str = "openid profile email offline_access";
