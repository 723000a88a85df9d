//! What waits in the queue: work, its deadline, and the caller who wants its answer.

use std::time::{Duration, Instant};

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

/// Under what conditions work is done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// When it was handed in.
    pub(super) handed_in_at: Instant,
    /// After this nobody waits for it.
    pub(super) deadline: Instant,
    /// Whether it may be done again.
    pub(super) repeat: Repeat,
}

/// Work in the queue, whatever its answer is.
pub(super) trait Job: Send {
    fn terms(&self) -> Terms;

    /// Does the work and answers the caller. If it fails, the caller has no answer yet. What a caller does not wait for
    /// any more is taken back at once.
    fn attempt(&mut self, connection: &mut Connection) -> Result<(), StatementError>;

    /// What must still be taken back, if the work may have taken effect although it failed.
    fn take_back(&mut self) -> Option<TakeBack>;

    /// Answers the caller that there will be no other answer.
    fn give_up(&mut self, why: StatementError);
}

/// Undoes a piece of work that nobody was told of. May be done again, and does nothing where there is nothing to undo.
pub(crate) type TakeBack = Box<dyn FnMut(&mut Connection) -> Result<(), StatementError> + Send>;

/// A [`Job`] made of a closure.
pub(super) struct Task<T, W> {
    work: W,
    answer: Option<oneshot::Sender<Result<T, StatementError>>>,
    terms: Terms,
    take_back: Option<TakeBack>,
}

impl<T, W> Task<T, W> {
    pub(super) const fn new(work: W, answer: oneshot::Sender<Result<T, StatementError>>, terms: Terms) -> Self {
        Self { work, answer: Some(answer), terms, take_back: None }
    }

    /// This task, with what undoes it, if anything must.
    pub(super) fn or_take_back(mut self, take_back: Option<TakeBack>) -> Self {
        self.take_back = take_back;
        self
    }
}

impl<T, W> Job for Task<T, W>
where
    T: Send,
    W: FnMut(&mut Connection) -> Result<T, StatementError> + Send,
{
    fn terms(&self) -> Terms {
        self.terms
    }

    fn attempt(&mut self, connection: &mut Connection) -> Result<(), StatementError> {
        if self.answer.is_some() {
            let done = (self.work)(connection)?;
            let heard = self.answer.take().is_none_or(|answer| answer.send(Ok(done)).is_ok());
            if heard {
                self.take_back = None;
            }
        }
        self.take_back.as_mut().map_or(Ok(()), |take_back| take_back(connection))?;
        self.take_back = None;
        Ok(())
    }

    fn take_back(&mut self) -> Option<TakeBack> {
        self.take_back.take()
    }

    fn give_up(&mut self, why: StatementError) {
        if let Some(answer) = self.answer.take() {
            // Fails if the caller has stopped waiting: then nobody is left to be told.
            drop(answer.send(Err(why)));
        }
    }
}

/// How long there is to undo something before others must do it first.
const PATIENCE: Duration = Duration::from_secs(1);

/// A [`Job`] that only undoes what is done, because nobody heard of it.
pub(super) struct Undoing {
    take_back: Option<TakeBack>,
    terms: Terms,
}

impl Undoing {
    /// Nobody waits for it, so the deadline of what it undoes is not its own.
    pub(super) fn new(take_back: TakeBack, undone: Terms) -> Self {
        Self { take_back: Some(take_back), terms: Terms { deadline: Instant::now() + PATIENCE, ..undone } }
    }
}

impl Job for Undoing {
    fn terms(&self) -> Terms {
        self.terms
    }

    fn attempt(&mut self, connection: &mut Connection) -> Result<(), StatementError> {
        self.take_back.as_mut().map_or(Ok(()), |take_back| take_back(connection))?;
        self.take_back = None;
        Ok(())
    }

    fn take_back(&mut self) -> Option<TakeBack> {
        self.take_back.take()
    }

    fn give_up(&mut self, _why: StatementError) {}
}
