//! TLS of the server's own: the certificate that was configured, and the next one without a restart.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::options;
use crate::harness::{Authority, Server, ServerOptions, free_port, https_get, scratch_dir};

const CONFIG: &str = "[tls]\ncertificate_file = \"c.pem\"\nkey_file = \"k.pem\"\n";

async fn shown(server: &Server, authority: &Arc<Authority>, path: &'static str) -> std::io::Result<(String, Vec<u8>)> {
    let (port, authority) = (server.port(), Arc::clone(authority));
    tokio::task::spawn_blocking(move || https_get(port, &authority, path)).await.unwrap()
}

/// Waits until `is_so`; the log of a server that never gets there is the failure's text.
async fn until(server: &Server, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so().await {
        assert!(Instant::now() < deadline, "{}", server.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_new_certificate_takes_over_and_a_broken_one_does_not() {
    let (data_dir, authority) = (Arc::new(scratch_dir()), Arc::new(Authority::new()));
    let (certificate, key) = (data_dir.path().join("c.pem"), data_dir.path().join("k.pem"));
    let first = authority.certify(&certificate, &key);
    let issuer = Some(format!("https://localhost:{}", free_port()));
    let server = Server::spawn(ServerOptions { data_dir: Some(Arc::clone(&data_dir)), issuer, ..options(CONFIG) });
    until(&server, async || shown(&server, &authority, "/readyz").await.is_ok()).await;

    let (discovery, with) = shown(&server, &authority, "/.well-known/openid-configuration").await.unwrap();
    assert!(discovery.starts_with("HTTP/1.1 200") && discovery.contains(&server.issuer), "{discovery}");
    assert_eq!(with, first);
    assert!(shown(&server, &Arc::new(Authority::new()), "/livez").await.is_err(), "another authority is not trusted");
    assert!(server.http.try_get("/livez").await.is_none(), "nothing is answered in the clear");

    std::fs::write(&certificate, "half a certificate").unwrap();
    until(&server, async || server.log().contains("stays in force")).await;
    assert_eq!(shown(&server, &authority, "/livez").await.unwrap().1, first);

    let second = authority.certify(&certificate, &key);
    until(&server, async || shown(&server, &authority, "/livez").await.is_ok_and(|(_, with)| with == second)).await;
}
