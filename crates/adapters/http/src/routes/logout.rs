//! `/oauth/logout` (OpenID Connect RP-Initiated Logout §2): a client sends the browser here, by GET or by a form, and the
//! page that asks posts here, too.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::{LogoutOutcome, LogoutView, PendingLogout, SignedOut};
use grantor_domain::client::WebUri;
use grantor_domain::error::Refusal;
use grantor_domain::logout::LogoutParameters;
use grantor_domain::ui_locales::UiLocales;
use url::form_urlencoded::Serializer;

use crate::app::App;
use crate::body::read_body;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::form::Form;
use crate::pages::{LogoutPage, SignedOutPage};
use crate::refusal::Occasion;
use crate::routes::follow::{add_cookies, redirect_host, see_other, with_query};
use crate::routes::shell::Loads;

pub(crate) async fn get(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Logout, &request, async |call| {
        answer(&app, call, &request, Form::parse(request.query_string().as_bytes())).await
    })
    .await
}

pub(crate) async fn post(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::Logout, &request, async |call| {
        let body = read_body(&request, payload).await;
        match body.as_ref().ok().and_then(|body| app.send_on(call, &request, body)) {
            Some(sent_on) => sent_on,
            None => answer(&app, call, &request, body.and_then(|body| Form::parse(&body))).await,
        }
    })
    .await
}

async fn answer(app: &App, call: &Call<'_>, request: &HttpRequest, form: Result<Form, Refusal>) -> HttpResponse {
    let mut form = match form {
        Ok(form) => form,
        Err(refusal) => return app.refuse_on_page(&refusal.into(), Occasion::of(call)),
    };
    if let Some(pending) = form.take("request").filter(|_| request.method() == actix_web::http::Method::POST) {
        return confirm(app, call, request, &PendingLogout::new(pending)).await;
    }
    let parameters = LogoutParameters {
        id_token_hint: form.take("id_token_hint"),
        client_id: form.take("client_id"),
        post_logout_redirect_uri: form.take("post_logout_redirect_uri"),
        state: form.take("state"),
        ui_locales: form.take("ui_locales"),
    };
    call.wants(parameters.ui_locales.as_deref().map(UiLocales::parse).unwrap_or_default());
    let known = app.browser(request);
    let browser = known.clone().unwrap_or_else(|| app.service.new_browser());
    match app.service.logout(&parameters, &browser, app.session(request).as_ref()).await {
        Ok(LogoutOutcome::Ask(view)) => {
            let mut page = ask(app, call, request, &view);
            add_cookies(&mut page, known.is_none().then(|| app.browser_cookie(&browser)).as_slice());
            page
        }
        Ok(LogoutOutcome::Done(done)) => goodbye(app, call, request, &done),
        Err(failure) => app.refuse_on_page(&failure, Occasion { call, client_id: parameters.client_id.as_deref() }),
    }
}

/// The person pressed the button of the page that asks.
async fn confirm(app: &App, call: &Call<'_>, request: &HttpRequest, pending: &PendingLogout) -> HttpResponse {
    match app.service.confirm_logout(pending, app.browser(request).as_ref(), app.session(request).as_ref()).await {
        Ok(done) => goodbye(app, call, request, &done),
        Err(failure) => app.refuse_on_page(&failure, Occasion::of(call)),
    }
}

fn ask(app: &App, call: &Call<'_>, request: &HttpRequest, view: &LogoutView) -> HttpResponse {
    call.wants(view.ui_locales.clone());
    let html = app.pages.logout(
        &app.reader(call),
        &LogoutPage {
            action: request.path(),
            request: view.pending.as_str(),
            subject_name: &view.subject_name,
            client_name: view.client_name.as_deref(),
        },
    );
    app.page(StatusCode::OK, html)
}

/// Sends the person where the client registered, or says goodbye; either way without a session. A page comes between where
/// the browser has something to open first.
fn goodbye(app: &App, call: &Call<'_>, request: &HttpRequest, done: &SignedOut) -> HttpResponse {
    // Whoever sent none keeps what they have: perhaps another site sent them.
    let cookies: Vec<_> = app.session(request).map(|_| app.no_session_cookie()).into_iter().collect();
    let address = done.destination.as_ref().map(|(uri, state)| {
        let state = state.as_deref().map(|state| ("state", state));
        with_query(uri, &Serializer::new(String::new()).extend_pairs(state).finish())
    });
    if let (Some(address), true) = (&address, done.frames.is_empty()) {
        return see_other(address, cookies);
    }
    let host = address.as_deref().map(redirect_host);
    call.wants(done.ui_locales.clone());
    let mut reader = app.reader(call);
    // Who is about to go on would go on at once, and nothing would be opened before.
    reader.return_to = reader.return_to.filter(|_| address.is_none());
    let html = app.pages.signed_out(
        &reader,
        &SignedOutPage {
            continue_to: address.as_deref(),
            continue_host: host.as_deref(),
            frames: done.frames.iter().map(WebUri::as_str).collect(),
        },
    );
    let origins: BTreeSet<_> = done.frames.iter().filter_map(WebUri::origin).collect();
    let origins = origins.into_iter().collect::<Vec<_>>().join(" ");
    let loads = Loads { frames_of: Some(origins.as_str()).filter(|origins| !origins.is_empty()), ..Loads::default() };
    let mut page = app.page_that(loads, StatusCode::OK, html);
    add_cookies(&mut page, &cookies);
    page
}
