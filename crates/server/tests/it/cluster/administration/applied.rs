//! What an administrator changes while several processes serve reaches each of them.

use std::time::{Duration, Instant};

use super::super::alone;
use super::super::support::Replicas;
use crate::harness::{Answer, Http};

fn client(id: &str, lifetime: u32) -> String {
    format!(
        "[[clients]]\nclient_id = \"{id}\"\nclient_secret = \"a-secret-for-{id}-and-nobody-else\"\n\
         grant_types = [\"client_credentials\"]\nscope = \"read\"\naccess_token_lifetime = {lifetime}\n"
    )
}

async fn ask(http: &Http, id: &str) -> Answer {
    let secret = format!("a-secret-for-{id}-and-nobody-else");
    http.token_as((id, &secret), &[("grant_type", "client_credentials")]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_applied_client_is_known_at_once() {
    let _turn = alone().await;
    let replicas = Replicas::start(3, &[]).await;
    for server in &replicas.servers {
        assert_eq!(ask(&server.http, "asked-before").await.outcome(), "401 invalid_client");
    }
    // That an id is unknown is remembered for a second.
    tokio::time::sleep(Duration::from_millis(1050)).await;
    for id in ["asked-before", "never-asked"] {
        replicas.apply(&client(id, 60));
        for server in &replicas.servers {
            assert_eq!(ask(&server.http, id).await.outcome(), "200", "{id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_settings_reach_every_replica_within_seconds() {
    let _turn = alone().await;
    let replicas = Replicas::start(3, &[]).await;
    replicas.apply(&client("changing", 60));
    for lifetime in [120, 180] {
        for server in &replicas.servers {
            assert_eq!(ask(&server.http, "changing").await.outcome(), "200");
        }
        replicas.apply(&client("changing", lifetime));
        let deadline = Instant::now() + Duration::from_secs(4);
        for server in &replicas.servers {
            while ask(&server.http, "changing").await.json()["expires_in"] != lifetime {
                assert!(Instant::now() < deadline, "still the old lifetime");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
