//! An outage: the one thing that may go wrong with a port.

use std::error::Error;
use std::fmt;

/// Storage, or whatever else stands behind a port, could not answer. Says nothing about what was asked: an outage is
/// never taken for "no", because clients would throw a good credential away.
#[derive(Debug)]
pub struct Unavailable {
    what: &'static str,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Unavailable {
    /// An outage without a deeper cause: a full queue, a deadline that passed.
    #[must_use]
    pub const fn new(what: &'static str) -> Self {
        Self { what, source: None }
    }

    /// An outage with its cause, for the log.
    #[must_use]
    pub fn because(what: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { what, source: Some(source.into()) }
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => write!(f, "{}: {source}", self.what),
            None => f.write_str(self.what),
        }
    }
}

impl Error for Unavailable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}
