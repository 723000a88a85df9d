//! The HTTP edge of Grantor on actix-web. Decides how bytes become domain types and how outcomes become responses and
//! pages; it knows no rule of its own.

mod app;
mod bearer;
mod body;
mod client_address;
mod cookies;
mod cors;
mod credentials;
mod form;
pub mod pages;
mod refusal;
mod routes;

pub use app::App;
pub use client_address::{ForwardedHeader, TrustedProxies};
pub use routes::configure;
