//! A server on this machine that stands for everybody else: it hears what it is sent and answers as it is told.

#![allow(clippy::expect_used, reason = "without it there is no test")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What a server reads from and writes to.
trait Stream: Read + Write {}

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

    /// The same by https, as `localhost`. Gives the certificate, in PEM, of the authority that vouches for it.
    ///
    /// # Panics
    /// If no port is free.
    #[must_use]
    pub fn start_tls(respond: impl Fn(&str) -> Vec<u8> + Send + 'static) -> (Self, String) {
        let (config, root) = tls_of_localhost();
        let wrap = move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).ok()?;
            Some(Box::new(StreamOwned::new(connection, stream)) as Box<dyn Stream>)
        };
        (Self::start_over(wrap, respond), root)
    }

    fn start_over(
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

/// How a server shows a certificate for `localhost`, and the authority that issued it.
fn tls_of_localhost() -> (Arc<ServerConfig>, String) {
    let certificate_for = |names: Vec<String>| CertificateParams::new(names).expect("names of hosts");
    let key_pair = || KeyPair::generate().expect("a key");
    let mut authority = certificate_for(Vec::new());
    // Another name than its certificate's: else that would seem to have signed itself.
    authority.distinguished_name.push(DnType::CommonName, "Test authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, key_pair()).expect("an authority");
    let key = key_pair();
    let certificate = certificate_for(vec!["localhost".to_owned()]).signed_by(&key, &authority).expect("a certificate");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .expect("its key");
    (Arc::new(config), authority.pem())
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
