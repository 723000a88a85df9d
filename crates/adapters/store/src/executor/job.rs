//! What waits in the queue: work, its deadline, and the caller who wants its answer.

use std::time::Instant;

use grantor_ports::Unavailable;
use tokio::sync::oneshot;

use crate::connection::Connection;
use crate::error::StatementError;

/// Whether work may be done again after its connection was lost, when nobody knows whether it took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Never: it would take its own earlier attempt for somebody else's.
    Never,
    /// Once: it only reads, or recognises its own earlier attempt, or does no more the second time.
    Once,
}

/// Work in the queue, whatever its answer is.
pub(super) trait Job: Send {
    fn deadline(&self) -> Instant;

    fn repeat(&self) -> Repeat;

    /// Does the work and answers the caller. If it fails, the caller has no answer yet.
    fn attempt(&mut self, connection: &mut Connection) -> Result<(), StatementError>;

    /// Answers the caller that there will be no other answer.
    fn give_up(&mut self, why: StatementError);
}

/// Takes back what a piece of work did, when nobody was left to be told.
pub(super) type TakeBack<T> = Box<dyn FnOnce(&mut Connection, T) -> Result<(), StatementError> + Send>;

/// A [`Job`] made of a closure.
pub(super) struct Task<T, W> {
    work: W,
    answer: Option<oneshot::Sender<Result<T, Unavailable>>>,
    deadline: Instant,
    repeat: Repeat,
    take_back: Option<TakeBack<T>>,
}

impl<T, W> Task<T, W> {
    pub(super) const fn new(
        work: W,
        answer: oneshot::Sender<Result<T, Unavailable>>,
        deadline: Instant,
        repeat: Repeat,
    ) -> Self {
        Self { work, answer: Some(answer), deadline, repeat, take_back: None }
    }

    /// This task, with what is to be done if its answer comes too late for its caller.
    pub(super) fn or_take_back(mut self, take_back: TakeBack<T>) -> Self {
        self.take_back = Some(take_back);
        self
    }

    /// Tells the caller; gives the result back if the caller has stopped waiting.
    fn answer(&mut self, result: Result<T, Unavailable>) -> Result<(), Result<T, Unavailable>> {
        self.answer.take().map_or(Ok(()), |answer| answer.send(result))
    }
}

impl<T, W> Job for Task<T, W>
where
    T: Send,
    W: FnMut(&mut Connection) -> Result<T, StatementError> + Send,
{
    fn deadline(&self) -> Instant {
        self.deadline
    }

    fn repeat(&self) -> Repeat {
        self.repeat
    }

    fn attempt(&mut self, connection: &mut Connection) -> Result<(), StatementError> {
        let done = (self.work)(connection)?;
        match (self.answer(Ok(done)), self.take_back.take()) {
            (Err(Ok(unheard)), Some(take_back)) => take_back(connection, unheard),
            _ => Ok(()),
        }
    }

    fn give_up(&mut self, why: StatementError) {
        // Fails if the caller has stopped waiting: then nobody is left to be told.
        drop(self.answer(Err(why.into_unavailable())));
    }
}
