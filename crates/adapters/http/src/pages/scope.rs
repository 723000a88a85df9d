//! What a scope means to a person: decides the sentence the consent page shows for it.

/// What an application may do with this scope, to complete "It will be able to". A scope that no
/// specification defines is shown by its name: better an honest code word than an invented promise.
///
/// The scopes are those of OpenID Connect Core §3.1.2.1, §5.4 and §11.
#[must_use]
pub fn describe(scope: &str) -> &str {
    match scope {
        "address" => "See your postal address",
        "email" => "See your email address",
        "offline_access" => "Keep this access while you are away",
        "openid" => "Sign you in and recognise you when you return",
        "phone" => "See your phone number",
        "profile" => "See your name and the rest of your profile",
        other => other,
    }
}
