//! `POST /oauth/device_authorization` (RFC 8628 §3.1).

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::{DeviceAnswer, DeviceCall};
use grantor_domain::grant::device_code::AuthorizationParameters;
use serde::Serialize;

use crate::app::App;
use crate::body::read_form;
use crate::call::Call;
use crate::cors::allow_client;
use crate::credentials::read_credentials;
use crate::endpoint::Endpoint;
use crate::refusal::{Challenge, Occasion, never_store};
use crate::routes::token::named_client;

pub(crate) async fn authorize(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::DeviceAuthorization, &request, async |call| answer(&app, call, &request, payload).await)
        .await
}

async fn answer(app: &App, call: &Call<'_>, request: &HttpRequest, payload: Payload) -> HttpResponse {
    let mut client_id = None;
    let outcome = match read_form(request, payload).await {
        Ok(mut form) => {
            let credentials = read_credentials(request, &mut form);
            client_id = named_client(&credentials);
            let parameters = AuthorizationParameters { scope: form.take("scope"), resource: form.take_all("resource") };
            app.service.authorize_device(&DeviceCall { credentials, parameters }).await
        }
        Err(refusal) => Err(refusal.into()),
    };
    let mut response = match outcome {
        Ok(answer) => render(&answer),
        Err(failure) => app.refuse(&failure, Challenge::Basic, Occasion { call, client_id: client_id.as_deref() }),
    };
    allow_client(app, request, client_id.as_deref(), &mut response).await;
    response
}

/// A device authorization response (RFC 8628 §3.2).
#[derive(Serialize)]
struct Body<'a> {
    device_code: &'a str,
    user_code: String,
    verification_uri: &'a str,
    verification_uri_complete: &'a str,
    expires_in: u64,
    interval: u64,
}

fn render(answer: &DeviceAnswer) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    never_store(&mut response);
    response.json(Body {
        device_code: answer.device_code.expose(),
        user_code: answer.user_code.to_string(),
        verification_uri: &answer.verification_uri,
        verification_uri_complete: &answer.verification_uri_complete,
        expires_in: answer.expires_in,
        interval: answer.interval,
    })
}
