//! Decides how latencies are taken second by second, which wrk does not tell: requests are due at fixed moments, half as many as
//! the server can answer, and one that is answered late was late from the moment it was due.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};

use crate::bench::figures::to_f64;
use crate::bench::target::{self, TOKEN_PATH};
use crate::process;

/// Connections, each with one request at a time.
const CONNECTIONS: u32 = 32;

/// A request that is not answered by then has failed.
const TIMEOUT: Duration = Duration::from_secs(10);

/// One answer: when its request was due, and how long it took since then.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) at: f64,
    pub(super) ms: f64,
}

/// What the load found; times in seconds from its begin.
#[derive(Clone, Debug, Default)]
pub(super) struct Steady {
    pub(super) samples: Vec<Sample>,
    pub(super) failed: u64,
    /// How the first of them did.
    pub(super) failure: Option<String>,
    /// Refresh tokens that are still good.
    pub(super) left: Vec<String>,
}

/// When a load began, by both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begin {
    instant: Instant,
    epoch: f64,
}

impl Begin {
    pub(super) fn now() -> anyhow::Result<Self> {
        let epoch = epoch_seconds()?;
        Ok(Self { instant: Instant::now(), epoch })
    }

    /// Seconds since then.
    pub(super) fn elapsed(self) -> f64 {
        self.instant.elapsed().as_secs_f64()
    }

    /// Seconds since then of a moment that another process tells as seconds since the Unix epoch.
    pub(super) fn of_epoch(self, epoch: f64) -> f64 {
        epoch - self.epoch
    }
}

/// Seconds since the Unix epoch, as other processes tell them too; some milliseconds late.
pub(super) fn epoch_seconds() -> anyhow::Result<f64> {
    let text = process::capture(Command::new("date").arg("+%s.%N"))?;
    text.trim().parse().with_context(|| format!("date printed {text:?}"))
}

/// Refreshes `tokens` at `rate` a second while `work` is done.
pub(super) fn meanwhile<T>(
    port: u16,
    tokens: &[String],
    rate: f64,
    work: impl FnOnce(Begin) -> anyhow::Result<T>,
) -> anyhow::Result<(T, Steady)> {
    let number = usize::try_from(CONNECTIONS)?;
    ensure!(tokens.len() >= number, "too few tokens are left: {}", tokens.len());
    let interval = Duration::from_secs_f64(f64::from(CONNECTIONS) / rate.max(1.0));
    let stop = AtomicBool::new(false);
    let begin = Begin::now()?;
    thread::scope(|scope| {
        let shares = tokens.chunks(tokens.len().div_ceil(number)).zip(0..);
        let threads: Vec<_> = shares
            .map(|(share, at): (_, u32)| {
                let first = begin.instant + interval * at / CONNECTIONS;
                let stop = &stop;
                scope.spawn(move || Caller::new(port, share).run(begin.instant, first, interval, stop))
            })
            .collect();
        let done = work(begin);
        stop.store(true, Ordering::Relaxed);
        let mut all = Steady::default();
        for thread in threads {
            let found = thread.join().map_err(|_panic| anyhow!("a part of the load is lost"))?;
            all.samples.extend(found.samples);
            all.failed += found.failed;
            all.failure = all.failure.or(found.failure);
            all.left.extend(found.left);
        }
        all.samples.sort_by(|one, other| one.at.total_cmp(&other.at));
        Ok((done?, all))
    })
}

/// One connection's part of the load.
struct Caller {
    port: u16,
    head: String,
    stream: Option<TcpStream>,
    tokens: VecDeque<String>,
    found: Steady,
}

impl Caller {
    fn new(port: u16, tokens: &[String]) -> Self {
        let head = format!(
            "POST {TOKEN_PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n",
            target::credentials()
        );
        Self { port, head, stream: None, tokens: tokens.iter().cloned().collect(), found: Steady::default() }
    }

    fn run(mut self, begin: Instant, first: Instant, interval: Duration, stop: &AtomicBool) -> Steady {
        let mut due = first;
        while !stop.load(Ordering::Relaxed) {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let Some(token) = self.tokens.pop_front() else { break };
            match self.refresh(&token) {
                Ok(next) => self.tokens.push_back(next),
                // What became of the token is not known: it is not used again.
                Err(error) => {
                    self.found.failed += 1;
                    self.found.failure.get_or_insert_with(|| error.to_string());
                    self.stream = None;
                }
            }
            let ms = due.elapsed().as_secs_f64() * 1000.0;
            self.found.samples.push(Sample { at: due.duration_since(begin).as_secs_f64(), ms });
            due += interval;
        }
        self.found.left.extend(self.tokens);
        self.found
    }

    /// The next token.
    fn refresh(&mut self, token: &str) -> io::Result<String> {
        let body = format!("grant_type=refresh_token&refresh_token={token}");
        let request = format!("{}Content-Length: {}\r\n\r\n{body}", self.head, body.len());
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => none.insert(connect(self.port)?),
        };
        stream.write_all(request.as_bytes())?;
        let answer = answer(stream)?;
        // The first line, and the last, which is the error as JSON: a line of the page.
        let told =
            || format!("{} {}", answer.lines().next().unwrap_or_default(), answer.lines().last().unwrap_or_default());
        next_token(&answer).ok_or_else(|| io::Error::other(told()))
    }
}

fn connect(port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    Ok(stream)
}

/// One whole answer of a connection that stays open.
fn answer(stream: &mut impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let length = match stream.read(&mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => length,
            // A read that may take only so long is not begun again by itself after the machine stood still.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        bytes.extend_from_slice(buffer.get(..length).unwrap_or_default());
        let text = String::from_utf8_lossy(&bytes);
        if is_whole(&text) {
            return Ok(text.into_owned());
        }
    }
}

fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    body.len() >= length.unwrap_or_default()
}

fn next_token(answer: &str) -> Option<String> {
    let is_good = answer.starts_with("HTTP/1.1 200 ");
    let (_, rest) = answer.split_once("\"refresh_token\":\"").filter(|_| is_good)?;
    rest.split_once('"').map(|(token, _)| token.to_owned())
}

/// Latencies of the requests that were due in some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub(super) struct Latency {
    pub(super) requests: usize,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) max_ms: f64,
}

impl Latency {
    pub(super) fn of(samples: impl Iterator<Item = Sample>) -> Self {
        let mut all: Vec<f64> = samples.map(|sample| sample.ms).collect();
        all.sort_by(f64::total_cmp);
        let rank =
            |part: usize| all.get(all.len().saturating_mul(part) / 100).or(all.last()).copied().unwrap_or_default();
        Self {
            requests: all.len(),
            p50_ms: rank(50),
            p99_ms: rank(99),
            max_ms: all.last().copied().unwrap_or_default(),
        }
    }
}

impl Steady {
    /// Latencies between two moments.
    pub(super) fn between(&self, from: f64, to: f64) -> Latency {
        let at = |time: f64| self.samples.partition_point(|sample| sample.at < time);
        Latency::of(self.samples.get(at(from)..at(to)).unwrap_or_default().iter().copied())
    }

    /// When each whole second of the load began, and its latencies. The first one is left out: in it connections are made.
    pub(super) fn seconds(&self) -> impl Iterator<Item = (f64, Latency)> {
        let end = self.samples.last().map(|sample| sample.at).unwrap_or_default();
        let whole = (1_u32..).map(f64::from).take_while(move |second| second + 1.0 <= end);
        whole.map(|second| (second, self.between(second, second + 1.0)))
    }

    /// Answers a second.
    pub(super) fn rate(&self) -> f64 {
        let end = self.samples.last().map(|sample| sample.at).unwrap_or_default();
        to_f64(self.samples.len() as u64) / end.max(f64::MIN_POSITIVE)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test states what it expects by failing")]

    use super::*;

    /// What was to be read there once is interrupted, and then has ended.
    #[derive(Default)]
    struct Interrupted {
        once: bool,
    }

    impl Read for Interrupted {
        fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
            match std::mem::replace(&mut self.once, true) {
                false => Err(io::ErrorKind::Interrupted.into()),
                true => Ok(0),
            }
        }
    }

    #[test]
    fn answers_are_read_to_their_end() {
        let text = "HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n{\"refresh_token\":\"x\"}";
        let (first, second) = text.split_at(30);
        let mut stream = first.as_bytes().chain(second.as_bytes());
        assert_eq!(next_token(&answer(&mut stream).unwrap()), Some("x".to_owned()));
        let mut stream = first.as_bytes().chain(Interrupted::default()).chain(second.as_bytes());
        assert_eq!(next_token(&answer(&mut stream).unwrap()), Some("x".to_owned()));
        assert!(answer(&mut first.as_bytes()).is_err());
        assert_eq!(next_token("HTTP/1.1 400 Bad Request\r\n\r\n{\"refresh_token\":\"x\"}"), None);
    }

    #[test]
    fn seconds_are_told_apart() {
        let samples = (0..500_u32).map(|number| Sample { at: f64::from(number) / 100.0, ms: f64::from(number % 100) });
        let steady = Steady { samples: samples.collect(), ..Steady::default() };
        let expect = Latency { requests: 100, p50_ms: 50.0, p99_ms: 99.0, max_ms: 99.0 };
        assert_eq!(steady.between(1.0, 2.0), expect);
        let seconds: Vec<_> = steady.seconds().collect();
        assert_eq!(seconds, [1.0, 2.0, 3.0].map(|second| (second, expect)), "the first is that of connections");
        assert_eq!(Latency::of(std::iter::empty()), Latency::default());
    }
}
