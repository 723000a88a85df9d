//! Shows that whatever a client or a person calls itself stays text, and that links only lead to the web.

use super::*;

pub(super) const HOSTILE: &str = r#"<script>alert('1')</script>" autofocus onfocus="x"#;
const HOSTILE_LINK: &str = r#"https://a.test/"><script>"#;
const HOSTILE_LINKS: ClientLinks<'static> = ClientLinks {
    client_uri: Some(HOSTILE_LINK),
    logo_uri: Some(HOSTILE_LINK),
    policy_uri: Some(HOSTILE_LINK),
    tos_uri: Some(HOSTILE_LINK),
};

fn hostile_words() -> Words<'static> {
    Words { text: Cow::Borrowed(HOSTILE), language: Some("en") }
}

/// My account of somebody who means ill, or is meant ill.
fn hostile_account() -> MyAccountPage<'static> {
    let all = || HOSTILE.to_owned();
    MyAccountPage {
        action: HOSTILE,
        authenticator: HOSTILE,
        form: HOSTILE,
        username: HOSTILE,
        facts: vec![FactView { label: "claim-email", value: HOSTILE }],
        claims: vec![ClaimView { name: HOSTILE, label: None, autocomplete: None, value: HOSTILE }],
        passkeys: vec![OwnPasskeyView { id: all(), name: HOSTILE, added: all(), used: Some(all()) }],
        passkey: None,
        sessions: vec![SessionView {
            id: all(),
            browser: Some(all()),
            address: Some(HOSTILE),
            since: all(),
            is_this: false,
        }],
        applications: vec![ApplicationView {
            client_id: HOSTILE,
            name: HOSTILE,
            scopes: vec![ScopeView::new(HOSTILE, Some(HOSTILE), false)],
            since: all(),
            grants: vec![GrantView { reference: all(), scope: all(), since: all(), until: all() }],
        }],
        reference: Some(HOSTILE),
        ..sample::my_account()
    }
}

#[test]
fn hostile_values_stay_text() {
    let pages = pages();
    let login = pages.login(
        &ENGLISH,
        &LoginPage {
            action: HOSTILE,
            request: HOSTILE,
            username: Some(HOSTILE),
            client_name: Some(HOSTILE),
            links: HOSTILE_LINKS,
            is_self_registered: true,
            failure: Some(LoginFailure::Expired),
            wait: Some(Wait::of_seconds(75)),
            reference: Some(HOSTILE),
            passkey: None,
        },
    );
    let consent = pages.consent(
        &ENGLISH,
        &ConsentPage {
            action: HOSTILE,
            request: HOSTILE,
            client_name: HOSTILE,
            links: HOSTILE_LINKS,
            is_self_registered: true,
            subject_name: HOSTILE,
            scopes: vec![ScopeView::new(HOSTILE, Some(HOSTILE), true)],
            resources: vec![HOSTILE],
            offline: true,
            redirect_host: Some(HOSTILE),
            user_code: Some(HOSTILE),
        },
    );
    let account = pages.account(
        &ENGLISH,
        &AccountPage { action: HOSTILE, request: HOSTILE, client_name: Some(HOSTILE), subject_name: HOSTILE },
    );
    let leaving = pages.leaving(
        &ENGLISH,
        &LeavingPage {
            client_name: HOSTILE,
            message: hostile_words(),
            code: HOSTILE,
            reference: HOSTILE,
            redirect_host: HOSTILE,
            continue_to: None,
            action: HOSTILE,
            fields: vec![FormField { name: HOSTILE, value: HOSTILE }],
        },
    );
    let logout = pages.logout(
        &ENGLISH,
        &LogoutPage { action: HOSTILE, request: HOSTILE, subject_name: HOSTILE, client_name: Some(HOSTILE) },
    );
    let error = pages.error(
        &ENGLISH,
        &ErrorPage {
            title: "not-found-title",
            message: hostile_words(),
            code: Some(HOSTILE),
            reference: Some(HOSTILE),
            docs: None,
        },
    );
    let device = pages.device(
        &ENGLISH,
        &DevicePage { action: HOSTILE, user_code: Some(HOSTILE), is_wrong: true, qr_code: QrCode::of(HOSTILE) },
    );
    let signed_out = pages.signed_out(
        &ENGLISH,
        &SignedOutPage { continue_to: Some(HOSTILE), continue_host: Some(HOSTILE), frames: vec![HOSTILE] },
    );
    for page in [login, consent, account, leaving, logout, device, signed_out, error] {
        stays_text(page);
    }
}

/// The page shows what was put into it, and runs none of it.
fn stays_text(page: Result<String, RenderError>) {
    let page = page.unwrap();
    assert!(!page.contains("<script"), "{page}");
    assert!(!page.contains("onfocus=\""), "{page}");
    assert!(page.contains("&lt;script&gt;"), "{page}");
}

#[test]
fn hostile_values_stay_text_where_people_look_after_themselves() {
    let pages = pages();
    let second_factor = pages.second_factor(
        &ENGLISH,
        &SecondFactorPage {
            action: HOSTILE,
            request: HOSTILE,
            client_name: Some(HOSTILE),
            passkey: None,
            reference: Some(HOSTILE),
            ..sample::second_factor()
        },
    );
    let passkey = PasskeyFormView {
        action: HOSTILE,
        options: HOSTILE.to_owned(),
        fields: vec![FormField { name: HOSTILE, value: HOSTILE }],
        ..sample::passkey()
    };
    let login_by_passkey = pages.login(&ENGLISH, &LoginPage { passkey: Some(passkey), ..sample::LOGIN });
    // The one script of that page is ours.
    let login_by_passkey = login_by_passkey.map(|page| page.replace("<script src=\"/assets/passkey.js", ""));
    let enrolment = pages.enrolment(
        &ENGLISH,
        &EnrolmentPage {
            action: HOSTILE,
            client_name: Some(HOSTILE),
            secret: HOSTILE.to_owned(),
            app_link: HOSTILE,
            cancel: Some(HOSTILE),
            passkey: None,
            ..sample::enrolment()
        },
    );
    let recovery_codes = pages.recovery_codes(&ENGLISH, &recovery_codes(HOSTILE));
    let my_account = pages.my_account(&ENGLISH, &hostile_account());
    for page in [second_factor, login_by_passkey, enrolment, recovery_codes, my_account] {
        stays_text(page);
    }
}

#[test]
fn only_links_to_the_web_are_links() {
    let link = |uri| {
        let links = ClientLinks { client_uri: Some(uri), ..ClientLinks::default() };
        let view = ConsentPage { links, ..sample::consent() };
        pages().consent(&ENGLISH, &view).unwrap().contains("<a ")
    };
    assert!(link("https://sample.example.test/"));
    assert!(link("http://127.0.0.1:3090/"));
    for uri in [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "data:text/html,<script>",
        "//elsewhere.test/",
        "https://bank.test@elsewhere.test/",
        "mailto:alice@example.test",
        "",
    ] {
        assert!(!link(uri), "{uri}");
    }
}
