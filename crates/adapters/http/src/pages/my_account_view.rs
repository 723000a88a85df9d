//! The view of My account.

use serde::Serialize;

use super::{PasskeyFormView, ScopeView, Wait};

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountFailure {
    /// What was typed cannot be written.
    Claims,
    /// The new passkey does not fit.
    Factor,
    /// The new password is common.
    PasswordCommon,
    /// The new password is too short.
    PasswordTooShort,
    /// The present password is wrong.
    PasswordWrong,
    /// Too many were.
    Throttled,
}

impl AccountFailure {
    /// Every failure.
    pub const ALL: [Self; 6] = [
        Self::Claims,
        Self::Factor,
        Self::PasswordCommon,
        Self::PasswordTooShort,
        Self::PasswordWrong,
        Self::Throttled,
    ];

    /// The message that tells the person.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Claims => "my-account-failure-claims",
            Self::Factor => "factor-failure-wrong-new",
            Self::PasswordCommon => "my-account-failure-password-common",
            Self::PasswordTooShort => "my-account-failure-password-too-short",
            Self::PasswordWrong => "my-account-failure-password-wrong",
            Self::Throttled => "login-failure-too-many-attempts",
        }
    }
}

impl Serialize for AccountFailure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.message())
    }
}

/// My account. Each of its forms posts `form` and `action`, and `of` where that is about one of several.
#[derive(Clone, Serialize)]
pub struct MyAccountPage<'a> {
    /// The path that the forms post to.
    pub action: &'a str,
    /// The path of the page on which an authenticator app is set up.
    pub authenticator: &'a str,
    /// The sealed text that the forms send back.
    pub form: &'a str,
    /// What its owner signs in as.
    pub username: &'a str,
    /// What is said of them and is not theirs to change.
    pub facts: Vec<FactView<'a>>,
    /// What they may change: `claim_` and its name.
    pub claims: Vec<ClaimView<'a>>,
    /// Whether they have a password.
    pub has_password: bool,
    /// The fewest characters of one.
    pub min_length: u32,
    /// Whether they have a second factor.
    pub has_factor: bool,
    /// Whether an authenticator app is one.
    pub has_totp: bool,
    /// Their passkeys.
    pub passkeys: Vec<OwnPasskeyView<'a>>,
    /// How to make another.
    pub passkey: Option<PasskeyFormView<'a>>,
    /// How many recovery codes are left.
    pub recovery_codes: u64,
    /// Where they are signed in.
    pub sessions: Vec<SessionView<'a>>,
    /// What may do something for them.
    pub applications: Vec<ApplicationView<'a>>,
    /// Whether something was done.
    pub done: bool,
    /// Why something was not.
    pub failure: Option<AccountFailure>,
    /// How long to wait before it is tried again.
    pub wait: Option<Wait>,
    /// The reference of the log line about the failure, for support.
    pub reference: Option<&'a str>,
}

/// Something that is said of a person.
#[derive(Clone, Serialize)]
pub struct FactView<'a> {
    /// The message that names it.
    pub label: &'static str,
    /// What it is.
    pub value: &'a str,
}

/// Something that a person says of themselves (OpenID Connect Core §5.1).
#[derive(Clone, Serialize)]
pub struct ClaimView<'a> {
    /// The claim.
    pub name: &'a str,
    /// The message that names it; none where only its name does.
    pub label: Option<&'static str>,
    /// What a browser may fill in (HTML, `autocomplete`).
    pub autocomplete: Option<&'static str>,
    /// What it is now.
    pub value: &'a str,
}

impl ClaimView<'_> {
    /// The claims that have a message and something to fill in.
    pub const KNOWN: [(&'static str, &'static str, &'static str); 7] = [
        ("email", "claim-email", "email"),
        ("family_name", "claim-family-name", "family-name"),
        ("given_name", "claim-given-name", "given-name"),
        ("name", "claim-name", "name"),
        ("nickname", "claim-nickname", "nickname"),
        ("phone_number", "claim-phone-number", "tel"),
        ("website", "claim-website", "url"),
    ];
}

/// A passkey of theirs.
#[derive(Clone, Serialize)]
pub struct OwnPasskeyView<'a> {
    /// Its credential ID, in hexadecimal.
    pub id: String,
    /// What they call it; may be empty.
    pub name: &'a str,
    /// When it was added.
    pub added: String,
    /// When it was last used.
    pub used: Option<String>,
}

/// A session of theirs.
#[derive(Clone, Serialize)]
pub struct SessionView<'a> {
    /// Its identifier.
    pub id: String,
    /// What people call the browser.
    pub browser: Option<String>,
    /// The address that they signed in from.
    pub address: Option<&'a str>,
    /// When.
    pub since: String,
    /// Whether it is the one that they look from.
    pub is_this: bool,
}

/// A client that may do something for them.
#[derive(Clone, Serialize)]
pub struct ApplicationView<'a> {
    /// Its id.
    pub client_id: &'a str,
    /// What people call it.
    pub name: &'a str,
    /// What they allowed.
    pub scopes: Vec<ScopeView<'a>>,
    /// When they first did.
    pub since: String,
    /// The grants behind it.
    pub grants: Vec<GrantView>,
}

/// A grant.
#[derive(Clone, Serialize)]
pub struct GrantView {
    /// Names it.
    pub reference: String,
    /// What it is for.
    pub scope: String,
    /// When it was given.
    pub since: String,
    /// When it ends at the latest.
    pub until: String,
}
