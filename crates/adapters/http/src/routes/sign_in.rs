//! `/login`: the sign-in page, and what is sent from it.

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::{
    Browser, Failure, Interaction, KnownBrowserCookie, Outcome, SessionCookie, SignInForm, SignInOutcome, SignInView,
};
use grantor_domain::client::WebUri;
use grantor_domain::error::Refusal;
use grantor_domain::secret::Secret;

use crate::app::App;
use crate::body::read_form;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::form::Form;
use crate::pages::{ClientLinks, FormField, LoginFailure, LoginPage, PasskeyFormView, Wait};
use crate::refusal::{Occasion, ask_to_wait, seconds_to_wait};
use crate::routes::follow::{interaction, open_page, page_with};
use crate::routes::second_factor::{origin, passkey_form};
use crate::routes::shell::Loads;
use crate::routes::{PASSKEY, SIGN_IN};

pub(crate) async fn show(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::SignIn, &request, async |call| answer_page(&app, call, &request).await).await
}

async fn answer_page(app: &App, call: &Call<'_>, request: &HttpRequest) -> HttpResponse {
    let load = async |interaction: &Interaction, browser: Option<&Browser>, session: Option<&SessionCookie>| {
        app.service.sign_in_page(interaction, browser, session).await
    };
    open_page(app, call, request, load, |interaction, view| page(app, call, interaction, view, None)).await
}

pub(crate) async fn submit(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::SignIn, &request, async |call| answer_form(&app, call, &request, payload).await).await
}

async fn answer_form(app: &App, call: &Call<'_>, request: &HttpRequest, payload: Payload) -> HttpResponse {
    let form = match read_form(request, payload).await.and_then(|form| read(form, app, request)) {
        Ok(form) => form,
        Err(refusal) => return app.refuse_on_page(&refusal.into(), Occasion::of(call)),
    };
    let outcome = app.service.sign_in(&form, app.browser(request).as_ref(), app.session(request).as_ref()).await;
    answer_sign_in(app, call, &form.interaction, outcome, false)
}

/// What becomes of a sign-in, by password or by passkey.
pub(super) fn answer_sign_in(
    app: &App,
    call: &Call<'_>,
    interaction: &Interaction,
    outcome: Outcome<SignInOutcome>,
    by_passkey: bool,
) -> HttpResponse {
    match outcome {
        Ok(SignInOutcome::Right { cookie, known_browser, next }) => {
            app.follow(call, &next, cookies_of_sign_in(app, cookie.as_ref(), known_browser.as_ref()))
        }
        Ok(SignInOutcome::Wrong { view, failure }) => page(app, call, interaction, &view, Some((&failure, by_passkey))),
        Err(failure) => app.refuse_on_page(&failure, Occasion::of(call)),
    }
}

/// The cookies of whoever is signed in now, and of their browser.
pub(super) fn cookies_of_sign_in(
    app: &App,
    session: Option<&SessionCookie>,
    known: Option<&KnownBrowserCookie>,
) -> Vec<Cookie<'static>> {
    let session = session.map(|session| app.session_cookie(session));
    session.into_iter().chain(known.map(|known| app.known_browser_cookie(known))).collect()
}

fn read(mut form: Form, app: &App, request: &HttpRequest) -> Result<SignInForm, Refusal> {
    Ok(SignInForm {
        interaction: interaction(&mut form)?,
        username: form.take("username").unwrap_or_default(),
        password: form.take_secret("password").unwrap_or_else(|| Secret::new("")),
        origin: origin(app, request),
        known_browser: app.known_browser(request),
    })
}

fn page(
    app: &App,
    call: &Call<'_>,
    interaction: &Interaction,
    view: &SignInView,
    wrong: Option<(&Failure, bool)>,
) -> HttpResponse {
    call.wants(view.ui_locales.clone());
    call.is_found_at(page_with(SIGN_IN, interaction));
    let failure = wrong.map(|(failure, _)| failure);
    let reference = failure.map(|failure| app.log_failure(failure, Occasion::of(call)));
    let wait = failure.and_then(seconds_to_wait);
    let status = if wait.is_some() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::OK };
    let request = FormField { name: "request", value: interaction.as_str() };
    let labels = ("get", PasskeyFormView::SIGN_IN);
    let html = app.pages.login(
        &app.reader(call),
        &LoginPage {
            action: SIGN_IN,
            request: interaction.as_str(),
            username: view.login_hint.as_deref(),
            client_name: view.client_name.as_deref(),
            links: links(&view.links),
            is_self_registered: view.is_self_registered,
            passkey: view.passkey.as_ref().map(|offer| passkey_form(offer, PASSKEY, labels, &[request])),
            failure: wrong.map(|(_, by_passkey)| match wait {
                Some(_) => LoginFailure::TooManyAttempts,
                None if by_passkey => LoginFailure::PasskeyRefused,
                None => LoginFailure::WrongCredentials,
            }),
            wait: wait.map(Wait::of_seconds),
            reference: reference.as_deref(),
        },
    );
    let logo_origin = logo_origin(&view.links);
    let loads = Loads { images_of: logo_origin.as_deref(), script: view.passkey.is_some(), ..Loads::default() };
    let mut page = app.page_that(loads, status, html);
    if let Some(failure) = failure {
        ask_to_wait(&mut page, failure);
    }
    page
}

/// What a client says of itself, for a page.
pub(super) fn links(links: &grantor_domain::client::ClientLinks) -> ClientLinks<'_> {
    ClientLinks {
        client_uri: links.client.as_ref().map(WebUri::as_str),
        logo_uri: links.logo.as_ref().map(WebUri::as_str),
        policy_uri: links.policy.as_ref().map(WebUri::as_str),
        tos_uri: links.terms.as_ref().map(WebUri::as_str),
    }
}

/// Where the client's logo comes from.
pub(super) fn logo_origin(links: &grantor_domain::client::ClientLinks) -> Option<String> {
    links.logo.as_ref().and_then(WebUri::origin)
}
