//! What surrounds the pages: the stylesheet, addresses that lead nowhere, and methods they do not answer to.

use super::support::page;
use crate::harness::{Authorization, Person, Server, ServerOptions, scratch_dir, send};

#[tokio::test]
async fn the_stylesheet_is_ours_and_kept_for_ever() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    let shown = person.open(&Authorization::of_spa("openid").path()).await;
    let shown = person.open(shown.header("location")).await;
    let (_, rest) = shown.text.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let href = rest.split_once('"').unwrap().0.replace("&#x2f;", "/");
    let sheet = server.http.get(&href).await;
    assert_eq!((sheet.status, sheet.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(sheet.header("cache-control").contains("immutable"), "{}", sheet.header("cache-control"));
    assert_eq!(sheet.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn the_pages_are_an_operators_own() {
    let directory = scratch_dir();
    let logo = directory.path().join("logo.svg");
    std::fs::write(&logo, "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>").unwrap();
    let settings = vec![
        ("BRANDING__NAME", "Example Books".to_owned()),
        ("BRANDING__LOGO_FILE", logo.display().to_string()),
        ("BRANDING__ACCENT_COLOR", "#003366".to_owned()),
    ];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let shown = server.http.get("/device").await;
    assert_eq!(page(&shown), "200");
    assert!(shown.text.contains("<title>Connect a device – Example Books</title>"), "{}", shown.text);
    let address = |marker: &str| {
        let (_, rest) = shown.text.split_once(marker).unwrap_or_else(|| panic!("{marker}: {}", shown.text));
        rest.split_once('"').unwrap().0.to_owned()
    };
    let logo = server.http.get(&address("<img class=\"mark\" src=\"")).await;
    assert_eq!((logo.status, logo.header("content-type")), (200, "image/svg+xml"));
    let policy = logo.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none';") && policy.ends_with("sandbox"), "{policy}");
    assert!(!policy.contains("script-src") && logo.header("x-content-type-options") == "nosniff");
    let sheet = server.http.get(&address("rel=\"stylesheet\" href=\"")).await;
    assert!(sheet.text.contains("--accent: #003366;"), "{}", sheet.text);

    let plain = Server::start().await;
    assert_eq!(page(&plain.http.get("/assets/logo").await), "404");
}

#[tokio::test]
async fn an_address_that_is_not_ours_gets_a_page() {
    let server = Server::start().await;
    for path in [
        "/",
        "/oauth",
        "/oauth/tokens",
        "/errors",
        "/errors/",
        "/errors/no-such-reason",
        "/.well-known/x",
        "/%2e%2e/",
        "/login/",
    ] {
        let answer = server.http.get(path).await;
        assert_eq!(page(&answer), "404", "{path}");
    }
}

#[tokio::test]
async fn rfc_9110_15_5_6_every_address_names_the_methods_it_answers_to() {
    let server = Server::start().await;
    for (path, allow) in [
        ("/oauth/authorize", "GET, POST"),
        ("/login", "GET, POST"),
        ("/consent", "GET, POST"),
        ("/language", "POST"),
        ("/oauth/token", "POST"),
        ("/oauth/introspect", "POST"),
        ("/oauth/revoke", "POST"),
        ("/oauth/userinfo", "GET, POST"),
        ("/oauth/jwks", "GET, HEAD"),
        ("/.well-known/openid-configuration", "GET, HEAD"),
        ("/.well-known/oauth-authorization-server", "GET, HEAD"),
        ("/livez", "GET, HEAD"),
        ("/readyz", "GET, HEAD"),
        ("/errors/code-invalid", "GET, HEAD"),
        ("/playground", "GET, POST"),
        ("/playground/callback", "GET"),
    ] {
        for method in ["PUT", "DELETE", "TRACE"] {
            let answer = send(server.http.request(method, path)).await;
            assert_eq!((answer.status, answer.header("allow")), (405, allow), "{method} {path}");
            assert_eq!(answer.outcome(), "405 invalid_request");
        }
        for method in allow.split(", ") {
            let answer = send(server.http.request(method, path)).await;
            assert_ne!(answer.status, 405, "{method} {path}");
        }
    }
}
