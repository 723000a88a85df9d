//! An outage: the one thing that may go wrong with a port.

use crate::cause::failure_with_cause;

failure_with_cause! {
    /// Storage, or whatever else stands behind a port, could not answer. Says nothing about what was asked: an outage is
    /// never taken for "no", because clients would throw a good credential away.
    Unavailable
}
