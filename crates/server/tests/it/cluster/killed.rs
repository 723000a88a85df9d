//! `kill -9` under load: whatever was acknowledged is there when the server is back.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::alone;
use super::support::{Clients, Honest, Refreshed, issued};
use crate::harness::{Database, Http, Server, ServerOptions};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_rotation_is_lost_on_sqlite() {
    let _turn = alone().await;
    check(ServerOptions::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_rotation_is_lost_on_postgres() {
    let _turn = alone().await;
    let database = tokio::task::block_in_place(Database::create);
    check(ServerOptions { database: Some(Arc::new(database)), ..ServerOptions::default() }).await;
}

/// Nobody saw this outage but the clients: the process that could have was gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_lost_in_a_crash_may_be_fetched_after_a_long_absence() {
    let _turn = alone().await;
    let settings = [("DATABASE__DEADLINE", "1s"), ("LIFETIMES__REFRESH_RETRY_WINDOW", "4s")];
    let settings = settings.map(|(name, value)| (name, value.to_owned())).to_vec();
    let mut server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let held = Clients::new(vec![server.http.clone()]).grants(1).await.remove(0).refresh_token;
    let lost = issued(&server.http.refresh(&held).await).refresh_token;
    server.kill();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let options = server.options();
    server = Server::start_with(options).await;
    assert_eq!(issued(&server.http.refresh(&held).await).refresh_token, lost, "the same successor");
    issued(&server.http.refresh(&lost).await);
    assert_eq!(server.http.refresh(&held).await.outcome(), "400 invalid_grant", "the successor was used");
}

/// Killed three times, because each time only some requests are between commit and answer.
async fn check(options: ServerOptions) {
    let mut server = Server::start_with(options).await;
    let grants = Clients::new(vec![server.http.clone()]).grants(12).await;
    let mut clients: Vec<_> = grants.into_iter().map(|grant| Honest::new(grant.refresh_token)).collect();
    for _time in 0..3 {
        let before: usize = clients.iter().map(|client| client.older().len()).sum();
        clients = kill_under_load(&mut server, clients).await;
        let after: usize = clients.iter().map(|client| client.older().len()).sum();
        assert!(after >= before + 50, "only {} rotations were under way", after - before);
        let options = server.options();
        server = Server::start_with(options).await;
        for client in &mut clients {
            goes_on(&server.http, client).await;
        }
    }
    for mut client in clients {
        notices_replays(&server.http, &mut client).await;
    }
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// Every client refreshes without a pause; then the process is gone, in the middle of some of it.
async fn kill_under_load(server: &mut Server, clients: Vec<Honest>) -> Vec<Honest> {
    let mut load = JoinSet::new();
    for mut client in clients {
        let http = server.http.clone();
        load.spawn(async move {
            loop {
                match client.refresh(&http).await {
                    Refreshed::Answered(answer) => assert_eq!(answer.outcome(), "200", "{}", answer.text),
                    Refreshed::Broken => return client,
                }
            }
        });
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.kill();
    load.join_all().await
}

/// The newest token works; and if that was its second time, because the answer to the first was lost, it still has only
/// one successor.
async fn goes_on(http: &Http, client: &mut Honest) {
    let held = client.held().to_owned();
    client.must_refresh(http).await;
    let again = issued(&http.refresh(&held).await);
    assert_eq!(again.refresh_token, client.held(), "two living successors");
    client.must_refresh(http).await;
}

/// A token that was used before the last one is a replay, and ends the grant.
async fn notices_replays(http: &Http, client: &mut Honest) {
    let old = client.older().iter().rev().nth(1).unwrap();
    assert_eq!(http.refresh(old).await.outcome(), "400 invalid_grant");
    assert_eq!(http.refresh(client.held()).await.outcome(), "400 invalid_grant", "revoked");
}
