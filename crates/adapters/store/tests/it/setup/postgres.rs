//! Databases on the Postgres that the tests were given: one a test, cloned from one template a test run.

use std::sync::atomic::{AtomicU32, Ordering};

use grantor_store::{Engine, Store, StoreConfig};
use tokio::sync::OnceCell;

use super::{Client, install_nothing};

/// Where the server is, as `cargo xtask` says.
const SERVER: &str = "GRANTOR_TEST_POSTGRES_URL";

/// A database that is dropped with this value.
pub(super) struct Database {
    name: String,
}

impl Database {
    /// A new database, the copy of another.
    pub(super) fn create(template: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let database = Self { name: format!("grantor_{}_{number}", std::process::id()) };
        server().run(&format!("CREATE DATABASE {} TEMPLATE {template}", database.name));
        database
    }

    pub(super) fn url(&self) -> String {
        url_of(&self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The store's threads may not have closed their connections yet. What cannot be dropped goes with the server.
        drop(server().try_run(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)));
    }
}

/// The name of the template, which the first test makes while the others wait.
pub(super) async fn template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let name = format!("grantor_{}_template", std::process::id());
            server().run(&format!("CREATE DATABASE {name} TEMPLATE template0"));
            let config = StoreConfig { pool_size: Some(1), ..StoreConfig::new(url_of(&name)) };
            install_nothing(&Store::connect(&config).unwrap()).await;
            // A database with connections cannot be copied.
            server().texts(&format!(
                "SELECT pg_terminate_backend(pid)::text AS cell FROM pg_stat_activity WHERE datname = '{name}'"
            ));
            name
        })
        .await
}

fn server() -> Client {
    Client::connect(Engine::Postgres, &server_url())
}

fn server_url() -> String {
    std::env::var(SERVER).unwrap_or_else(|_unset| {
        panic!("{SERVER} is not set: run `cargo xtask test`, or `cargo xtask postgres -- cargo test -p grantor-store`")
    })
}

/// The server's URL with another database.
fn url_of(name: &str) -> String {
    let server = server_url();
    let (address, parameters) = server.split_once('?').map_or((server.as_str(), None), |(a, p)| (a, Some(p)));
    let (host, _database) = address.rsplit_once('/').expect("the URL names a database");
    match parameters {
        Some(parameters) => format!("{host}/{name}?{parameters}"),
        None => format!("{host}/{name}"),
    }
}
