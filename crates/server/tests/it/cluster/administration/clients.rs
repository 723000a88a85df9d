//! Clients made, given new secrets and deleted by command while several processes serve.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::super::alone;
use super::super::support::{Replicas, holds};
use crate::harness::{Answer, Http};

/// Within what time a change of a client reaches every replica.
const SOON: Duration = Duration::from_secs(4);

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

async fn for_itself(http: &Http, secret: &str) -> String {
    http.token_as(("made", secret), &[("grant_type", "client_credentials")]).await.outcome()
}

async fn by_password(http: &Http, secret: &str) -> Answer {
    let form = [("grant_type", "password"), ("username", "alice"), ("password", "wonderland-42"), ("scope", "read")];
    http.token_as(("made", secret), &form).await
}

/// Waits until every replica answers so.
async fn soon(replicas: &Replicas, secret: &str, expect: &str) {
    let deadline = Instant::now() + SOON;
    for server in &replicas.servers {
        loop {
            let outcome = for_itself(&server.http, secret).await;
            if outcome == expect {
                break;
            }
            assert!(Instant::now() < deadline, "still {outcome}, not {expect}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn create(replicas: &Replicas) -> String {
    let grants = ["--grant", "client_credentials", "--grant", "password", "--grant", "refresh_token"];
    let mut command = vec!["client", "create", "--id", "made", "--scope", "read", "--json"];
    command.extend(grants);
    json(&replicas.administer(&command))["client_secret"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_created_client_and_its_new_secrets_are_good_at_every_replica() {
    let _turn = alone().await;
    let replicas = Replicas::start(3, &[]).await;
    let first = create(&replicas);
    for server in &replicas.servers {
        assert_eq!(for_itself(&server.http, &first).await, "200");
    }
    let rotated = json(&replicas.administer(&["client", "rotate-secret", "made", "--json"]));
    let second = rotated["client_secret"].as_str().unwrap();
    assert_eq!(rotated["secrets"], 2);
    soon(&replicas, second, "200").await;
    soon(&replicas, &first, "200").await;
    replicas.administer(&["client", "rotate-secret", "made", "--finish"]);
    soon(&replicas, &first, "401 invalid_client").await;
    soon(&replicas, second, "200").await;
    replicas
        .administer_with_input(&["client", "rotate-secret", "made", "--remove-old", "--secret-stdin"], "given-one\n");
    soon(&replicas, second, "401 invalid_client").await;
    soon(&replicas, "given-one", "200").await;
    let shown = replicas.administer(&["client", "show", "made", "--json"]);
    for secret in [&first, second, "given-one"] {
        assert!(!shown.contains(secret) && replicas.servers.iter().all(|server| !server.log().contains(secret)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_client_is_over_at_every_replica() {
    let _turn = alone().await;
    let replicas = Replicas::start(3, &[]).await;
    let secret = create(&replicas);
    let tokens = by_password(&replicas.servers[0].http, &secret).await;
    let (access_token, refresh_token) = (tokens.member("access_token"), tokens.member("refresh_token"));
    for server in &replicas.servers {
        assert!(holds(&server.http, &access_token).await);
        assert_eq!(for_itself(&server.http, &secret).await, "200");
    }
    assert_eq!(json(&replicas.administer(&["client", "delete", "made", "--json"]))["grants"], 1);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.as_str())];
    for server in &replicas.servers {
        assert!(!holds(&server.http, &access_token).await);
        let outcome = server.http.token_as(("made", &secret), &refresh).await.outcome();
        assert!(["400 invalid_grant", "401 invalid_client"].contains(&outcome.as_str()), "{outcome}");
    }
    soon(&replicas, &secret, "401 invalid_client").await;

    let anew = create(&replicas);
    soon(&replicas, &anew, "200").await;
    for server in &replicas.servers {
        assert_eq!(server.http.token_as(("made", &anew), &refresh).await.outcome(), "400 invalid_grant");
        assert!(!holds(&server.http, &access_token).await);
    }
    replicas.assert_no_panic();
}
