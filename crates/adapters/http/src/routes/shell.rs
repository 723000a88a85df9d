//! What surrounds every page: its headers, its stylesheet, script and logo, and the pages about errors.

use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::Failure;
use grantor_domain::error::Reason;
use grantor_ports::CryptoFailure;

use crate::app::App;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::pages::{ErrorPage, NOT_FOUND, PASSKEY_SCRIPT, RenderError, SCRIPT, page_title};
use crate::refusal::never_store;

/// What a page may load beside what every page may.
#[derive(Clone, Copy, Default)]
pub(crate) struct Loads<'a> {
    /// Pictures of this origin: a client's logo.
    pub(crate) images_of: Option<&'a str>,
    /// Our scripts.
    pub(crate) script: bool,
    /// Frames of these origins, separated by spaces.
    pub(crate) frames_of: Option<&'a str>,
}

/// What a logo may do that is opened by itself: show what is in it.
const LOGO_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

impl Loads<'_> {
    /// No script unless it is ours, nothing from elsewhere but pictures of one origin, and no frame around it. `form-action` is
    /// left out on purpose: browsers apply it to every redirect that follows a form, also to those that a client makes
    /// behind its redirect URI.
    fn policy(self) -> String {
        let images = self.images_of.map(|origin| format!(" {origin}")).unwrap_or_default();
        let script = if self.script { " script-src 'self';" } else { "" };
        let frames = self.frames_of.map(|origins| format!(" frame-src {origins};")).unwrap_or_default();
        format!(
            "default-src 'none'; style-src 'self'; img-src 'self' data:{images};{script}{frames} base-uri 'none'; \
             frame-ancestors 'none'"
        )
    }
}

impl App {
    /// A page with the headers that every page has.
    pub(crate) fn page(&self, status: StatusCode, html: Result<String, RenderError>) -> HttpResponse {
        self.page_that(Loads::default(), status, html)
    }

    /// The same, for a page that loads more.
    pub(crate) fn page_that(
        &self,
        loads: Loads<'_>,
        status: StatusCode,
        html: Result<String, RenderError>,
    ) -> HttpResponse {
        match html {
            Ok(html) => {
                let mut response = HttpResponse::build(status);
                never_store(&mut response);
                response
                    .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
                    .insert_header((CONTENT_SECURITY_POLICY, loads.policy()))
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
}

/// The stylesheet.
pub(crate) async fn stylesheet(app: Data<App>, request: HttpRequest) -> HttpResponse {
    let content = app.pages.stylesheet().to_owned();
    app.observed(Endpoint::Asset, &request, async |_call| asset("text/css; charset=utf-8", content)).await
}

/// The script that presses the button of a page that posts an answer.
pub(crate) async fn script(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Asset, &request, async |_call| asset("text/javascript; charset=utf-8", SCRIPT)).await
}

/// The script that asks the browser for passkeys.
pub(crate) async fn passkey_script(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Asset, &request, async |_call| asset("text/javascript; charset=utf-8", PASSKEY_SCRIPT)).await
}

/// The operator's logo. Opened by itself an SVG is a document: no script in it runs, and nothing is loaded.
pub(crate) async fn logo(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Asset, &request, async |call| match app.pages.logo() {
        Some(logo) => {
            let mut answer = asset(logo.media_type(), logo.content().to_vec());
            answer.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(LOGO_POLICY));
            answer
        }
        None => nothing_here(&app, call),
    })
    .await
}

/// Its address changes with its content, so it may be kept for ever.
fn asset(media_type: &str, content: impl MessageBody + 'static) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(content)
}

/// The page that `error_uri` leads to.
pub(crate) async fn about_error(app: Data<App>, request: HttpRequest, anchor: Path<String>) -> HttpResponse {
    app.observed(Endpoint::ErrorPage, &request, async |call| {
        let known = Reason::ALL.iter().find(|reason| reason.anchor() == *anchor);
        known.map_or_else(|| nothing_here(&app, call), |reason| about(&app, call, *reason))
    })
    .await
}

/// What a developer reads, in English: the page for people is the one that linked here.
fn about(app: &App, call: &Call<'_>, reason: Reason) -> HttpResponse {
    let reader = app.reader(call);
    let wire = reason.wire();
    let message = format!("{}. {}", sentence(wire.description), wire.advice);
    let view = ErrorPage {
        title: page_title(reason),
        message: app.pages.english(reader.language, &message),
        code: Some(wire.code.as_str()),
        reference: None,
        docs: None,
    };
    app.page(StatusCode::OK, app.pages.error(&reader, &view))
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_ascii_uppercase().to_string() + characters.as_str()).unwrap_or_default()
}

/// There is nothing at this address.
pub(crate) async fn not_found(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Other, &request, async |call| nothing_here(&app, call)).await
}

fn nothing_here(app: &App, call: &Call<'_>) -> HttpResponse {
    let reader = app.reader(call);
    let (title, message) = NOT_FOUND;
    let view =
        ErrorPage { title, message: app.pages.say(reader.language, message), code: None, reference: None, docs: None };
    app.page(StatusCode::NOT_FOUND, app.pages.error(&reader, &view))
}
