//! Servers to ask.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use grantor_testkit::Site;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Answers by plain http, after a while.
pub(crate) fn plain(answer: impl Into<Vec<u8>>, after: Duration) -> Site {
    let answer = answer.into();
    Site::start(move |_request| {
        thread::sleep(after);
        answer.clone()
    })
}

/// Answers by https as `localhost`; gives the authority's certificate too.
pub(crate) fn tls(answer: &'static str) -> (Site, String) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.distinguished_name.push(DnType::CommonName, "Test authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap();
    let config = Arc::new(config);
    let wrap = move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).ok()?;
        Some(Box::new(StreamOwned::new(connection, stream)) as Box<dyn grantor_testkit::Stream>)
    };
    (Site::start_over(wrap, move |_request| answer.as_bytes().to_vec()), authority.pem())
}
