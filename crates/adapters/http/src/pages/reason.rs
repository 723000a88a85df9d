//! What people are told about a refused request: decides which messages a page about a reason has.

use grantor_domain::error::Reason;

/// The messages of the page that says that there is nothing at an address: its title, and what to do.
pub(crate) const NOT_FOUND: (&str, &str) = ("not-found-title", "not-found-message");

/// The message that a page about this reason is headed with.
pub(crate) const fn page_title(reason: Reason) -> &'static str {
    match reason {
        Reason::InternalFailure | Reason::TemporarilyUnavailable => "error-title-try-again",
        Reason::RequestExpired => "error-title-sign-in-expired",
        Reason::LogoutExpired => "error-title-out-of-date",
        Reason::DeviceCodeDecided => "error-title-code-answered",
        _ => "error-title-not-completed",
    }
}

/// The message that explains it, where a language has one.
pub(crate) fn reason_key(reason: Reason) -> String {
    format!("reason-{}", reason.anchor())
}
