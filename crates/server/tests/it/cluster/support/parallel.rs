//! Much work at once, but not all of it.

use std::future::Future;
use std::sync::{Arc, Mutex};

use tokio::task::JoinSet;

/// Does `work` for each item, `limit` at a time, and gives the results in the items' order.
pub(in crate::cluster) async fn in_parallel<I, T, W, F>(
    limit: usize,
    items: impl IntoIterator<Item = I>,
    work: W,
) -> Vec<T>
where
    I: Send + 'static,
    T: Send + 'static,
    W: Fn(I) -> F + Clone + Send + 'static,
    F: Future<Output = T> + Send,
{
    let items: Vec<_> = items.into_iter().enumerate().collect();
    let waiting = Arc::new(Mutex::new(items.into_iter()));
    let mut workers = JoinSet::new();
    for _worker in 0..limit {
        let (waiting, work) = (Arc::clone(&waiting), work.clone());
        workers.spawn(async move {
            let mut done = Vec::new();
            loop {
                let next = waiting.lock().unwrap().next();
                let Some((index, item)) = next else { return done };
                done.push((index, work(item).await));
            }
        });
    }
    let mut done = Vec::new();
    while let Some(results) = workers.join_next().await {
        done.extend(results.unwrap());
    }
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
