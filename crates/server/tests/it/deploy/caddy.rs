//! deploy/caddy/Caddyfile, run by Caddy.

use super::proxy::Proxy;
use super::through;
use crate::harness::free_port;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sample_for_caddy_works() {
    through::check(|place, upstream| {
        let pieces = [
            ("admin localhost:2019", format!("admin 127.0.0.1:{}", free_port())),
            ("http_port 80\n", format!("http_port {}\n", place.http)),
            ("https_port 443\n", format!("https_port {}\n", place.https)),
            ("id.example.com {", "localhost {".to_owned()),
            (
                "# tls /etc/ssl/certs/id.example.com.pem /etc/ssl/private/id.example.com.key",
                format!("tls {} {}", place.path("certificate.pem"), place.path("key.pem")),
            ),
            ("reverse_proxy 127.0.0.1:8080 {", format!("reverse_proxy 127.0.0.1:{upstream} {{")),
        ];
        place.install("deploy/caddy/Caddyfile", "Caddyfile", &pieces);
        Proxy::start("GRANTOR_TEST_CADDY", &["run", "--config", &place.path("Caddyfile")], place)
    })
    .await;
}
