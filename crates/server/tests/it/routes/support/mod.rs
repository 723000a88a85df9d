//! What the tests of every route share: the demo clients, how a person gives them a code, and how an answer is judged.

mod clients;
mod flows;
pub(super) mod jwt;
pub(super) mod patience;
mod verdict;

pub(super) use clients::*;
pub(super) use flows::*;
pub(super) use verdict::*;
