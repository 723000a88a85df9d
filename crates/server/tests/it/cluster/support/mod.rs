//! What the tests of several processes share: replicas and honest clients.

mod clients;
mod honest;
mod parallel;
mod replicas;

pub(super) use clients::{API, Clients, Grants, holds, issued};
pub(super) use honest::{Honest, Refreshed};
pub(super) use parallel::in_parallel;
pub(super) use replicas::Replicas;
