//! A batch: what a thread took from a lane. Each caller has its own answer, whatever becomes of the others' work.

use std::time::Instant;

use tokio::sync::oneshot;

use super::job::{Job, Repeat, Task, Terms, Undoing};
use super::lane::Groupable;
use crate::connection::Connection;
use crate::error::StatementError;

/// A batch, whatever it is made of.
pub(super) trait Batch {
    /// Until when anybody waits for any of it; none if nobody waited long enough.
    fn deadline(&self) -> Option<Instant>;

    /// Whether it may be done again after its connection was lost.
    fn repeat(&self) -> Repeat;

    /// Does what can be done in one statement and answers its callers. If it fails, nobody has an answer.
    fn attempt(&mut self, connection: &mut Connection) -> Result<(), StatementError>;

    /// What is left, to be done one by one: what has no answer yet, and what must be taken back because nobody heard
    /// of it.
    fn rest(self: Box<Self>) -> Vec<Box<dyn Job>>;
}

/// A piece of work and the caller who waits for it.
pub(super) struct Entry<G: Groupable> {
    pub(super) piece: G,
    pub(super) answer: oneshot::Sender<Result<G::Outcome, StatementError>>,
    pub(super) terms: Terms,
}

impl<G: Groupable> Entry<G> {
    /// Answers the caller, and says what undoes the piece if nobody waits for the answer any more.
    fn tell(self, outcome: G::Outcome) -> Option<Box<dyn Job>> {
        if self.answer.send(Ok(outcome)).is_ok() {
            return None;
        }
        let take_back = self.piece.take_back()?;
        Some(Box::new(Undoing::new(take_back, self.terms)))
    }

    fn into_job(self) -> Box<dyn Job> {
        let Self { piece, answer, terms } = self;
        let take_back = piece.take_back();
        let task = Task::new(move |connection: &mut Connection| piece.alone(connection), answer, terms);
        Box::new(task.or_take_back(take_back))
    }
}

/// A batch of one kind.
pub(super) struct Entries<G: Groupable> {
    /// Sorted by key, each another.
    distinct: Vec<Entry<G>>,
    /// What is done alone: about the same as one of those, or without an outcome together with them.
    others: Vec<Entry<G>>,
    unheard: Vec<Box<dyn Job>>,
}

impl<G: Groupable> Entries<G> {
    pub(super) fn new(entries: impl Iterator<Item = Entry<G>>) -> Self {
        let mut sorted: Vec<(G::Key, Entry<G>)> = entries.map(|entry| (entry.piece.key(), entry)).collect();
        // Stable: of those about the same, the one that came first is the one that goes first.
        sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
        let (mut distinct, mut others) = (Vec::with_capacity(sorted.len()), Vec::new());
        let mut last: Option<G::Key> = None;
        for (key, entry) in sorted {
            if last.as_ref() == Some(&key) {
                others.push(entry);
            } else {
                distinct.push(entry);
                last = Some(key);
            }
        }
        Self { distinct, others, unheard: Vec::new() }
    }

    fn decide(&self, connection: &mut Connection) -> Result<Vec<Option<G::Outcome>>, StatementError> {
        match self.distinct.as_slice() {
            [] => Ok(Vec::new()),
            [one] => one.piece.alone(connection).map(|outcome| vec![Some(outcome)]),
            several => {
                let pieces: Vec<&G> = several.iter().map(|entry| &entry.piece).collect();
                G::together(connection, &pieces)
            }
        }
    }
}

impl<G: Groupable> Batch for Entries<G> {
    fn deadline(&self) -> Option<Instant> {
        self.distinct.iter().chain(&self.others).map(|entry| entry.terms.deadline).max()
    }

    fn repeat(&self) -> Repeat {
        G::REPEAT
    }

    fn attempt(&mut self, connection: &mut Connection) -> Result<(), StatementError> {
        let mut outcomes = self.decide(connection)?.into_iter();
        for entry in std::mem::take(&mut self.distinct) {
            match outcomes.next().flatten() {
                Some(outcome) => self.unheard.extend(entry.tell(outcome)),
                None => self.others.push(entry),
            }
        }
        Ok(())
    }

    fn rest(self: Box<Self>) -> Vec<Box<dyn Job>> {
        let unanswered = self.distinct.into_iter().chain(self.others).map(Entry::into_job);
        self.unheard.into_iter().chain(unanswered).collect()
    }
}
