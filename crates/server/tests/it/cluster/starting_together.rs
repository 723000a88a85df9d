//! Replicas that start at the same moment on nothing agree on everything that is made once.

use std::collections::BTreeSet;

use super::alone;
use super::support::{Replicas, holds, issued};

/// Three processes, more than once, because the order in which they get to each step is a matter of luck.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_processes_make_one_set_of_everything() {
    let _turn = alone().await;
    for _time in 0..3 {
        let replicas = Replicas::start(3, &[]).await;
        let jwks = replicas.servers[0].http.get("/oauth/jwks").await.json();
        assert_eq!(jwks["keys"].as_array().unwrap().len(), 2, "one key an algorithm: {jwks}");
        for server in &replicas.servers {
            assert_eq!(server.http.get("/oauth/jwks").await.json(), jwks);
        }
        let database = replicas.servers[0].database.as_ref().unwrap();
        assert_eq!(database.sql("SELECT count(*) - count(DISTINCT purpose) FROM keys"), "0", "no purpose twice");
        assert_eq!(
            database.sql("SELECT string_agg(id, ' ' ORDER BY id) FROM clients"),
            "1000000042 demo-a demo-api demo-b demo-machine demo-spa"
        );
        assert_eq!(database.sql("SELECT string_agg(username, ' ') FROM users"), "alice");
        assert_eq!(
            files(&replicas),
            ["demo-machine.jwk", "encryption-secrets", "grantor.toml"].map(str::to_owned).into(),
            "each file once, and none half made"
        );
        everything_crosses(&replicas).await;
    }
}

/// What one process makes is good at every other: codes, refresh tokens, access tokens.
async fn everything_crosses(replicas: &Replicas) {
    let clients = replicas.clients();
    let person = clients.signed_in().await;
    for turn in 0..3 {
        let code = clients.code(&person, turn).await;
        let first = issued(&clients.at(turn + 1).redeem(&code).await);
        assert!(holds(clients.at(turn + 2), &first.access_token).await);
        let second = issued(&clients.at(turn + 2).refresh(&first.refresh_token).await);
        assert!(holds(clients.at(turn), &second.access_token).await);
    }
}

/// What is in the data directory beside our own logs.
fn files(replicas: &Replicas) -> BTreeSet<String> {
    let entries = std::fs::read_dir(replicas.servers[0].data_dir.path()).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".log"))
        .collect()
}
