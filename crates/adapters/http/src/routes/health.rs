//! Whether the process lives, and whether it can serve.

use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::app::App;
use crate::endpoint::Endpoint;
use crate::refusal::OUTAGE_SECONDS;

/// The process answers: nothing more is promised.
pub(crate) async fn live(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Health, &request, async |_call| {
        HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).content_type("text/plain").body("live\n")
    })
    .await
}

/// Storage answers too.
pub(crate) async fn ready(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Health, &request, async |_call| readiness(&app).await).await
}

async fn readiness(app: &App) -> HttpResponse {
    if app.is_draining() {
        return not_ready("about to end\n");
    }
    match app.service.check_storage().await {
        Ok(()) => {
            HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).content_type("text/plain").body("ready\n")
        }
        Err(unavailable) => {
            tracing::warn!(cause = %unavailable, "not ready: storage does not answer");
            not_ready("storage does not answer\n")
        }
    }
}

fn not_ready(why: &'static str) -> HttpResponse {
    let mut response = HttpResponse::ServiceUnavailable();
    response.insert_header((RETRY_AFTER, OUTAGE_SECONDS));
    response.insert_header((CACHE_CONTROL, "no-store")).content_type("text/plain").body(why)
}
