//! Grants and token rules of OAuth 2.x (RFC 6749, RFC 9700) and OpenID Connect Core §2, §3, §5 and §6. The README beside this
//! crate says how to depend on it; `examples/` has a resource server and a whole authorization in virtual time.
//!
//! Everything here is a pure decision: values in, a decision out. Nothing in this crate waits, reads a clock, draws
//! randomness or knows how anything is stored or sent; `now` and random bytes are arguments. A value that exists is
//! valid: constructors parse, and what a check proves is a type that only the check can make
//! ([`client::AuthenticatedClient`], [`redirect_uri::MatchedRedirectUri`], [`authorization::ConsentedScope`]).
//!
//! Every item names the section that it comes from; a field or method that names none comes from where its type does.
//! *Grantor's own* marks what no specification says, and *Core* is OpenID Connect Core 1.0.
//!
//! | To decide | begin at |
//! |---|---|
//! | whether an access token opens a door | [`token::access_token::AccessToken::from_claims`] |
//! | whether a client is who it says | [`client::authenticate`] |
//! | what an authorization request leads to | [`authorization::decide`] |
//! | whether a person is signed out without a question | [`logout::decide`] |
//! | whether a code may be redeemed | [`grant::authorization_code::redeem`] |
//! | whether a refresh token is a replay | [`grant::refresh_token::judge_spent`] |
//! | what a client may get for itself, or for another token | [`grant::client_credentials::issue`], [`grant::token_exchange::exchange`] |
//! | how long whoever guesses passwords must wait | [`throttle::Throttle::wait`] |
//! | whether a code of an authenticator app counts | [`second_factor::TotpSecret::accepts`] |
//! | whether somebody may choose a password | [`new_password::PasswordRules::check`] |
//! | what to tell a client that is refused | [`error::Reason::wire`] |

#![warn(clippy::missing_errors_doc, clippy::missing_panics_doc, rustdoc::missing_crate_level_docs)]

pub mod authorization;
pub mod client;
pub mod error;
pub mod grant;
pub mod id;
pub mod jwt;
pub mod logout;
pub mod new_password;
pub mod pkce;
pub mod redirect_uri;
pub mod registry;
pub mod resource;
pub mod scope;
pub mod second_factor;
pub mod secret;
pub mod session;
pub mod throttle;
pub mod time;
pub mod token;
pub mod ui_locales;
pub mod user;

/// What the README shows must compile and hold.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
