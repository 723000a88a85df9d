//! What the tests of several processes share: replicas, honest clients, and a Postgres that may be broken.

mod clients;
mod honest;
mod parallel;
mod postgres;
mod replicas;

pub(super) use clients::{API, Clients, Grants, holds, issued};
pub(super) use honest::{Honest, Refreshed};
pub(super) use parallel::in_parallel;
pub(super) use postgres::Postgres;
pub(super) use replicas::Replicas;
