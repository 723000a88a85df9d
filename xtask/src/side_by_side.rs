//! Decides how much is done at once, and that a failure ends it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::anyhow;

/// How many things are done at once: on a machine with two processors more would only be in each other's way.
const AT_ONCE: usize = 2;

/// Does `work` on the items, [`AT_ONCE`] at a time, and gives what comes of each, in their order. After a failure nothing
/// more is begun.
///
/// # Errors
///
/// What `work` fails with, once all that was begun has ended.
pub(crate) fn side_by_side<I: Copy + Sync, O: Send>(
    items: &[I],
    work: impl Fn(I) -> anyhow::Result<O> + Sync,
) -> anyhow::Result<Vec<O>> {
    let next = AtomicUsize::new(0);
    let take_turns = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return Ok(done) };
            match work(*item) {
                Ok(outcome) => done.push((index, outcome)),
                Err(error) => {
                    next.store(items.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    };
    let ended = thread::scope(|scope| {
        let threads = [(); AT_ONCE].map(|()| scope.spawn(take_turns));
        threads.map(|thread| thread.join().unwrap_or_else(|_panic| Err(anyhow!("a thread has panicked"))))
    });
    let mut done: Vec<_> = ended.into_iter().collect::<anyhow::Result<Vec<_>>>()?.into_iter().flatten().collect();
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, outcome)| outcome).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use std::sync::Mutex;

    use anyhow::bail;

    use super::*;

    #[test]
    fn what_runs_side_by_side_comes_in_order() {
        let items: Vec<usize> = (0..50).collect();
        assert_eq!(side_by_side(&items, |item| Ok(item * 2)).unwrap(), (0..100).step_by(2).collect::<Vec<_>>());
    }

    #[test]
    fn after_a_failure_nothing_more_is_begun() {
        let begun = Mutex::new(0);
        let outcome = side_by_side(&[(); 50], |()| -> anyhow::Result<()> {
            *begun.lock().unwrap() += 1;
            bail!("broken")
        });
        assert_eq!(outcome.unwrap_err().to_string(), "broken");
        assert!(*begun.lock().unwrap() <= AT_ONCE);
    }
}
