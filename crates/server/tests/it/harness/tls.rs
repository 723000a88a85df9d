//! Certificates of a test's own authority, and HTTPS as a client that trusts it alone speaks it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// A certificate authority.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        // Another name than its certificates': else each would seem to have signed itself.
        parameters.distinguished_name.push(DnType::CommonName, "Test authority");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap())
    }

    /// Writes a certificate for `localhost` and 127.0.0.1, and its key. Gives what tells it from others.
    pub(crate) fn certify(&self, certificate: &Path, key: &Path) -> Vec<u8> {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let pair = KeyPair::generate().unwrap();
        let issued = CertificateParams::new(names).unwrap().signed_by(&pair, &self.0).unwrap();
        std::fs::write(key, pair.serialize_pem()).unwrap();
        std::fs::write(certificate, issued.pem()).unwrap();
        issued.der().to_vec()
    }

    /// Writes the authority's own certificate.
    pub(crate) fn write_root(&self, path: &Path) {
        std::fs::write(path, self.0.pem()).unwrap();
    }

    fn root(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }
}

/// Gets a path from this machine over TLS: the whole response, and the certificate that the server showed.
pub(crate) fn https_get(port: u16, authority: &Authority, path: &str) -> std::io::Result<(String, Vec<u8>)> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n");
    let (response, connection) = exchange(stream, authority, &[], request.as_bytes())?;
    let shown = connection.peer_certificates().and_then(|chain| chain.first()).map(|first| first.to_vec());
    Ok((String::from_utf8_lossy(&response).into_owned(), shown.unwrap_or_default()))
}

/// Sends bytes over TLS, offering these protocols, and reads until the server closes.
pub(crate) fn exchange(
    stream: TcpStream,
    authority: &Authority,
    protocols: &[&str],
    request: &[u8],
) -> std::io::Result<(Vec<u8>, ClientConnection)> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.root()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let connection = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut stream = StreamOwned::new(connection, stream);
    let sent = stream.write_all(request);
    let mut response = Vec::new();
    let read = match stream.read_to_end(&mut response) {
        // Whoever closes need not say good-bye in TLS, nor read all of what they refuse.
        Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof) => Ok(0),
        read => read,
    };
    if response.is_empty() {
        sent?;
    }
    read.map(|_length| (response, stream.conn))
}
