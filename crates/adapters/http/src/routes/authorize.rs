//! `/oauth/authorize` (RFC 6749 §3.1, OpenID Connect Core §3.1.2.1): GET with a query, or POST with a form.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_domain::authorization::Parameters;
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::ui_locales::UiLocales;

use crate::app::App;
use crate::body::read_body;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::form::Form;
use crate::refusal::Occasion;

pub(crate) async fn get(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Authorization, &request, async |call| {
        answer(&app, call, &request, read(request.query_string().as_bytes())).await
    })
    .await
}

pub(crate) async fn post(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::Authorization, &request, async |call| {
        let body = read_body(&request, payload).await;
        let parameters = body.as_ref().map_err(Clone::clone).and_then(|body| read(body));
        // What is wrong with a request can be said without cookies.
        let well_formed = parameters.as_ref().is_ok_and(|parameters| parameters.malformed.is_none());
        match body.ok().filter(|_| well_formed).and_then(|body| app.send_on(call, &request, &body)) {
            Some(sent_on) => sent_on,
            None => answer(&app, call, &request, parameters).await,
        }
    })
    .await
}

/// Reads the parameters. Where one is repeated the client is told so, unless it is one that says whom to tell: then
/// nobody is.
fn read(bytes: &[u8]) -> Result<Parameters, Refusal> {
    let (form, repeated) = Form::parse_once(bytes)?;
    let refusal = Refusal::new(Reason::ParameterRepeated);
    if ["client_id", "redirect_uri"].into_iter().any(|name| repeated.contains(name)) {
        return Err(refusal);
    }
    Ok(Parameters { malformed: (!repeated.is_empty()).then_some(refusal), ..read_parameters(form) })
}

async fn answer(
    app: &App,
    call: &Call<'_>,
    request: &HttpRequest,
    parameters: Result<Parameters, Refusal>,
) -> HttpResponse {
    let parameters = match parameters {
        Ok(parameters) => parameters,
        Err(refusal) => {
            return app.refuse_on_page(&refusal.into(), Occasion::of(call));
        }
    };
    call.wants(parameters.ui_locales.as_deref().map(UiLocales::parse).unwrap_or_default());
    let known = app.browser(request);
    let browser = known.clone().unwrap_or_else(|| app.service.new_browser());
    match app.service.authorize(&parameters, &browser, app.session(request).as_ref()).await {
        Ok(next) => {
            let new = known.is_none().then(|| app.browser_cookie(&browser));
            app.follow(call, &next, new.into_iter().collect())
        }
        Err(failure) => app.refuse_on_page(&failure, Occasion { call, client_id: parameters.client_id.as_deref() }),
    }
}

fn read_parameters(mut form: Form) -> Parameters {
    Parameters {
        response_type: form.take("response_type"),
        client_id: form.take("client_id"),
        redirect_uri: form.take("redirect_uri"),
        scope: form.take("scope"),
        state: form.take("state"),
        response_mode: form.take("response_mode"),
        nonce: form.take("nonce"),
        prompt: form.take("prompt"),
        max_age: form.take("max_age"),
        acr_values: form.take("acr_values"),
        login_hint: form.take("login_hint"),
        ui_locales: form.take("ui_locales"),
        id_token_hint: form.take("id_token_hint"),
        claims: form.take("claims"),
        code_challenge: form.take("code_challenge"),
        code_challenge_method: form.take("code_challenge_method"),
        resource: form.take_all("resource"),
        request: form.take("request"),
        request_uri: form.take("request_uri"),
        registration: form.take("registration"),
        malformed: None,
    }
}
