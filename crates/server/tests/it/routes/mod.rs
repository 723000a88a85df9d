//! One file per endpoint, named like its path; the grant types of the token endpoint each have their own.

mod audit;
mod authorize;
mod banner;
mod consent;
mod cors;
mod discovery;
mod errors;
mod health;
mod introspect;
mod jwks;
mod login;
mod logs;
mod metrics;
mod pages;
mod revoke;
mod support;
mod system_a;
mod system_b;
mod system_c;
mod token;
mod userinfo;
