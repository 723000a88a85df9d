//! TLS to Postgres: encrypted, and to nobody but the server whose certificate holds.

use std::sync::Arc;

use super::{CONTENTS, options, token};
use crate::harness::{Authority, Postgres, Server, ServerOptions, scratch_dir};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_connection_is_encrypted_and_the_server_known() {
    let authority = Authority::new();
    let postgres = Postgres::start_with_tls(&authority);
    let database = Arc::new(postgres.database());
    let directory = scratch_dir();
    let (root, other) = (directory.path().join("root.pem"), directory.path().join("other.pem"));
    authority.write_root(&root);
    Authority::new().write_root(&other);
    let start = |root: &std::path::Path| {
        let config = format!("[database]\ntls = \"verify_full\"\ntls_root_file = \"{}\"\n", root.display());
        ServerOptions { database: Some(Arc::clone(&database)), ..options(&config) }
    };

    let mut stranger = Server::spawn(start(&other));
    assert_eq!(stranger.wait_until_ended().await.code(), Some(1));
    assert!(stranger.log().contains("SSL error"), "{}", stranger.log());

    let server = Server::start_with(start(&root)).await;
    server.apply(CONTENTS);
    assert_eq!(token(&server).await, "200");
    let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                     WHERE application_name = 'grantor'";
    assert_eq!(database.sql(encrypted), "t");
}
