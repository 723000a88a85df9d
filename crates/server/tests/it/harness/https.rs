//! HTTPS as a browser with cookies speaks it, from a loopback address of its own: whoever is connected can tell it from
//! the other side of a proxy.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::net::TcpSocket;

use super::tls::exchange;
use super::{Answer, Authority};

/// As long as the preface of HTTP/2 (RFC 9113 §3.4), for which a server would wait.
const NONSENSE: &[u8] = b"neither a preface nor a request\r\n\r\n";

/// Somebody who speaks to `https://localhost` at one port.
pub(crate) struct Https {
    port: u16,
    authority: Arc<Authority>,
    from: Ipv4Addr,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Https {
    /// With no cookies yet, connecting from this address.
    pub(crate) fn new(port: u16, authority: &Arc<Authority>, from: Ipv4Addr) -> Self {
        Self { port, authority: Arc::clone(authority), from, cookies: Mutex::default() }
    }

    /// The origin.
    pub(crate) fn base(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// Gets a path.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    /// Posts a form, with these headers.
    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Answer {
        let form = reqwest::Url::parse_with_params("http://x/", form).unwrap();
        let headers = [&[("Content-Type", "application/x-www-form-urlencoded")], headers].concat();
        self.send("POST", path, &headers, form.query().unwrap_or_default()).await
    }

    /// The protocol that the server chooses of these. What is sent then is none, so that the server closes.
    pub(crate) async fn negotiate(&self, protocols: &'static [&'static str]) -> String {
        let (stream, authority) = (self.connect().await, Arc::clone(&self.authority));
        let negotiate = move || exchange(stream, &authority, protocols, NONSENSE).unwrap().1;
        let connection = tokio::task::spawn_blocking(negotiate).await.unwrap();
        String::from_utf8(connection.alpn_protocol().unwrap_or_default().to_vec()).unwrap()
    }

    /// HTTP/1.0, so that the answer comes in one piece and ends with the connection.
    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.0\r\nHost: localhost:{}\r\n", self.port);
        let cookies: Vec<_> =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (cookies, length) = (cookies.join("; "), body.len().to_string());
        for (name, value) in headers.iter().chain(&[("Cookie", cookies.as_str()), ("Content-Length", length.as_str())])
        {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        let request = format!("{request}\r\n{body}");
        let (stream, authority) = (self.connect().await, Arc::clone(&self.authority));
        let exchanged = tokio::task::spawn_blocking(move || exchange(stream, &authority, &[], request.as_bytes()));
        let answer = parse(&String::from_utf8(exchanged.await.unwrap().unwrap().0).unwrap());
        self.keep_cookies(&answer);
        answer
    }

    async fn connect(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((self.from, 0))).unwrap();
        let stream = socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))).await.unwrap();
        let stream = stream.into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream
    }

    /// As a browser does: `__Host-` only with `Secure`, the whole path and no domain.
    fn keep_cookies(&self, answer: &Answer) {
        for cookie in answer.headers.get_all("set-cookie") {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let has = |attribute: &str| attributes.split(';').any(|one| one.trim() == attribute);
            let (name, value) = pair.split_once('=').unwrap();
            let is_bound = has("Secure") && has("Path=/") && !attributes.contains("Domain");
            assert!(name.starts_with("__Host-") && is_bound, "{cookie:?}");
            self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
        }
    }
}

fn parse(response: &str) -> Answer {
    let (head, text) = response.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {response:?}"));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
    let headers: HeaderMap = lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.trim().parse::<HeaderValue>().unwrap()))
        .collect();
    Answer { status, headers, text: text.to_owned() }
}
