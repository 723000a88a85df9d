//! More passwords than can be hashed make nobody fail who needs none.

use super::alone;
use super::support::in_parallel;
use crate::harness::{Server, ServerOptions};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wave_of_passwords_fails_no_other_client() {
    let _turn = alone().await;
    let settings = vec![("PASSWORDS__THREADS", "1".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let http = server.http.clone();
    let wave = tokio::spawn({
        let http = http.clone();
        in_parallel(200, 0..200, move |_number| {
            let http = http.clone();
            async move { http.password().await }
        })
    });
    let tokens = in_parallel(8, 0..400, move |_number| {
        let http = http.clone();
        async move { http.client_credentials().await.outcome() }
    })
    .await;
    assert!(tokens.iter().all(|outcome| outcome == "200"), "{tokens:?}");
    let wave = wave.await.unwrap();
    let turned_away = wave.iter().filter(|answer| answer.status != 200);
    let outcomes: Vec<_> =
        turned_away.map(|answer| (answer.outcome(), !answer.header("retry-after").is_empty())).collect();
    assert!(!outcomes.is_empty(), "the pool was never full");
    assert!(
        outcomes.iter().all(|outcome| *outcome == ("503 temporarily_unavailable".to_owned(), true)),
        "{outcomes:?}"
    );
}
