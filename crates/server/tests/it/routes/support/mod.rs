//! What the tests of every route share: the demo clients, how a person gives them a code, and how an answer is judged.

mod clients;
mod flows;
pub(crate) mod jwt;
pub(crate) mod patience;
mod verdict;

pub(crate) use clients::*;
pub(crate) use flows::*;
pub(crate) use verdict::*;
