//! People's passwords: hashed and checked on threads of their own, so that a wave of sign-ins delays no token request,
//! and refused rather than kept waiting when there are too many.

mod argon2;
mod bcrypt;
mod guesses;
mod hasher;
mod pbkdf2;
mod stored;

use std::error::Error;
use std::fmt;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use grantor_domain::secret::Secret;
use grantor_ports::{
    PasswordCheck, PasswordHash, PasswordScheme, Passwords, PoolReading, PortFuture, Random, TRACE_TARGET, Unavailable,
    UnusableHash,
};
use tokio::sync::oneshot;
use tracing::{Instrument as _, Span};

use hasher::Hasher;
pub use hasher::MAX_PASSWORD_BYTES;
use stored::StoredHash;

/// How many requests may wait for each thread.
const QUEUE_PER_THREAD: usize = 64;

/// How passwords are hashed, and with how much of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordSettings {
    /// Memory of one hash, in KiB (argon2 `m`).
    pub memory_kib: u32,
    /// Passes over that memory (argon2 `t`).
    pub iterations: u32,
    /// Lanes (argon2 `p`). They are computed one after the other.
    pub parallelism: u32,
    /// Threads that hash; each uses `memory_kib` while it does.
    pub threads: NonZeroUsize,
    /// How many requests may wait; one more is refused.
    pub queue: usize,
    /// How long a request may wait and be worked on together.
    pub deadline: Duration,
}

impl Default for PasswordSettings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = NonZeroUsize::new(cores / 2).unwrap_or(NonZeroUsize::MIN);
        Self {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            threads,
            queue: threads.get() * QUEUE_PER_THREAD,
            deadline: Duration::from_secs(5),
        }
    }
}

impl PasswordSettings {
    /// Whether hashes can be made, and checked again, with these parameters.
    ///
    /// # Errors
    /// [`PasswordPoolError::Parameters`] or [`PasswordPoolError::Cost`].
    pub fn check(&self) -> Result<(), PasswordPoolError> {
        hasher::params(self).map(|_params| ())
    }
}

/// Why the pool did not start.
#[derive(Debug)]
pub enum PasswordPoolError {
    /// Hashes made with the parameters would be too costly to check.
    Cost(UnusableHash),
    /// The parameters are none that argon2 takes.
    Parameters(::argon2::password_hash::Error),
    /// A thread could not be started.
    Thread(std::io::Error),
}

impl fmt::Display for PasswordPoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cost(error) => write!(f, "hashes made with these parameters could not be checked: {error}"),
            Self::Parameters(error) => write!(f, "the parameters of password hashing are not possible: {error}"),
            Self::Thread(error) => write!(f, "a thread for password hashing could not be started: {error}"),
        }
    }
}

impl Error for PasswordPoolError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Cost(error) => Some(error),
            Self::Parameters(error) => Some(error),
            Self::Thread(error) => Some(error),
        }
    }
}

type Job = Box<dyn FnOnce(&Hasher) + Send>;

/// The threads, and the queue before them. They end when the pool is dropped.
pub struct PasswordPool {
    jobs: Sender<Job>,
    random: Arc<dyn Random>,
    deadline: Duration,
    threads: usize,
    busy: Arc<AtomicUsize>,
}

impl PasswordPool {
    /// Starts the threads.
    ///
    /// # Errors
    /// If argon2 does not take the parameters, or a thread does not start.
    pub fn start(settings: &PasswordSettings, random: Arc<dyn Random>) -> Result<Self, PasswordPoolError> {
        let hasher = Arc::new(Hasher::new(settings, &*random)?);
        let (jobs, queue) = crossbeam_channel::bounded::<Job>(settings.queue);
        let busy = Arc::new(AtomicUsize::new(0));
        for number in 0..settings.threads.get() {
            let (hasher, queue, busy) = (Arc::clone(&hasher), queue.clone(), Arc::clone(&busy));
            std::thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || work(&hasher, &queue, &busy))
                .map_err(PasswordPoolError::Thread)?;
        }
        Ok(Self { jobs, random, deadline: settings.deadline, threads: settings.threads.get(), busy })
    }

    /// How busy it is.
    #[must_use]
    pub fn reading(&self) -> PoolReading {
        PoolReading {
            queue_depth: self.jobs.len(),
            queue_capacity: self.jobs.capacity().unwrap_or(usize::MAX),
            threads: self.threads,
            threads_busy: self.busy.load(Ordering::Relaxed),
        }
    }

    /// Has a thread do `work`, and waits for it until the deadline.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Hasher) -> Result<T, Unavailable> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let (answer, answered) = oneshot::channel();
        let give_up_at = Instant::now().checked_add(self.deadline);
        let job: Job = Box::new(move |hasher| {
            // Nobody waits for what comes too late, or whose caller has hung up: the next in line gets the time.
            if give_up_at.is_none_or(|then| Instant::now() < then) && !answer.is_closed() {
                // A caller that hangs up while we work misses nothing.
                drop(answer.send(work(hasher)));
            }
        });
        match self.jobs.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(Unavailable::new("too many passwords wait to be hashed")),
            Err(TrySendError::Disconnected(_)) => return Err(Unavailable::new("the password threads have ended")),
        }
        tokio::time::timeout(self.deadline, answered)
            .await
            .map_err(|error| Unavailable::because("hashing a password took too long", error))?
            .map_err(|error| Unavailable::because("a password waited too long to be hashed", error))?
    }
}

impl Passwords for PasswordPool {
    fn hash(&self, password: Secret) -> PortFuture<'_, Result<PasswordHash, Unavailable>> {
        let salt = self.random.array();
        Box::pin(self.run(move |hasher| hasher.hash(&password, &salt)).instrument(span()))
    }

    fn verify(
        &self,
        stored: Option<PasswordHash>,
        password: Secret,
    ) -> PortFuture<'_, Result<PasswordCheck, Unavailable>> {
        Box::pin(self.run(move |hasher| hasher.verify(stored.as_ref(), &password)).instrument(span()))
    }

    fn guesses(&self, password: &Secret, about: &[&str]) -> u64 {
        guesses::guesses(password.expose(), about)
    }

    fn max_bytes(&self) -> usize {
        MAX_PASSWORD_BYTES
    }

    fn scheme(&self, hash: &PasswordHash) -> Result<PasswordScheme, UnusableHash> {
        StoredHash::parse(hash.expose()).map(|hash| hash.scheme())
    }
}

impl fmt::Debug for PasswordPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordPool").field("waiting", &self.jobs.len()).finish_non_exhaustive()
    }
}

/// The wait for a password, in the queue and at work, as part of a trace.
fn span() -> Span {
    tracing::debug_span!(target: TRACE_TARGET, "password")
}

fn work(hasher: &Hasher, queue: &Receiver<Job>, busy: &AtomicUsize) {
    for job in queue {
        busy.fetch_add(1, Ordering::Relaxed);
        // A panic takes away its own caller's answer, and not the thread.
        drop(catch_unwind(AssertUnwindSafe(|| job(hasher))));
        busy.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;
    use crate::OsRandom;

    #[tokio::test]
    async fn a_panic_is_an_outage_for_its_caller_and_the_thread_goes_on() {
        let settings = PasswordSettings { threads: NonZeroUsize::MIN, ..PasswordSettings::default() };
        let pool = PasswordPool::start(&settings, Arc::new(OsRandom)).unwrap();
        let text = "no text that a test could mistake for a defect";
        assert!(pool.run(move |_| -> Result<(), _> { std::panic::panic_any(text) }).await.is_err());
        let busy = Arc::clone(&pool.busy);
        let counted = pool.run(move |_| Ok(busy.load(Ordering::Relaxed))).await.unwrap();
        assert_eq!(counted, 1, "the one that panicked is busy no more");
    }
}
