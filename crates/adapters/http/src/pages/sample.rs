//! Made-up views that between them take every branch a template can take: decides what a template
//! has to survive before the server starts with it.

use std::borrow::Cow;

use super::{
    AccountFailure, AccountPage, ApplicationView, ClaimView, ClientLinks, ConsentPage, DeviceDonePage, DevicePage,
    EnrolmentPage, ErrorPage, FactView, FactorFailure, FormField, FormPostPage, GrantView, Language, LeavingPage,
    LoginFailure, LoginPage, LogoutPage, MyAccountPage, OwnPasskeyView, Pages, PasskeyFormView, QrCode, Reader,
    RecoveryCodesPage, RenderError, ScopeView, SecondFactorPage, SessionView, SignedOutPage, Wait, Words, playground,
};

const NO_LINKS: ClientLinks<'static> =
    ClientLinks { client_uri: None, logo_uri: None, policy_uri: None, tos_uri: None };

/// An account chooser.
pub(super) const ACCOUNT: AccountPage<'static> = AccountPage {
    action: "/login/account",
    request: "sealed-request",
    client_name: Some("Sample"),
    subject_name: "Alice Liddell",
};

/// A sign-in page nobody has posted yet.
pub(super) const LOGIN: LoginPage<'static> = LoginPage {
    action: "/login",
    request: "sealed-request",
    username: None,
    client_name: Some("Sample"),
    links: NO_LINKS,
    is_self_registered: false,
    passkey: None,
    failure: None,
    wait: None,
    reference: None,
};

/// What a page is told to say.
const WORDS: Words<'static> =
    Words { text: Cow::Borrowed("a scope is malformed, unknown or not allowed to the client"), language: None };

/// An error page that has everything.
pub(super) const ERROR: ErrorPage<'static> = ErrorPage {
    title: "error-title-not-completed",
    message: WORDS,
    code: Some("invalid_request"),
    reference: Some("7QK2-M9XD"),
    docs: Some("https://docs.example.test/errors#redirect_uri_mismatch"),
};

/// A consent page that asks for known and unknown scopes, some of them new.
pub(super) fn consent() -> ConsentPage<'static> {
    let scope = |name: &'static str, is_new| ScopeView::new(name, None, is_new);
    ConsentPage {
        action: "/consent",
        request: "sealed-request",
        client_name: "Sample",
        links: ClientLinks { client_uri: Some("https://sample.example.test/about"), ..NO_LINKS },
        is_self_registered: false,
        subject_name: "Alice Liddell",
        scopes: vec![
            scope("openid", false),
            scope("email", false),
            scope("contacts.read", true),
            scope("offline_access", true),
        ],
        resources: vec!["Letters", "Photographs"],
        offline: true,
        redirect_host: Some("sample.example.test"),
        user_code: None,
    }
}

/// A question whether to sign out.
pub(super) const LOGOUT: LogoutPage<'static> = LogoutPage {
    action: "/oauth/logout",
    request: "sealed-request",
    subject_name: "Alice Liddell",
    client_name: Some("Sample"),
};

/// An answer on its way to a client.
pub(super) fn form_post() -> FormPostPage<'static> {
    FormPostPage {
        action: "https://sample.example.test/callback",
        redirect_host: "sample.example.test",
        fields: vec![
            FormField { name: "code", value: "sealed-code" },
            FormField { name: "state", value: "af0ifjsldkj" },
        ],
    }
}

/// A no to a client that nobody vouches for, which a form posts.
pub(super) fn leaving() -> LeavingPage<'static> {
    LeavingPage {
        client_name: "Sample",
        message: WORDS,
        code: "invalid_scope",
        reference: "7QK2-M9XD",
        redirect_host: "sample.example.test",
        continue_to: None,
        action: "https://sample.example.test/callback",
        fields: vec![FormField { name: "error", value: "invalid_scope" }],
    }
}

/// Renders every page in every shape and every language, and forgets the result.
pub(super) fn render_all(pages: &Pages) -> Result<(), RenderError> {
    for language in pages.languages() {
        render_for(pages, &Reader { language, return_to: Some("/login?request=sealed-request".to_owned()) })?;
    }
    render_for(pages, &Reader { language: Language::ENGLISH, return_to: None })
}

/// A form for a passkey.
pub(super) fn passkey() -> PasskeyFormView<'static> {
    PasskeyFormView {
        action: "/login/passkey",
        ceremony: "get",
        options: "{}".to_owned(),
        fields: vec![FormField { name: "request", value: "sealed-request" }],
        asks_name: true,
        label: PasskeyFormView::SIGN_IN,
    }
}

/// A page that asks for a second factor.
pub(super) fn second_factor() -> SecondFactorPage<'static> {
    SecondFactorPage {
        action: "/login/second-factor",
        request: "sealed-request",
        client_name: Some("Sample"),
        takes_totp: true,
        takes_recovery_code: true,
        passkey: Some(passkey()),
        failure: None,
        wait: None,
        reference: None,
    }
}

/// A page on which one is set up.
pub(super) fn enrolment() -> EnrolmentPage<'static> {
    EnrolmentPage {
        action: "/login/second-factor/new",
        fields: vec![FormField { name: "request", value: "sealed-request" }],
        client_name: Some("Sample"),
        secret: "GEZD GNBV".to_owned(),
        qr_code: QrCode::of("otpauth://totp/Sample:alice?secret=GEZDGNBV"),
        app_link: "otpauth://totp/Sample:alice?secret=GEZDGNBV",
        passkey: Some(passkey()),
        cancel: None,
        failure: None,
        reference: None,
    }
}

/// My account of somebody who has everything.
pub(super) fn my_account() -> MyAccountPage<'static> {
    let time = || "2026-11-29 08:10 UTC".to_owned();
    let own = |name, used| OwnPasskeyView { id: "0a1b".to_owned(), name, added: time(), used };
    let session = |browser: Option<&str>, address, is_this| SessionView {
        id: "0199a3c0-4d02-7e6f-9b1c-52a4c1f0aa10".to_owned(),
        browser: browser.map(str::to_owned),
        address,
        since: time(),
        is_this,
    };
    let application = |grants| ApplicationView {
        client_id: "sample",
        name: "Sample",
        scopes: vec![
            ScopeView::new("openid", None, false),
            ScopeView::new("contacts.read", None, false),
            ScopeView::new("contacts.write", Some("Change your contacts"), false),
        ],
        since: time(),
        grants,
    };
    let grant = GrantView {
        reference: "l.0199a3c0-5b1e-7c11-8f3a-0d6b6a1f2c44".to_owned(),
        scope: "openid".to_owned(),
        since: time(),
        until: time(),
    };
    let claim = |name, label, autocomplete| ClaimView { name, label, autocomplete, value: "Alice" };
    MyAccountPage {
        action: "/account",
        authenticator: "/account/authenticator",
        form: "sealed-form",
        username: "alice",
        facts: vec![FactView { label: "claim-email", value: "alice@example.test" }],
        claims: vec![claim("name", Some("claim-name"), Some("name")), claim("zoneinfo", None, None)],
        has_password: true,
        min_length: 8,
        has_factor: true,
        has_totp: true,
        passkeys: vec![own("Laptop", Some(time())), own("", None)],
        passkey: Some(passkey()),
        recovery_codes: 10,
        sessions: vec![session(Some("Browser/1"), Some("192.0.2.7"), true), session(None, None, false)],
        applications: vec![application(vec![grant]), application(Vec::new())],
        done: true,
        failure: None,
        wait: None,
        reference: None,
    }
}

/// Renders the pages about second factors, and My account, in every shape.
fn render_factors(pages: &Pages, reader: &Reader) -> Result<(), RenderError> {
    let wait = Some(Wait::of_seconds(30));
    pages.second_factor(reader, &second_factor())?;
    for failure in FactorFailure::ALL {
        let (failure, reference) = (Some(failure), Some("7QK2-M9XD"));
        let view = SecondFactorPage { client_name: None, failure, wait, reference, ..second_factor() };
        pages.second_factor(reader, &view)?;
        pages.second_factor(reader, &SecondFactorPage { takes_totp: false, ..view })?;
        let enrolment = EnrolmentPage { failure, reference, cancel: Some("/account"), ..enrolment() };
        pages.enrolment(reader, &EnrolmentPage { client_name: None, qr_code: None, passkey: None, ..enrolment })?;
    }
    let alone = SecondFactorPage { takes_totp: false, takes_recovery_code: false, ..second_factor() };
    pages.second_factor(reader, &alone)?;
    pages.second_factor(reader, &SecondFactorPage { takes_recovery_code: false, passkey: None, ..second_factor() })?;
    pages.enrolment(reader, &enrolment())?;
    for request in [None, Some("sealed-request")] {
        let codes = vec!["a4dq-obyh-a4dq-obyh".to_owned()];
        pages.recovery_codes(reader, &RecoveryCodesPage { codes, action: "/login", request })?;
    }
    pages.my_account(reader, &my_account())?;
    for failure in AccountFailure::ALL {
        let (failure, reference) = (Some(failure), Some("7QK2-M9XD"));
        pages.my_account(reader, &MyAccountPage { done: false, failure, wait, reference, ..my_account() })?;
    }
    let bare = MyAccountPage {
        facts: Vec::new(),
        claims: Vec::new(),
        has_password: false,
        has_factor: false,
        has_totp: false,
        passkeys: Vec::new(),
        passkey: None,
        sessions: Vec::new(),
        applications: Vec::new(),
        ..my_account()
    };
    pages.my_account(reader, &bare).map(|_html| ())
}

/// Renders every page in every shape for this reader.
fn render_for(pages: &Pages, reader: &Reader) -> Result<(), RenderError> {
    pages.account(reader, &ACCOUNT)?;
    pages.account(reader, &AccountPage { client_name: None, ..ACCOUNT })?;
    pages.login(reader, &LOGIN)?;
    pages.login(reader, &LoginPage { client_name: None, passkey: Some(passkey()), ..LOGIN })?;
    render_factors(pages, reader)?;
    for failure in LoginFailure::ALL {
        pages.login(
            reader,
            &LoginPage { username: Some("alice"), failure: Some(failure), reference: Some("7QK2-M9XD"), ..LOGIN },
        )?;
    }
    pages.consent(reader, &consent())?;
    pages.consent(
        reader,
        &ConsentPage {
            links: ClientLinks {
                client_uri: None,
                logo_uri: Some("https://sample.example.test/logo.png"),
                policy_uri: Some("https://sample.example.test/privacy"),
                tos_uri: Some("https://sample.example.test/terms"),
            },
            is_self_registered: true,
            scopes: Vec::new(),
            resources: Vec::new(),
            offline: false,
            redirect_host: None,
            user_code: Some("WDJB-MJHT"),
            ..consent()
        },
    )?;
    pages.error(reader, &ERROR)?;
    let foreign = Words { language: Some("en"), ..WORDS };
    pages.error(reader, &ErrorPage { message: foreign, code: None, reference: None, docs: None, ..ERROR })?;
    pages.form_post(reader, &form_post())?;
    pages.leaving(reader, &leaving())?;
    for continue_to in [None, Some("https://sample.example.test/callback?error=invalid_scope")] {
        pages.leaving(reader, &LeavingPage { continue_to, fields: Vec::new(), ..leaving() })?;
    }
    for user_code in [None, Some("WDJB-MJHT")] {
        let qr_code = user_code.and_then(QrCode::of);
        pages.device(reader, &DevicePage { action: "/device", user_code, is_wrong: user_code.is_some(), qr_code })?;
    }
    for allowed in [true, false] {
        pages.device_done(reader, &DeviceDonePage { allowed })?;
    }
    pages.logout(reader, &LOGOUT)?;
    pages.logout(reader, &LogoutPage { client_name: None, ..LOGOUT })?;
    pages.signed_out(reader, &SignedOutPage::default())?;
    playground::render_samples(pages, reader)?;
    pages.signed_out(
        reader,
        &SignedOutPage {
            continue_to: Some("https://sample.example.test/bye"),
            continue_host: Some("sample.example.test"),
            frames: vec!["https://sample.example.test/frontchannel?sid=1"],
        },
    )?;
    Ok(())
}
