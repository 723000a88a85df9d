//! Decides how one-time values are raced: each is redeemed by many requests at once, then what was handed out is used, and then
//! the value is replayed.

mod aftermath;
mod report;
mod volley;

use clap::ValueEnum;

use self::aftermath::Inquiry;
pub(crate) use self::report::Report;
use self::volley::Lanes;
use super::target::{Grant, Target};
use crate::signals::Signals;

/// What kind of one-time value is raced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Authorization codes
    Code,
    /// Refresh tokens
    Refresh,
}

impl Kind {
    fn grant(self, value: &str) -> Grant<'_> {
        match self {
            Self::Code => Grant::Code(value),
            Self::Refresh => Grant::Refresh(value),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Code => "authorization codes",
            Self::Refresh => "refresh tokens",
        }
    }
}

/// Races each value from `at_once` requests.
///
/// # Errors
///
/// If xtask is told to stop. Whatever the server does is no error, but a line of the report.
pub(crate) fn run(
    target: &Target,
    kind: Kind,
    values: &[String],
    at_once: usize,
    signals: &Signals,
) -> anyhow::Result<Report> {
    let mut lanes = Lanes::open(target.token.address, at_once, target.patience);
    let mut inquiry = Inquiry::new(target);
    let mut report = Report::new(target.token.shown(), kind.name(), at_once);
    for value in values {
        signals.check()?;
        let handed_out = report.add_volley(&lanes.fire(&target.redeem(kind.grant(value))));
        report.add_aftermath(&inquiry.follow(kind, value, handed_out));
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;
    use crate::probe::client::{Authentication, Client};
    use crate::probe::testing::{Listener, json};

    /// A server that takes each value once, and keeps the first letter of a value in what it hands out.
    fn correct() -> impl Fn(&str, usize) -> Option<String> + Send + Sync {
        let spent = Mutex::new(BTreeSet::new());
        move |body: &str, _nth| {
            let value = body.split('&').find_map(|pair| pair.strip_prefix("refresh_token=")).unwrap_or_default();
            if value.is_empty() {
                return json("200 OK", r#"{"active":true}"#);
            }
            if !spent.lock().unwrap().insert(value.to_owned()) {
                return json("400 Bad Request", r#"{"error":"invalid_grant"}"#);
            }
            json("200 OK", &format!(r#"{{"access_token":"a","refresh_token":"{value}x"}}"#))
        }
    }

    /// A server that takes a value as often as it comes, and hands out something else each time.
    fn careless(body: &str, nth: usize) -> Option<String> {
        let is_question = body.starts_with("token=");
        let tokens = format!(r#"{{"access_token":"a{nth}","refresh_token":"r{nth}"}}"#);
        json("200 OK", if is_question { r#"{"active":true}"# } else { &tokens })
    }

    fn race(behaviour: impl Fn(&str, usize) -> Option<String> + Send + Sync + 'static) -> Report {
        let listener = Listener::start(behaviour);
        let target = Target {
            token: listener.endpoint("/token"),
            introspection: Some(listener.endpoint("/introspect")),
            revocation: None,
            client: Client::new("c", None, Authentication::Basic),
            with_code: Vec::new(),
            always: Vec::new(),
            patience: Duration::from_secs(5),
        };
        let values = ["one".to_owned(), "two".to_owned()];
        run(&target, Kind::Refresh, &values, 4, &Signals::catch().unwrap()).unwrap()
    }

    #[test]
    fn a_server_that_takes_a_value_once_shows_it() {
        let report = race(correct());
        assert!(report.successes_per_value.is_always(1));
        assert!(report.distinct_refresh_tokens_per_value.is_always(1));
        assert_eq!(report.answers.to_string(), "6 × 400 invalid_grant, 2 × 200");
        assert_eq!(report.after_race.access_tokens.to_string(), "2 × active");
        assert_eq!((report.after_race.grants_alive, report.after_replay.grants_alive), (2, 2));
        assert!(report.replay.is_only("400 invalid_grant"));
    }

    #[test]
    fn a_server_that_takes_a_value_often_shows_it() {
        let report = race(careless);
        assert!(report.successes_per_value.is_always(4));
        assert!(report.distinct_refresh_tokens_per_value.is_always(4));
        assert!(report.after_race.usable_refresh_tokens.is_always(4));
        assert!(report.after_replay.usable_refresh_tokens.is_always(5));
        let text = report.to_string();
        assert!(text.contains("successes                       4 for 2\n"), "{text}");
        assert!(serde_json::to_string(&report).unwrap().contains(r#""successes_per_value":{"4":2}"#));
    }
}
