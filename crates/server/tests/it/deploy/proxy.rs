//! A reverse proxy that runs with the sample, as an account without privileges.

use std::fs::File;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::read;
use crate::harness::{Authority, account, free_port, scratch_dir, signal};

/// What is known before the proxy starts, and stands where the sample has a name, an address or a path of its own.
pub(crate) struct Place {
    pub(crate) authority: Arc<Authority>,
    /// Its files: certificate, key and logs.
    pub(crate) directory: tempfile::TempDir,
    /// Where it speaks https.
    pub(crate) https: u16,
    /// Where it speaks http.
    pub(crate) http: u16,
}

impl Place {
    pub(crate) fn new() -> Self {
        let (authority, directory) = (Arc::new(Authority::new()), scratch_dir());
        authority.certify(&directory.path().join("certificate.pem"), &directory.path().join("key.pem"));
        give(directory.path());
        Self { authority, directory, https: free_port(), http: free_port() }
    }

    /// A file that the proxy reads or writes.
    pub(crate) fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    /// Writes the sample, with these pieces of it replaced: each must be there, so that no test runs with half a
    /// sample.
    pub(crate) fn install(&self, sample: &str, name: &str, pieces: &[(&str, String)]) {
        let mut text = read(sample);
        for (piece, replacement) in pieces {
            assert!(text.contains(piece), "{sample} has no {piece:?}");
            text = text.replace(piece, replacement);
        }
        self.write(name, &text);
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }
}

/// A running proxy, ended when dropped.
pub(crate) struct Proxy {
    child: Child,
    pub(crate) place: Place,
}

impl Proxy {
    /// Starts the program that this variable names, and waits until it listens.
    pub(crate) fn start(variable: &str, arguments: &[&str], place: Place) -> Self {
        let program = std::env::var(variable).expect("no proxy to test with: run `cargo xtask test`");
        let directory = place.directory.path();
        let mut command = Command::new(reachable(Path::new(&program), directory));
        if let Some((uid, gid)) = account() {
            command.uid(uid).gid(gid);
        }
        command.args(arguments).current_dir(directory).env("HOME", directory).stdin(Stdio::null());
        let said = File::create(place.path("said.log")).unwrap();
        let child = command.stdout(said.try_clone().unwrap()).stderr(said).spawn().unwrap();
        let mut proxy = Self { child, place };
        proxy.wait_until_it_listens();
        proxy
    }

    /// Everything that it has written to its logs and its standard error.
    pub(crate) fn logs(&self) -> String {
        let files = std::fs::read_dir(self.place.directory.path()).unwrap().map(|entry| entry.unwrap().path());
        let logs = files.filter(|path| path.extension().is_some_and(|extension| extension == "log"));
        logs.map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }

    fn wait_until_it_listens(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while std::net::TcpStream::connect(("127.0.0.1", self.place.https)).is_err() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < deadline, "the proxy ended: {ended:?}\n{}", self.logs());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            signal("TERM", &[self.child.id()]);
            self.child.wait().unwrap();
        }
    }
}

/// The program where the account can reach it, which a build directory of root's need not be.
fn reachable(program: &Path, directory: &Path) -> PathBuf {
    if account().is_none() {
        return program.to_owned();
    }
    let copy = directory.join("proxy");
    std::fs::copy(program, &copy).unwrap();
    copy
}

/// Makes the account the owner of a directory and what is in it.
fn give(directory: &Path) {
    let Some((uid, gid)) = account() else { return };
    for entry in std::fs::read_dir(directory).unwrap() {
        chown(entry.unwrap().path(), Some(uid), Some(gid)).unwrap();
    }
    chown(directory, Some(uid), Some(gid)).unwrap();
}
