//! The one table of the audit trail: each event's name, what it means, which fields it has, and what it should make an
//! operator do. The documentation is written from it, and metrics count by it.

macro_rules! kinds {
    ($($name:ident => $text:literal, $message:literal, [$($field:ident)*], $tells:literal, $watch:literal;)+) => {
        /// An event of the audit trail. In alphabetical order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum AuditKind {
            $(#[doc = $tells] $name,)+
        }

        impl AuditKind {
            /// Every kind, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable name, which stands in the field `event`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// The text of the line.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self {
                    $(Self::$name => $message,)+
                }
            }

            /// What happened.
            #[must_use]
            pub const fn tells(self) -> &'static str {
                match self {
                    $(Self::$name => $tells,)+
                }
            }

            /// What it should make an operator do.
            #[must_use]
            pub const fn watch(self) -> &'static str {
                match self {
                    $(Self::$name => $watch,)+
                }
            }

            /// The fields it can have beside those of every line.
            #[must_use]
            pub const fn fields(self) -> &'static [AuditField] {
                match self {
                    $(Self::$name => &[$(AuditField::$field,)*],)+
                }
            }
        }
    };
}

macro_rules! fields {
    ($($name:ident => $text:literal, $example:literal, $means:literal;)+) => {
        /// A field of an event. In alphabetical order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum AuditField {
            $(#[doc = $means] $name,)+
        }

        impl AuditField {
            /// Every field, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its name in the line.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// A value it may have in most events, as JSON.
            #[must_use]
            pub(super) const fn example(self) -> &'static str {
                match self {
                    $(Self::$name => $example,)+
                }
            }

            /// What it says.
            #[must_use]
            pub const fn means(self) -> &'static str {
                match self {
                    $(Self::$name => $means,)+
                }
            }
        }
    };
}

kinds! {
    AccountChanged => "account.changed", "account changed", [Action Subject Address], "A person changed how they sign in, used a recovery code, or took back what they allowed a client.", "A new factor or password right after a sign-in from an address that is not usual may be somebody else's: ask the person; a new password, and then `grantor user reset-second-factor`, put that one out.";
    Administration => "administration", "administration", [Action ObjectKind Object Outcome Count Actor], "An administrator did something, or tried to.", "Compare it with what was planned. Watch for actors and hours that are not usual, for `user.set_password`, and for `keys.rotate` that nobody announced.";
    ClientRegistration => "client.registration", "a client registered itself, or changed that", [Action ClientId Address], "A client that nobody vouches for came, changed or went (RFC 7591, RFC 7592).", "Many from one address may prepare consent phishing: look at `grantor client list` for names that imitate others.";
    ConsentAllowed => "consent.allowed", "consent allowed", [ClientId Subject Session Scope Address], "A person pressed \"allow\" on the consent page.", "Many for one client in a short time may be consent phishing: look at the client and its redirect URIs.";
    ConsentDenied => "consent.denied", "consent denied", [ClientId Subject Session Scope Address], "A person pressed \"deny\" on the consent page.", "A client that is often denied asks for too much, or people do not know it.";
    GrantReplayed => "grant.replayed", "a code or refresh token was used twice", [Credential ClientId Subject Grant Address Reference], "An authorization code was redeemed a second time, or a spent refresh token came back after its retry window.", "Alert on every one: either the credential was stolen, or the client has a defect. The grant is ended already; ask the person and the owner of the client.";
    GrantRevoked => "grant.revoked", "grant revoked", [By ClientId Subject Grant Address Reference], "A grant ended before its time, with every token that rests on it.", "By `replay`, see `grant.replayed`. By `client`, people sign out; by `administrator`, see `administration`.";
    LogoutDelivered => "logout.delivered", "a client was told of a logout", [ClientId Subject Session], "A client took the news that a session ended (back-channel logout).", "Nothing by itself.";
    LogoutUndelivered => "logout.undelivered", "a client could not be told of a logout", [ClientId Subject Session Cause], "A client did not take the news that a session ended, for a day; it is given up.", "The person may still be signed in there. Ask the owner of the client about its `backchannel_logout_uri`.";
    RequestRefused => "request.refused", "request refused", [Endpoint Error Reason ClientId Address Reference Cause], "A request to another endpoint than the token endpoint was refused.", "`client-authentication-failed` in bursts is somebody guessing secrets; `redirect-uri-mismatch` and `request-expired` in bursts are attempts to send people elsewhere, or a client that was set up wrongly.";
    SessionEnded => "session.ended", "session ended", [ClientId Subject Session Address], "A person signed out, or an operator disabled them or set their password: the session, and the grants that end with it, are good for nothing any more.", "Nothing by itself. `client_id` is the client that asked for it, if one did.";
    SessionOpened => "session.opened", "session opened", [Subject Session Address], "A browser is signed in; the session is the `sid` of its tokens, but of those for pairwise clients.", "Many for one subject from different addresses: their password may be known.";
    SignInFailed => "sign_in.failed", "sign-in failed", [Reason Subject NameKey Address Reference], "A password, code or passkey was wrong, its user is disabled, there is no such user, or too many were wrong before (`throttled`: then whether it was right did not count).", "Many for one subject are guesses of a password; many names from one address are a list of stolen passwords being tried; `disabled` is somebody who was sent away.";
    SignInSucceeded => "sign_in.succeeded", "sign-in succeeded", [Subject Address], "A password or passkey was right: on the sign-in page, in the password grant, or where a person chose a new password. Where a second factor is asked for, `session.opened` says that it was right, too.", "After a run of `sign_in.failed` for the same subject or from the same address, the guess was right: set a new password.";
    TokenIssued => "token.issued", "token issued", [GrantType ClientId Subject Scope Grant TokenId ExpiresIn WithIdToken WithRefreshToken Address], "The token endpoint answered with tokens.", "The record of who could do what. A rate far above the usual for a client, or a machine's client at an address that is not its own, is worth a look.";
    TokenRefused => "token.refused", "request refused", [Endpoint Error Reason ClientId Address Reference Cause], "The token endpoint refused a request.", "`invalid_client` in bursts is somebody guessing secrets, or a client whose secret was changed; `refresh-token-reused` and `code-reused` stand beside a `grant.replayed`.";
    TokenRevoked => "token.revoked", "token revoked", [ClientId Subject TokenId Address], "A client revoked one of its access tokens.", "Nothing by itself.";
}

fields! {
    Action => "action", "\"user.disable\"", "What was done: the command's words, with a dot between them; `registration.create`, `registration.delete`, `registration.update`; or by a person `consent.withdraw`, `passkey.enrol`, `passkey.remove`, `password.set`, `profile.set`, `recovery_code.use`, `recovery_codes.renew`, `totp.enrol`, `totp.remove`.";
    Actor => "actor", "\"root\"", "Who did it: the user of the operating system, before `sudo` if there was one; `server` for what the service does by itself.";
    Address => "address", "\"192.0.2.7\"", "The address that the request came from, where there was a request.";
    By => "by", "\"replay\"", "Who ended it: `administrator`, `client`, `replay` or `user`.";
    Cause => "cause", "\"the secret is wrong\"", "What exactly was wrong, which the client is not told; left out where the reason says it all.";
    ClientId => "client_id", "\"demo-spa\"", "The client. In a refusal it is the one that the request named, whoever sent it.";
    Count => "count", "3", "How many records were touched, where it can be more than one.";
    Credential => "credential", "\"authorization_code\"", "What was used twice: `authorization_code`, `device_code` or `refresh_token`.";
    Endpoint => "endpoint", "\"token\"", "The endpoint, by the name that metrics give it.";
    Error => "error", "\"invalid_client\"", "The error code that the client was told.";
    ExpiresIn => "expires_in", "3600", "Seconds that the access token lives.";
    Grant => "grant", "\"l.0199a3c0-5b1e-7c11-8f3a-0d6b6a1f2c44\"", "The grant, as `grantor grants revoke --grant` takes it; several, separated by spaces, if the token was exchanged. Left out for `client_credentials`.";
    GrantType => "grant_type", "\"authorization_code\"", "The grant type of the request.";
    NameKey => "name_key", "\"9f86d081884c7d65\"", "The beginning of the keyed hash of the name that was typed, where it is nobody's: people type passwords there. The same name has the same value until the key of client secrets changes.";
    Object => "object", "\"alice\"", "Its id, subject, number, value or reference; the owner of declarations.";
    ObjectKind => "object_kind", "\"user\"", "What it was done to: `client`, `declarations` for all that a file declares, `grant`, `key`, `keys`, `resource`, `schema`, `scope`, `session`, `user`, or `users` for all of them.";
    Outcome => "outcome", "\"done\"", "`done`, `adopted`, `created`, `updated`, `removed`, `not_found`, `refused`, or `failed` for an outage.";
    Reason => "reason", "\"client-authentication-failed\"", "Why: in a refusal the heading of errors.md, in a failed sign-in `disabled`, `throttled`, `unknown_passkey`, `unknown_user`, `wrong_code`, `wrong_passkey` or `wrong_password`.";
    Reference => "reference", "\"4f2a6c0d91be\"", "What the client was shown; one reference ties all lines about a refused request.";
    Scope => "scope", "\"openid profile offline_access\"", "The scope.";
    Session => "session", "\"0199a3c0-4d02-7e6f-9b1c-52a4c1f0aa10\"", "The session: `sid`, but of tokens for pairwise clients.";
    Subject => "subject", "\"alice\"", "The user (`sub`), or the client itself for `client_credentials`.";
    TokenId => "token_id", "\"0199a3c0-5b20-7d0e-a1b2-c3d4e5f60718\"", "The access token's `jti`.";
    WithIdToken => "with_id_token", "true", "Whether an ID token came with it.";
    WithRefreshToken => "with_refresh_token", "true", "Whether a refresh token came with it.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_fields_are_in_alphabetical_order() {
        assert!(AuditKind::ALL.is_sorted_by_key(|kind| kind.as_str()));
        assert!(AuditField::ALL.is_sorted_by_key(|field| field.as_str()));
        assert!(AuditKind::ALL.iter().enumerate().all(|(index, kind)| *kind as usize == index));
    }

    #[test]
    fn examples_are_json() {
        for field in AuditField::ALL {
            serde_json::from_str::<serde_json::Value>(field.example()).unwrap();
        }
    }
}
