//! Requests that the server makes of others: for their keys, and to tell them something.

use std::time::Duration;

use crate::PortFuture;
use crate::cause::failure_with_cause;

/// What is asked of somebody else.
#[derive(Clone, Copy, Debug)]
pub struct FetchRequest<'a> {
    /// Whom: an absolute URL, as a client registered it.
    pub url: &'a str,
    /// A form to post; none: a GET.
    pub form: Option<&'a [(&'a str, &'a str)]>,
}

/// What they answered, whatever its status. A redirect is an answer; nobody follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The status.
    pub status: u16,
    /// How long they allow it to be kept, if they say.
    pub max_age: Option<Duration>,
    /// The body, bounded in size.
    pub body: Vec<u8>,
}

failure_with_cause! {
    /// There was no answer: nobody is there, nobody that may be asked, or the answer was too long or too late. Its text is
    /// for the log alone, and does not hold the address.
    FetchFailure
}

/// Requests to others.
///
/// The addresses are hostile: an implementation that asks private ones lets whoever registers a client look into the
/// operator's network, and one that waits without bounds lets them stop the server.
pub trait Fetch: Send + Sync {
    /// Asks.
    fn fetch<'a>(&'a self, request: FetchRequest<'a>) -> PortFuture<'a, Result<Fetched, FetchFailure>>;
}
