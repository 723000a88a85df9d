//! Many callers at the same moment.

use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// Runs `make(0) … make(callers - 1)` on tasks of their own, all let go at once; their outcomes, in no order.
///
/// # Panics
/// If one of them does.
pub async fn race<T, F>(callers: usize, make: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(callers));
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        let (barrier, racer) = (Arc::clone(&barrier), make(caller));
        tasks.spawn(async move {
            barrier.wait().await;
            racer.await
        });
    }
    tasks.join_all().await
}
