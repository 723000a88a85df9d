//! What a scope means to a person: decides which message the consent page shows for it.

/// The scopes that have a message.
#[cfg(test)]
pub(super) const ALL: [&str; 6] = ["address", "email", "offline_access", "openid", "phone", "profile"];

/// The message that says what an application may do with this scope, to complete "It will be able to". A scope that no
/// specification defines has none and is shown by its name: better an honest code word than an invented promise.
///
/// The scopes are those of OpenID Connect Core §3.1.2.1, §5.4 and §11.
pub(super) fn message(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "address" => "scope-address",
        "email" => "scope-email",
        "offline_access" => "scope-offline-access",
        "openid" => "scope-openid",
        "phone" => "scope-phone",
        "profile" => "scope-profile",
        _ => return None,
    })
}
