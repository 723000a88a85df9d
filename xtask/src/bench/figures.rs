//! Decides what one run says, and what several runs of the same thing say together: the median of each figure.

use serde::Serialize;

use super::generator::Outcome;

/// What was measured in a run, or the medians of several. What could not be counted is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Figures {
    pub(super) requests_per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) p999_ms: f64,
    pub(super) max_ms: f64,
    /// The server's own processor time, user and system, all its processes.
    pub(super) server_us: Option<f64>,
    pub(super) postgres_us: Option<f64>,
    pub(super) resident_kib: Option<f64>,
    pub(super) statements: Option<f64>,
    pub(super) wal_bytes: Option<f64>,
    /// Statements for each batch that a thread of Grantor's storage took from its queue, and how many jobs one held. The
    /// server's own poll, once a second, is a statement and a batch of one job: among hundreds of batches a second it is
    /// not seen. Upkeep has statements and no batch, but only when the server starts and every hour.
    pub(super) statements_per_batch: Option<f64>,
    pub(super) jobs_per_batch: Option<f64>,
    /// Answers of 400 and more, and those that did not say what they should.
    pub(super) failed: f64,
    pub(super) socket_errors: f64,
    /// Requests for which no value was left: such a run says nothing.
    pub(super) exhausted: f64,
    /// The share of one processor that the generator used: near 1 it is the generator that was measured.
    pub(super) generator_busy: f64,
    /// Processors that others kept busy.
    pub(super) others_busy: f64,
    /// Processors that the server and, where it uses one, Postgres kept busy.
    pub(super) server_busy: Option<f64>,
}

/// What was counted before a run and after it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    pub(super) server_seconds: Option<f64>,
    pub(super) postgres_seconds: Option<f64>,
    pub(super) statements: Option<f64>,
    pub(super) wal_bytes: Option<f64>,
    pub(super) batches: Option<f64>,
    pub(super) jobs: Option<f64>,
    pub(super) generator_seconds: f64,
    /// Of everything that we started.
    pub(super) our_seconds: f64,
    pub(super) machine_seconds: f64,
    /// Since some moment.
    pub(super) wall_seconds: f64,
}

impl Figures {
    /// What happened between two counts. Requests that were in flight when the generator ended have cost what others cost,
    /// though it did not count them.
    pub(super) fn between(before: &Counted, after: &Counted, outcome: &Outcome, in_flight: usize) -> Self {
        let requests = to_f64(outcome.requests + in_flight as u64).max(1.0);
        let wall = (after.wall_seconds - before.wall_seconds).max(f64::MIN_POSITIVE);
        let grown = |of: fn(&Counted) -> Option<f64>| Some(of(after)? - of(before)?);
        let server = grown(|counted| counted.server_seconds);
        let postgres = grown(|counted| counted.postgres_seconds);
        let (statements, batches) = (grown(|counted| counted.statements), grown(|counted| counted.batches));
        let ratio = |over: Option<f64>, under: Option<f64>| Some(over? / under.filter(|under| *under > 0.0)?);
        let per_request = |grown: Option<f64>, scale: f64| grown.map(|grown| grown.max(0.0) * scale / requests);
        let generator = after.generator_seconds - before.generator_seconds;
        let others = (after.machine_seconds - before.machine_seconds) - (after.our_seconds - before.our_seconds);
        Self {
            requests_per_second: to_f64(outcome.requests) / outcome.seconds.max(f64::MIN_POSITIVE),
            p50_ms: outcome.p50,
            p99_ms: outcome.p99,
            p999_ms: outcome.p999,
            max_ms: outcome.max,
            server_us: per_request(server, 1e6),
            postgres_us: per_request(postgres, 1e6),
            resident_kib: None,
            statements: per_request(statements, 1.0),
            wal_bytes: per_request(grown(|counted| counted.wal_bytes), 1.0),
            statements_per_batch: ratio(statements, batches),
            jobs_per_batch: ratio(grown(|counted| counted.jobs), batches),
            failed: to_f64(outcome.failed + outcome.unexpected),
            socket_errors: to_f64(outcome.socket_errors),
            exhausted: to_f64(outcome.exhausted),
            generator_busy: generator / wall,
            others_busy: (others / wall).max(0.0),
            server_busy: server.map(|server| (server + postgres.unwrap_or(0.0)) / wall),
        }
    }

    /// The median of each figure; of what went wrong, all of it.
    pub(super) fn median(runs: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(runs.iter().map(figure)).unwrap_or_default();
        let known = |figure: fn(&Self) -> Option<f64>| median(runs.iter().filter_map(figure));
        let sum = |figure: fn(&Self) -> f64| runs.iter().map(figure).sum();
        Self {
            requests_per_second: of(|run| run.requests_per_second),
            p50_ms: of(|run| run.p50_ms),
            p99_ms: of(|run| run.p99_ms),
            p999_ms: of(|run| run.p999_ms),
            max_ms: of(|run| run.max_ms),
            server_us: known(|run| run.server_us),
            postgres_us: known(|run| run.postgres_us),
            resident_kib: known(|run| run.resident_kib),
            statements: known(|run| run.statements),
            wal_bytes: known(|run| run.wal_bytes),
            statements_per_batch: known(|run| run.statements_per_batch),
            jobs_per_batch: known(|run| run.jobs_per_batch),
            failed: sum(|run| run.failed),
            socket_errors: sum(|run| run.socket_errors),
            exhausted: sum(|run| run.exhausted),
            generator_busy: of(|run| run.generator_busy),
            others_busy: of(|run| run.others_busy),
            server_busy: known(|run| run.server_busy),
        }
    }

    /// Processor time of server and Postgres together.
    pub(super) fn all_us(&self) -> Option<f64> {
        Some(self.server_us? + self.postgres_us.unwrap_or(0.0))
    }

    /// Why these figures say nothing, if so.
    pub(super) fn problem(&self) -> Option<String> {
        let counts = [
            (self.failed, "answers were not as they should be"),
            (self.socket_errors, "socket errors"),
            (self.exhausted, "requests found no value left"),
        ];
        let said: Vec<String> = counts
            .into_iter()
            .filter(|(count, _)| *count > 0.0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        (!said.is_empty()).then(|| said.join(", "))
    }

    /// One line for who waits.
    pub(super) fn line(&self) -> String {
        let optional = |value: Option<f64>, unit: &str| match value {
            Some(value) => format!(", {value:.1} {unit}"),
            None => String::new(),
        };
        format!(
            "{:.0}/s, p50 {:.2} p99 {:.2} p99.9 {:.2} ms{}{}{}{}{}, generator {:.0} %, others {:.2} processors{}",
            self.requests_per_second,
            self.p50_ms,
            self.p99_ms,
            self.p999_ms,
            optional(self.server_us, "µs"),
            optional(self.postgres_us, "µs of Postgres"),
            self.statements.map(|statements| format!(", {statements:.3} statements")).unwrap_or_default(),
            optional(self.wal_bytes, "bytes of WAL"),
            optional(self.jobs_per_batch, "jobs a batch"),
            self.generator_busy * 100.0,
            self.others_busy,
            self.problem().map(|problem| format!(" -- {problem}")).unwrap_or_default(),
        )
    }
}

/// The middle of the values, or the mean of the two in the middle.
pub(super) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    let high = values.get(upper)?;
    let low = if values.len().is_multiple_of(2) { values.get(upper.checked_sub(1)?)? } else { high };
    Some(f64::midpoint(*low, *high))
}

#[allow(clippy::cast_precision_loss, reason = "counts of a run fit")]
pub(super) fn to_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    const OUTCOME: Outcome = Outcome {
        requests: 1000,
        seconds: 2.0,
        p50: 1.0,
        p99: 2.0,
        p999: 3.0,
        max: 4.0,
        failed: 0,
        socket_errors: 0,
        unexpected: 0,
        exhausted: 0,
    };

    fn near(found: Option<f64>, expect: f64) {
        let found = found.unwrap();
        assert!((found - expect).abs() < 1e-9, "{found} is not {expect}");
    }

    #[test]
    fn costs_are_per_request() {
        let before =
            Counted { server_seconds: Some(1.0), statements: Some(10.0), batches: Some(0.0), ..Counted::default() };
        let after = Counted {
            server_seconds: Some(1.55),
            statements: Some(1110.0),
            batches: Some(550.0),
            our_seconds: 1.0,
            machine_seconds: 3.0,
            wall_seconds: 2.0,
            generator_seconds: 1.0,
            ..Counted::default()
        };
        let figures = Figures::between(&before, &after, &OUTCOME, 100);
        near(Some(figures.requests_per_second), 500.0);
        near(figures.server_us, 500.0);
        near(figures.statements, 1.0);
        near(figures.statements_per_batch, 2.0);
        near(Some(figures.others_busy), 1.0);
        near(Some(figures.generator_busy), 0.5);
        assert_eq!((figures.postgres_us, figures.wal_bytes), (None, None));
        assert_eq!(figures.problem(), None);
    }

    #[test]
    fn medians_of_what_is_known_and_sums_of_what_went_wrong() {
        let run =
            |rate, server_us, failed| Figures { requests_per_second: rate, server_us, failed, ..Figures::default() };
        let together = Figures::median(&[run(3.0, None, 1.0), run(1.0, Some(8.0), 0.0), run(2.0, Some(4.0), 2.0)]);
        near(Some(together.requests_per_second), 2.0);
        near(together.server_us, 6.0);
        assert!(together.problem().unwrap().starts_with("3 answers"));
        assert_eq!(median(std::iter::empty()), None);
    }
}
