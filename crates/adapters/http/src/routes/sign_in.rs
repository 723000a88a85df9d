//! `/login`: the sign-in page, and what is sent from it.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::{Failure, Interaction, SignInForm, SignInOutcome, SignInView};
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::secret::Secret;

use crate::app::App;
use crate::body::read_form;
use crate::form::Form;
use crate::pages::{LoginFailure, LoginPage};
use crate::refusal::Occasion;
use crate::routes::SIGN_IN;

const OCCASION: Occasion<'static> = Occasion { endpoint: "login", client_id: None };

pub(crate) async fn show(app: Data<App>, request: HttpRequest) -> HttpResponse {
    let interaction = match Form::parse(request.query_string().as_bytes()).and_then(|mut form| interaction(&mut form)) {
        Ok(interaction) => interaction,
        Err(refusal) => return app.refuse_on_page(&refusal.into(), OCCASION),
    };
    match app.service.sign_in_page(&interaction, app.browser(&request).as_ref(), app.session(&request).as_ref()).await {
        Ok(Ok(view)) => page(&app, &interaction, &view, None),
        Ok(Err(next)) => app.follow(&next, Vec::new()),
        Err(failure) => app.refuse_on_page(&failure, OCCASION),
    }
}

pub(crate) async fn submit(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let form = match read_form(&request, payload).await.and_then(|form| read(form, &app, &request)) {
        Ok(form) => form,
        Err(refusal) => return app.refuse_on_page(&refusal.into(), OCCASION),
    };
    match app.service.sign_in(&form, app.browser(&request).as_ref(), app.session(&request).as_ref()).await {
        Ok(SignInOutcome::SignedIn { cookie, next }) => app.follow(&next, vec![app.session_cookie(&cookie)]),
        Ok(SignInOutcome::Wrong { view, failure }) => page(&app, &form.interaction, &view, Some(&failure)),
        Err(failure) => app.refuse_on_page(&failure, OCCASION),
    }
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
        address: app.client_address(request),
    })
}

fn page(app: &App, interaction: &Interaction, view: &SignInView, failure: Option<&Failure>) -> HttpResponse {
    let reference = failure.map(|failure| app.log_failure(failure, OCCASION));
    let html = app.pages.login(&LoginPage {
        action: SIGN_IN,
        request: interaction.as_str(),
        username: view.login_hint.as_deref(),
        client_name: &view.client_name,
        failure: failure.map(|_| LoginFailure::WrongCredentials),
        reference: reference.as_deref(),
    });
    app.page(StatusCode::OK, html)
}
