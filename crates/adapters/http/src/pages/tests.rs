//! Shows that the pages keep their promises: to the scripts that drive them, to the person who reads
//! them, and to the operator who replaces them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed assumption is a failed test")]

mod branding;
mod hostile;
mod languages;
mod overrides;

use std::error::Error;
use std::fs;

use self::hostile::HOSTILE;
use super::*;

/// Who reads English, on a page that cannot be had again.
const ENGLISH: Reader = Reader { language: Language::ENGLISH, return_to: None };

fn pages() -> Pages {
    Pages::embedded().unwrap()
}

fn all_pages(pages: &Pages) -> [String; 13] {
    [
        pages
            .device(
                &ENGLISH,
                &DevicePage { action: "/device", user_code: None, is_wrong: true, qr_code: QrCode::of("x") },
            )
            .unwrap(),
        pages.device_done(&ENGLISH, &DeviceDonePage { allowed: true }).unwrap(),
        pages.logout(&ENGLISH, &sample::LOGOUT).unwrap(),
        pages.signed_out(&ENGLISH, &SignedOutPage::default()).unwrap(),
        pages.account(&ENGLISH, &sample::ACCOUNT).unwrap(),
        pages.login(&ENGLISH, &sample::LOGIN).unwrap(),
        pages.consent(&ENGLISH, &sample::consent()).unwrap(),
        pages.error(&ENGLISH, &sample::ERROR).unwrap(),
        pages.leaving(&ENGLISH, &sample::leaving()).unwrap(),
        pages.second_factor(&ENGLISH, &SecondFactorPage { passkey: None, ..sample::second_factor() }).unwrap(),
        pages.enrolment(&ENGLISH, &EnrolmentPage { passkey: None, ..sample::enrolment() }).unwrap(),
        pages.recovery_codes(&ENGLISH, &recovery_codes("a4dq-obyh")).unwrap(),
        pages.my_account(&ENGLISH, &MyAccountPage { passkey: None, ..sample::my_account() }).unwrap(),
    ]
}

fn recovery_codes(code: &str) -> RecoveryCodesPage<'_> {
    RecoveryCodesPage { codes: vec![code.to_owned()], action: "/login", request: Some("sealed-request") }
}

/// The pages as they are when `files` lie in the directory of overrides.
fn overridden(files: &[(&str, &str)]) -> Result<Pages, PagesError> {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(directory.path().join(name), text).unwrap();
    }
    Pages::with_overrides(directory.path())
}

/// The error with its causes, as the server prints it.
fn refusal(files: &[(&str, &str)]) -> String {
    let error = overridden(files).err().expect("refused");
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// An English message, as HTML.
fn said(key: &str) -> String {
    escape::escaped(&pages().message(Language::ENGLISH, key).unwrap())
}

#[track_caller]
fn assert_in_order(page: &str, parts: &[&str]) {
    let mut rest = page;
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            panic!("{part} is missing, or out of order, in:\n{page}");
        };
        rest = after;
    }
}

#[test]
fn login_form_has_the_promised_elements() {
    let page = pages().login(&ENGLISH, &sample::LOGIN).unwrap();
    assert_in_order(
        &page,
        &[
            r#"<form method="post" action="/login">"#,
            r#"name="request" value="sealed-request""#,
            r#"<label for="username">"#,
            r#"id="username" name="username" type="text" value="""#,
            r#"autocomplete="username""#,
            "autofocus>",
            r#"<label for="password">"#,
            r#"id="password" name="password" type="password""#,
            r#"autocomplete="current-password""#,
            r#"type="submit">Sign in</button>"#,
        ],
    );
    assert_eq!(page.matches("<button").count(), 1);
    assert_eq!(page.matches("autofocus").count(), 1);
    assert!(!page.contains(r#"role="alert""#));
}

#[test]
fn login_with_a_known_name_asks_for_the_password() {
    let page = pages().login(&ENGLISH, &LoginPage { username: Some("alice"), ..sample::LOGIN }).unwrap();
    assert_in_order(&page, &[r#"value="alice""#, r#"name="password""#, "autofocus"]);
    assert_eq!(page.matches("autofocus").count(), 1);
}

#[test]
fn what_a_client_says_of_itself_is_a_picture_and_links() {
    let links = ClientLinks {
        client_uri: Some("https://sample.example.test/"),
        logo_uri: Some("https://cdn.example.test/logo.png"),
        policy_uri: Some("https://sample.example.test/privacy"),
        tos_uri: Some("https://sample.example.test/terms"),
    };
    let login = pages().login(&ENGLISH, &LoginPage { links, ..sample::LOGIN }).unwrap();
    let consent = pages().consent(&ENGLISH, &ConsentPage { links, ..sample::consent() }).unwrap();
    for page in [login, consent] {
        assert_in_order(
            &page,
            &[
                r#"<img class="logo" src="https://cdn.example.test/logo.png" alt="""#,
                r#"href="https://sample.example.test/""#,
                r#"href="https://sample.example.test/privacy""#,
                r#"href="https://sample.example.test/terms""#,
            ],
        );
    }
    assert!(!pages().login(&ENGLISH, &sample::LOGIN).unwrap().contains("<img"));
}

#[test]
fn the_account_chooser_is_one_form_with_two_choices() {
    let page = pages().account(&ENGLISH, &sample::ACCOUNT).unwrap();
    assert_in_order(
        &page,
        &[
            r#"<form method="post" action="/login/account">"#,
            r#"name="request" value="sealed-request""#,
            r#"id="continue" name="choice" value="continue" type="submit">Continue as <bdi>Alice Liddell</bdi>"#,
            r#"id="another" name="choice" value="another" type="submit""#,
        ],
    );
    assert_eq!(page.matches("<button").count(), 2);
}

#[test]
fn every_login_failure_is_told_in_its_own_words() {
    for failure in LoginFailure::ALL {
        let page = pages()
            .login(&ENGLISH, &LoginPage { failure: Some(failure), reference: Some("7QK2-M9XD"), ..sample::LOGIN })
            .unwrap();
        assert_in_order(
            &page,
            &[
                "<title>Error: ",
                r#"id="failure" role="alert""#,
                &said(failure.message()),
                r#"aria-describedby="failure""#,
                "<code>7QK2-M9XD</code>",
            ],
        );
        let marked = page.matches(r#"aria-invalid="true""#).count();
        let expected = if failure == LoginFailure::WrongCredentials { 2 } else { 0 };
        assert_eq!(marked, expected, "{failure:?}");
    }
}

#[test]
fn who_must_wait_is_told_how_long() {
    for (seconds, expect) in [
        (1, "again in a second."),
        (2, "again in <bdi>2</bdi> seconds."),
        (90, "again in <bdi>90</bdi> seconds."),
        (91, "again in <bdi>2</bdi> minutes."),
        (900, "again in <bdi>15</bdi> minutes."),
    ] {
        let (failure, wait) = (Some(LoginFailure::TooManyAttempts), Some(Wait::of_seconds(seconds)));
        let page = pages().login(&ENGLISH, &LoginPage { failure, wait, ..sample::LOGIN }).unwrap();
        assert_in_order(&page, &["role=\"alert\"", expect]);
    }
}

#[test]
fn consent_is_one_form_with_two_decisions() {
    let page = pages().consent(&ENGLISH, &sample::consent()).unwrap();
    assert_in_order(
        &page,
        &[
            "Signed in as <bdi class=\"party\">Alice Liddell</bdi>",
            r#"<form method="post" action="/consent">"#,
            r#"name="request" value="sealed-request""#,
            "See your email address",
            "<code>contacts.read</code>",
            "New</strong>",
            "To be used with <bdi class=\"party\">Letters</bdi>, <bdi class=\"party\">Photographs</bdi>.",
            r#"id="allow" name="decision" value="allow" type="submit""#,
            r#"id="deny" name="decision" value="deny" type="submit""#,
            "</form>",
            "sample.example.test</bdi>",
        ],
    );
    assert_eq!(page.matches("<form").count(), 1);
    assert_eq!(page.matches("<button").count(), 2);
}

#[test]
fn offline_access_is_told_once() {
    let page = pages().consent(&ENGLISH, &sample::consent()).unwrap();
    assert_eq!(page.matches("Keep this access").count(), 1);
    assert!(page.contains("after you sign out"));

    let page = pages().consent(&ENGLISH, &ConsentPage { offline: false, ..sample::consent() }).unwrap();
    assert_eq!(page.matches("Keep this access").count(), 1);
    assert!(!page.contains("after you sign out"));
}

#[test]
fn a_description_of_offline_access_is_shown_in_its_place() {
    let mut view = sample::consent();
    for scope in view.scopes.iter_mut().filter(|scope| scope.name == "offline_access") {
        scope.description = Some("Stay");
    }
    let page = pages().consent(&ENGLISH, &view).unwrap();
    assert!(page.contains("Stay <small>also after you sign out") && !page.contains("Keep this access"));
}

#[test]
fn first_consent_marks_nothing_as_new() {
    let mut view = sample::consent();
    for scope in &mut view.scopes {
        scope.is_new = true;
    }
    assert!(!pages().consent(&ENGLISH, &view).unwrap().contains("New</strong>"));
}

#[test]
fn a_user_code_is_typed_and_then_compared() {
    let page = pages()
        .device(
            &ENGLISH,
            &DevicePage { action: "/device", user_code: Some("WDJB-MJHT"), is_wrong: true, qr_code: None },
        )
        .unwrap();
    assert_in_order(
        &page,
        &[
            "<title>Error: ",
            r#"role="alert""#,
            r#"<form method="post" action="/device">"#,
            r#"id="user_code" name="user_code" type="text" value="WDJB-MJHT""#,
            r#"aria-invalid="true""#,
            r#"type="submit">Continue</button>"#,
        ],
    );
    let view = ConsentPage { redirect_host: None, user_code: Some("WDJB-MJHT"), ..sample::consent() };
    let page = pages().consent(&ENGLISH, &view).unwrap();
    assert!(page.contains(r#"id="user_code">WDJB-MJHT</strong>"#) && !page.contains("you go on to"), "{page}");
}

#[test]
fn signing_out_is_one_button_and_a_farewell() {
    let page = pages().logout(&ENGLISH, &sample::LOGOUT).unwrap();
    assert_in_order(
        &page,
        &[
            "Sample</bdi> asks to sign you out.",
            "Alice Liddell",
            r#"<form method="post" action="/oauth/logout">"#,
            r#"name="request" value="sealed-request""#,
            r#"id="logout" type="submit">Sign out</button>"#,
        ],
    );
    assert!(!pages().logout(&ENGLISH, &LogoutPage { client_name: None, ..sample::LOGOUT }).unwrap().contains("asks"));
    assert!(pages().signed_out(&ENGLISH, &SignedOutPage::default()).unwrap().contains("You are signed out"));
}

#[test]
fn a_farewell_opens_what_clients_asked_for_and_goes_on() {
    let view = SignedOutPage {
        continue_to: Some("https://sample.example.test/bye?a=1&b=2"),
        continue_host: Some("sample.example.test"),
        frames: vec!["https://one.example.test/out?sid=1", "https://two.example.test/out"],
    };
    assert_in_order(
        &pages().signed_out(&ENGLISH, &view).unwrap(),
        &[
            r#"<meta http-equiv="refresh" content="2; url=https://sample.example.test/bye?a=1&amp;b=2">"#,
            r#"href="https://sample.example.test/bye?a=1&amp;b=2""#,
            r#"<iframe src="https://one.example.test/out?sid=1""#,
            r#"<iframe src="https://two.example.test/out""#,
        ],
    );
}

#[test]
fn an_answer_is_posted_by_a_script_and_by_hand() {
    let page = pages().form_post(&ENGLISH, &sample::form_post()).unwrap();
    assert_in_order(
        &page,
        &[
            "Back to <bdi class=\"host\">sample.example.test</bdi>",
            r#"<form method="post" action="https://sample.example.test/callback">"#,
            r#"<input type="hidden" name="code" value="sealed-code">"#,
            r#"<input type="hidden" name="state" value="af0ifjsldkj">"#,
            r#"type="submit">Continue</button>"#,
            r#"<script src="/assets/form_post.js?v="#,
        ],
    );
    let field = FormField { name: HOSTILE, value: HOSTILE };
    let view = FormPostPage { action: HOSTILE, redirect_host: HOSTILE, fields: vec![field] };
    let page = pages().form_post(&ENGLISH, &view).unwrap();
    assert!(page.matches("<script").count() == 1 && !page.contains("onfocus=\""), "{page}");
}

#[test]
fn error_shows_code_reference_and_explanation() {
    let page = pages().error(&ENGLISH, &sample::ERROR).unwrap();
    assert_in_order(
        &page,
        &[
            "<title>This request cannot be completed – Grantor</title>",
            "<h1>This request cannot be completed</h1>",
            "<p class=\"message\">a scope is malformed, unknown or not allowed to the client</p>",
            "<code>invalid_request</code>",
            "<code>7QK2-M9XD</code>",
            "errors#redirect_uri_mismatch",
        ],
    );
}

#[test]
fn pages_need_no_script_no_inline_style_and_nothing_from_elsewhere() {
    let pages = pages();
    for page in all_pages(&pages) {
        for forbidden in ["<script", "<style", " style=", "src=", "@import", "onclick"] {
            assert!(!page.contains(forbidden), "{forbidden} in:\n{page}");
        }
        assert_in_order(
            &page,
            &[
                r#"<html lang="en">"#,
                "<title>",
                r#"name="viewport""#,
                r#"name="referrer" content="no-referrer""#,
                r#"name="robots" content="noindex""#,
                r#"<link rel="stylesheet" href="/assets/grantor.css?v="#,
            ],
        );
    }
    assert!(!pages.stylesheet().contains("url("));
    assert!(!pages.stylesheet().contains("@import"));
}

#[test]
fn stylesheet_address_follows_its_content() {
    let ours = pages();
    assert_eq!(ours.stylesheet(), STYLESHEET);
    assert!(ours.stylesheet_href().starts_with("/assets/grantor.css?v="));

    let theirs = overridden(&[("grantor.css", "body { color: red }")]).unwrap();
    assert_eq!(theirs.stylesheet(), "body { color: red }");
    assert_ne!(theirs.stylesheet_href(), ours.stylesheet_href());
}

#[test]
fn unknown_scope_is_shown_by_its_name() {
    assert_eq!(ScopeView::new("contacts.read", None, true).message, None);
    for standard in scope::ALL {
        assert!(ScopeView::new(standard, None, true).message.is_some(), "{standard}");
    }
}

#[test]
fn pages_can_be_shared() {
    fn shared<T: Send + Sync + 'static>(_: &T) {}
    shared(&pages());
}
