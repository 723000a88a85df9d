//! Discovery (RFC 8414, OpenID Connect Discovery) and the public keys (RFC 7517 §5): for anybody, and cacheable.

use std::time::Duration;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::app::App;
use crate::call::Call;
use crate::cors::allow_anybody;
use crate::endpoint::Endpoint;

pub(crate) async fn discovery(app: Data<App>, request: HttpRequest) -> HttpResponse {
    let answer = async |_: &Call<'_>| public(&app, &document(&app), "application/json");
    app.observed(Endpoint::Discovery, &request, answer).await
}

pub(crate) async fn jwks(app: Data<App>, request: HttpRequest) -> HttpResponse {
    let answer = async |_: &Call<'_>| public(&app, &app.service.jwks(), "application/jwk-set+json");
    app.observed(Endpoint::Jwks, &request, answer).await
}

/// The metadata document, with the languages of the pages (OpenID Connect Discovery §3).
fn document(app: &App) -> Map<String, Value> {
    let mut document = app.service.discovery();
    let languages: Value = app.pages.languages().map(|language| app.pages.tag(language)).collect();
    document.insert("ui_locales_supported".to_owned(), languages);
    document
}

fn public(app: &App, document: &impl Serialize, content_type: &'static str) -> HttpResponse {
    let max_age: Duration = app.service.settings().jwks_max_age;
    let mut response = HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((CACHE_CONTROL, format!("public, max-age={}", max_age.as_secs())))
        .json(document);
    allow_anybody(response.headers_mut());
    response
}
