//! How answers are judged: everything that must hold for every answer of a kind is checked here, once, and what is left
//! is one line that a test can compare.

use grantor_domain::error::{Reason, Wire};

use crate::harness::{Answer, Redirected, Server};

/// Status, `error` and the reason that `error_uri` names: `400 invalid_grant code-invalid`; just the status of a
/// success. Holds the answer to everything that RFC 6749 §5.1 and §5.2 ask of any.
#[track_caller]
pub(crate) fn verdict(answer: &Answer) -> String {
    assert!(answer.status < 500, "{} {}", answer.status, answer.text);
    assert_eq!(answer.header("cache-control"), "no-store", "{}", answer.text);
    assert_eq!(answer.header("pragma"), "no-cache", "{}", answer.text);
    if answer.status == 200 {
        return "200".to_owned();
    }
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text);
    assert_eq!(answer.members(), ["error", "error_description", "error_uri", "reference"], "{}", answer.text);
    check_description(&answer.member("error_description"));
    assert!(!answer.member("reference").is_empty());
    check_challenge(answer);
    assert_eq!(answer.header("allow").is_empty(), answer.status != 405, "{}", answer.text);
    let uri = answer.member("error_uri");
    let (_, reason) = uri.rsplit_once("/errors/").unwrap();
    format!("{} {} {reason}", answer.status, answer.member("error"))
}

/// 401 always has a challenge (RFC 9110 §15.5.2). On another refusal it is that of a protected resource, which says why
/// not whatever the status is (RFC 6750 §3).
#[track_caller]
fn check_challenge(answer: &Answer) {
    let challenge = answer.header("www-authenticate");
    if answer.status == 401 {
        assert!(challenge.starts_with("Basic realm=") || challenge.starts_with("Bearer realm="), "{challenge}");
    } else if !challenge.is_empty() {
        let error = format!("error=\"{}\"", answer.member("error"));
        assert!(challenge.starts_with("Bearer realm=") && challenge.contains(&error), "{challenge}");
    }
}

/// "Values for the error_description parameter MUST NOT include characters outside the set %x20-21 / %x23-5B /
/// %x5D-7E" (RFC 6749 §5.2).
#[track_caller]
pub(crate) fn check_description(text: &str) {
    let allowed = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    assert!(!text.is_empty() && text.bytes().all(allowed), "{text:?}");
}

/// What a client was told by redirect: `code`, or `error` and the reason behind it: `invalid_scope scope-invalid`.
/// Holds it to `state`, `iss` (RFC 9207) and to nothing that RFC 6749 §4.1.2 does not name.
#[track_caller]
pub(crate) fn told(server: &Server, redirected: &Redirected) -> String {
    assert_eq!(redirected.parameter("iss"), server.issuer, "{redirected:?}");
    assert_eq!(redirected.parameter("state"), "af0ifjsldkj", "{redirected:?}");
    let names: Vec<_> = redirected.parameters.keys().map(String::as_str).collect();
    if names == ["code", "iss", "state"] {
        return "code".to_owned();
    }
    assert_eq!(names, ["error", "error_description", "iss", "state"], "{redirected:?}");
    let (error, description) = (redirected.parameter("error"), redirected.parameter("error_description"));
    check_description(description);
    let fits = |wire: Wire| wire.code.as_str() == error && description.starts_with(wire.description);
    let reason = Reason::ALL.iter().find(|reason| fits(reason.wire())).unwrap_or_else(|| panic!("{redirected:?}"));
    format!("{error} {}", reason.anchor())
}

/// What a page is: `login`, `consent`, or the status and error code of an error page. Holds it to the headers that
/// every page must have.
#[track_caller]
pub(crate) fn page(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"), "{policy}");
    assert!(!policy.contains("script-src") && !policy.contains("unsafe-inline"), "{policy}");
    assert!(!answer.text.contains("<script"), "{}", answer.text);
    if answer.status == 200 && answer.text.contains("name=\"password\"") {
        return "login".to_owned();
    }
    if answer.status == 200 && answer.text.contains("id=\"allow\"") {
        return "consent".to_owned();
    }
    let codes: Vec<_> = answer.text.split("<code>").skip(1).filter_map(|rest| rest.split_once('<')).collect();
    let code = codes.first().map_or("", |(code, _)| code);
    format!("{} {code}", answer.status).trim().to_owned()
}

/// The reference that a page shows.
#[track_caller]
pub(crate) fn page_reference(answer: &Answer) -> String {
    let (_, rest) = answer.text.split_once("Reference").expect("a page with a reference");
    let (_, rest) = rest.split_once("<code>").unwrap();
    rest.split_once('<').unwrap().0.to_owned()
}

/// The one line of the log about the refusal with this reference.
#[track_caller]
pub(crate) fn log_line(server: &Server, reference: &str) -> String {
    assert!(!reference.is_empty());
    // Audit events about the same request carry it too.
    let is_about = |line: &&str| line.contains("request refused") || line.contains("request failed");
    let found = || -> Vec<String> {
        let log = server.log();
        log.lines().filter(|line| line.contains(reference)).filter(is_about).map(str::to_owned).collect()
    };
    // On a busy machine the answer may be here before the line is.
    let lines = (0..50).map(|_look| found()).find(|lines| !lines.is_empty()).unwrap_or_default();
    assert_eq!(lines.len(), 1, "{reference} in {}", server.log());
    lines[0].clone()
}

/// Snapshots name members in alphabetical order while this is held: whether JSON keeps its own is up to the features
/// that a build happens to enable.
pub(crate) fn sorted() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.set_sort_maps(true);
    settings.bind_to_scope()
}
