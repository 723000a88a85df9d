//! `/livez` and `/readyz`.

use std::time::{Duration, Instant};

use crate::harness::{Server, ServerOptions, send};

#[tokio::test]
async fn both_answer_as_text_and_are_never_cached() {
    let server = Server::start().await;
    for (path, text) in [("/livez", "live\n"), ("/readyz", "ready\n")] {
        let answer = server.http.get(path).await;
        assert_eq!((answer.status, answer.text.as_str(), answer.header("cache-control")), (200, text, "no-store"));
        assert!(answer.header("content-type").starts_with("text/plain"));
        let head = send(server.http.request("HEAD", path)).await;
        assert_eq!((head.status, head.text.as_str()), (200, ""));
    }
}

/// The second start: the first makes keys, and this is a debug build.
#[tokio::test]
async fn a_server_is_ready_soon_after_its_start() {
    let first = Server::start().await;
    let again = ServerOptions { data_dir: Some(first.data_dir.clone()), ..ServerOptions::default() };
    drop(first);
    let start = Instant::now();
    let _second = Server::start_with(again).await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}
