//! Starts servers and databases, and talks to them as clients and people do.

mod database;
mod http;
mod https;
mod person;
mod postgres;
mod server;
mod tls;

use std::collections::BTreeSet;
use std::sync::Mutex;

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

/// A port of the loopback interface that nobody listened on a moment ago. It is given once: until somebody listens on it the
/// system might choose it again.
pub(crate) fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        if GIVEN.lock().unwrap().insert(port) {
            return port;
        }
    }
}

#[test]
fn a_free_port_is_given_once() {
    // The system chooses each by chance, among some 28,000: of so many it would choose more than a dozen twice.
    let ports: Vec<u16> = (0..1000).map(|_| free_port()).collect();
    assert_eq!(ports.iter().collect::<BTreeSet<_>>().len(), ports.len());
}
