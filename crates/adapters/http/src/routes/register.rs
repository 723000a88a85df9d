//! `/oauth/register`: clients that register themselves (RFC 7591), and look after that at an address of their own (RFC 7592).

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::{Failure, RegistrationAnswer, RegistrationCall};
use grantor_domain::client::write_metadata;
use serde_json::{Value, json};

use crate::app::App;
use crate::bearer::read_bearer;
use crate::body::read_object;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::refusal::{Challenge, Occasion, never_store, status};

pub(crate) async fn register(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::Registration, &request, async |call| {
        let answer = async {
            let token = read_bearer(&request, None)?;
            let metadata = read_object(&request, payload).await?;
            let address = app.client_address(&request).map(|address| address.to_string());
            app.service.register(&RegistrationCall { token, metadata, address }).await
        };
        match answer.await {
            Ok(answer) => render(StatusCode::CREATED, &answer),
            Err(failure) => refuse(&app, &failure, call, None),
        }
    })
    .await
}

pub(crate) async fn read(app: Data<App>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    app.observed(Endpoint::Registration, &request, async |call| {
        let answer = async {
            let token = read_bearer(&request, None)?;
            app.service.read_registration(&id, token.as_ref()).await
        };
        match answer.await {
            Ok(answer) => render(StatusCode::OK, &answer),
            Err(failure) => refuse(&app, &failure, call, Some(&id)),
        }
    })
    .await
}

pub(crate) async fn update(app: Data<App>, request: HttpRequest, payload: Payload, id: Path<String>) -> HttpResponse {
    app.observed(Endpoint::Registration, &request, async |call| {
        let answer = async {
            let token = read_bearer(&request, None)?;
            let metadata = read_object(&request, payload).await?;
            app.service.update_registration(&id, token.as_ref(), &metadata).await
        };
        match answer.await {
            Ok(answer) => render(StatusCode::OK, &answer),
            Err(failure) => refuse(&app, &failure, call, Some(&id)),
        }
    })
    .await
}

pub(crate) async fn delete(app: Data<App>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    app.observed(Endpoint::Registration, &request, async |call| {
        let answer = async {
            let token = read_bearer(&request, None)?;
            app.service.delete_registration(&id, token.as_ref()).await
        };
        match answer.await {
            Ok(()) => {
                let mut response = HttpResponse::NoContent();
                never_store(&mut response);
                response.finish()
            }
            Err(failure) => refuse(&app, &failure, call, Some(&id)),
        }
    })
    .await
}

/// A client information response (RFC 7591 §3.2.1, RFC 7592 §3).
fn render(code: StatusCode, answer: &RegistrationAnswer) -> HttpResponse {
    let RegistrationAnswer { settings, issued_at, client_secret, token, uri } = answer;
    let mut body = write_metadata(settings);
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("client_id", json!(settings.client_id));
    put("client_id_issued_at", json!(issued_at.as_secs()));
    if let Some(secret) = client_secret {
        put("client_secret", json!(secret.expose()));
        // It does not expire.
        put("client_secret_expires_at", json!(0));
    }
    put("registration_access_token", json!(token.expose()));
    put("registration_client_uri", json!(uri));
    let mut response = HttpResponse::build(code);
    never_store(&mut response);
    response.json(body)
}

/// The token is asked for only where it is missing or none; what is wrong with metadata is told in the body alone (RFC 7591
/// §3.2.2).
fn refuse(app: &App, failure: &Failure, call: &Call<'_>, client_id: Option<&str>) -> HttpResponse {
    let is_about_token = status(failure.reason()) == StatusCode::UNAUTHORIZED;
    let challenge = if is_about_token { Challenge::Bearer } else { Challenge::Basic };
    app.refuse(failure, challenge, Occasion { call, client_id })
}
