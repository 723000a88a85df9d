//! `/livez` and `/readyz`.

use crate::harness::{Server, send};

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
