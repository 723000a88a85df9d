//! Made-up views that between them take every branch a template can take: decides what a template
//! has to survive before the server starts with it.

use super::{
    AccountPage, ClientLinks, ConsentPage, DeviceDonePage, DevicePage, ErrorPage, FormField, FormPostPage, LeavingPage,
    LoginFailure, LoginPage, LogoutPage, Pages, QrCode, RenderError, ScopeView, SignedOutPage, describe_scope,
    playground,
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

/// An error page that has everything.
pub(super) const ERROR: ErrorPage<'static> = ErrorPage {
    title: "This link does not work",
    message: "The application sent you here with an address that is not registered for it.",
    code: Some("invalid_request"),
    reference: Some("7QK2-M9XD"),
    docs: Some("https://docs.example.test/errors#redirect_uri_mismatch"),
};

/// A consent page that asks for known and unknown scopes, some of them new.
pub(super) fn consent() -> ConsentPage<'static> {
    let scope = |name: &'static str, is_new| ScopeView { name, description: describe_scope(name), is_new };
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
        message: "a scope is malformed, unknown or not allowed to the client",
        code: "invalid_scope",
        reference: "7QK2-M9XD",
        redirect_host: "sample.example.test",
        continue_to: None,
        action: "https://sample.example.test/callback",
        fields: vec![FormField { name: "error", value: "invalid_scope" }],
    }
}

/// Renders every page in every shape and forgets the result.
pub(super) fn render_all(pages: &Pages) -> Result<(), RenderError> {
    pages.account(&ACCOUNT)?;
    pages.login(&LOGIN)?;
    for failure in LoginFailure::ALL {
        pages.login(&LoginPage {
            username: Some("alice"),
            failure: Some(failure),
            reference: Some("7QK2-M9XD"),
            ..LOGIN
        })?;
    }
    pages.consent(&consent())?;
    pages.consent(&ConsentPage {
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
    })?;
    pages.error(&ERROR)?;
    pages.error(&ErrorPage { code: None, reference: None, docs: None, ..ERROR })?;
    pages.form_post(&form_post())?;
    pages.leaving(&leaving())?;
    for continue_to in [None, Some("https://sample.example.test/callback?error=invalid_scope")] {
        pages.leaving(&LeavingPage { continue_to, fields: Vec::new(), ..leaving() })?;
    }
    for user_code in [None, Some("WDJB-MJHT")] {
        let qr_code = user_code.and_then(QrCode::of);
        pages.device(&DevicePage { action: "/device", user_code, is_wrong: user_code.is_some(), qr_code })?;
    }
    for allowed in [true, false] {
        pages.device_done(&DeviceDonePage { allowed })?;
    }
    pages.logout(&LOGOUT)?;
    pages.logout(&LogoutPage { client_name: None, ..LOGOUT })?;
    playground::render_samples(pages)?;
    pages.signed_out(&SignedOutPage::default())?;
    pages.signed_out(&SignedOutPage {
        continue_to: Some("https://sample.example.test/bye"),
        continue_host: Some("sample.example.test"),
        frames: vec!["https://sample.example.test/frontchannel?sid=1"],
    })?;
    Ok(())
}
