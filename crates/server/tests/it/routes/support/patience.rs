//! Waiting, where nothing but time makes a difference.

use std::time::Duration;

/// Lets a lifetime of whole seconds pass.
pub(crate) async fn outlive(lifetime: Duration) {
    tokio::time::sleep(lifetime + Duration::from_millis(200)).await;
}

/// Lets a second pass, so that what is done next carries another timestamp.
pub(crate) async fn a_second() {
    outlive(Duration::from_secs(1)).await;
}

/// Waits until something that happens by itself has happened.
pub(crate) async fn until(what: &str, mut happened: impl AsyncFnMut() -> bool) {
    for _look in 0..600 {
        if happened().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never happened: {what}");
}
