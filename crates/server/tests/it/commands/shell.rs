//! Commands on a data directory that no server runs on.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::harness::{said, scratch_dir};

/// A data directory and the commands that are run on it, without a server.
pub(crate) struct Shell {
    data_dir: tempfile::TempDir,
    settings: Vec<(&'static str, &'static str)>,
}

/// What a command came to.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    /// Without the lines of the audit trail.
    pub(crate) stderr: String,
}

impl Shell {
    /// A data directory without anything in it.
    pub(crate) fn new() -> Self {
        Self { data_dir: scratch_dir(), settings: vec![("ISSUER", "https://issuer.example.test")] }
    }

    /// The same with one more setting.
    pub(crate) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.settings.push((name, value));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.data_dir.path()
    }

    /// The names of what is in the data directory.
    pub(crate) fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    /// Writes a file into the data directory.
    pub(crate) fn write(&self, name: &str, content: &str) -> String {
        let path = self.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with_input(arguments, "")
    }

    /// The same, with something on its standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_grantor"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GRANTOR__")) {
            command.env_remove(name);
        }
        for (name, value) in &self.settings {
            command.env(format!("GRANTOR__{name}"), value);
        }
        command.args(arguments).arg("--data-dir").arg(self.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that ends without reading its input is no failure of this.
        let _unread = child.stdin.take().unwrap().write_all(input.as_bytes());
        Ran::from(child.wait_with_output().unwrap())
    }

    /// Runs a command that must succeed: what it printed.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments:?}: {}", ran.stdout);
        ran.stdout
    }

    /// Runs a command that must be refused: what it said, with the data directory left out.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{arguments:?}: {}", ran.stderr);
        ran.stderr.replace(self.path().to_str().unwrap(), "[dir]")
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            stderr: said(&output),
            stdout: String::from_utf8(output.stdout).unwrap(),
        }
    }
}
