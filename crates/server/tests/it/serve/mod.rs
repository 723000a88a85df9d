//! `grantor serve` and `grantor config`: what an operator starts, and what refuses to start.

mod configuration;
mod database_tls;
mod documented;
mod life;
mod migrating;
mod operating;
mod proxies;
mod refusals;
mod tls;

use crate::harness::{Server, ServerOptions};

/// A client and a user, so that there is something to do.
const CONTENTS: &str = r#"
[[clients]]
client_id = "machine"
client_secret = "a-secret-of-machine-and-nobody-else"
grant_types = ["client_credentials", "password", "refresh_token"]
scope = "read"

[[users]]
subject = "bob"
username = "bob"
password = "a-password-of-bob"
"#;

const MACHINE: (&str, &str) = ("machine", "a-secret-of-machine-and-nobody-else");

/// A server that has migrated and listens, with this configuration beside issuer and address.
fn options(config: &str) -> ServerOptions {
    let settings = vec![("DATABASE__MIGRATE", "true".to_owned())];
    ServerOptions { config: Some(config.to_owned()), settings, ..ServerOptions::default() }
}

async fn token(server: &Server) -> String {
    server.http.token_as(MACHINE, &[("grant_type", "client_credentials")]).await.outcome()
}
