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
