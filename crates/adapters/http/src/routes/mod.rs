//! Which path answers what. Methods that a path does not answer to get 405 with `Allow`.

mod authorize;
mod consent;
mod health;
mod introspect;
mod metadata;
mod revoke;
mod shell;
mod sign_in;
mod token;
mod userinfo;

use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource};
use grantor_application::Failure;
use grantor_domain::error::{Reason, Refusal};

use crate::app::App;
use crate::cors::preflight;
use crate::pages::STYLESHEET_PATH;
use crate::refusal::{Challenge, Occasion};

/// Path of the sign-in page.
const SIGN_IN: &str = "/login";
/// Path of the consent page.
const CONSENT: &str = "/consent";

/// Adds every route to an actix application.
pub fn configure(app: web::Data<App>) -> impl FnOnce(&mut ServiceConfig) + Clone {
    move |config: &mut ServiceConfig| {
        let endpoints = app.service.settings().endpoints.clone();
        let resource = |path: &str, allow: &'static str| {
            web::resource(path.to_owned())
                .default_service(web::to(move |app: web::Data<App>| method_not_allowed(app, allow)))
        };
        let for_scripts = |resource: Resource| resource.route(web::method(Method::OPTIONS).to(preflight));
        for path in &endpoints.token {
            let path = path.trim_end_matches('/');
            for path in [path.to_owned(), format!("{path}/")] {
                config.service(for_scripts(resource(&path, "POST")).route(web::post().to(token::token)));
            }
        }
        let get = |path: &str| for_scripts(resource(path, "GET, HEAD"));
        config
            .service(
                resource(&endpoints.authorization, "GET, POST")
                    .route(web::get().to(authorize::get))
                    .route(web::post().to(authorize::post)),
            )
            .service(
                resource(SIGN_IN, "GET, POST")
                    .route(web::get().to(sign_in::show))
                    .route(web::post().to(sign_in::submit)),
            )
            .service(
                resource(CONSENT, "GET, POST")
                    .route(web::get().to(consent::show))
                    .route(web::post().to(consent::submit)),
            )
            .service(resource(&endpoints.introspection, "POST").route(web::post().to(introspect::introspect)))
            .service(for_scripts(resource(&endpoints.revocation, "POST")).route(web::post().to(revoke::revoke)))
            .service(
                for_scripts(resource(&endpoints.userinfo, "GET, POST"))
                    .route(web::get().to(userinfo::get))
                    .route(web::post().to(userinfo::post)),
            )
            .service(get(&endpoints.jwks).route(readable().to(metadata::jwks)))
            .service(get("/.well-known/openid-configuration").route(readable().to(metadata::discovery)))
            .service(get("/.well-known/oauth-authorization-server").route(readable().to(metadata::discovery)))
            .service(resource("/livez", "GET, HEAD").route(readable().to(health::live)))
            .service(resource("/readyz", "GET, HEAD").route(readable().to(health::ready)))
            .service(resource("/errors/{anchor}", "GET, HEAD").route(readable().to(shell::about_error)))
            .service(resource(STYLESHEET_PATH, "GET, HEAD").route(readable().to(shell::stylesheet)))
            .default_service(web::to(shell::not_found))
            .app_data(app);
    }
}

fn readable() -> actix_web::Route {
    web::route().guard(actix_web::guard::Any(actix_web::guard::Get()).or(actix_web::guard::Head()))
}

async fn method_not_allowed(app: web::Data<App>, allow: &'static str) -> HttpResponse {
    let failure = Failure::from(Refusal::new(Reason::MethodNotAllowed));
    let mut response = app.refuse(&failure, Challenge::Basic, Occasion { endpoint: "any", client_id: None });
    response.headers_mut().insert(ALLOW, actix_web::http::header::HeaderValue::from_static(allow));
    response
}
