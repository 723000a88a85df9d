//! Which path answers what. Methods that a path does not answer to get 405 with `Allow`.

mod account;
mod authorize;
mod consent;
mod device;
mod device_authorization;
mod enrolment;
mod follow;
mod health;
mod introspect;
mod language;
mod logout;
mod metadata;
mod my_account;
mod playground;
mod register;
mod revoke;
pub(crate) mod second_factor;
mod shell;
mod sign_in;
mod token;
mod userinfo;

use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::{DEVICE_PAGE, Failure};
use grantor_domain::error::{Reason, Refusal};

use crate::app::App;
use crate::cors::preflight;
use crate::endpoint::Endpoint;
use crate::pages::{LANGUAGE_PATH, LOGO_PATH, PASSKEY_SCRIPT_PATH, SCRIPT_PATH, STYLESHEET_PATH};
use crate::playground::{CALLBACK_PATH, PATH as PLAYGROUND};
use crate::refusal::{Challenge, Occasion};

/// Path of the account chooser.
const CHOOSE_ACCOUNT: &str = "/login/account";
/// Path of My account.
pub(crate) const MY_ACCOUNT: &str = "/account";
/// Path of the page on which its owner sets an authenticator app up.
pub(crate) const AUTHENTICATOR: &str = "/account/authenticator";
/// Path of the page on which a second factor is set up that is demanded.
const ENROL_FACTOR: &str = "/login/second-factor/new";
/// Path that a sign-in by passkey is sent to.
const PASSKEY: &str = "/login/passkey";
/// Path of the page that asks for a second factor.
const SECOND_FACTOR: &str = "/login/second-factor";
/// Path of the sign-in page.
const SIGN_IN: &str = "/login";
/// Path of the consent page.
const CONSENT: &str = "/consent";
/// Path of the pages about errors, without the slash and the name of each.
pub(crate) const ERRORS: &str = "/errors";

/// Adds every route to an actix application.
pub fn configure(app: web::Data<App>) -> impl FnOnce(&mut ServiceConfig) + Clone {
    move |config: &mut ServiceConfig| {
        let endpoints = app.service.settings().endpoints.clone();
        let resource = |path: &str, endpoint: Endpoint, allow: &'static str| {
            let refuse = move |app: web::Data<App>, request: HttpRequest| async move {
                method_not_allowed(&app, &request, endpoint, allow).await
            };
            web::resource(path.to_owned()).default_service(web::to(refuse))
        };
        let for_scripts = |path: &str, endpoint: Endpoint, allow: &'static str| {
            let preflight = move |app: web::Data<App>, request: HttpRequest| async move {
                preflight(&app, &request, endpoint).await
            };
            resource(path, endpoint, allow).route(web::method(Method::OPTIONS).to(preflight))
        };
        for path in &endpoints.token {
            let path = path.trim_end_matches('/');
            for path in [path.to_owned(), format!("{path}/")] {
                config.service(for_scripts(&path, Endpoint::Token, "POST").route(web::post().to(token::token)));
            }
        }
        for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
            let resource = for_scripts(path, Endpoint::Discovery, "GET, HEAD");
            config.service(resource.route(readable().to(metadata::discovery)));
        }
        if app.service.settings().registration.is_some() {
            let each = format!("{}/{{client_id}}", endpoints.registration);
            config
                .service(
                    resource(&endpoints.registration, Endpoint::Registration, "POST")
                        .route(web::post().to(register::register)),
                )
                .service(
                    resource(&each, Endpoint::Registration, "GET, PUT, DELETE")
                        .route(web::get().to(register::read))
                        .route(web::put().to(register::update))
                        .route(web::delete().to(register::delete)),
                );
        }
        if app.has_accounts {
            config
                .service(
                    resource(MY_ACCOUNT, Endpoint::Account, "GET, POST")
                        .route(web::get().to(my_account::show))
                        .route(web::post().to(my_account::submit)),
                )
                .service(
                    resource(AUTHENTICATOR, Endpoint::Account, "GET, POST")
                        .route(web::get().to(my_account::show_authenticator))
                        .route(web::post().to(my_account::submit_authenticator)),
                );
        }
        if let Some(playground) = &app.playground {
            config
                .service(
                    resource(PLAYGROUND, Endpoint::Playground, "GET, POST")
                        .route(web::get().to(playground::show))
                        .route(web::post().to(playground::submit)),
                )
                .service(
                    resource(CALLBACK_PATH, Endpoint::Playground, "GET").route(web::get().to(playground::callback)),
                )
                .app_data(playground.clone());
        }
        config
            .service(
                resource(&endpoints.authorization, Endpoint::Authorization, "GET, POST")
                    .route(web::get().to(authorize::get))
                    .route(web::post().to(authorize::post)),
            )
            .service(
                resource(SIGN_IN, Endpoint::SignIn, "GET, POST")
                    .route(web::get().to(sign_in::show))
                    .route(web::post().to(sign_in::submit)),
            )
            .service(
                resource(CHOOSE_ACCOUNT, Endpoint::SignIn, "GET, POST")
                    .route(web::get().to(account::show))
                    .route(web::post().to(account::submit)),
            )
            .service(resource(PASSKEY, Endpoint::SignIn, "POST").route(web::post().to(second_factor::sign_in)))
            .service(
                resource(SECOND_FACTOR, Endpoint::SignIn, "GET, POST")
                    .route(web::get().to(second_factor::show))
                    .route(web::post().to(second_factor::submit)),
            )
            .service(
                resource(ENROL_FACTOR, Endpoint::SignIn, "GET, POST")
                    .route(web::get().to(enrolment::show))
                    .route(web::post().to(enrolment::submit)),
            )
            .service(
                resource(CONSENT, Endpoint::Consent, "GET, POST")
                    .route(web::get().to(consent::show))
                    .route(web::post().to(consent::submit)),
            )
            .service(
                for_scripts(&endpoints.device_authorization, Endpoint::DeviceAuthorization, "POST")
                    .route(web::post().to(device_authorization::authorize)),
            )
            .service(
                resource(DEVICE_PAGE, Endpoint::Device, "GET, POST")
                    .route(web::get().to(device::show))
                    .route(web::post().to(device::submit)),
            )
            .service(resource(device::DONE, Endpoint::Device, "GET, HEAD").route(readable().to(device::done)))
            .service(
                resource(&endpoints.logout, Endpoint::Logout, "GET, POST")
                    .route(web::get().to(logout::get))
                    .route(web::post().to(logout::post)),
            )
            .service(
                resource(&endpoints.introspection, Endpoint::Introspection, "POST")
                    .route(web::post().to(introspect::introspect)),
            )
            .service(
                for_scripts(&endpoints.revocation, Endpoint::Revocation, "POST").route(web::post().to(revoke::revoke)),
            )
            .service(
                for_scripts(&endpoints.userinfo, Endpoint::Userinfo, "GET, POST")
                    .route(web::get().to(userinfo::get))
                    .route(web::post().to(userinfo::post)),
            )
            .service(for_scripts(&endpoints.jwks, Endpoint::Jwks, "GET, HEAD").route(readable().to(metadata::jwks)))
            .service(resource(LANGUAGE_PATH, Endpoint::Language, "POST").route(web::post().to(language::choose)))
            .service(resource("/livez", Endpoint::Health, "GET, HEAD").route(readable().to(health::live)))
            .service(resource("/readyz", Endpoint::Health, "GET, HEAD").route(readable().to(health::ready)))
            .service(
                resource(&format!("{ERRORS}/{{anchor}}"), Endpoint::ErrorPage, "GET, HEAD")
                    .route(readable().to(shell::about_error)),
            )
            .service(resource(STYLESHEET_PATH, Endpoint::Asset, "GET, HEAD").route(readable().to(shell::stylesheet)))
            .service(
                resource(PASSKEY_SCRIPT_PATH, Endpoint::Asset, "GET, HEAD").route(readable().to(shell::passkey_script)),
            )
            .service(resource(SCRIPT_PATH, Endpoint::Asset, "GET, HEAD").route(readable().to(shell::script)))
            .service(resource(LOGO_PATH, Endpoint::Asset, "GET, HEAD").route(readable().to(shell::logo)))
            .default_service(web::to(shell::not_found))
            .app_data(app);
    }
}

/// Whether a page of ours is shown at this path.
pub(crate) fn is_page(app: &App, path: &str) -> bool {
    let endpoints = &app.service.settings().endpoints;
    let fixed = [SIGN_IN, CHOOSE_ACCOUNT, SECOND_FACTOR, ENROL_FACTOR, CONSENT, DEVICE_PAGE, device::DONE];
    let is_own = app.has_accounts && [MY_ACCOUNT, AUTHENTICATOR].contains(&path);
    let is_error = || {
        let anchor = path.strip_prefix(ERRORS).and_then(|rest| rest.strip_prefix('/'));
        anchor.is_some_and(|anchor| Reason::ALL.iter().any(|reason| reason.anchor() == anchor))
    };
    let is_playground = || app.playground.is_some() && path == PLAYGROUND;
    fixed.contains(&path)
        || is_own
        || is_playground()
        || path == endpoints.authorization
        || path == endpoints.logout
        || is_error()
}

fn readable() -> actix_web::Route {
    web::route().guard(actix_web::guard::Any(actix_web::guard::Get()).or(actix_web::guard::Head()))
}

async fn method_not_allowed(app: &App, request: &HttpRequest, endpoint: Endpoint, allow: &'static str) -> HttpResponse {
    app.observed(endpoint, request, async |call| {
        let failure = Failure::from(Refusal::new(Reason::MethodNotAllowed));
        let mut response = app.refuse(&failure, Challenge::Basic, Occasion::of(call));
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
        response
    })
    .await
}
