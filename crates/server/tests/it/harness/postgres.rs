//! A Postgres of the test's own, to be stopped, frozen and brought back. Durable, as in production.

use std::fs::{File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Authority, Database, free_port, scratch_dir};

/// Superuser; authentication is `trust`, from loopback.
pub(crate) const SUPERUSER: &str = "postgres";

/// A cluster. Dropping it stops the processes and deletes the data.
pub(crate) struct Postgres {
    port: u16,
    postmaster: Option<Child>,
    directory: tempfile::TempDir,
    has_tls: bool,
}

impl Postgres {
    /// Makes a cluster and starts it.
    pub(crate) fn start() -> Self {
        let mut cluster = Self::make();
        cluster.start_again();
        cluster
    }

    /// The same, with a certificate of this authority's for clients that ask for TLS.
    pub(crate) fn start_with_tls(authority: &Authority) -> Self {
        let mut cluster = Self::make();
        cluster.has_tls = true;
        let (certificate, key) = (cluster.data().join("server.crt"), cluster.data().join("server.key"));
        authority.certify(&certificate, &key);
        // Postgres takes no key that others could read.
        std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
        if let Some((uid, gid)) = account() {
            [certificate, key].iter().for_each(|file| chown(file, Some(uid), Some(gid)).unwrap());
        }
        cluster.start_again();
        cluster
    }

    fn make() -> Self {
        let cluster = Self { port: free_port(), postmaster: None, directory: scratch_dir(), has_tls: false };
        if let Some((uid, gid)) = account() {
            chown(cluster.directory.path(), Some(uid), Some(gid)).unwrap();
        }
        // Only this first copy of the catalogue goes unsynced; the server itself runs with fsync on.
        let mut initdb = cluster.program("initdb");
        initdb.args(["--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]);
        let made = initdb.arg("--pgdata").arg(cluster.data()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        cluster
    }

    /// A fresh database on it.
    pub(crate) fn database(&self) -> Database {
        Database::create_at(&format!("postgres://{SUPERUSER}@127.0.0.1:{}/postgres", self.port))
    }

    /// Where libpq finds it, as this role.
    pub(crate) fn environment(&self, role: &str) -> [(&'static str, String); 3] {
        [("PGHOST", "127.0.0.1".to_owned()), ("PGPORT", self.port.to_string()), ("PGUSER", role.to_owned())]
    }

    /// The URL of a database, as this role reaches it.
    pub(crate) fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// Starts it where it was stopped, and waits until it accepts connections.
    pub(crate) fn start_again(&mut self) {
        let log = File::options().create(true).append(true).open(self.log_file()).unwrap();
        let mut command = self.program("postgres");
        command.arg("-D").arg(self.data()).arg("-p").arg(self.port.to_string());
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=on", "synchronous_commit=on"] {
            command.args(["-c", setting]);
        }
        if self.has_tls {
            command.args(["-c", "ssl=on"]);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let child = self.postmaster.insert(child);
        let status_file = self.directory.path().join("data/postmaster.pid");
        let deadline = Instant::now() + Duration::from_secs(30);
        // Line 8 of that file is the server's status, as `pg_ctl --wait` reads it.
        while !std::fs::read_to_string(&status_file)
            .is_ok_and(|text| text.lines().nth(7).is_some_and(|status| status.trim() == "ready"))
        {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < deadline, "Postgres does not start: {ended:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops it at once, as `pg_ctl stop -m immediate` does: no checkpoint, no farewell to its clients.
    pub(crate) fn stop(&mut self) {
        if let Some(mut postmaster) = self.postmaster.take() {
            signal("QUIT", &[postmaster.id()]);
            postmaster.wait().unwrap();
        }
    }

    /// Stops every process where it is. Connections stay open; nobody answers.
    pub(crate) fn freeze(&self) {
        let postmaster = self.postmaster.as_ref().unwrap().id();
        // First the one that could make others.
        signal("STOP", &[postmaster]);
        signal("STOP", &children(postmaster));
    }

    /// Lets every process go on.
    pub(crate) fn thaw(&self) {
        let postmaster = self.postmaster.as_ref().unwrap().id();
        signal("CONT", &children(postmaster));
        signal("CONT", &[postmaster]);
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap()
    }

    fn program(&self, name: &str) -> Command {
        let bin = std::env::var("GRANTOR_TEST_POSTGRES_BIN").expect("no Postgres to test with: run `cargo xtask test`");
        let mut command = Command::new(Path::new(&bin).join(name));
        if let Some((uid, gid)) = account() {
            command.uid(uid).gid(gid);
        }
        command.current_dir(self.directory.path());
        command
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.directory.path().join("postgres.log")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.postmaster.is_some() {
            self.thaw();
            self.stop();
        }
    }
}

/// Whom a server that is not ours runs as where this process is root: Postgres refuses to be that.
pub(crate) fn account() -> Option<(u32, u32)> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    Some((number("GRANTOR_TEST_POSTGRES_UID")?, number("GRANTOR_TEST_POSTGRES_GID")?))
}

/// Sends a signal by name. A process that has ended meanwhile needs none.
pub(crate) fn signal(name: &str, processes: &[u32]) {
    let ids = processes.iter().map(u32::to_string);
    Command::new("kill").args(["-s", name]).args(ids).stderr(Stdio::null()).status().unwrap();
}

/// The processes whose parent this is.
fn children(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").unwrap();
    let ids = processes.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse::<u32>().ok());
    let is_child = |id: &u32| {
        // `pid (name) state parent …`, and the name may hold anything.
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        after_name.split(' ').nth(1) == Some(parent.to_string().as_str())
    };
    ids.filter(is_child).collect()
}
