//! Whom nobody asks, and what an answer may be.

use std::time::Duration;

use grantor_outbound::{Outbound, OutboundConfig};
use grantor_ports::{Fetch as _, FetchRequest, Fetched};
use grantor_testkit::Site;

use crate::site::plain;

const OK: &str = "HTTP/1.1 200 OK\r\nCache-Control: public, max-age=90\r\nContent-Length: 2\r\n\r\n{}";

fn outbound(private: &[&str], roots: &str) -> Outbound {
    let config = OutboundConfig {
        private_networks: private.iter().map(|network| network.parse().unwrap()).collect(),
        root_certificates: roots.as_bytes().to_vec(),
        timeout: Duration::from_secs(2),
    };
    Outbound::new(&config).unwrap()
}

async fn get(outbound: &Outbound, url: &str) -> Result<Fetched, String> {
    outbound.fetch(FetchRequest { url, form: None }).await.map_err(|failure| failure.to_string())
}

const LOOPBACK: &[&str] = &["127.0.0.0/8", "::1/128"];

#[tokio::test]
async fn what_is_named_is_asked_and_its_answer_comes_whole() {
    let site = plain(OK, Duration::ZERO);
    let outbound = outbound(LOOPBACK, "");
    let expect = Fetched { status: 200, max_age: Some(Duration::from_secs(90)), body: b"{}".to_vec() };
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("http://{host}:{}/keys?x=1", site.port);
        assert_eq!(get(&outbound, &url).await, Ok(expect.clone()));
    }
    let form = [("logout_token", "a b&c")];
    let url = format!("http://127.0.0.1:{}/logout", site.port);
    assert_eq!(outbound.fetch(FetchRequest { url: &url, form: Some(&form) }).await.unwrap(), expect);
    let requests = site.requests();
    assert!(requests[0].starts_with("GET /keys?x=1 HTTP/1.1\r\n"), "{requests:?}");
    assert!(
        requests[2].starts_with("POST /logout ") && requests[2].ends_with("\r\n\r\nlogout_token=a+b%26c"),
        "{requests:?}"
    );
    assert!(requests[2].to_lowercase().contains("user-agent: grantor/"), "{requests:?}");
}

#[tokio::test]
async fn nobody_private_is_asked() {
    let site = plain(OK, Duration::ZERO);
    let outbound = outbound(&[], "");
    for scheme in ["http", "https"] {
        for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "0x7f.1"] {
            let failure = get(&outbound, &format!("{scheme}://{host}:{}/", site.port)).await.unwrap_err();
            // A name is looked up when it is asked; what failed then is one with every other failure of a connection.
            let expect = if host == "localhost" { "there is no answer" } else { "may not be asked" };
            assert!(failure.contains(expect), "{host}: {failure}");
        }
    }
    for url in ["ftp://example.com/", "file:///etc/passwd", "x", ""] {
        assert!(get(&outbound, url).await.is_err(), "{url}");
    }
    assert_eq!(site.requests(), Vec::<String>::new(), "nothing arrived");
}

#[tokio::test]
async fn a_certificate_must_lead_to_a_known_root() {
    let (site, root) = Site::start_tls(|_request| OK.as_bytes().to_vec());
    let url = format!("https://localhost:{}/", site.port);
    assert!(get(&outbound(LOOPBACK, ""), &url).await.is_err());
    let trusting = outbound(LOOPBACK, &root);
    assert_eq!(get(&trusting, &url).await.unwrap().status, 200);
    assert!(get(&trusting, &format!("https://127.0.0.1:{}/", site.port)).await.is_err(), "it is for another name");
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let there = plain(OK, Duration::ZERO);
    let redirect =
        format!("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{}/\r\nContent-Length: 0\r\n\r\n", there.port);
    let here = plain(redirect, Duration::ZERO);
    let found = get(&outbound(LOOPBACK, ""), &format!("http://127.0.0.1:{}/", here.port)).await.unwrap();
    assert_eq!((found.status, there.requests().len()), (302, 0));
}

#[tokio::test]
async fn an_answer_is_bounded_in_time_and_size() {
    let outbound = outbound(LOOPBACK, "");
    let of_length = |length: usize| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes();
        plain([head, vec![b'x'; length]].concat(), Duration::ZERO)
    };
    let (most, too_long) = (of_length(256 * 1024), of_length(256 * 1024 + 1));
    let url = |site: &Site| format!("http://127.0.0.1:{}/", site.port);
    assert_eq!(get(&outbound, &url(&most)).await.unwrap().body.len(), 256 * 1024);
    assert!(get(&outbound, &url(&too_long)).await.unwrap_err().contains("longer than"));
    let late = plain(OK, Duration::from_secs(60));
    assert!(get(&outbound, &url(&late)).await.unwrap_err().contains("there is no answer"));
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let failure = get(&outbound, &format!("http://{nobody}/secret")).await.unwrap_err();
    assert!(!failure.contains("secret"), "{failure}");
}
