//! `/consent`: the consent page, and what is sent from it.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::{Browser, ConsentDecision, ConsentView, Interaction, SessionCookie};
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::scope::standard::OFFLINE_ACCESS;

use crate::app::App;
use crate::body::read_form;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::form::Form;
use crate::pages::{ConsentPage, ScopeView};
use crate::refusal::Occasion;
use crate::routes::CONSENT;
use crate::routes::follow::redirect_host;
use crate::routes::follow::{interaction, open_page};
use crate::routes::shell::Loads;
use crate::routes::sign_in::{links, logo_origin};

pub(crate) async fn show(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Consent, &request, async |call| answer_page(&app, call, &request).await).await
}

async fn answer_page(app: &App, call: &Call<'_>, request: &HttpRequest) -> HttpResponse {
    let load = async |interaction: &Interaction, browser: Option<&Browser>, session: Option<&SessionCookie>| {
        app.service.consent_page(interaction, browser, session).await
    };
    open_page(app, call, request, load, |_interaction, view| page(app, call, view)).await
}

pub(crate) async fn submit(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::Consent, &request, async |call| answer_form(&app, call, &request, payload).await).await
}

async fn answer_form(app: &App, call: &Call<'_>, request: &HttpRequest, payload: Payload) -> HttpResponse {
    let (interaction, decision) = match read_form(request, payload).await.and_then(read) {
        Ok(read) => read,
        Err(refusal) => return app.refuse_on_page(&refusal.into(), Occasion::of(call)),
    };
    let (browser, session) = (app.browser(request), app.session(request));
    match app.service.consent(&interaction, decision, browser.as_ref(), session.as_ref()).await {
        Ok(next) => app.follow(call, &next, Vec::new()),
        Err(failure) => app.refuse_on_page(&failure, Occasion::of(call)),
    }
}

fn read(mut form: Form) -> Result<(Interaction, ConsentDecision), Refusal> {
    let decision = match form.take("decision").as_deref() {
        Some("allow") => ConsentDecision::Allow,
        Some("deny") => ConsentDecision::Deny,
        _ => return Err(Refusal::parameter(Reason::ParameterInvalid, "decision")),
    };
    Ok((interaction(&mut form)?, decision))
}

fn page(app: &App, call: &Call<'_>, view: &ConsentView) -> HttpResponse {
    call.wants(view.ui_locales.clone());
    let scopes = view
        .scope
        .iter()
        .map(|name| ScopeView::new(name, view.descriptions.get(name).map(String::as_str), view.new.contains(name)));
    let host = view.redirect_uri.as_deref().map(redirect_host);
    let html = app.pages.consent(
        &app.reader(call),
        &ConsentPage {
            action: CONSENT,
            request: view.interaction.as_str(),
            client_name: &view.client_name,
            links: links(&view.links),
            is_self_registered: view.is_self_registered,
            subject_name: &view.subject_name,
            scopes: scopes.collect(),
            resources: view.resources.iter().map(String::as_str).collect(),
            offline: view.scope.contains(OFFLINE_ACCESS),
            redirect_host: host.as_deref(),
            user_code: view.user_code.as_deref(),
        },
    );
    app.page_that(Loads { images_of: logo_origin(&view.links).as_deref(), ..Loads::default() }, StatusCode::OK, html)
}
