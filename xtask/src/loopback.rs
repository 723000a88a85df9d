//! Decides how xtask reaches the servers that it starts: on 127.0.0.1, at a port that was free, by plain HTTP.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::Context;

/// How long a server may take to answer [`answers`].
const PATIENCE: Duration = Duration::from_secs(5);

/// A port of 127.0.0.1 that nobody listens on. Another process may take it before it is used.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let port = || io::Result::Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port());
    port().context("no free port on 127.0.0.1")
}

/// Whether `GET path` is answered with 200 on `port`.
pub(crate) fn answers(port: u16, path: &str) -> bool {
    status_line(port, path).is_ok_and(|line| line.starts_with("HTTP/1.1 200 "))
}

fn status_line(port: u16, path: &str) -> io::Result<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let line = answer.split(|byte| *byte == b'\r').next().unwrap_or_default();
    Ok(String::from_utf8_lossy(line).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use std::thread;

    use super::*;

    #[track_caller]
    fn check(answer: &'static str, expect: bool) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 512];
            let length = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            request[..length].to_vec()
        });
        assert_eq!(answers(port, "/readyz"), expect, "{answer}");
        assert!(server.join().unwrap().starts_with(b"GET /readyz HTTP/1.1\r\n"));
    }

    #[test]
    fn only_200_is_an_answer() {
        check("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true);
        check("HTTP/1.1 503 Service Unavailable\r\n\r\n", false);
        check("", false);
    }

    #[test]
    fn nobody_answers_on_a_free_port() {
        assert!(!answers(free_port().unwrap(), "/readyz"));
    }
}
