//! The stylesheet and its address: decides how a change of its content changes where browsers
//! fetch it from, so that it can be cached for ever and is still never stale.

/// The name of the stylesheet, embedded and in a directory of overrides.
pub(super) const STYLESHEET_FILE: &str = "grantor.css";

/// The stylesheet that comes with the server.
pub const STYLESHEET: &str = include_str!("../../templates/grantor.css");

/// The path the stylesheet is served at.
pub const STYLESHEET_PATH: &str = "/assets/grantor.css";

/// The address of a stylesheet with this content.
pub(super) fn href(content: &str) -> String {
    format!("{STYLESHEET_PATH}?v={:016x}", fingerprint(content))
}

/// FNV-1a, 64 bits. It only has to tell versions of one file apart; nobody gains by a collision.
fn fingerprint(content: &str) -> u64 {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    content.bytes().fold(OFFSET_BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}
