//! `/login`: the sign-in page, and what is sent from it.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::http::header::USER_AGENT;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::{Failure, Interaction, SignInForm, SignInOutcome, SignInView};
use grantor_domain::client::WebUri;
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::secret::Secret;

use crate::app::App;
use crate::body::read_form;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::form::Form;
use crate::pages::{ClientLinks, LoginFailure, LoginPage, Wait};
use crate::refusal::{Occasion, ask_to_wait, seconds_to_wait};
use crate::routes::SIGN_IN;
use crate::routes::follow::page_with;
use crate::routes::shell::Loads;

pub(crate) async fn show(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::SignIn, &request, async |call| answer_page(&app, call, &request).await).await
}

async fn answer_page(app: &App, call: &Call<'_>, request: &HttpRequest) -> HttpResponse {
    let interaction = match interaction_of_address(request) {
        Ok(interaction) => interaction,
        Err(refusal) => return app.refuse_on_page(&refusal.into(), Occasion::of(call)),
    };
    match app.service.sign_in_page(&interaction, app.browser(request).as_ref(), app.session(request).as_ref()).await {
        Ok(Ok(view)) => page(app, call, &interaction, &view, None),
        Ok(Err(next)) => app.follow(call, &next, Vec::new()),
        Err(failure) => app.refuse_on_page(&failure, Occasion::of(call)),
    }
}

pub(crate) async fn submit(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::SignIn, &request, async |call| answer_form(&app, call, &request, payload).await).await
}

async fn answer_form(app: &App, call: &Call<'_>, request: &HttpRequest, payload: Payload) -> HttpResponse {
    let form = match read_form(request, payload).await.and_then(|form| read(form, app, request)) {
        Ok(form) => form,
        Err(refusal) => return app.refuse_on_page(&refusal.into(), Occasion::of(call)),
    };
    match app.service.sign_in(&form, app.browser(request).as_ref(), app.session(request).as_ref()).await {
        Ok(SignInOutcome::SignedIn { cookie, known_browser, next }) => {
            app.follow(call, &next, vec![app.session_cookie(&cookie), app.known_browser_cookie(&known_browser)])
        }
        Ok(SignInOutcome::Wrong { view, failure }) => page(app, call, &form.interaction, &view, Some(&failure)),
        Err(failure) => app.refuse_on_page(&failure, Occasion::of(call)),
    }
}

/// What is pending, from the address of a page.
pub(super) fn interaction_of_address(request: &HttpRequest) -> Result<Interaction, Refusal> {
    interaction(&mut Form::parse(request.query_string().as_bytes())?)
}

/// What is pending: every request to our own pages carries it.
pub(super) fn interaction(form: &mut Form) -> Result<Interaction, Refusal> {
    form.take("request").map(Interaction::new).ok_or(Refusal::because(Reason::RequestExpired, "nothing is pending"))
}

fn read(mut form: Form, app: &App, request: &HttpRequest) -> Result<SignInForm, Refusal> {
    Ok(SignInForm {
        interaction: interaction(&mut form)?,
        username: form.take("username").unwrap_or_default(),
        password: form.take_secret("password").unwrap_or_else(|| Secret::new("")),
        address: app.client_address(request).as_ref().map(IpAddr::to_string),
        user_agent: request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned),
        known_browser: app.known_browser(request),
    })
}

fn page(
    app: &App,
    call: &Call<'_>,
    interaction: &Interaction,
    view: &SignInView,
    failure: Option<&Failure>,
) -> HttpResponse {
    call.wants(view.ui_locales.clone());
    call.is_found_at(page_with(SIGN_IN, interaction));
    let reference = failure.map(|failure| app.log_failure(failure, Occasion::of(call)));
    let wait = failure.and_then(seconds_to_wait);
    let status = if wait.is_some() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::OK };
    let html = app.pages.login(
        &app.reader(call),
        &LoginPage {
            action: SIGN_IN,
            request: interaction.as_str(),
            username: view.login_hint.as_deref(),
            client_name: &view.client_name,
            links: links(&view.links),
            is_self_registered: view.is_self_registered,
            failure: failure.map(|_| match wait {
                Some(_) => LoginFailure::TooManyAttempts,
                None => LoginFailure::WrongCredentials,
            }),
            wait: wait.map(Wait::of_seconds),
            reference: reference.as_deref(),
        },
    );
    let logo_origin = logo_origin(&view.links);
    let loads = Loads { images_of: logo_origin.as_deref(), ..Loads::default() };
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
