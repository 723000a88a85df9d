//! The views of second factors: asked for, set up, and the codes for who loses them.

use serde::Serialize;

use super::{FormField, QrCode, Wait};

/// A form that a script sends with what a passkey signed; nobody sees it without. Its action gets `passkey`, beside its fields.
#[derive(Clone, Serialize)]
pub struct PasskeyFormView<'a> {
    /// The path it posts to.
    pub action: &'a str,
    /// `create` or `get`: what the browser is asked for (Web Authentication §5.1.3, §5.1.4).
    pub ceremony: &'static str,
    /// The options of that, in JSON.
    pub options: String,
    /// What else it posts.
    pub fields: Vec<FormField<'a>>,
    /// Whether it asks what to call the passkey, as `name`.
    pub asks_name: bool,
    /// The message on its button.
    pub label: &'static str,
}

impl PasskeyFormView<'_> {
    /// The messages on its button: to sign in with one, to use one as a second factor, to make one.
    pub const LABELS: [&'static str; 3] = [Self::SIGN_IN, Self::PROVE, Self::MAKE];
    /// To sign in with one.
    pub const SIGN_IN: &'static str = "passkey-sign-in";
    /// To use one as a second factor.
    pub const PROVE: &'static str = "passkey-prove";
    /// To make one.
    pub const MAKE: &'static str = "passkey-make";
}

/// Why a page about a second factor is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorFailure {
    /// Too many codes were wrong.
    TooManyAttempts,
    /// The code or the passkey is none of theirs, or was used.
    Wrong,
    /// The new app shows another code, or the new passkey does not fit.
    WrongNew,
}

impl FactorFailure {
    /// Every failure.
    pub const ALL: [Self; 3] = [Self::TooManyAttempts, Self::Wrong, Self::WrongNew];

    /// The message that tells the person.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::TooManyAttempts => "factor-failure-too-many-attempts",
            Self::Wrong => "factor-failure-wrong",
            Self::WrongNew => "factor-failure-wrong-new",
        }
    }
}

impl Serialize for FactorFailure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.message())
    }
}

/// The page that asks for a second factor. Its form posts `request` and `code`.
#[derive(Clone, Serialize)]
pub struct SecondFactorPage<'a> {
    /// The path the form posts to.
    pub action: &'a str,
    /// The sealed pending authorization request.
    pub request: &'a str,
    /// The client's display name; none on the way to one's own account.
    pub client_name: Option<&'a str>,
    /// Whether a code of an authenticator app will do.
    pub takes_totp: bool,
    /// Whether a recovery code will.
    pub takes_recovery_code: bool,
    /// Whether a passkey will.
    pub passkey: Option<PasskeyFormView<'a>>,
    /// Why the page is shown again.
    pub failure: Option<FactorFailure>,
    /// How long to wait before the next attempt.
    pub wait: Option<Wait>,
    /// The reference of the log line about the failure, for support.
    pub reference: Option<&'a str>,
}

/// The page on which a second factor is set up. Its form posts its fields and `code`.
#[derive(Clone, Serialize)]
pub struct EnrolmentPage<'a> {
    /// The path the form posts to.
    pub action: &'a str,
    /// What else it posts.
    pub fields: Vec<FormField<'a>>,
    /// The display name of the client that demands it; none if its owner wants it.
    pub client_name: Option<&'a str>,
    /// What is typed into an app that has no camera, in groups.
    pub secret: String,
    /// What an app reads with a camera.
    pub qr_code: Option<QrCode>,
    /// What opens an app on this very device.
    pub app_link: &'a str,
    /// How to set up a passkey instead.
    pub passkey: Option<PasskeyFormView<'a>>,
    /// Where to go back to.
    pub cancel: Option<&'a str>,
    /// Why the page is shown again.
    pub failure: Option<FactorFailure>,
    /// The reference of the log line about the failure, for support.
    pub reference: Option<&'a str>,
}

/// The page that shows recovery codes, once.
#[derive(Clone, Serialize)]
pub struct RecoveryCodesPage<'a> {
    /// The codes.
    pub codes: Vec<String>,
    /// Where its form leads on.
    pub action: &'a str,
    /// The sealed pending request, if one is.
    pub request: Option<&'a str>,
}

/// Characters of a secret between two spaces.
const GROUP: usize = 4;

/// A secret as people type it.
#[must_use]
pub fn in_groups(secret: &str) -> String {
    let mut grouped = String::with_capacity(secret.len() + secret.len() / GROUP);
    for (place, character) in secret.chars().enumerate() {
        if place > 0 && place.is_multiple_of(GROUP) {
            grouped.push(' ');
        }
        grouped.push(character);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_typed_in_groups() {
        assert_eq!(in_groups("GEZDGNBVGY"), "GEZD GNBV GY");
    }
}
