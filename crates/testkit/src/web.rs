//! Everybody else, as far as a test has others.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use grantor_ports::{Fetch, FetchFailure, FetchRequest, Fetched, PortFuture};

/// A request that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Whom.
    pub url: String,
    /// What was posted; empty for a GET.
    pub form: Vec<(String, String)>,
}

/// Addresses that answer what a test says. Nobody is at any other.
#[derive(Debug, Default)]
pub struct FakeWeb {
    answers: Mutex<HashMap<String, Fetched>>,
    asked: Mutex<Vec<Asked>>,
}

impl FakeWeb {
    /// From now on `url` answers this.
    pub fn answer(&self, url: &str, status: u16, body: impl Into<Vec<u8>>) {
        let answer = Fetched { status, max_age: None, body: body.into() };
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(url.to_owned(), answer);
    }

    /// From now on nobody is at `url`.
    pub fn go_away(&self, url: &str) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).remove(url);
    }

    /// Every request so far, the oldest first.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Fetch for FakeWeb {
    fn fetch<'a>(&'a self, request: FetchRequest<'a>) -> PortFuture<'a, Result<Fetched, FetchFailure>> {
        Box::pin(async move {
            let form = request.form.unwrap_or_default();
            let form = form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let asked = Asked { url: request.url.to_owned(), form };
            self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
            let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.get(request.url).cloned().ok_or(FetchFailure::new("nobody is there"))
        })
    }
}
