//! `/oauth/authorize` (RFC 6749 §3.1, OpenID Connect Core §3.1.2.1): GET with a query, or POST with a form.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_domain::authorization::Parameters;
use grantor_domain::error::Refusal;

use crate::app::App;
use crate::body::read_form;
use crate::form::Form;
use crate::refusal::Occasion;

pub(crate) async fn get(app: Data<App>, request: HttpRequest) -> HttpResponse {
    let form = Form::parse(request.query_string().as_bytes());
    answer(&app, &request, form).await
}

pub(crate) async fn post(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let form = read_form(&request, payload).await;
    answer(&app, &request, form).await
}

async fn answer(app: &App, request: &HttpRequest, form: Result<Form, Refusal>) -> HttpResponse {
    let parameters = match form {
        Ok(form) => read_parameters(form),
        Err(refusal) => {
            return app.refuse_on_page(&refusal.into(), Occasion { endpoint: "authorize", client_id: None });
        }
    };
    let known = app.browser(request);
    let browser = known.clone().unwrap_or_else(|| app.service.new_browser());
    match app.service.authorize(&parameters, &browser, app.session(request).as_ref()).await {
        Ok(next) => {
            let new = known.is_none().then(|| app.browser_cookie(&browser));
            app.follow(&next, new.into_iter().collect())
        }
        Err(failure) => {
            let occasion = Occasion { endpoint: "authorize", client_id: parameters.client_id.as_deref() };
            app.refuse_on_page(&failure, occasion)
        }
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
        login_hint: form.take("login_hint"),
        id_token_hint: form.take("id_token_hint"),
        claims: form.take("claims"),
        code_challenge: form.take("code_challenge"),
        code_challenge_method: form.take("code_challenge_method"),
        resource: form.take_all("resource"),
        request: form.take("request"),
        request_uri: form.take("request_uri"),
        registration: form.take("registration"),
    }
}
