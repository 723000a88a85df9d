//! The views: decides what a page is told, and so what a template can show.
//!
//! Strings come from clients and people and are hostile until rendered; the templates escape them.
//! Where escaping is not enough, because a link's scheme decides what a click does, the view lets
//! only the web's own schemes through, for our templates and a deployment's alike.

use std::borrow::Cow;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use url::Url;

use super::{PasskeyFormView, QrCode, scope};

/// What a client says of itself (RFC 7591 §2). Each is left out of the page unless it is `http` or `https`; templates get it
/// as `client_uri.href` and `client_uri.host`.
#[derive(Clone, Copy, Default, Serialize)]
pub struct ClientLinks<'a> {
    /// Its home page.
    #[serde(serialize_with = "web_link")]
    pub client_uri: Option<&'a str>,
    /// Its picture.
    #[serde(serialize_with = "web_link")]
    pub logo_uri: Option<&'a str>,
    /// What it does with what it learns.
    #[serde(serialize_with = "web_link")]
    pub policy_uri: Option<&'a str>,
    /// Its terms of service.
    #[serde(serialize_with = "web_link")]
    pub tos_uri: Option<&'a str>,
}

/// The account chooser. Its one form posts `request` and `choice`, which is `continue` or `another`.
#[derive(Clone, Copy, Serialize)]
pub struct AccountPage<'a> {
    /// The path the form posts to.
    pub action: &'a str,
    /// The sealed pending authorization request, returned as the form field `request`.
    pub request: &'a str,
    /// The client's display name; none on the way to one's own account.
    pub client_name: Option<&'a str>,
    /// Who is signed in.
    pub subject_name: &'a str,
}

/// The sign-in page. Its form posts `request`, `username` and `password`.
#[derive(Clone, Serialize)]
pub struct LoginPage<'a> {
    /// The path the form posts to.
    pub action: &'a str,
    /// The sealed pending authorization request, returned as the form field `request`.
    pub request: &'a str,
    /// What to fill in: the `login_hint`, or the name of the failed attempt.
    pub username: Option<&'a str>,
    /// The client's display name; none on the way to one's own account.
    pub client_name: Option<&'a str>,
    /// What people can look at before they trust it.
    #[serde(flatten)]
    pub links: ClientLinks<'a>,
    /// Whether it registered itself, so that nobody vouches for it.
    pub is_self_registered: bool,
    /// How to sign in with a passkey instead.
    pub passkey: Option<PasskeyFormView<'a>>,
    /// Why the page is shown again.
    pub failure: Option<LoginFailure>,
    /// How long to wait before the next attempt.
    pub wait: Option<Wait>,
    /// The reference of the log line about the failure, for support.
    pub reference: Option<&'a str>,
}

/// Why a person who posted the sign-in form sees it again.
///
/// Templates get it as `failure.kind` (the variant in `snake_case`) and `failure.message`, the name of its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginFailure {
    /// The browser sent the form without the cookie that belongs to it.
    CookiesRequired,
    /// The page was open for too long; this one is fresh.
    Expired,
    /// The passkey is nobody's, or what it signed does not fit.
    PasskeyRefused,
    /// The credentials could not be checked just now.
    TemporarilyUnavailable,
    /// Too many attempts were wrong: the next must wait.
    TooManyAttempts,
    /// Unknown user, wrong password or locked: deliberately one and the same.
    WrongCredentials,
}

/// How long to wait, as people say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Wait {
    /// The message that says it.
    pub message: &'static str,
    /// How many seconds or minutes it speaks of.
    pub amount: u64,
}

impl Wait {
    /// The messages.
    pub const MESSAGES: [&str; 3] = ["wait-a-second", "wait-minutes", "wait-seconds"];

    /// Minutes are rounded up, so that nobody comes back too early.
    #[must_use]
    pub const fn of_seconds(seconds: u64) -> Self {
        match seconds {
            0 | 1 => Self { message: "wait-a-second", amount: 1 },
            2..=90 => Self { message: "wait-seconds", amount: seconds },
            _ => Self { message: "wait-minutes", amount: seconds.div_ceil(60) },
        }
    }
}

impl LoginFailure {
    /// Every failure.
    pub const ALL: [Self; 6] = [
        Self::CookiesRequired,
        Self::Expired,
        Self::PasskeyRefused,
        Self::TemporarilyUnavailable,
        Self::TooManyAttempts,
        Self::WrongCredentials,
    ];

    /// The name templates tell the failures apart by.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::CookiesRequired => "cookies_required",
            Self::Expired => "expired",
            Self::PasskeyRefused => "passkey_refused",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::TooManyAttempts => "too_many_attempts",
            Self::WrongCredentials => "wrong_credentials",
        }
    }

    /// The message that tells the person.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::CookiesRequired => "login-failure-cookies-required",
            Self::Expired => "login-failure-expired",
            Self::PasskeyRefused => "login-failure-passkey-refused",
            Self::TemporarilyUnavailable => "login-failure-temporarily-unavailable",
            Self::TooManyAttempts => "login-failure-too-many-attempts",
            Self::WrongCredentials => "login-failure-wrong-credentials",
        }
    }
}

impl Serialize for LoginFailure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("LoginFailure", 2)?;
        fields.serialize_field("kind", self.kind())?;
        fields.serialize_field("message", self.message())?;
        fields.end()
    }
}

/// The consent page. Its one form posts `request` and `decision`, which is `allow` or `deny`.
#[derive(Clone, Serialize)]
pub struct ConsentPage<'a> {
    /// The path the form posts to.
    pub action: &'a str,
    /// The sealed pending authorization request, returned as the form field `request`.
    pub request: &'a str,
    /// The client's display name.
    pub client_name: &'a str,
    /// What people can look at before they trust it.
    #[serde(flatten)]
    pub links: ClientLinks<'a>,
    /// Whether it registered itself, so that nobody vouches for it.
    pub is_self_registered: bool,
    /// The name of the person signed in.
    pub subject_name: &'a str,
    /// What is asked, in the order to show it.
    pub scopes: Vec<ScopeView<'a>>,
    /// What people call the resources it is for, as far as they are registered.
    pub resources: Vec<&'a str>,
    /// Whether the access outlives the sign-in (OpenID Connect Core §11). The page then says so in
    /// place of the scope `offline_access`.
    pub offline: bool,
    /// What people recognise of the address that the answer goes to; none if a device waits for it.
    pub redirect_host: Option<&'a str>,
    /// What that device shows (RFC 8628 §5.4).
    pub user_code: Option<&'a str>,
}

/// One scope on the consent page.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ScopeView<'a> {
    /// The scope as the client asked for it.
    pub name: &'a str,
    /// What it means, as the operator registered it.
    pub description: Option<&'a str>,
    /// Else the message that says what the specifications say; none where nobody knows.
    pub message: Option<&'static str>,
    /// Whether the person has not allowed it to this client before.
    pub is_new: bool,
}

impl<'a> ScopeView<'a> {
    /// A scope, with what was registered about it.
    #[must_use]
    pub fn new(name: &'a str, description: Option<&'a str>, is_new: bool) -> Self {
        Self { name, description, message: scope::message(name), is_new }
    }
}

/// What a page is told to say, beside its own messages.
#[derive(Clone, Debug, Serialize)]
pub struct Words<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// The tag of its language, where that is not the page's.
    pub language: Option<&'static str>,
}

/// The error page.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorPage<'a> {
    /// The message that says what happened, in a few words.
    pub title: &'static str,
    /// What it means and what can be done.
    pub message: Words<'a>,
    /// The error code of RFC 6749 §4.1.2.1 or its kind, if there is one.
    pub code: Option<&'a str>,
    /// The reference of the log line about it, for support.
    pub reference: Option<&'a str>,
    /// A page that explains the reason; an absolute `http` or `https` URL, else left out. Templates
    /// get it as `docs.href` and `docs.host`.
    #[serde(serialize_with = "web_link")]
    pub docs: Option<&'a str>,
}

/// The page for user codes (RFC 8628 §3.3). Its one form posts `user_code`.
#[derive(Clone, Serialize)]
pub struct DevicePage<'a> {
    /// The path the form posts to.
    pub action: &'a str,
    /// What to fill in: what a link brought, or what was typed.
    pub user_code: Option<&'a str>,
    /// Whether no device shows what was typed.
    pub is_wrong: bool,
    /// The address of this page with its code, for a phone (RFC 8628 §3.3.1).
    pub qr_code: Option<QrCode>,
}

/// The page after the decision about a device.
#[derive(Clone, Copy, Serialize)]
pub struct DeviceDonePage {
    /// Whether the person allowed it.
    pub allowed: bool,
}

/// The page before a client that nobody vouches for is told no: it might lead people wherever it likes (RFC 9700 §4.11.2).
#[derive(Clone, Serialize)]
pub struct LeavingPage<'a> {
    /// The client's display name.
    pub client_name: &'a str,
    /// Why it gets no more.
    pub message: Words<'a>,
    /// The error code that it would be told.
    pub code: &'a str,
    /// The reference of the log line about it, for support.
    pub reference: &'a str,
    /// What people recognise of where the answer goes.
    pub redirect_host: &'a str,
    /// Where a link brings the answer; an absolute `http` or `https` URL, else left out. Templates get it as
    /// `continue_to.href` and `continue_to.host`.
    #[serde(serialize_with = "web_link")]
    pub continue_to: Option<&'a str>,
    /// Or where a form posts it.
    pub action: &'a str,
    /// What that posts; empty if there is no form.
    pub fields: Vec<FormField<'a>>,
}

/// The page that asks whether to sign out. Its one form posts `request`.
#[derive(Clone, Copy, Serialize)]
pub struct LogoutPage<'a> {
    /// The path the form posts to.
    pub action: &'a str,
    /// The sealed pending request, returned as the form field `request`.
    pub request: &'a str,
    /// Who is signed in.
    pub subject_name: &'a str,
    /// The display name of the client that asks, if one is known.
    pub client_name: Option<&'a str>,
}

/// The page that says goodbye.
#[derive(Clone, Default, Serialize)]
pub struct SignedOutPage<'a> {
    /// Where the browser goes on by itself after a moment.
    pub continue_to: Option<&'a str>,
    /// What people recognise of it.
    pub continue_host: Option<&'a str>,
    /// What it opens before, unseen (OpenID Connect Front-Channel Logout §2).
    pub frames: Vec<&'a str>,
}

/// The page that posts an answer to a client, by itself where scripts run (OAuth 2.0 Form Post Response Mode §2).
#[derive(Clone, Serialize)]
pub struct FormPostPage<'a> {
    /// The client's redirect URI, which the form posts to.
    pub action: &'a str,
    /// What people recognise of it.
    pub redirect_host: &'a str,
    /// What is posted.
    pub fields: Vec<FormField<'a>>,
}

/// One field of a form that is posted for somebody. Its value may be a code.
#[derive(Clone, Copy, Serialize)]
pub struct FormField<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its value.
    pub value: &'a str,
}

/// A link that only leads to the web.
#[derive(Serialize)]
struct WebLink<'a> {
    href: &'a str,
    host: &'a str,
}

/// The link, normalised by the parser that judged it, or nothing: `javascript:` and `data:` would
/// run in our origin, and a user name before the host could pass for the host.
fn web_link<S: Serializer>(uri: &Option<&str>, serializer: S) -> Result<S::Ok, S::Error> {
    let parsed = uri.and_then(|uri| Url::parse(uri).ok());
    let link = parsed.as_ref().and_then(|url| {
        let is_web = matches!(url.scheme(), "http" | "https");
        let is_plain = url.username().is_empty() && url.password().is_none();
        let host = url.host_str().filter(|_| is_web && is_plain)?;
        Some(WebLink { href: url.as_str(), host })
    });
    link.serialize(serializer)
}
