//! Prometheus' text format, version 0.0.4. A label's value is `&'static str`: nothing that a client chose can become one.

use std::fmt::{Display, Write as _};

use grantor_ports::Distribution;

use super::table::Metric;

/// `Content-Type` of the format.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A page of metrics that is being written.
#[derive(Default)]
pub(super) struct Exposition(String);

/// One metric of the page.
pub(super) struct Family<'a> {
    page: &'a mut String,
    metric: &'static Metric,
}

impl Exposition {
    /// Begins a metric. It is named on the page even if it has no value yet.
    pub(super) fn family(&mut self, metric: &'static Metric) -> Family<'_> {
        let Metric { name, kind, tells, .. } = metric;
        // Writing to a String cannot fail, here and below.
        let _infallible = write!(self.0, "# HELP {name} {tells}\n# TYPE {name} {}\n", kind.as_str());
        Family { page: &mut self.0, metric }
    }

    /// A metric that is one number.
    pub(super) fn number(&mut self, metric: &'static Metric, value: impl Display) {
        self.family(metric).sample([], value);
    }

    pub(super) fn into_page(self) -> String {
        self.0
    }
}

impl Family<'_> {
    /// A value, with the values of the metric's labels in their order.
    pub(super) fn sample<const N: usize>(&mut self, labels: [&'static str; N], value: impl Display) {
        self.line("", &labels, None, value);
    }

    /// A distribution, its numbers divided by `scale`.
    pub(super) fn distribution<const N: usize>(&mut self, labels: [&'static str; N], of: &Distribution, scale: f64) {
        let mut total = 0;
        let bounds = of.bounds.iter().map(|bound| scaled(*bound, scale).to_string());
        for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(&of.counts) {
            total += count;
            self.line("_bucket", &labels, Some(&bound), total);
        }
        self.line("_sum", &labels, None, scaled(of.sum, scale));
        self.line("_count", &labels, None, total);
    }

    fn line(&mut self, suffix: &str, labels: &[&'static str], bound: Option<&str>, value: impl Display) {
        let named = self.metric.labels.iter().zip(labels).map(|(name, value)| format!("{name}=\"{}\"", escaped(value)));
        let labels: Vec<_> = named.chain(bound.map(|bound| format!("le=\"{bound}\""))).collect();
        let name = self.metric.name;
        let _infallible = if labels.is_empty() {
            writeln!(self.page, "{name}{suffix} {value}")
        } else {
            writeln!(self.page, "{name}{suffix}{{{}}} {value}", labels.join(","))
        };
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody reads the last digits of a sum beyond 2^53")]
fn scaled(value: u64, scale: f64) -> f64 {
    value as f64 / scale
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use grantor_ports::Histogram;

    use super::super::table::{REQUEST_DURATION, STORAGE_FAILURES, STORAGE_UP};
    use super::*;

    #[test]
    fn the_format_is_that_of_prometheus() {
        let mut page = Exposition::default();
        page.number(&STORAGE_UP, 1);
        page.family(&STORAGE_FAILURES).sample(["a\"b\\"], 3);
        let durations = Histogram::new(&[250, 1000]);
        for value in [100, 200, 500, 2_000_000] {
            durations.observe(value);
        }
        page.family(&REQUEST_DURATION).distribution(["token", "none"], &durations.read(), 1e6);
        let page = page.into_page();
        let lines: Vec<_> = page.lines().filter(|line| !line.starts_with("# HELP")).collect();
        assert_eq!(
            lines,
            [
                "# TYPE grantor_storage_up gauge",
                "grantor_storage_up 1",
                "# TYPE grantor_storage_failures_total counter",
                "grantor_storage_failures_total{kind=\"a\\\"b\\\\\"} 3",
                "# TYPE grantor_request_duration_seconds histogram",
                "grantor_request_duration_seconds_bucket{endpoint=\"token\",grant=\"none\",le=\"0.00025\"} 2",
                "grantor_request_duration_seconds_bucket{endpoint=\"token\",grant=\"none\",le=\"0.001\"} 3",
                "grantor_request_duration_seconds_bucket{endpoint=\"token\",grant=\"none\",le=\"+Inf\"} 4",
                "grantor_request_duration_seconds_sum{endpoint=\"token\",grant=\"none\"} 2.0008",
                "grantor_request_duration_seconds_count{endpoint=\"token\",grant=\"none\"} 4",
            ]
        );
    }
}
