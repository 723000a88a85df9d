//! `/metrics`, on an address of its own that clients need not reach.

use actix_web::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, guard};

use super::{Sources, exposition, page};
use crate::app::App;

/// Adds the one route to an actix application.
pub fn configure(app: Data<App>, sources: Data<Sources>) -> impl FnOnce(&mut ServiceConfig) + Clone {
    move |config: &mut ServiceConfig| {
        let readable = web::route().guard(guard::Any(guard::Get()).or(guard::Head()));
        let refuse = || async { HttpResponse::MethodNotAllowed().insert_header((ALLOW, "GET, HEAD")).finish() };
        let resource = web::resource("/metrics").route(readable.to(show)).default_service(web::to(refuse));
        config.service(resource).app_data(app).app_data(sources);
    }
}

async fn show(app: Data<App>, sources: Data<Sources>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, exposition::CONTENT_TYPE))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(page::page(&app, &sources))
}
