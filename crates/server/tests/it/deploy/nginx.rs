//! deploy/nginx/grantor.conf, run by nginx.

use super::proxy::Proxy;
use super::through;
use crate::harness::free_port;

/// What the distribution's own file has around the sample.
const AROUND: &str = "daemon off; pid nginx.pid; error_log stderr;\nevents {}\nhttp {\n  client_body_temp_path body; \
                      proxy_temp_path proxied; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n  \
                      gzip on; access_log off;\n  include sample.conf;\n}\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sample_for_nginx_works() {
    through::check(|place, upstream| {
        let pieces = [
            ("server 127.0.0.1:8080;", format!("server 127.0.0.1:{upstream};")),
            ("listen 80;", format!("listen 127.0.0.1:{};", place.http)),
            ("listen [::]:80;", format!("listen 127.0.0.1:{};", free_port())),
            ("listen 443 ", format!("listen 127.0.0.1:{} ", place.https)),
            ("listen [::]:443 ", format!("listen 127.0.0.1:{} ", free_port())),
            ("https://id.example.com", format!("https://localhost:{}", place.https)),
            ("server_name id.example.com;", "server_name localhost;".to_owned()),
            ("/etc/ssl/certs/id.example.com.pem", place.path("certificate.pem")),
            ("/etc/ssl/private/id.example.com.key", place.path("key.pem")),
            ("/var/log/nginx/grantor.access.log", place.path("access.log")),
            ("/var/log/nginx/grantor.error.log", place.path("error.log")),
        ];
        place.install("deploy/nginx/grantor.conf", "sample.conf", &pieces);
        place.write("nginx.conf", AROUND);
        let (prefix, main) = (place.path(""), place.path("nginx.conf"));
        Proxy::start("GRANTOR_TEST_NGINX", &["-e", "stderr", "-p", &prefix, "-c", &main], place)
    })
    .await;
}
