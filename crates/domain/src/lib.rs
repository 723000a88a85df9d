//! Grants and token rules of OAuth 2.x and OpenID Connect.
//!
//! Everything here is a pure decision: values in, a decision out. Nothing in this crate waits, reads a clock, draws
//! randomness or knows how anything is stored or sent; `now` and random bytes are arguments. A value that exists is
//! valid: constructors parse, and what a check proves is a type that only the check can make
//! ([`client::AuthenticatedClient`], [`redirect_uri::MatchedRedirectUri`], [`authorization::ConsentedScope`]).

pub mod authorization;
pub mod client;
pub mod error;
pub mod grant;
pub mod id;
pub mod jwt;
pub mod pkce;
pub mod redirect_uri;
pub mod registry;
pub mod resource;
pub mod scope;
pub mod secret;
pub mod session;
pub mod time;
pub mod token;
pub mod user;
