//! How a failure is told: to the client as JSON (RFC 6749 §5.2), to a person as a page, and to the operator as one line
//! in the log that carries the same reference.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, HttpResponseBuilder};
use grantor_application::Failure;
use grantor_domain::error::Reason;
use serde_json::json;

use crate::app::App;
use crate::call::Call;
use crate::pages::{ErrorPage, page_title};
use crate::routes::ERRORS;

/// When to try again after an outage, in seconds: always sooner than a spent refresh token may be repeated.
pub(crate) const OUTAGE_SECONDS: u64 = 1;

/// And after too many user codes: by then none of them counts any more.
const ATTEMPTS_SECONDS: u64 = 600;

/// And after too many registrations.
const REGISTRATION_SECONDS: u64 = 3600;

/// The realm of every challenge (RFC 9110 §11.5).
const REALM: &str = "grantor";

/// Which challenge a 401 carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// For client authentication.
    Basic,
    /// For access tokens, with the error in it (RFC 6750 §3).
    Bearer,
}

/// Who failed where, for the log and for metrics.
#[derive(Clone, Copy)]
pub(crate) struct Occasion<'a> {
    /// The request.
    pub(crate) call: &'a Call<'a>,
    /// The client that the request named, whoever sent it.
    pub(crate) client_id: Option<&'a str>,
}

impl<'a> Occasion<'a> {
    /// A request that has named no client.
    pub(crate) const fn of(call: &'a Call<'a>) -> Self {
        Self { call, client_id: None }
    }
}

impl App {
    /// Writes the one line about a refused request and gives its reference.
    pub(crate) fn log_failure(&self, failure: &Failure, occasion: Occasion<'_>) -> String {
        let Occasion { call, client_id } = occasion;
        call.told(failure.reason().wire().code);
        self.service.log_failure(failure, call.endpoint().as_str(), client_id)
    }

    /// The JSON answer to a failure.
    pub(crate) fn refuse(&self, failure: &Failure, challenge: Challenge, occasion: Occasion<'_>) -> HttpResponse {
        let reference = self.log_failure(failure, occasion);
        let (reason, description) = (failure.reason(), failure.description());
        let wire = reason.wire();
        let mut response = HttpResponse::build(status(reason));
        never_store(&mut response);
        if needs_challenge(challenge, wire.status) {
            response.insert_header((WWW_AUTHENTICATE, challenge_header(challenge, reason, &description)));
        }
        if let Some(seconds) = seconds_to_wait(failure) {
            response.insert_header((RETRY_AFTER, seconds));
        }
        response.json(json!({
            "error": wire.code.as_str(),
            "error_description": description,
            "error_uri": self.error_uri(reason),
            "reference": reference,
        }))
    }

    /// The page about a failure that has nowhere else to go.
    pub(crate) fn refuse_on_page(&self, failure: &Failure, occasion: Occasion<'_>) -> HttpResponse {
        let reference = self.log_failure(failure, occasion);
        let (reason, reader) = (failure.reason(), self.reader(occasion.call));
        let (description, docs) = (failure.description(), self.error_uri(reason));
        let view = ErrorPage {
            title: page_title(reason),
            message: self.pages.explain(reader.language, (reason, parameter(failure)), &description),
            code: Some(reason.wire().code.as_str()),
            reference: Some(&reference),
            docs: Some(&docs),
        };
        let mut page = self.page(status(reason), self.pages.error(&reader, &view));
        ask_to_wait(&mut page, failure);
        page
    }

    /// Our page about a reason.
    fn error_uri(&self, reason: Reason) -> String {
        self.service.settings().url(&format!("{ERRORS}/{}", reason.anchor()))
    }
}

/// The parameter that it is about, where one is.
const fn parameter(failure: &Failure) -> Option<&'static str> {
    match failure {
        Failure::Refused(refusal) => refusal.parameter,
        Failure::Defect(_) | Failure::Unavailable(_) => None,
    }
}

/// The status of a reason.
pub(crate) fn status(reason: Reason) -> StatusCode {
    StatusCode::from_u16(reason.wire().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Says on a page when to try again, where that helps.
pub(crate) fn ask_to_wait(page: &mut HttpResponse, failure: &Failure) {
    if let Some(seconds) = seconds_to_wait(failure) {
        page.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
}

/// In how many seconds to try again, where that helps; rounded up, so that it is late enough.
pub(crate) fn seconds_to_wait(failure: &Failure) -> Option<u64> {
    failure
        .retry_after()
        .map(|wait| wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX))
        .or_else(|| usual_wait(failure.reason()))
}

const fn usual_wait(reason: Reason) -> Option<u64> {
    match reason {
        Reason::TemporarilyUnavailable => Some(OUTAGE_SECONDS),
        Reason::RegistrationQuotaReached => Some(REGISTRATION_SECONDS),
        Reason::TooManyAttempts => Some(ATTEMPTS_SECONDS),
        _ => None,
    }
}

/// "The authorization server MUST include … Cache-Control … no-store … Pragma … no-cache" (RFC 6749 §5.1).
pub(crate) fn never_store(response: &mut HttpResponseBuilder) {
    response.insert_header((CACHE_CONTROL, "no-store")).insert_header((PRAGMA, "no-cache"));
}

/// 401 always says how to authenticate (RFC 9110 §15.5.2); a protected resource says why not whatever the status is
/// (RFC 6750 §3).
const fn needs_challenge(challenge: Challenge, status: u16) -> bool {
    match challenge {
        Challenge::Basic => status == 401,
        Challenge::Bearer => matches!(status, 400 | 401 | 403),
    }
}

/// A request without any token gets no error in its challenge (RFC 6750 §3.1).
fn challenge_header(challenge: Challenge, reason: Reason, description: &str) -> HeaderValue {
    let text = match challenge {
        Challenge::Basic => format!("Basic realm=\"{REALM}\", charset=\"UTF-8\""),
        Challenge::Bearer if reason == Reason::AccessTokenMissing => format!("Bearer realm=\"{REALM}\""),
        Challenge::Bearer => {
            let scope = if reason == Reason::InsufficientScope { ", scope=\"openid\"" } else { "" };
            format!(
                "Bearer realm=\"{REALM}\", error=\"{}\", error_description=\"{description}\"{scope}",
                reason.wire().code.as_str()
            )
        }
    };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("Bearer"))
}
