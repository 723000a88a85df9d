//! Decides how a single request is sent, where one is enough: over a connection of its own, without a library, and the answer
//! is read to its end.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, bail};

const PATIENCE: Duration = Duration::from_secs(30);

/// A request; what it sends to is always on 127.0.0.1.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Request<'a> {
    pub(super) path: &'a str,
    pub(super) headers: &'a [(&'a str, &'a str)],
    /// A form; without one it is a GET.
    pub(super) form: Option<&'a str>,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Answer {
    /// Every value of a header, in order.
    pub(super) fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.headers.iter().filter(move |(found, _)| found.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Sends a request to `port`, and reads the answer.
pub(super) fn send(port: u16, request: Request) -> anyhow::Result<Answer> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let exchange = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(rendered(request, address).as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    };
    let bytes = exchange().with_context(|| format!("no answer from {address} to {}", request.path))?;
    read(&bytes).with_context(|| format!("the answer of {address} to {}", request.path))
}

fn rendered(request: Request, address: SocketAddr) -> String {
    let method = if request.form.is_some() { "POST" } else { "GET" };
    let mut text = format!("{method} {} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n", request.path);
    for (name, value) in request.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(form) = request.form {
        let length = form.len();
        text.push_str(&format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(request.form.unwrap_or_default());
    text
}

fn read(bytes: &[u8]) -> anyhow::Result<Answer> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").context("it has no end of its headers")?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let pair = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    let headers: Vec<_> = lines.filter_map(pair).collect();
    let answer = Answer { status: status.context("it has no status")?, headers, body: body.to_owned() };
    match answer.header("transfer-encoding") {
        Some(_) => Ok(Answer { body: joined(body)?, ..answer }),
        None => Ok(answer),
    }
}

/// The content of a body in chunks (RFC 9112 §7.1).
fn joined(mut chunks: &str) -> anyhow::Result<String> {
    let mut content = String::new();
    loop {
        let (size, rest) = chunks.split_once("\r\n").context("a chunk has no size")?;
        let size = usize::from_str_radix(size.trim(), 16).context("a chunk has no size")?;
        if size == 0 {
            return Ok(content);
        }
        let Some((chunk, rest)) = rest.split_at_checked(size) else { bail!("a chunk is cut off") };
        content.push_str(chunk);
        chunks = rest.strip_prefix("\r\n").context("a chunk has no end")?;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn an_answer_is_read() {
        let answer = read(b"HTTP/1.1 303 See Other\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\r\nbody\r\n\r\n").unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (303, "body\r\n\r\n"));
        assert_eq!(answer.headers("Set-Cookie").collect::<Vec<_>>(), ["a=1", "b=2"]);
        assert_eq!(answer.header("location"), None);
    }

    #[test]
    fn chunks_are_joined() {
        let read = |body: &str| read(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}").as_bytes());
        assert_eq!(read("3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n").unwrap().body, "abcd");
        assert!(read("3\r\nab").is_err());
        assert!(read("").is_err());
    }

    #[test]
    fn a_form_is_posted() {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
        let request = Request { path: "/p", headers: &[("A", "b")], form: Some("c=d") };
        assert_eq!(
            rendered(request, address),
            "POST /p HTTP/1.1\r\nHost: 127.0.0.1:9\r\nConnection: close\r\nA: b\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\nc=d"
        );
    }
}
