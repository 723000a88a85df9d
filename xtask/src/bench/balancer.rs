//! Decides how connections are shared out between replicas: in turn, byte for byte, by a balancer that knows nothing of HTTP. It is
//! ours because it is shorter than the configuration, the download and the libraries of a known one, and because what it costs is
//! reported apart anyway: in this process, whose processor time is the balancer's and little else.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use anyhow::Context;

/// More than any request or answer here.
const BUFFER: usize = 16 * 1024;

/// Listens until it is dropped; connections that are open then end with either side.
pub(super) struct Balancer {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    backends: std::sync::RwLock<Vec<u16>>,
    turn: AtomicUsize,
    stops: AtomicBool,
}

impl Balancer {
    /// Listens, with nobody behind it yet.
    pub(super) fn listen() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("the balancer cannot listen")?;
        let port = listener.local_addr().context("the balancer has no port")?.port();
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &theirs));
        Ok(Self { port, shared })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Shares connections out between these ports from now on.
    pub(super) fn between(&self, backends: Vec<u16>) {
        // Nobody panics while holding it.
        *self.shared.backends.write().unwrap_or_else(std::sync::PoisonError::into_inner) = backends;
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.shared.stops.store(true, Ordering::Relaxed);
        // Wakes whoever accepts; if that fails, the thread ends with the process.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Shared {
    fn next(&self) -> Option<u16> {
        let backends = self.backends.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        backends.get(turn.checked_rem(backends.len())?).copied()
    }
}

fn accept(listener: &TcpListener, shared: &Shared) {
    for client in listener.incoming() {
        if shared.stops.load(Ordering::Relaxed) {
            return;
        }
        // A connection that cannot be passed on is closed, and the client sees that.
        if let Some((client, port)) = client.ok().zip(shared.next()) {
            let _ = pass_on(client, port);
        }
    }
}

fn pass_on(client: TcpStream, port: u16) -> io::Result<()> {
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || copy(from_client, to_server));
    thread::spawn(move || copy(server, client));
    Ok(())
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; BUFFER];
    while let Ok(length) = from.read(&mut buffer) {
        let passed = buffer.get(..length).is_some_and(|bytes| length > 0 && to.write_all(bytes).is_ok());
        if !passed {
            break;
        }
    }
    // One that is gone already needs no goodbye.
    let _ = to.shutdown(Shutdown::Write);
    let _ = from.shutdown(Shutdown::Read);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    /// Answers one connection with its name and what it was sent.
    fn backend(name: &'static str) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut sent = String::new();
            stream.read_to_string(&mut sent).unwrap();
            write!(stream, "{name}{sent}").unwrap();
        });
        port
    }

    fn said(port: u16) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.write_all(b"!").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn connections_go_to_each_in_turn() {
        let balancer = Balancer::listen().unwrap();
        balancer.between(vec![backend("a"), backend("b")]);
        assert_eq!([said(balancer.port()), said(balancer.port())], ["a!", "b!"]);
    }

    #[test]
    fn with_nobody_behind_it_connections_are_closed() {
        let balancer = Balancer::listen().unwrap();
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, balancer.port())).unwrap();
        assert_eq!(stream.read(&mut [0; 1]).unwrap_or_default(), 0);
    }
}
