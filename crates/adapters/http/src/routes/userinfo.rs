//! `/oauth/userinfo` (OpenID Connect Core §5.3): by GET, or by POST with the token in header or body.

use actix_web::web::{Data, Payload};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use grantor_application::{Failure, UserInfoBody};
use grantor_domain::client::ClientId;
use grantor_domain::error::Refusal;
use grantor_domain::secret::Secret;

use crate::app::App;
use crate::bearer::read_bearer;
use crate::body::read_form;
use crate::call::Call;
use crate::cors::allow_client;
use crate::endpoint::Endpoint;
use crate::refusal::{Challenge, Occasion, never_store};

pub(crate) async fn get(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Userinfo, &request, async |call| {
        answer(&app, call, &request, read_bearer(&request, None)).await
    })
    .await
}

pub(crate) async fn post(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::Userinfo, &request, async |call| {
        // A body is optional here; without one there is no media type to insist on.
        let token = if request.content_type().is_empty() {
            read_bearer(&request, None)
        } else {
            read_form(&request, payload).await.and_then(|mut form| read_bearer(&request, Some(&mut form)))
        };
        answer(&app, call, &request, token).await
    })
    .await
}

async fn answer(
    app: &App,
    call: &Call<'_>,
    request: &HttpRequest,
    token: Result<Option<Secret>, Refusal>,
) -> HttpResponse {
    let outcome = match &token {
        Ok(token) => app.service.userinfo(token.as_ref()).await,
        Err(refusal) => Err(refusal.clone().into()),
    };
    match outcome {
        Ok(info) => {
            let mut response = HttpResponse::Ok();
            never_store(&mut response);
            let mut response = match info.body {
                UserInfoBody::Json(claims) => response.json(claims),
                UserInfoBody::Jwt(jwt) => response.content_type("application/jwt").body(jwt),
            };
            allow_client(app, request, Some(info.client_id.as_str()), &mut response).await;
            response
        }
        Err(failure) => {
            let client_id = match (&token, &failure) {
                // What is away need not be asked again.
                (Ok(Some(token)), Failure::Refused(_)) => app.service.client_of(token).await,
                _ => None,
            };
            let client_id = client_id.as_ref().map(ClientId::as_str);
            let mut response = app.refuse(&failure, Challenge::Bearer, Occasion { call, client_id });
            allow_client(app, request, client_id, &mut response).await;
            response
        }
    }
}
