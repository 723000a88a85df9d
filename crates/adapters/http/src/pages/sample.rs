//! Made-up views that between them take every branch a template can take: decides what a template
//! has to survive before the server starts with it.

use super::{ConsentPage, ErrorPage, LoginFailure, LoginPage, Pages, RenderError, ScopeView, describe_scope};

/// A sign-in page nobody has posted yet.
pub(super) const LOGIN: LoginPage<'static> = LoginPage {
    action: "/login",
    request: "sealed-request",
    username: None,
    client_name: "Sample",
    failure: None,
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
        client_uri: Some("https://sample.example.test/about"),
        subject_name: "Alice Liddell",
        scopes: vec![
            scope("openid", false),
            scope("email", false),
            scope("contacts.read", true),
            scope("offline_access", true),
        ],
        resources: vec!["Letters", "Photographs"],
        offline: true,
        redirect_host: "sample.example.test",
    }
}

/// Renders every page in every shape and forgets the result.
pub(super) fn render_all(pages: &Pages) -> Result<(), RenderError> {
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
        client_uri: None,
        scopes: Vec::new(),
        resources: Vec::new(),
        offline: false,
        ..consent()
    })?;
    pages.error(&ERROR)?;
    pages.error(&ErrorPage { code: None, reference: None, docs: None, ..ERROR })?;
    Ok(())
}
