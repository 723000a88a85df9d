//! More work for storage than may wait for it is turned away, told when to come back, and loses nothing.

use std::sync::Arc;
use std::time::Duration;

use super::alone;
use super::support::{Replicas, in_parallel, issued};
use crate::harness::Database;

/// One connection, and little room before it.
const SETTINGS: &[(&str, &str)] = &[("DATABASE__POOL_SIZE", "1"), ("DATABASE__QUEUE", "24")];

const CALLERS: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_finds_the_queue_full_is_told_to_come_back() {
    let _turn = alone().await;
    let database = Arc::new(Database::create());
    let replicas = Replicas::start_on(Arc::clone(&database), 1, SETTINGS).await;
    let clients = replicas.clients();
    let tokens: Vec<String> = clients.grants(CALLERS).await.into_iter().map(|grant| grant.refresh_token).collect();

    let holding = Arc::clone(&database);
    let held = std::thread::spawn(move || holding.sql("BEGIN; LOCK TABLE grants_long; SELECT pg_sleep(3); COMMIT"));
    let is_held = "SELECT count(*) FROM pg_locks WHERE relation = 'grants_long'::regclass AND granted \
                   AND mode = 'AccessExclusiveLock'";
    while database.sql(is_held) == "0" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let answers = in_parallel(CALLERS, tokens.clone(), {
        let clients = clients.clone();
        move |token| {
            let clients = clients.clone();
            async move { clients.at(0).refresh(&token).await }
        }
    })
    .await;
    held.join().unwrap();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert!(!refused.is_empty(), "the queue was never full");
    for answer in refused {
        assert_eq!(answer.outcome(), "503 temporarily_unavailable");
        assert!(!answer.header("retry-after").is_empty(), "{}", answer.text);
    }
    for token in &tokens {
        issued(&clients.at(0).refresh(token).await);
    }
}
