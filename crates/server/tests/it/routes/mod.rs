//! What each endpoint answers: a file each, named like its path or like the pages that it shows; the grant types of the
//! token endpoint each have their own. `cors` holds for several, and `banner` is what `dev` prints of them to paste.

mod authorize;
mod banner;
mod consent;
mod cors;
mod device;
mod discovery;
mod errors;
mod health;
mod introspect;
mod jwks;
mod language;
mod login;
mod logout;
mod pages;
mod pairwise;
mod playground;
mod register;
mod revoke;
mod schemas;
pub(crate) mod support;
mod token;
mod userinfo;
