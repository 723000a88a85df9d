//! The HTTP edge of Grantor on actix-web. Decides how bytes become domain types and how outcomes become responses and
//! pages; it knows no rule of its own.

mod app;
mod bearer;
mod body;
mod call;
mod client_address;
mod cookies;
mod cors;
mod credentials;
mod endpoint;
mod form;
mod language;
pub mod metrics;
mod my_account;
pub mod pages;
mod playground;
mod refusal;
mod routes;
mod trace;

pub use app::App;
pub use client_address::{ForwardedHeader, TrustedProxies};
pub use playground::{
    CALLBACK_PATH as PLAYGROUND_CALLBACK_PATH, DemoClient, DemoUser, PATH as PLAYGROUND_PATH, Playground,
};
pub use routes::configure;
