//! Decides what we promise: nobody who is at once or retries is logged out, nothing is redeemed twice, and an outage is never
//! anybody's fault but ours.

use crate::probe::outage;
use crate::probe::race::{self, Kind};

/// What a race breaks of our promises; nothing if it keeps them.
pub(super) fn of_race(report: &race::Report, kind: Kind, at_once: usize) -> Vec<String> {
    let mut broken = Broken::default();
    match kind {
        Kind::Code => of_codes(report, at_once, &mut broken),
        Kind::Refresh => of_refresh_tokens(report, &mut broken),
    }
    broken.0
}

/// "the authorization server MUST deny the request and SHOULD revoke (when possible) all tokens previously issued based on that
/// authorization code" (RFC 6749 §4.1.2): we can, so we do.
fn of_codes(report: &race::Report, at_once: usize, broken: &mut Broken) {
    broken.unless(report.successes_per_value.is_always(1), "a code is redeemed exactly once");
    let losers = report.answers.sorted();
    let are_refused = losers.iter().all(|(label, _)| *label == "200" || label.starts_with("400 invalid_grant"));
    broken.unless(are_refused, "whoever comes too late with a code is told invalid_grant");
    let standings = [Some(&report.after_replay), (at_once > 1).then_some(&report.after_race)];
    for standing in standings.into_iter().flatten() {
        broken.unless(standing.grants_alive == 0, "a code that comes again ends its grant");
        broken.unless(standing.access_tokens.total() > 0, "introspection says something");
        broken.unless(standing.access_tokens.is_only("inactive"), "a code that comes again ends its access tokens");
    }
    broken.unless(is_invalid_grant(&report.replay), "a code that comes again later is told invalid_grant");
}

/// The retry window: whoever repeats a spent token gets the same successor, and whoever does so once the successor is in use is
/// no racing tab.
fn of_refresh_tokens(report: &race::Report, broken: &mut Broken) {
    broken.unless(report.answers.is_only("200"), "every one of the racing requests gets tokens");
    broken.unless(report.distinct_refresh_tokens_per_value.is_always(1), "they all get the same successor");
    broken.unless(report.after_race.grants_alive == report.values, "no grant is lost");
    broken.unless(report.after_race.usable_refresh_tokens.is_always(1), "a grant has one line");
    broken.unless(report.after_race.access_tokens.total() > 0, "introspection says something");
    broken.unless(report.after_race.access_tokens.is_only("active"), "every access token is good");
    broken.unless(is_invalid_grant(&report.replay), "a replay whose successor is in use is told invalid_grant");
    broken.unless(report.after_replay.grants_alive == 0, "such a replay ends the grant");
    broken.unless(report.after_replay.access_tokens.is_only("inactive"), "such a replay ends the access tokens");
}

/// What an outage breaks of our promises; nothing if it keeps them.
pub(super) fn of_outage(report: &outage::Report, kind: outage::Kind) -> Vec<String> {
    let mut broken = Broken::default();
    let rows = &report.answers.total;
    broken.unless(rows.contains_key("200"), "tokens are issued at all");
    for (label, row) in rows.iter().filter(|(label, row)| label.as_str() != "200" && !row.is_network_error) {
        broken.unless(!row.blames_the_client, &format!("an outage is no fault of the client's (seen: {label})"));
        let is_outage = label.starts_with("503 ") && row.with_retry_after == row.times;
        broken.unless(is_outage, &format!("every failure is 503 with Retry-After (seen: {label})"));
    }
    if kind == outage::Kind::Refresh {
        broken.unless(report.grants.alive > 0 && report.grants.lost == 0, "no grant is lost");
        broken.unless(report.grants.unknown == 0, "the server is itself again soon");
        let is_felt = rows.iter().any(|(label, row)| label != "200" || row.slowest_ms >= 1000);
        broken.unless(is_felt, "the outage is felt, or it shows nothing");
    }
    broken.0
}

fn is_invalid_grant(answers: &crate::probe::tally::Tally) -> bool {
    answers.sorted().iter().all(|(label, _)| label.starts_with("400 invalid_grant"))
}

/// The promises that were broken, in words.
#[derive(Default)]
struct Broken(Vec<String>);

impl Broken {
    fn unless(&mut self, holds: bool, promise: &str) {
        if !holds && !self.0.iter().any(|known| known == promise) {
            self.0.push(promise.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::probe::client::{Authentication, Client};
    use crate::probe::target::Target;
    use crate::probe::testing::{Listener, json};
    use crate::signals::Signals;

    fn target(listener: &Listener) -> Target {
        Target {
            token: listener.endpoint("/token"),
            introspection: Some(listener.endpoint("/introspect")),
            revocation: None,
            client: Client::new("c", None, Authentication::Basic),
            with_code: Vec::new(),
            always: Vec::new(),
            patience: Duration::from_secs(5),
        }
    }

    fn of_values(kind: Kind, behaviour: impl Fn(&str, usize) -> Option<String> + Send + Sync + 'static) -> Vec<String> {
        let listener = Listener::start(behaviour);
        let values = ["value".to_owned()];
        let report = race::run(&target(&listener), kind, &values, 3, &Signals::catch().unwrap()).unwrap();
        of_race(&report, kind, 3)
    }

    fn of_load(answer: &'static str) -> Vec<String> {
        /// Nothing goes away but what the answers say.
        struct Quiet;
        impl outage::Interruption for Quiet {
            fn timing(&self) -> Option<outage::Timing> {
                None
            }
            fn begin(&mut self, _signals: &Signals) -> anyhow::Result<()> {
                Ok(())
            }
            fn end(&mut self, _signals: &Signals) -> anyhow::Result<()> {
                Ok(())
            }
        }
        let listener = Listener::start(move |_body, nth| match nth {
            1 => Some(answer.to_owned()),
            _ => json("200 OK", r#"{"access_token":"a"}"#),
        });
        let load =
            outage::Load { duration: Duration::from_millis(300), pause: Duration::from_millis(10), requests_max: 1000 };
        let (kind, values) = (outage::Kind::Refresh, vec![Some("value".to_owned())]);
        let signals = Signals::catch().unwrap();
        of_outage(&outage::run(&target(&listener), kind, values, load, &mut Quiet, &signals).unwrap(), kind)
    }

    #[test]
    fn a_server_that_hands_out_tokens_to_everybody_breaks_its_promises() {
        let careless = |body: &str, nth: usize| {
            let tokens = format!(r#"{{"access_token":"a{nth}","refresh_token":"r{nth}"}}"#);
            json("200 OK", if body.starts_with("token=") { r#"{"active":true}"# } else { &tokens })
        };
        let broken = of_values(Kind::Code, careless);
        assert!(broken.contains(&"a code is redeemed exactly once".to_owned()), "{broken:?}");
        assert!(broken.contains(&"a code that comes again ends its access tokens".to_owned()), "{broken:?}");
        let broken = of_values(Kind::Refresh, careless);
        assert!(broken.contains(&"they all get the same successor".to_owned()), "{broken:?}");
        assert!(broken.contains(&"a grant has one line".to_owned()), "{broken:?}");
        assert!(!broken.contains(&"no grant is lost".to_owned()), "{broken:?}");
    }

    #[test]
    fn a_code_that_is_redeemed_once_and_then_ends_its_grant_keeps_them() {
        let broken = of_values(Kind::Code, |body, nth| match nth {
            0 => json("200 OK", r#"{"access_token":"a","refresh_token":"r"}"#),
            _ if body.starts_with("token=") => json("200 OK", r#"{"active":false}"#),
            _ => json("400 Bad Request", r#"{"error":"invalid_grant"}"#),
        });
        assert_eq!(broken, <[String; 0]>::default());
    }

    #[test]
    fn an_outage_is_nobody_elses_fault() {
        let none = <[String; 0]>::default();
        assert_eq!(of_load("HTTP/1.1 503 No\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"), none);
        let silent = of_load("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(silent, ["every failure is 503 with Retry-After (seen: 503 not JSON)"]);
        let blamed = of_load("HTTP/1.1 401 No\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(blamed.len(), 2, "{blamed:?}");
        let unfelt = of_load("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"access_token\":\"a\"}");
        assert_eq!(unfelt, ["the outage is felt, or it shows nothing"]);
    }
}
