//! What a collector gets of requests: their spans with what they waited for, below the caller's own, and nothing that a
//! client wrote.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::harness::{Server, ServerOptions, send};

/// What a collector was sent: the bodies of all requests, one behind the other.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Vec<u8>>>>);

impl Collector {
    /// Listens on loopback for as long as the test runs. Gives its address.
    fn listen() -> (Self, String) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self::default();
        let bodies = Arc::clone(&collector.0);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let bodies = Arc::clone(&bodies);
                std::thread::spawn(move || serve(connection.unwrap(), &bodies));
            }
        });
        (collector, address)
    }

    fn spans(&self) -> Vec<Span> {
        let bodies = self.0.lock().unwrap();
        // ExportTraceServiceRequest.resource_spans, ResourceSpans.scope_spans, ScopeSpans.spans.
        let scopes = bodies.iter().flat_map(|body| submessages(body, 1)).flat_map(|resource| submessages(&resource, 2));
        scopes.flat_map(|scope| submessages(&scope, 2)).map(|span| Span::read(&span)).collect()
    }
}

/// Takes every request of a connection.
fn serve(connection: TcpStream, bodies: &Mutex<Vec<Vec<u8>>>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        assert!(head.starts_with("POST /v1/traces "), "{head}");
        let length =
            head.to_lowercase().split("content-length: ").nth(1).map(|rest| rest.lines().next().unwrap().to_owned());
        let mut body = vec![0; length.unwrap().parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        bodies.lock().unwrap().push(body);
        (&connection).write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    }
}

/// A span, as far as the tests look at it.
#[derive(Debug)]
struct Span {
    trace: String,
    id: String,
    parent: String,
    name: String,
    text: String,
}

impl Span {
    fn read(bytes: &[u8]) -> Self {
        let field = |number| submessages(bytes, number).into_iter().next().unwrap_or_default();
        let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            trace: hex(field(1)),
            id: hex(field(2)),
            parent: hex(field(4)),
            name: String::from_utf8(field(5)).unwrap(),
            text: String::from_utf8_lossy(bytes).into_owned(),
        }
    }
}

/// The values of a field of a message that are bytes, text or messages themselves (Protocol Buffers, wire type 2).
fn submessages(mut message: &[u8], number: u64) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message);
        let length = match key & 7 {
            0 => {
                varint(&mut message);
                0
            }
            1 => 8,
            2 => usize::try_from(varint(&mut message)).unwrap(),
            5 => 4,
            other => panic!("wire type {other}"),
        };
        let (value, rest) = message.split_at(length);
        if key & 7 == 2 && key >> 3 == number {
            found.push(value.to_vec());
        }
        message = rest;
    }
    found
}

fn varint(message: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = message[0];
        *message = &message[1..];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

async fn traced(settings: &[(&'static str, &str)]) -> (Server, Collector) {
    let (collector, address) = Collector::listen();
    let mut all = vec![("TRACING__OTLP_ENDPOINT", address)];
    all.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let server = Server::start_with(ServerOptions { settings: all, ..ServerOptions::default() }).await;
    (server, collector)
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

#[tokio::test]
async fn a_request_goes_on_with_its_callers_trace_and_shows_what_it_waited_for() {
    let (mut server, collector) = traced(&[]).await;
    let form = [
        ("grant_type", "password"),
        ("username", "alice"),
        ("password", "wonderland-42"),
        ("scope", "contacts.read"),
        ("client_id", "demo-b"),
        ("client_secret", "demo-b-secret"),
    ];
    let request = server.http.request("POST", "/oauth/token").header("traceparent", format!("00-{TRACE}-{CALLER}-01"));
    let answer = send(request.header("tracestate", "weird=text").header("user-agent", "weird").form(&form)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(server.stop().await.success(), "what is left is sent when the process ends");
    let spans: Vec<_> = collector.spans().into_iter().filter(|span| span.trace == TRACE).collect();
    let [request] = &spans.iter().filter(|span| span.name == "token").collect::<Vec<_>>()[..] else {
        panic!("{spans:?}")
    };
    assert_eq!(request.parent, CALLER);
    assert!(request.text.contains("success") && request.text.contains("password"), "{request:?}");
    for (name, least) in [("storage", 2), ("password", 1), ("sign", 1)] {
        let below: Vec<_> = spans.iter().filter(|span| span.name == name && span.parent == request.id).collect();
        assert!(below.len() >= least, "{name}: {spans:?}");
    }
    for span in &spans {
        for text in ["wonderland", "demo-b", "alice", "contacts.read", "weird", &*answer.member("access_token")] {
            assert!(!span.text.contains(text), "{text} in {span:?}");
        }
    }
}

#[tokio::test]
async fn a_caller_that_does_not_trace_is_not_traced_and_polls_are_no_traces() {
    let (mut server, collector) = traced(&[]).await;
    let request = server.http.request("GET", "/oauth/jwks").header("traceparent", format!("00-{TRACE}-{CALLER}-00"));
    assert_eq!(send(request).await.status, 200);
    server.http.get("/errors/code-reused").await;
    // Long enough for a poll of the change table.
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert!(server.stop().await.success());
    let spans = collector.spans();
    assert!(spans.iter().all(|span| span.trace != TRACE), "{spans:?}");
    let roots: Vec<_> = spans.iter().filter(|span| span.parent.is_empty()).map(|span| span.name.as_str()).collect();
    assert!(roots.contains(&"error_page") && !roots.contains(&"storage"), "{roots:?}");
}

#[tokio::test]
async fn the_share_is_a_setting() {
    let (mut server, collector) = traced(&[("TRACING__SAMPLE_RATIO", "0")]).await;
    server.http.get("/oauth/jwks").await;
    assert!(server.stop().await.success());
    assert!(collector.spans().is_empty());
}

#[tokio::test]
async fn a_collector_that_is_away_holds_nobody_up() {
    let settings = vec![("TRACING__OTLP_ENDPOINT", format!("http://127.0.0.1:{}", super::harness::free_port()))];
    let mut server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    assert_eq!(server.http.get("/oauth/jwks").await.status, 200);
    let began = std::time::Instant::now();
    assert!(server.stop().await.success());
    assert!(began.elapsed() < std::time::Duration::from_secs(15), "{:?}", began.elapsed());
}
