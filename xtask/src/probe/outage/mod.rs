//! Decides how an outage is tried: a steady load by workers that each hold a grant of their own, an interruption in the middle of
//! it, and at the end the question whether each grant has survived.

mod interruption;
mod report;
mod worker;

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use clap::ValueEnum;

pub(crate) use self::interruption::{Commands, Interruption, Timing};
pub(crate) use self::report::Report;
use self::worker::{Plan, Worker};
use super::target::Target;
use crate::process::POLL;
use crate::signals::Signals;

/// What the load consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Tokens in the client's own name
    ClientCredentials,
    /// Refresh tokens, each worker going on with the successor
    Refresh,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client credentials",
            Self::Refresh => "refresh tokens",
        }
    }
}

/// How much load, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) duration: Duration,
    /// Between an answer and the worker's next request.
    pub(crate) pause: Duration,
    /// All workers together send no more than this.
    pub(crate) requests_max: u64,
}

/// Keeps up the load while the interruption happens. `values` has one for each worker: a refresh token, or `None` where the
/// workers ask for tokens in the client's own name.
///
/// # Errors
///
/// If the interruption cannot be brought about or ended, or xtask is told to stop. Whatever the server does is no error, but
/// a line of the report.
pub(crate) fn run(
    target: &Target,
    kind: Kind,
    values: Vec<Option<String>>,
    load: Load,
    interruption: &mut dyn Interruption,
    signals: &Signals,
) -> anyhow::Result<Report> {
    let (start, is_over, sent) = (Instant::now(), AtomicBool::new(false), AtomicU64::new(0));
    let plan = Plan { target, load, start, is_over: &is_over, sent: &sent };
    let mut report = Report::new(target.token.shown(), kind.name(), values.len(), load);
    let directed = thread::scope(|scope| {
        let workers: Vec<_> =
            values.into_iter().map(|value| scope.spawn(move || Worker::new(plan, value).work())).collect();
        let directed = direct(start, load.duration, interruption, &mut report, signals);
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        for worker in workers {
            report.add(worker.join().map_err(|_panic| anyhow!("a worker has ended before its time"))?);
        }
        directed
    });
    directed.map(|()| report)
}

/// Waits for the end of the load, and begins and ends the interruption when it is time. What has begun is ended whatever
/// happens.
fn direct(
    start: Instant,
    duration: Duration,
    interruption: &mut dyn Interruption,
    report: &mut Report,
    signals: &Signals,
) -> anyhow::Result<()> {
    let timing = interruption.timing();
    let (mut is_begun, mut is_ended) = (timing.is_none(), timing.is_none());
    let outcome = loop {
        if let Err(stopped) = signals.check() {
            break Err(stopped);
        }
        let elapsed = start.elapsed();
        if !is_begun && timing.is_some_and(|timing| elapsed >= timing.begin) {
            is_begun = true;
            report.add_event("interruption begins", elapsed);
            if let Err(error) = interruption.begin(signals) {
                break Err(error);
            }
            report.add_event("what is interrupted is away", start.elapsed());
        } else if is_begun && !is_ended && timing.is_some_and(|timing| elapsed >= timing.end) {
            is_ended = true;
            report.add_event("interruption ends", elapsed);
            if let Err(error) = interruption.end(signals) {
                break Err(error);
            }
            report.add_event("what is interrupted is back", start.elapsed());
        } else if elapsed >= duration {
            break Ok(());
        } else {
            sleep(POLL);
        }
    };
    let ended = if is_begun && !is_ended { interruption.end(signals) } else { Ok(()) };
    outcome.and(ended)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::probe::client::{Authentication, Client};
    use crate::probe::testing::{Listener, json};

    /// Notes what it is told, and makes the server below answer 503 in between.
    struct Switch(Arc<Mutex<bool>>);

    impl Interruption for Switch {
        fn timing(&self) -> Option<Timing> {
            Some(Timing { begin: Duration::from_millis(200), end: Duration::from_millis(500) })
        }

        fn begin(&mut self, _signals: &Signals) -> anyhow::Result<()> {
            *self.0.lock().unwrap() = true;
            Ok(())
        }

        fn end(&mut self, _signals: &Signals) -> anyhow::Result<()> {
            *self.0.lock().unwrap() = false;
            Ok(())
        }
    }

    fn outage(values: &[&str], refuse: Option<&'static str>, requests_max: u64) -> Report {
        let is_away = Arc::new(Mutex::new(false));
        let away = Arc::clone(&is_away);
        let listener = Listener::start(move |body, nth| match *away.lock().unwrap() {
            true if body.contains("lost") => json("400 Bad Request", r#"{"error":"invalid_grant"}"#),
            true => refuse.map(str::to_owned),
            false if body.contains("lost") && nth > 20 => json("400 Bad Request", r#"{"error":"invalid_grant"}"#),
            false => json("200 OK", r#"{"access_token":"a"}"#),
        });
        let target = Target {
            token: listener.endpoint("/token"),
            introspection: None,
            revocation: None,
            client: Client::new("c", None, Authentication::Basic),
            with_code: Vec::new(),
            always: Vec::new(),
            patience: Duration::from_secs(5),
        };
        let load = Load { duration: Duration::from_millis(900), pause: Duration::from_millis(5), requests_max };
        let values = values.iter().map(|value| Some((*value).to_owned())).collect();
        run(&target, Kind::Refresh, values, load, &mut Switch(is_away), &Signals::catch().unwrap()).unwrap()
    }

    const REFUSAL: Option<&str> =
        Some("HTTP/1.1 503 No\r\nRetry-After: 1\r\nContent-Length: 13\r\n\r\n{\"error\":\"t\"}");

    #[test]
    fn an_outage_is_told_by_answers_and_by_what_survives() {
        let report = outage(&["kept", "lost"], REFUSAL, 1_000_000);
        assert_eq!(report.events.len(), 4);
        assert!(report.answers_of("503 t").unwrap().with_retry_after > 0);
        assert!(report.answers_of("200").unwrap().times > 0);
        assert_eq!((report.grants.alive, report.grants.lost), (1, 1));
        assert!(report.grants.reasons.is_only("400 invalid_grant"));
    }

    #[test]
    fn the_load_is_bounded() {
        let report = outage(&["kept", "kept as well"], REFUSAL, 10);
        assert_eq!(report.requests(), 10);
        assert_eq!(report.grants.alive, 2);
    }

    #[test]
    fn a_server_that_hangs_up_is_a_network_error() {
        let report = outage(&["kept"], None, 1_000_000);
        assert!(report.to_string().contains("network: closed without an answer"), "{report}");
    }
}
