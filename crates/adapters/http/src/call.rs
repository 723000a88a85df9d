//! One request as it is observed: which endpoint, which grant, how it ended and how long it took. Every route answers
//! inside [`App::observed`].

use std::cell::{Cell, RefCell};
use std::time::Instant;

use actix_web::http::{ConnectionType, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::Origin;
use grantor_domain::error::ErrorCode;
use grantor_domain::grant::GrantType;
use grantor_domain::ui_locales::UiLocales;
use tracing::{Instrument as _, Span};

use crate::app::App;
use crate::endpoint::Endpoint;
use crate::metrics::{Outcome, Requests};
use crate::trace;

/// A request that is being answered. It is counted when it is dropped, also if its client has hung up before the answer.
pub(crate) struct Call<'a> {
    requests: &'a Requests,
    endpoint: Endpoint,
    request: &'a HttpRequest,
    begun_at: Instant,
    grant: Cell<Option<GrantType>>,
    outcome: Cell<Option<Outcome>>,
    ui_locales: RefCell<UiLocales>,
    address: RefCell<Option<String>>,
    span: Span,
}

impl App {
    /// Answers a request, observed.
    pub(crate) async fn observed(
        &self,
        endpoint: Endpoint,
        request: &HttpRequest,
        answer: impl AsyncFnOnce(&Call<'_>) -> HttpResponse,
    ) -> HttpResponse {
        let span = trace::span(endpoint, request);
        let call = Call::begin(&self.requests, endpoint, request, span.clone());
        let origin = Origin::at(self.client_address(request));
        let mut response = origin.scope(answer(&call)).instrument(span).await;
        if self.is_draining() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        call.end(response.status());
        response
    }
}

impl<'a> Call<'a> {
    fn begin(requests: &'a Requests, endpoint: Endpoint, request: &'a HttpRequest, span: Span) -> Self {
        requests.begun();
        Self {
            requests,
            endpoint,
            request,
            begun_at: Instant::now(),
            grant: Cell::default(),
            outcome: Cell::default(),
            ui_locales: RefCell::default(),
            address: RefCell::default(),
            span,
        }
    }

    /// What the request is for.
    pub(crate) const fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// The request itself.
    pub(crate) const fn request(&self) -> &'a HttpRequest {
        self.request
    }

    /// Whoever sent it wants its pages in these languages.
    pub(crate) fn wants(&self, languages: UiLocales) {
        self.ui_locales.replace(languages);
    }

    /// The languages that were asked for.
    pub(crate) fn ui_locales(&self) -> UiLocales {
        self.ui_locales.borrow().clone()
    }

    /// The page that answers it can be had again at this address of ours.
    pub(crate) fn is_found_at(&self, address: String) {
        self.address.replace(Some(address));
    }

    /// Where its page can be had again, if that is not where it was sent.
    pub(crate) fn address(&self) -> Option<String> {
        self.address.borrow().clone()
    }

    /// It asks for this grant.
    pub(crate) fn asks_for(&self, grant: GrantType) {
        self.grant.set(Some(grant));
        self.span.record("grant", grant.as_str());
    }

    /// It was told this error.
    pub(crate) fn told(&self, code: ErrorCode) {
        self.outcome.set(Some(Outcome::Refused(code)));
    }

    /// There is an answer. What was told in no error code shows in the status.
    fn end(&self, status: StatusCode) {
        if self.outcome.get().is_none() {
            self.outcome.set(Some(match status {
                StatusCode::NOT_FOUND => Outcome::NotFound,
                StatusCode::SERVICE_UNAVAILABLE => Outcome::Refused(ErrorCode::TemporarilyUnavailable),
                status if status.is_server_error() => Outcome::Refused(ErrorCode::ServerError),
                _ => Outcome::Success,
            }));
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let outcome = self.outcome.get().unwrap_or(Outcome::Abandoned);
        self.span.record("outcome", outcome.as_str());
        self.requests.ended(self.endpoint, self.grant.get(), outcome, self.begun_at.elapsed());
    }
}
