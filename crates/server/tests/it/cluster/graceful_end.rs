//! A server that is asked to end answers what it has begun, and says that it ended well.

use std::time::Duration;

use tokio::task::JoinSet;

use super::alone;
use crate::harness::{Server, ServerOptions, try_send};

/// So many sign-ins take the one thread that hashes passwords about a second.
const REQUESTS: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_begun_is_answered() {
    let _turn = alone().await;
    let settings = vec![("PASSWORDS__THREADS", "1".to_owned())];
    let mut server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let mut requests = JoinSet::new();
    for _request in 0..REQUESTS {
        let http = server.http.clone();
        requests.spawn(async move { http.password().await });
    }
    // By now all of them have arrived, and most of them wait.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(requests.try_join_next().is_none_or(|answer| answer.unwrap().status == 200));
    let status = server.stop().await;
    assert!(status.success(), "{status}\n{}", server.log());
    for answer in requests.join_all().await {
        assert_eq!(answer.outcome(), "200", "{}", answer.text);
    }
    assert!(try_send(server.http.request("GET", "/livez")).await.is_err(), "nobody listens any more");
    assert!(!server.log().contains("panicked"), "{}", server.log());
}
