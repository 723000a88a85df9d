//! The stylesheet, the two scripts, and the addresses of these and of a logo: decides how a change of the content changes where
//! browsers fetch it from, so that it can be cached for ever and is still never stale.

/// The name of the stylesheet, embedded and in a directory of overrides.
pub(super) const STYLESHEET_FILE: &str = "grantor.css";

/// The stylesheet that comes with the server.
pub const STYLESHEET: &str = include_str!("../../templates/grantor.css");

/// The path the stylesheet is served at.
pub const STYLESHEET_PATH: &str = "/assets/grantor.css";

/// The script that sends the form of an answer on its way (OAuth 2.0 Form Post Response Mode §2). A file of its own, because
/// no page of ours may run what stands in it.
pub(crate) const SCRIPT: &str = include_str!("../../templates/form_post.js");

/// The path the script is served at.
pub(crate) const SCRIPT_PATH: &str = "/assets/form_post.js";

/// The script that asks the browser for passkeys (Web Authentication §5.1).
pub(crate) const PASSKEY_SCRIPT: &str = include_str!("../../templates/passkey.js");

/// The path it is served at.
pub(crate) const PASSKEY_SCRIPT_PATH: &str = "/assets/passkey.js";

/// The address of what is served at `path` with this content.
pub(super) fn href(path: &str, content: &[u8]) -> String {
    format!("{path}?v={:016x}", fingerprint(content))
}

/// FNV-1a, 64 bits. It only has to tell versions of one file apart; nobody gains by a collision.
fn fingerprint(content: &[u8]) -> u64 {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    content.iter().fold(OFFSET_BASIS, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}
