//! Which scripts may read our answers (Fetch §3.2): anybody's what is public, a public client's what is for it.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderMap, HeaderValue, ORIGIN, VARY,
};
use actix_web::{HttpRequest, HttpResponse};

use crate::app::App;
use crate::endpoint::Endpoint;

/// Answers a preflight. It gives nothing away: the answer proper decides who may read it, and no cookie of ours goes
/// with any of these requests.
pub(crate) async fn preflight(app: &App, request: &HttpRequest, endpoint: Endpoint) -> HttpResponse {
    app.observed(endpoint, request, async |_call| permission(request)).await
}

fn permission(request: &HttpRequest) -> HttpResponse {
    let mut response = HttpResponse::NoContent();
    if let Some(origin) = request.headers().get(ORIGIN) {
        response
            .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()))
            .insert_header((ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"))
            .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"))
            .insert_header((ACCESS_CONTROL_MAX_AGE, "600"))
            .insert_header((VARY, "Origin"));
    }
    response.finish()
}

/// Lets any script read a public document.
pub(crate) fn allow_anybody(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
}

/// Lets a script read the answer if it runs where the public client that the answer is for does.
pub(crate) async fn allow_client(
    app: &App,
    request: &HttpRequest,
    client_id: Option<&str>,
    response: &mut HttpResponse,
) {
    let unavailable = response.status() == StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    let origin = request.headers().get(ORIGIN);
    if let (Some(origin), Some(client_id)) = (origin, client_id)
        && let Ok(text) = origin.to_str()
        && allows(app, client_id, text, unavailable).await
    {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Retry-After, WWW-Authenticate"));
    }
}

async fn allows(app: &App, client_id: &str, origin: &str, unavailable: bool) -> bool {
    if unavailable {
        app.service.allows_origin_as_cached(client_id, origin)
    } else {
        app.service.allows_origin(client_id, origin).await
    }
}
