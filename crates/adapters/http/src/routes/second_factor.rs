//! `/login/second-factor`: the page that asks for a second factor, and what is sent from it; and the sign-in by a passkey alone.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::http::header::USER_AGENT;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::{
    BegunFactor, Browser, Failure, Interaction, PasskeyAnswer, PasskeyForm, PasskeyOffer, SecondFactorForm,
    SecondFactorOutcome, SecondFactorProof, SecondFactorView, SessionCookie,
};
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::secret::Secret;
use grantor_ports::SessionOrigin;

use crate::app::App;
use crate::body::read_form;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::form::Form;
use crate::pages::{FactorFailure, FormField, PasskeyFormView, SecondFactorPage, Wait};
use crate::refusal::{Occasion, ask_to_wait, seconds_to_wait};
use crate::routes::SECOND_FACTOR;
use crate::routes::follow::{interaction, open_page, page_with};
use crate::routes::shell::Loads;
use crate::routes::sign_in::{answer_sign_in, cookies_of_sign_in};

pub(crate) async fn show(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::SignIn, &request, async |call| answer_page(&app, call, &request).await).await
}

async fn answer_page(app: &App, call: &Call<'_>, request: &HttpRequest) -> HttpResponse {
    let load = async |interaction: &Interaction, browser: Option<&Browser>, session: Option<&SessionCookie>| {
        app.service.second_factor_page(interaction, browser, session).await
    };
    open_page(app, call, request, load, |interaction, view| page(app, call, interaction, view, None)).await
}

pub(crate) async fn submit(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::SignIn, &request, async |call| answer_form(&app, call, &request, payload).await).await
}

async fn answer_form(app: &App, call: &Call<'_>, request: &HttpRequest, payload: Payload) -> HttpResponse {
    let form = match read_form(request, payload).await.and_then(|mut form| factor_form(&mut form, app, request)) {
        Ok(form) => form,
        Err(refusal) => return app.refuse_on_page(&refusal.into(), Occasion::of(call)),
    };
    match app.service.second_factor(&form, app.browser(request).as_ref(), app.session(request).as_ref()).await {
        Ok(SecondFactorOutcome::Passed { cookie, known_browser, next }) => {
            app.follow(call, &next, cookies_of_sign_in(app, cookie.as_ref(), known_browser.as_ref()))
        }
        Ok(SecondFactorOutcome::Wrong { view, failure }) => page(app, call, &form.interaction, &view, Some(&failure)),
        Err(failure) => app.refuse_on_page(&failure, Occasion::of(call)),
    }
}

/// A person who has a passkey needs no password.
pub(crate) async fn sign_in(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::SignIn, &request, async |call| answer_passkey(&app, call, &request, payload).await).await
}

async fn answer_passkey(app: &App, call: &Call<'_>, request: &HttpRequest, payload: Payload) -> HttpResponse {
    let read = |mut form: Form| {
        let answer = passkey_answer(&mut form).ok_or(Refusal::parameter(Reason::ParameterMissing, "passkey"))?;
        Ok(PasskeyForm { interaction: interaction(&mut form)?, answer, origin: origin(app, request) })
    };
    let form = match read_form(request, payload).await.and_then(read) {
        Ok(form) => form,
        Err(refusal) => return app.refuse_on_page(&refusal.into(), Occasion::of(call)),
    };
    let (browser, session) = (app.browser(request), app.session(request));
    let outcome = app.service.sign_in_by_passkey(&form, browser.as_ref(), session.as_ref()).await;
    answer_sign_in(app, call, &form.interaction, outcome, true)
}

/// What somebody proves themselves with, on whichever page.
pub(super) fn factor_form(form: &mut Form, app: &App, request: &HttpRequest) -> Result<SecondFactorForm, Refusal> {
    let proof = match passkey_answer(form) {
        Some(answer) => SecondFactorProof::Passkey(answer),
        None => SecondFactorProof::Code(form.take_secret("code").unwrap_or_else(|| Secret::new(""))),
    };
    let (origin, known_browser) = (origin(app, request), app.known_browser(request));
    Ok(SecondFactorForm { interaction: interaction(form)?, proof, origin, known_browser })
}

/// What a passkey signed, if the form came from one.
pub(super) fn passkey_answer(form: &mut Form) -> Option<PasskeyAnswer> {
    let credential = form.take("passkey")?;
    Some(PasskeyAnswer { begun: BegunFactor::new(form.take("ceremony").unwrap_or_default()), credential })
}

/// Where a request comes from, for the list of sessions.
pub(super) fn origin(app: &App, request: &HttpRequest) -> SessionOrigin {
    let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
    SessionOrigin {
        address: app.client_address(request).as_ref().map(IpAddr::to_string),
        user_agent: user_agent.map(str::to_owned),
    }
}

/// The form that a script sends with what a passkey signed.
pub(crate) fn passkey_form<'a>(
    offer: &'a PasskeyOffer,
    action: &'a str,
    (ceremony, label): (&'static str, &'static str),
    fields: &[FormField<'a>],
) -> PasskeyFormView<'a> {
    let begun = FormField { name: "ceremony", value: offer.begun.as_str() };
    PasskeyFormView {
        action,
        ceremony,
        options: offer.options.to_string(),
        fields: fields.iter().copied().chain([begun]).collect(),
        asks_name: false,
        label,
    }
}

fn page(
    app: &App,
    call: &Call<'_>,
    interaction: &Interaction,
    view: &SecondFactorView,
    failure: Option<&Failure>,
) -> HttpResponse {
    call.wants(view.ui_locales.clone());
    call.is_found_at(page_with(SECOND_FACTOR, interaction));
    let reference = failure.map(|failure| app.log_failure(failure, Occasion::of(call)));
    let wait = failure.and_then(seconds_to_wait);
    let status = if wait.is_some() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::OK };
    let request = FormField { name: "request", value: interaction.as_str() };
    let labels = ("get", PasskeyFormView::PROVE);
    let html = app.pages.second_factor(
        &app.reader(call),
        &SecondFactorPage {
            action: SECOND_FACTOR,
            request: interaction.as_str(),
            client_name: view.client_name.as_deref(),
            takes_totp: view.takes_totp,
            takes_recovery_code: view.takes_recovery_code,
            passkey: view.passkey.as_ref().map(|offer| passkey_form(offer, SECOND_FACTOR, labels, &[request])),
            failure: failure.map(|_| match wait {
                Some(_) => FactorFailure::TooManyAttempts,
                None => FactorFailure::Wrong,
            }),
            wait: wait.map(Wait::of_seconds),
            reference: reference.as_deref(),
        },
    );
    let mut page = app.page_that(Loads { script: view.passkey.is_some(), ..Loads::default() }, status, html);
    if let Some(failure) = failure {
        ask_to_wait(&mut page, failure);
    }
    page
}
