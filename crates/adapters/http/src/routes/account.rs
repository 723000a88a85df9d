//! `/login/account`: the account chooser, and what is sent from it.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::{AccountDecision, AccountView, Browser, Interaction, SessionCookie};
use grantor_domain::error::{Reason, Refusal};

use crate::app::App;
use crate::body::read_form;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::form::Form;
use crate::pages::AccountPage;
use crate::refusal::Occasion;
use crate::routes::CHOOSE_ACCOUNT;
use crate::routes::follow::{interaction, open_page};

pub(crate) async fn show(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::SignIn, &request, async |call| answer_page(&app, call, &request).await).await
}

async fn answer_page(app: &App, call: &Call<'_>, request: &HttpRequest) -> HttpResponse {
    let load = async |interaction: &Interaction, browser: Option<&Browser>, session: Option<&SessionCookie>| {
        app.service.account_page(interaction, browser, session).await
    };
    open_page(app, call, request, load, |_interaction, view| page(app, call, view)).await
}

pub(crate) async fn submit(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::SignIn, &request, async |call| answer_form(&app, call, &request, payload).await).await
}

async fn answer_form(app: &App, call: &Call<'_>, request: &HttpRequest, payload: Payload) -> HttpResponse {
    let (interaction, decision) = match read_form(request, payload).await.and_then(read) {
        Ok(read) => read,
        Err(refusal) => return app.refuse_on_page(&refusal.into(), Occasion::of(call)),
    };
    let (browser, session) = (app.browser(request), app.session(request));
    match app.service.choose_account(&interaction, decision, browser.as_ref(), session.as_ref()).await {
        Ok(next) => app.follow(call, &next, Vec::new()),
        Err(failure) => app.refuse_on_page(&failure, Occasion::of(call)),
    }
}

fn read(mut form: Form) -> Result<(Interaction, AccountDecision), Refusal> {
    let decision = match form.take("choice").as_deref() {
        Some("another") => AccountDecision::Another,
        Some("continue") => AccountDecision::Continue,
        _ => return Err(Refusal::parameter(Reason::ParameterInvalid, "choice")),
    };
    Ok((interaction(&mut form)?, decision))
}

fn page(app: &App, call: &Call<'_>, view: &AccountView) -> HttpResponse {
    call.wants(view.ui_locales.clone());
    let html = app.pages.account(
        &app.reader(call),
        &AccountPage {
            action: CHOOSE_ACCOUNT,
            request: view.interaction.as_str(),
            client_name: view.client_name.as_deref(),
            subject_name: &view.subject_name,
        },
    );
    app.page(StatusCode::OK, html)
}
