//! The playground: plays a client against this very server, so that a developer sees each request and each answer before
//! they write a line. Grantor's own.
//!
//! Decides what can be tried and what is asked for it ([`actions`]), what a person asked for ([`entry`]), what the client signs
//! to prove itself ([`proof`]), which request that makes and how it is shown ([`outgoing`]), sends it to the routes of this
//! process ([`perform`]), and reads the answer ([`answer`], [`jwt`], [`json`]) for a page ([`page`]). Nothing is kept here between
//! two steps: it travels through the browser, sealed ([`kept`]).

pub(crate) mod actions;
pub(crate) mod answer;
pub(crate) mod demo;
pub(crate) mod entry;
mod json;
pub(crate) mod jwt;
pub(crate) mod kept;
pub(crate) mod outgoing;
pub(crate) mod page;
pub(crate) mod perform;
pub(crate) mod proof;

pub use demo::{DemoClient, DemoUser};

/// Path of the playground.
pub const PATH: &str = "/playground";

/// Path of its redirect URI, which a client needs to try the authorization code there.
pub const CALLBACK_PATH: &str = "/playground/callback";

/// What a server knows beforehand for whoever plays: where everything may be known, the clients and the user of the demo
/// set; nothing on a server for others.
#[derive(Default)]
pub struct Playground {
    /// Clients to choose from.
    pub clients: Vec<DemoClient>,
    /// A user to sign in as.
    pub user: Option<DemoUser>,
}
