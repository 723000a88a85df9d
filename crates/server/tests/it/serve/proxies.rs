//! The address of the client: from the proxies that were named, and from nobody else. It is seen where failed sign-ins
//! are recorded.

use std::sync::Arc;

use super::{CONTENTS, MACHINE, options};
use crate::harness::{Database, Server, ServerOptions, send};

/// The addresses of the failed sign-ins that these headers were sent with.
async fn recorded(config: &str, headers: &[(&str, &str)]) -> String {
    let database = Arc::new(Database::create());
    let server = Server::start_with(ServerOptions { database: Some(Arc::clone(&database)), ..options(config) }).await;
    server.apply(CONTENTS);
    let form = [("grant_type", "password"), ("username", "bob"), ("password", "wrong")];
    let request = server.http.request("POST", "/oauth/token").basic_auth(MACHINE.0, Some(MACHINE.1)).form(&form);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    assert_eq!(send(request).await.outcome(), "400 invalid_grant");
    database.sql("SELECT address FROM attempts ORDER BY id")
}

#[tokio::test]
async fn a_proxy_that_was_named_says_who_asks() {
    let config = "[http]\ntrusted_proxies = [\"127.0.0.1\"]\n";
    let headers = [("x-forwarded-for", "203.0.113.9, 192.0.2.7"), ("forwarded", "for=203.0.113.10")];
    assert_eq!(recorded(config, &headers).await, "192.0.2.7");
    let config = format!("{config}proxy_header = \"forwarded\"\n");
    assert_eq!(recorded(&config, &headers).await, "203.0.113.10");
}

#[tokio::test]
async fn nobody_else_does() {
    assert_eq!(recorded("", &[("x-forwarded-for", "192.0.2.7")]).await, "127.0.0.1");
    let config = "[http]\ntrusted_proxies = [\"10.0.0.0/8\"]\n";
    assert_eq!(recorded(config, &[("x-forwarded-for", "192.0.2.7")]).await, "127.0.0.1");
}
