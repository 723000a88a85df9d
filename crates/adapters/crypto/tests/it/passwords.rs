//! The pool of password threads.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use grantor_crypto::{OsRandom, PasswordPool, PasswordPoolError, PasswordSettings};
use grantor_domain::secret::Secret;
use grantor_ports::{PasswordCheck, Passwords as _, PoolReading};

/// A pool of one thread with cheap parameters.
fn pool(change: impl FnOnce(&mut PasswordSettings)) -> PasswordPool {
    let mut settings =
        PasswordSettings { memory_kib: 64, iterations: 1, threads: NonZeroUsize::MIN, ..PasswordSettings::default() };
    change(&mut settings);
    PasswordPool::start(&settings, Arc::new(OsRandom)).unwrap()
}

#[tokio::test]
async fn a_password_is_hashed_and_checked() {
    let pool = pool(|_| {});
    let hash = pool.hash(Secret::new("wonderland-42")).await.unwrap();
    let again = pool.hash(Secret::new("wonderland-42")).await.unwrap();
    assert_ne!(hash.expose(), again.expose(), "each has a salt of its own");
    let check = async |stored, password: &str| pool.verify(stored, Secret::new(password)).await.unwrap();
    assert_eq!(check(Some(hash.clone()), "wonderland-42").await, PasswordCheck::Right);
    assert_eq!(check(Some(hash), "wonderland-43").await, PasswordCheck::Wrong);
    assert_eq!(check(None, "wonderland-42").await, PasswordCheck::Wrong);
}

#[tokio::test]
async fn changed_parameters_make_a_hash_stale() {
    let hash = pool(|_| {}).hash(Secret::new("wonderland-42")).await.unwrap();
    let check = pool(|settings| settings.iterations = 2).verify(Some(hash), Secret::new("wonderland-42")).await;
    assert_eq!(check.unwrap(), PasswordCheck::RightButStale);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let pool = pool(|settings| {
        settings.memory_kib = 64 * 1024;
        settings.queue = 1;
        settings.deadline = Duration::from_secs(60);
    });
    let mut waiting: Vec<_> = (0..8).map(|_| pool.verify(None, Secret::new("x"))).collect();
    // Each future takes its place in the queue when it is first polled: one is worked on, one waits, the rest must go.
    let mut refused = 0;
    for future in &mut waiting {
        if let Ok(Err(_)) = tokio::time::timeout(Duration::ZERO, future).await {
            refused += 1;
        }
    }
    assert!(refused >= 5, "{refused}");
}

#[tokio::test]
async fn whoever_waits_past_the_deadline_is_told_so() {
    let pool = pool(|settings| {
        settings.memory_kib = 64 * 1024;
        settings.deadline = Duration::from_millis(1);
    });
    let error = pool.verify(None, Secret::new("x")).await.unwrap_err();
    assert!(error.to_string().contains("too long"), "{error}");
}

#[tokio::test]
async fn how_busy_it_is_shows() {
    let pool = pool(|settings| {
        settings.memory_kib = 64 * 1024;
        settings.queue = 3;
    });
    let idle = PoolReading { queue_depth: 0, queue_capacity: 3, threads: 1, threads_busy: 0 };
    assert_eq!(pool.reading(), idle);
    let mut first = pool.verify(None, Secret::new("x"));
    assert!(tokio::time::timeout(Duration::ZERO, &mut first).await.is_err(), "it takes a while");
    while pool.reading().threads_busy == 0 {
        tokio::task::yield_now().await;
    }
    let mut second = pool.verify(None, Secret::new("x"));
    assert!(tokio::time::timeout(Duration::ZERO, &mut second).await.is_err());
    assert_eq!(pool.reading(), PoolReading { queue_depth: 1, threads_busy: 1, ..idle });
    assert!(first.await.is_ok() && second.await.is_ok());
}

#[test]
fn impossible_parameters_are_an_error() {
    let settings = PasswordSettings { memory_kib: 1, ..PasswordSettings::default() };
    let error = PasswordPool::start(&settings, Arc::new(OsRandom)).unwrap_err();
    assert!(matches!(error, PasswordPoolError::Parameters(_)), "{error}");
}
