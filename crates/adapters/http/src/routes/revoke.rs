//! `POST /oauth/revoke` (RFC 7009 §2).

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::RevocationRequest;

use crate::app::App;
use crate::body::read_form;
use crate::call::Call;
use crate::cors::allow_client;
use crate::credentials::read_credentials;
use crate::endpoint::Endpoint;
use crate::refusal::{Challenge, Occasion, never_store};
use crate::routes::token::named_client;

pub(crate) async fn revoke(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::Revocation, &request, async |call| answer(&app, call, &request, payload).await).await
}

async fn answer(app: &App, call: &Call<'_>, request: &HttpRequest, payload: Payload) -> HttpResponse {
    let mut client_id = None;
    let outcome = match read_form(request, payload).await {
        Ok(mut form) => {
            let credentials = read_credentials(request, &mut form);
            client_id = named_client(&credentials);
            app.service.revoke(&RevocationRequest { credentials, token: form.take_secret("token") }).await
        }
        Err(refusal) => Err(refusal.into()),
    };
    let mut response = match outcome {
        Ok(()) => {
            let mut response = HttpResponse::Ok();
            never_store(&mut response);
            response.finish()
        }
        Err(failure) => app.refuse(&failure, Challenge::Basic, Occasion { call, client_id: client_id.as_deref() }),
    };
    allow_client(app, request, client_id.as_deref(), &mut response).await;
    response
}
