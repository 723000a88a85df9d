//! What surrounds every page: its headers, its stylesheet, redirects, and the pages about errors.

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::{Failure, Interaction, Next};
use grantor_domain::authorization::{Destination, ResponseMode};
use grantor_domain::error::Reason;
use grantor_ports::CryptoFailure;
use url::form_urlencoded::Serializer;

use crate::app::App;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::pages::{ErrorPage, RenderError};
use crate::refusal::{Occasion, never_store, page_title};
use crate::routes::{CONSENT, SIGN_IN};

/// No script, nothing from elsewhere, and no frame around it. `form-action` is left out on purpose: browsers apply it
/// to every redirect that follows a form, also to those that a client makes behind its redirect URI.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

impl App {
    /// A page with the headers that every page has.
    pub(crate) fn page(&self, status: StatusCode, html: Result<String, RenderError>) -> HttpResponse {
        match html {
            Ok(html) => {
                let mut response = HttpResponse::build(status);
                never_store(&mut response);
                response
                    .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
                    .insert_header((CONTENT_SECURITY_POLICY, POLICY))
                    .insert_header((REFERRER_POLICY, "no-referrer"))
                    .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
                    .insert_header((X_FRAME_OPTIONS, "DENY"))
                    .body(html)
            }
            Err(error) => {
                let failure = Failure::Defect(CryptoFailure::because("a page could not be rendered", error));
                let reference = self.service.log_failure(&failure, "page", None);
                HttpResponse::InternalServerError()
                    .content_type("text/plain")
                    .body(format!("Internal error. Reference {reference}"))
            }
        }
    }

    /// Sends the browser where the request stands now.
    pub(crate) fn follow(&self, call: &Call<'_>, next: &Next, cookies: Vec<Cookie<'static>>) -> HttpResponse {
        let location = match next {
            Next::SignIn(interaction) => page_with(SIGN_IN, interaction),
            Next::Consent(interaction) => page_with(CONSENT, interaction),
            Next::Code { destination, code } => self.answer(destination, &[("code", code.expose())]),
            Next::Refusal { client_id, destination, refusal } => {
                let failure = Failure::from(refusal.clone());
                self.log_failure(&failure, Occasion { call, client_id: Some(client_id.as_str()) });
                let description = failure.description();
                self.answer(
                    destination,
                    &[("error", refusal.reason.wire().code.as_str()), ("error_description", &description)],
                )
            }
        };
        see_other(&location, cookies)
    }

    /// The redirect URI with the answer, `state` and `iss` (RFC 6749 §4.1.2, RFC 9207 §2).
    fn answer(&self, destination: &Destination, members: &[(&str, &str)]) -> String {
        let uri = destination.redirect_uri.as_str();
        let mut query = Serializer::new(String::new());
        query.extend_pairs(members);
        if let Some(state) = &destination.state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", self.service.settings().issuer.as_str());
        let query = query.finish();
        match destination.response_mode {
            ResponseMode::Query if uri.ends_with(['?', '&']) => format!("{uri}{query}"),
            ResponseMode::Query if uri.contains('?') => format!("{uri}&{query}"),
            ResponseMode::Query => format!("{uri}?{query}"),
        }
    }
}

fn page_with(path: &str, interaction: &Interaction) -> String {
    format!("{path}?request={}", interaction.as_str())
}

/// 303, so that no form is ever posted on (RFC 9700 §4.12).
pub(crate) fn see_other(location: &str, cookies: Vec<Cookie<'static>>) -> HttpResponse {
    let mut response = HttpResponse::SeeOther();
    never_store(&mut response);
    response.insert_header((LOCATION, location)).insert_header((REFERRER_POLICY, "no-referrer"));
    for cookie in cookies {
        response.cookie(cookie);
    }
    response.finish()
}

/// The stylesheet. Its address changes with its content, so it may be kept for ever.
pub(crate) async fn stylesheet(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Asset, &request, async |_call| {
        HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/css; charset=utf-8"))
            .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(app.pages.stylesheet().to_owned())
    })
    .await
}

/// The page that `error_uri` leads to.
pub(crate) async fn about_error(app: Data<App>, request: HttpRequest, anchor: Path<String>) -> HttpResponse {
    app.observed(Endpoint::ErrorPage, &request, async |_call| {
        let known = Reason::ALL.iter().find(|reason| reason.anchor() == *anchor);
        known.map_or_else(|| nothing_here(&app), |reason| about(&app, *reason))
    })
    .await
}

fn about(app: &App, reason: Reason) -> HttpResponse {
    let wire = reason.wire();
    let message = format!("{}. {}", sentence(wire.description), wire.advice);
    let view = ErrorPage {
        title: page_title(reason),
        message: &message,
        code: Some(wire.code.as_str()),
        reference: None,
        docs: None,
    };
    app.page(StatusCode::OK, app.pages.error(&view))
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_ascii_uppercase().to_string() + characters.as_str()).unwrap_or_default()
}

/// There is nothing at this address.
pub(crate) async fn not_found(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Other, &request, async |_call| nothing_here(&app)).await
}

fn nothing_here(app: &App) -> HttpResponse {
    let view = ErrorPage {
        title: "There is nothing here",
        message: "Check the address.",
        code: None,
        reference: None,
        docs: None,
    };
    app.page(StatusCode::NOT_FOUND, app.pages.error(&view))
}
