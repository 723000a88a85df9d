//! `/login/second-factor/new`: the page on which a second factor is set up that is demanded, and what is sent from it.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::{
    BegunFactor, Browser, EnrolmentOutcome, EnrolmentView, Failure, Interaction, RecoveryCodes, SecondFactorForm,
    SessionCookie, TotpSetUp,
};
use grantor_domain::error::Refusal;

use crate::app::App;
use crate::body::read_form;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::form::Form;
use crate::pages::{
    EnrolmentPage, FactorFailure, FormField, PasskeyFormView, QrCode, Reader, RecoveryCodesPage, in_groups,
};
use crate::refusal::Occasion;
use crate::routes::follow::{add_cookies, open_page};
use crate::routes::second_factor::{factor_form, passkey_form};
use crate::routes::shell::Loads;
use crate::routes::{ENROL_FACTOR, SIGN_IN};

pub(crate) async fn show(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::SignIn, &request, async |call| answer_page(&app, call, &request).await).await
}

async fn answer_page(app: &App, call: &Call<'_>, request: &HttpRequest) -> HttpResponse {
    let load = async |interaction: &Interaction, browser: Option<&Browser>, session: Option<&SessionCookie>| {
        app.service.enrolment_page(interaction, browser, session).await
    };
    open_page(app, call, request, load, |interaction, view| page(app, call, interaction, view, None)).await
}

pub(crate) async fn submit(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::SignIn, &request, async |call| answer_form(&app, call, &request, payload).await).await
}

async fn answer_form(app: &App, call: &Call<'_>, request: &HttpRequest, payload: Payload) -> HttpResponse {
    let (form, begun) = match read_form(request, payload).await.and_then(|form| read(form, app, request)) {
        Ok(read) => read,
        Err(refusal) => return app.refuse_on_page(&refusal.into(), Occasion::of(call)),
    };
    let (browser, session) = (app.browser(request), app.session(request));
    match app.service.enrol(&form, &begun, browser.as_ref(), session.as_ref()).await {
        Ok(EnrolmentOutcome::Enrolled { cookie, recovery_codes, interaction, ui_locales }) => {
            call.wants(ui_locales);
            recovery_codes_page(app, call, &recovery_codes, (SIGN_IN, Some(interaction.as_str())), Some(&cookie))
        }
        Ok(EnrolmentOutcome::Next(next)) => app.follow(call, &next, Vec::new()),
        Ok(EnrolmentOutcome::Wrong { view, failure }) => page(app, call, &form.interaction, &view, Some(&failure)),
        Err(failure) => app.refuse_on_page(&failure, Occasion::of(call)),
    }
}

fn read(mut form: Form, app: &App, request: &HttpRequest) -> Result<(SecondFactorForm, BegunFactor), Refusal> {
    let begun = BegunFactor::new(form.take("begun").unwrap_or_default());
    Ok((factor_form(&mut form, app, request)?, begun))
}

fn page(
    app: &App,
    call: &Call<'_>,
    interaction: &Interaction,
    view: &EnrolmentView,
    failure: Option<&Failure>,
) -> HttpResponse {
    call.wants(view.ui_locales.clone());
    let reference = failure.map(|failure| app.log_failure(failure, Occasion::of(call)));
    let request = FormField { name: "request", value: interaction.as_str() };
    let begun = FormField { name: "begun", value: view.totp.begun.as_str() };
    let labels = ("create", PasskeyFormView::MAKE);
    let passkey = view.passkey.as_ref();
    let page = EnrolmentPage {
        client_name: view.client_name.as_deref(),
        passkey: passkey.map(|offer| passkey_form(offer, ENROL_FACTOR, labels, &[request, begun])),
        failure: failure.map(|_| FactorFailure::WrongNew),
        reference: reference.as_deref(),
        ..totp_page(&view.totp, ENROL_FACTOR, vec![request])
    };
    let html = app.pages.enrolment(&reader_once(app, call), &page);
    app.page_that(Loads { script: passkey.is_some(), ..Loads::default() }, StatusCode::OK, html)
}

/// A page on which an authenticator app is set up.
pub(super) fn totp_page<'a>(
    set_up: &'a TotpSetUp,
    action: &'a str,
    mut fields: Vec<FormField<'a>>,
) -> EnrolmentPage<'a> {
    fields.push(FormField { name: "begun", value: set_up.begun.as_str() });
    EnrolmentPage {
        action,
        fields,
        client_name: None,
        secret: in_groups(set_up.secret.expose()),
        qr_code: QrCode::of(set_up.address.expose()),
        app_link: set_up.address.expose(),
        passkey: None,
        cancel: None,
        failure: None,
        reference: None,
    }
}

/// Who reads a page that shows a secret: had again, in another language, it would show another.
pub(super) fn reader_once(app: &App, call: &Call<'_>) -> Reader {
    Reader { return_to: None, ..app.reader(call) }
}

/// The page that shows new recovery codes, and leads on with a pending request or without.
pub(super) fn recovery_codes_page(
    app: &App,
    call: &Call<'_>,
    codes: &RecoveryCodes,
    (action, request): (&str, Option<&str>),
    cookie: Option<&SessionCookie>,
) -> HttpResponse {
    let view = RecoveryCodesPage { codes: codes.texts().collect(), action, request };
    let mut page = app.page(StatusCode::OK, app.pages.recovery_codes(&reader_once(app, call), &view));
    let cookies: Vec<_> = cookie.iter().map(|cookie| app.session_cookie(cookie)).collect();
    add_cookies(&mut page, &cookies);
    page
}
