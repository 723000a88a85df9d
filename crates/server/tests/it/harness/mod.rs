//! Starts servers and databases, and talks to them as clients and people do.

mod database;
mod http;
mod https;
mod person;
mod postgres;
mod server;
mod tls;

pub(crate) use database::Database;
pub(crate) use http::{Answer, Http, send, try_send};
pub(crate) use https::Https;
pub(crate) use person::{Authorization, CHALLENGE, Person, Redirected, VERIFIER, attribute, redirected};
pub(crate) use postgres::{Postgres, SUPERUSER, account, signal};
pub(crate) use server::{ENCRYPTION_SECRET, Server, ServerOptions, audit_trail, binary, install, said};
pub(crate) use tls::{Authority, https_get};

/// A path below a fresh directory that lives as long as the test process.
pub(crate) fn scratch_dir() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("grantor-test-").tempdir().unwrap()
}

/// A port of the loopback interface that nobody listened on a moment ago.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
