//! Decides what "at once" means: every request is on the wire but for its last byte, the server has had time to read that far,
//! and then the last bytes follow one another at once. How closely they did is part of the report.

use std::io;
use std::net::SocketAddr;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::probe::http::Lane;
use crate::probe::outcome::Outcome;

/// How long a server has to accept the connections and read the requests up to the last byte.
const SETTLE: Duration = Duration::from_millis(10);

/// The connections over which requests arrive at once.
pub(super) struct Lanes(Vec<Lane>);

/// What came back.
pub(super) struct Volley {
    /// One for each connection.
    pub(super) outcomes: Vec<Outcome>,
    /// Between the first last byte and the last.
    pub(super) spread: Duration,
}

impl Lanes {
    /// Opens `count` connections. The ones that cannot be opened are tried again by the next volley, which counts them.
    pub(super) fn open(address: SocketAddr, count: usize, patience: Duration) -> Self {
        let mut lanes: Vec<Lane> = (0..count).map(|_| Lane::new(address, patience)).collect();
        for lane in &mut lanes {
            let _counted_by_the_volley = lane.ready();
        }
        Self(lanes)
    }

    /// Sends the same request over every connection at once. The answers wait in their sockets until they are read.
    pub(super) fn fire(&mut self, request: &[u8]) -> Volley {
        let (held, last) = request.split_at(request.len().saturating_sub(1));
        let mut shots: Vec<Shot<'_>> = self.0.iter_mut().map(|lane| Shot::load(lane, held)).collect();
        sleep(SETTLE);
        let spread = release(&mut shots, last);
        let outcomes =
            shots.into_iter().map(|shot| Outcome::of(shot.sent.and_then(|()| shot.lane.receive()))).collect();
        Volley { outcomes, spread }
    }
}

/// A request on its way over a lane.
struct Shot<'a> {
    lane: &'a mut Lane,
    /// Whether everything so far could be sent.
    sent: io::Result<()>,
}

impl<'a> Shot<'a> {
    fn load(lane: &'a mut Lane, held: &[u8]) -> Self {
        let sent = lane.ready().and_then(|connection| connection.send(held));
        Self { lane, sent }
    }

    fn release(&mut self, last: &[u8]) {
        if self.sent.is_ok() {
            self.sent = self.lane.send(last);
        }
    }
}

/// Sends the last bytes, and tells within what time.
///
/// One thread sends them all: undisturbed, each takes a few microseconds. A thread for each processor, spinning until all are there,
/// was measured and is no better where the server shares the processors: the first byte wakes it, and it takes its turn.
fn release(shots: &mut [Shot<'_>], last: &[u8]) -> Duration {
    let start = Instant::now();
    for shot in shots {
        shot.release(last);
    }
    start.elapsed()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::probe::testing::{Listener, json};

    const REQUEST: &[u8] = b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody";

    #[test]
    fn every_request_is_there_before_any_is_whole() {
        let listener = Listener::start(|_body, _nth| json("200 OK", r#"{"access_token":"a"}"#));
        let mut lanes = Lanes::open(listener.address(), 5, Duration::from_secs(5));
        for round in 1..=2 {
            let volley = lanes.fire(REQUEST);
            assert!(volley.outcomes.iter().all(|outcome| outcome.label() == "200"));
            assert_eq!((listener.connections(), listener.requests()), (5, round * 5));
        }
    }

    #[test]
    fn a_connection_that_breaks_is_one_network_error() {
        let listener = Listener::start(|_body, nth| if nth == 0 { None } else { json("400 Bad", r#"{"error":"e"}"#) });
        let mut lanes = Lanes::open(listener.address(), 3, Duration::from_secs(5));
        let mut seen = BTreeMap::<String, usize>::new();
        for outcome in lanes.fire(REQUEST).outcomes {
            *seen.entry(outcome.label().to_owned()).or_default() += 1;
        }
        assert_eq!(seen, [("400 e".to_owned(), 2), ("network: closed without an answer".to_owned(), 1)].into());
        assert!(lanes.fire(REQUEST).outcomes.iter().all(|outcome| outcome.label() == "400 e"));
    }
}
