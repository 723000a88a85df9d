//! One process of the real binary.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use grantor_application::{AUDIT_TARGET, AuditField, AuditKind};
use serde_json::Value;

use super::{Database, Http, free_port, scratch_dir};

/// How a server is started.
#[derive(Clone, Default)]
pub(crate) struct ServerOptions {
    /// Another database than SQLite in the data directory.
    pub(crate) database: Option<Arc<Database>>,
    /// A data directory that outlives the server, or is shared by replicas.
    pub(crate) data_dir: Option<Arc<tempfile::TempDir>>,
    /// This port; else a free one.
    pub(crate) port: Option<u16>,
    /// Another issuer than the address it listens on; replicas share one.
    pub(crate) issuer: Option<String>,
    /// Settings, as `("LIFETIMES__ACCESS_TOKEN", "10s")`.
    pub(crate) settings: Vec<(&'static str, String)>,
    /// The configuration file of `grantor serve`, which is started instead of `grantor dev`.
    pub(crate) config: Option<String>,
}

/// A running `grantor dev` or `grantor serve`, ended when dropped.
pub(crate) struct Server {
    child: Child,
    port: u16,
    pub(crate) issuer: String,
    pub(crate) http: Http,
    pub(crate) data_dir: Arc<tempfile::TempDir>,
    pub(crate) database: Option<Arc<Database>>,
    settings: Vec<(&'static str, String)>,
    config: Option<String>,
}

impl Server {
    /// A server of its own on SQLite.
    pub(crate) async fn start() -> Self {
        Self::start_with(ServerOptions::default()).await
    }

    /// A server of its own on a fresh Postgres database.
    pub(crate) async fn start_on_postgres() -> Self {
        let database = Some(Arc::new(Database::create()));
        Self::start_with(ServerOptions { database, ..ServerOptions::default() }).await
    }

    /// Starts a server and waits until it is ready.
    pub(crate) async fn start_with(options: ServerOptions) -> Self {
        let mut server = Self::spawn(options);
        server.wait_until_ready().await;
        server
    }

    /// Starts a server without waiting.
    pub(crate) fn spawn(options: ServerOptions) -> Self {
        let port = options.port.unwrap_or_else(free_port);
        let data_dir = options.data_dir.unwrap_or_else(|| Arc::new(scratch_dir()));
        let listen = format!("127.0.0.1:{port}");
        let issuer = options.issuer.unwrap_or_else(|| format!("http://{listen}"));
        let mut command = binary();
        match &options.config {
            Some(config) => {
                install(data_dir.path(), config);
                command.arg("serve").arg("--config").arg(data_dir.path().join("grantor.toml"));
                command.env("GRANTOR__ISSUER", &issuer).env("GRANTOR__HTTP__LISTEN", &listen);
            }
            None => {
                command.args(["dev", "--listen", &listen, "--issuer", &issuer, "--data-dir"]).arg(data_dir.path());
            }
        }
        if let Some(database) = &options.database {
            command.args(["--database-url", database.url()]);
        }
        set(&mut command, &options.settings);
        let log = |name: &str| File::create(data_dir.path().join(format!("{name}-{port}.log"))).unwrap();
        let child = command.stdin(Stdio::null()).stdout(log("out")).stderr(log("err")).spawn().unwrap();
        let http = Http::new(format!("http://{listen}"));
        let (database, settings, config) = (options.database, options.settings, options.config);
        Self { child, port, http, issuer, data_dir, database, settings, config }
    }

    /// Waits for `/readyz`; a server that ends instead fails the test with its log.
    pub(crate) async fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if self.http.try_get("/readyz").await.is_some_and(|answer| answer.status == 200) {
                return;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended with {ended:?}:\n{}", self.log());
            assert!(Instant::now() < deadline, "the server is not ready:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote to standard error: its log. A thread of its own writes it, so this waits until no more comes.
    pub(crate) fn log(&self) -> String {
        let mut log = self.read_log("err");
        loop {
            std::thread::sleep(Duration::from_millis(60));
            let later = self.read_log("err");
            if later.len() == log.len() {
                return log;
            }
            log = later;
        }
    }

    /// The events of this name in its audit trail, in the order in which they were written.
    pub(crate) fn audit(&self, event: &str) -> Vec<Value> {
        audit_trail(&self.log()).into_iter().filter(|line| line["event"] == event).collect()
    }

    /// What it wrote to standard output.
    pub(crate) fn output(&self) -> String {
        self.read_log("out")
    }

    fn read_log(&self, name: &str) -> String {
        std::fs::read_to_string(self.data_dir.path().join(format!("{name}-{}.log", self.port))).unwrap()
    }

    /// Ends the process as a power cut would (`SIGKILL`).
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal by name, as `kill -s` knows it.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args(["-s", signal, &self.pid().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Ends the process as its service manager would (`SIGTERM`), and waits until it has ended.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait_until_ended().await
    }

    /// Waits for the process to end by itself.
    pub(crate) async fn wait_until_ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + Duration::from_secs(40);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the server does not end:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What it takes to start this server again, or a replica of it.
    pub(crate) fn options(&self) -> ServerOptions {
        ServerOptions {
            database: self.database.clone(),
            data_dir: Some(Arc::clone(&self.data_dir)),
            port: None,
            issuer: Some(self.issuer.clone()),
            settings: self.settings.clone(),
            config: self.config.clone(),
        }
    }

    /// Runs an administration command on this server's storage, with its settings.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// Runs an administration command that reads from standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = binary();
        set(&mut command, &self.settings);
        if self.config.is_some() {
            command.env("GRANTOR__ISSUER", &self.issuer);
        }
        if let (Some(_), Some(database)) = (&self.config, &self.database) {
            command.args(["--database-url", database.url()]);
        }
        command.args(arguments).arg("--data-dir").arg(self.data_dir.path());
        command
    }

    /// Registers clients and users from TOML.
    pub(crate) fn apply(&self, toml: &str) {
        self.apply_output(toml);
    }

    /// Registers clients and users from TOML: what the command wrote.
    pub(crate) fn apply_output(&self, toml: &str) -> Output {
        let file = self.data_dir.path().join("apply.toml");
        std::fs::write(&file, toml).unwrap();
        let output = self.run(&["apply", "-f", file.to_str().unwrap()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// The private JWK of the client `demo-machine`.
    pub(crate) fn machine_key(&self) -> PathBuf {
        self.data_dir.path().join("demo-machine.jwk")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
    }
}

/// The audit trail in a log. Every event of it is one that the documentation knows, with no field that it does not.
pub(crate) fn audit_trail(log: &str) -> Vec<Value> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let trail: Vec<_> = lines.filter(|line| line["target"] == AUDIT_TARGET).collect();
    for line in &trail {
        let kind = AuditKind::ALL.iter().find(|kind| line["event"] == kind.as_str());
        let kind = kind.unwrap_or_else(|| panic!("no such event: {line}"));
        let documented: Vec<_> = kind.fields().iter().copied().map(AuditField::as_str).collect();
        for name in line.as_object().unwrap().keys() {
            let everywhere = ["timestamp", "level", "target", "message", "event"].contains(&name.as_str());
            assert!(everywhere || documented.contains(&name.as_str()), "{name} of {line}");
        }
        assert_eq!((&line["level"], &line["message"]), (&"INFO".into(), &kind.message().into()), "{line}");
    }
    trail
}

fn set(command: &mut Command, settings: &[(&'static str, String)]) {
    for (name, value) in settings {
        command.env(format!("GRANTOR__{name}"), value);
    }
}

/// What a command said to whoever ran it: its standard error without the lines of the audit trail.
pub(crate) fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.split_inclusive('\n').filter(|line| !line.contains("grantor::audit")).collect()
}

/// What an operator puts into the directory of the configuration file: the file, and a secret that encrypts the keys.
pub(crate) fn install(directory: &Path, config: &str) {
    std::fs::write(directory.join("grantor.toml"), config).unwrap();
    let secrets = directory.join("encryption-secrets");
    if !secrets.exists() {
        std::fs::write(secrets, ENCRYPTION_SECRET).unwrap();
    }
}

/// A key-encryption secret: 32 bytes in base64url.
pub(crate) const ENCRYPTION_SECRET: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

/// The program, in an environment without settings.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantor"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GRANTOR__")) {
        command.env_remove(name);
    }
    // Lines that tests can read, and an end that they need not wait for; the settings of a test win.
    command.env("GRANTOR__LOG__FORMAT", "json").env("GRANTOR__HTTP__SHUTDOWN_DELAY", "0s");
    command
}
