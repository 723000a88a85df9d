//! Processes that are one service.

use std::sync::Arc;

use super::Clients;
use crate::harness::{Database, Server, ServerOptions, free_port, scratch_dir};

/// Servers that share issuer, data directory and Postgres database.
pub(in crate::cluster) struct Replicas {
    pub(in crate::cluster) servers: Vec<Server>,
}

impl Replicas {
    /// Starts `count` servers at the same moment, on an empty data directory and an empty database.
    pub(in crate::cluster) async fn start(count: usize, settings: &[(&'static str, &str)]) -> Self {
        Self::start_on(Arc::new(Database::create()), count, settings).await
    }

    /// The same, on a database that somebody else made.
    pub(in crate::cluster) async fn start_on(
        database: Arc<Database>,
        count: usize,
        settings: &[(&'static str, &str)],
    ) -> Self {
        let options = ServerOptions {
            port: None,
            database: Some(database),
            data_dir: Some(Arc::new(scratch_dir())),
            issuer: Some(format!("http://127.0.0.1:{}", free_port())),
            settings: settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
            config: None,
        };
        let mut servers: Vec<_> = (0..count).map(|_| Server::spawn(options.clone())).collect();
        for server in &mut servers {
            server.wait_until_ready().await;
        }
        Self { servers }
    }

    /// Clients that spread their requests over all of them.
    pub(in crate::cluster) fn clients(&self) -> Clients {
        Clients::new(self.servers.iter().map(|server| server.http.clone()).collect())
    }

    /// Runs an administration command, which must succeed, and gives what it printed.
    pub(in crate::cluster) fn administer(&self, arguments: &[&str]) -> String {
        let output = tokio::task::block_in_place(|| self.servers[0].run(arguments));
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same for a command that reads from standard input.
    pub(in crate::cluster) fn administer_with_input(&self, arguments: &[&str], input: &str) -> String {
        let output = tokio::task::block_in_place(|| self.servers[0].run_with_input(arguments, input));
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Registers clients from TOML.
    pub(in crate::cluster) fn apply(&self, toml: &str) {
        tokio::task::block_in_place(|| self.servers[0].apply(toml));
    }

    /// No server has panicked so far.
    pub(in crate::cluster) fn assert_no_panic(&self) {
        for server in &self.servers {
            assert!(!server.log().contains("panicked"), "{}", server.log());
        }
    }
}
