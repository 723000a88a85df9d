//! Made-up views that between them take every branch a template can take: decides what a template
//! has to survive before the server starts with it.

use std::borrow::Cow;

use super::{
    AccountPage, ClientLinks, ConsentPage, DeviceDonePage, DevicePage, ErrorPage, FormField, FormPostPage, Language,
    LeavingPage, LoginFailure, LoginPage, LogoutPage, Pages, QrCode, Reader, RenderError, ScopeView, SignedOutPage,
    Words, playground,
};

const NO_LINKS: ClientLinks<'static> =
    ClientLinks { client_uri: None, logo_uri: None, policy_uri: None, tos_uri: None };

/// An account chooser.
pub(super) const ACCOUNT: AccountPage<'static> = AccountPage {
    action: "/login/account",
    request: "sealed-request",
    client_name: "Sample",
    subject_name: "Alice Liddell",
};

/// A sign-in page nobody has posted yet.
pub(super) const LOGIN: LoginPage<'static> = LoginPage {
    action: "/login",
    request: "sealed-request",
    username: None,
    client_name: "Sample",
    links: NO_LINKS,
    is_self_registered: false,
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

/// Renders every page in every shape for this reader.
fn render_for(pages: &Pages, reader: &Reader) -> Result<(), RenderError> {
    pages.account(reader, &ACCOUNT)?;
    pages.login(reader, &LOGIN)?;
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
