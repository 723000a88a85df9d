//! A server for the probe's own tests: it answers as the test says, one thread for each connection.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test states what it expects by failing")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::endpoint::Endpoint;

/// What it answers to a body, given how many requests came before; `None` hangs up instead.
type Behaviour = dyn Fn(&str, usize) -> Option<String> + Send + Sync;

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    requests: AtomicUsize,
}

/// The server. Its threads end with the test's process.
pub(crate) struct Listener {
    address: SocketAddr,
    seen: Arc<Seen>,
}

impl Listener {
    pub(crate) fn start(behaviour: impl Fn(&str, usize) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, behaviour) = (Arc::<Seen>::default(), Arc::new(behaviour));
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let (seen, behaviour) = (Arc::clone(&shared), Arc::clone(&behaviour));
                thread::spawn(move || serve(stream.unwrap(), &seen, &*behaviour));
            }
        });
        Self { address, seen }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn endpoint(&self, path: &str) -> Endpoint {
        Endpoint { address: self.address, host: self.address.to_string(), path: path.to_owned() }
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::SeqCst)
    }
}

/// A JSON answer.
pub(crate) fn json(status: &str, body: &str) -> Option<String> {
    Some(format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
}

fn serve(stream: TcpStream, seen: &Seen, behaviour: &Behaviour) {
    let mut stream = BufReader::new(stream);
    while let Some(body) = read_request(&mut stream) {
        let nth = seen.requests.fetch_add(1, Ordering::SeqCst);
        let Some(answer) = behaviour(&body, nth) else { return };
        stream.get_mut().write_all(answer.as_bytes()).unwrap();
        if answer.contains("Connection: close") {
            return;
        }
    }
}

/// The body of the next request; `None` at the end of the connection.
fn read_request(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(String::from_utf8(body).unwrap())
}
