//! A server on this machine that stands for everybody else: it hears what it is sent and answers as it is told.

#![allow(clippy::expect_used, reason = "without it there is no test")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// What a server reads from and writes to.
pub trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// The server. It answers one request after another, as long as the process lives.
#[derive(Debug)]
pub struct Site {
    /// Where on the loopback address it listens.
    pub port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// Answers each request, head and body, with the bytes that `respond` gives.
    ///
    /// # Panics
    /// If no port is free.
    #[must_use]
    pub fn start(respond: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Self {
        Self::start_over(|stream| Some(Box::new(stream)), respond)
    }

    /// The same over whatever `wrap` makes of a connection.
    ///
    /// # Panics
    /// If no port is free.
    #[must_use]
    pub fn start_over(
        wrap: impl Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + 'static,
        respond: impl Fn(&str) -> Vec<u8> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its port").port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&heard);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten().filter_map(wrap) {
                let request = read_request(&mut stream);
                let answer = respond(&request);
                hears.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                // Whoever hangs up early is what some tests are about.
                let _gone = stream.write_all(&answer).and_then(|()| stream.flush());
            }
        });
        Self { port, heard }
    }

    /// The address of a path of it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Everything that it was sent, head and body, the oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An answer with this status and body, after which the connection ends.
#[must_use]
pub fn http_answer(status: u16, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Answer\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// Head and body of one request; what has come when the connection ends early.
fn read_request(stream: &mut impl Read) -> String {
    let mut text = String::new();
    let mut byte = [0];
    while !is_whole(&text) && matches!(stream.read(&mut byte), Ok(1)) {
        text.extend(byte.map(char::from));
    }
    text
}

fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}
