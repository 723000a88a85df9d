//! The span of a request, for traces: which endpoint, which grant, how it ended. It goes on with the trace that the caller
//! began, if that says so (W3C Trace Context, `traceparent`); nothing else of the request goes into it.

use actix_web::HttpRequest;
use grantor_ports::TRACE_TARGET;
use tracing::Span;
use tracing::field::Empty;

use crate::endpoint::Endpoint;

/// The span of a request.
pub(crate) fn span(endpoint: Endpoint, request: &HttpRequest) -> Span {
    let name = endpoint.as_str();
    let span = tracing::debug_span!(
        target: TRACE_TARGET,
        "request",
        otel.name = name,
        otel.kind = "server",
        endpoint = name,
        grant = Empty,
        outcome = Empty,
    );
    caller::go_on_from(&span, request);
    span
}

#[cfg(feature = "opentelemetry")]
mod caller {
    use actix_web::HttpRequest;
    use actix_web::http::header::HeaderMap;
    use opentelemetry::global::get_text_map_propagator;
    use opentelemetry::propagation::Extractor;
    use tracing::Span;
    use tracing_opentelemetry::OpenTelemetrySpanExt as _;

    /// The one header that is read: `tracestate` would carry text of the caller's into what is exported.
    const TRACEPARENT: &str = "traceparent";

    pub(super) fn go_on_from(span: &Span, request: &HttpRequest) {
        if !span.is_disabled() && request.headers().contains_key(TRACEPARENT) {
            let parent = get_text_map_propagator(|propagator| propagator.extract(&Headers(request.headers())));
            if let Err(error) = span.set_parent(parent) {
                tracing::debug!(?error, "a trace begins anew");
            }
        }
    }

    struct Headers<'a>(&'a HeaderMap);

    impl Extractor for Headers<'_> {
        fn get(&self, key: &str) -> Option<&str> {
            self.0.get(key).filter(|_| key == TRACEPARENT)?.to_str().ok()
        }

        fn keys(&self) -> Vec<&str> {
            vec![TRACEPARENT]
        }
    }
}

#[cfg(not(feature = "opentelemetry"))]
mod caller {
    use actix_web::HttpRequest;
    use tracing::Span;

    pub(super) const fn go_on_from(_span: &Span, _request: &HttpRequest) {}
}
