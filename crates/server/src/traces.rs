//! Traces of requests for an OpenTelemetry collector (`tracing.otlp_endpoint`), by OTLP over HTTP. Only with the feature
//! `opentelemetry`; without it nothing here is compiled but the refusal of the setting.

#[cfg(feature = "opentelemetry")]
pub(crate) use export::{finish, layer};

/// Whether this program can export traces.
pub(crate) const AVAILABLE: bool = cfg!(feature = "opentelemetry");

#[cfg(not(feature = "opentelemetry"))]
pub(crate) const fn finish() {}

#[cfg(feature = "opentelemetry")]
mod export {
    use std::sync::OnceLock;

    use anyhow::Context;
    use grantor_ports::TRACE_TARGET;
    use opentelemetry::global::set_text_map_propagator;
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::propagation::TraceContextPropagator;
    use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
    use tracing::{Level, Subscriber};
    use tracing_subscriber::Layer;
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::registry::LookupSpan;

    use crate::settings::Tracing;

    /// What traces call this service.
    const SERVICE: &str = "grantor";

    /// Where OTLP over HTTP takes traces, below the collector's address.
    const PATH: &str = "/v1/traces";

    static EXPORTING: OnceLock<SdkTracerProvider> = OnceLock::new();

    /// What makes traces of our spans, and of nothing else that is logged.
    ///
    /// # Errors
    /// If no exporter can be made for the address.
    pub(crate) fn layer<S>(settings: &Tracing) -> anyhow::Result<Option<impl Layer<S> + Send + Sync + use<S>>>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let Some(endpoint) = &settings.otlp_endpoint else { return Ok(None) };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}{PATH}", endpoint.trim_end_matches('/')))
            .build()
            .context("tracing.otlp_endpoint")?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            // A caller that traces decides for its whole trace.
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.sample_ratio))))
            .with_resource(Resource::builder().with_service_name(SERVICE).build())
            .build();
        set_text_map_propagator(TraceContextPropagator::new());
        let tracer = provider.tracer(SERVICE);
        EXPORTING.get_or_init(|| provider);
        let spans = Targets::new().with_target(TRACE_TARGET, Level::DEBUG);
        Ok(Some(
            tracing_opentelemetry::layer()
                .with_tracer(tracer)
                .with_location(false)
                .with_threads(false)
                .with_target(false)
                .with_tracked_inactivity(false)
                .with_filter(spans),
        ))
    }

    /// Sends what has not been sent yet. Call it when the process ends.
    pub(crate) fn finish() {
        if let Some(Err(error)) = EXPORTING.get().map(SdkTracerProvider::shutdown) {
            tracing::warn!(%error, "the last traces were not exported");
        }
    }
}
