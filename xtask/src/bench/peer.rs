//! Decides how a peer is described (`xtask/peers/NAME/peer.toml`), installed at the versions that its lock file pins, and run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

use super::child::Running;
use super::generator::Values;
use super::target::{Paths, Supply};
use super::work::Work;
use crate::process::{capture, run as run_command, step};
use crate::signals::Signals;
use crate::{files, loopback, workspace};

/// How long a peer may take to start and make its values.
const START_LIMIT: Duration = Duration::from_secs(900);

/// What marks a copy whose packages are installed, and says for what.
const STAMP: &str = ".installed";

/// A peer, as `peer.toml` describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    version: String,
    runtime: Runtime,
    install: Vec<String>,
    start: Vec<String>,
    stores: Vec<PeerStore>,
    works: Vec<String>,
    paths: Paths,
    /// For each work, what goes into the form besides.
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

/// What a peer runs on, and what prints the version of that.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Runtime {
    name: String,
    version: Vec<String>,
}

/// What a peer keeps its state in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PeerStore {
    Memory,
    Postgres,
}

impl PeerStore {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Postgres => "postgres",
        }
    }
}

/// A peer that is ready to start.
pub(crate) struct Peer {
    name: String,
    description: Description,
    /// With its version.
    runtime: String,
    /// The copy below the build directory, with its packages.
    directory: PathBuf,
}

/// The names of all peers that are described.
pub(super) fn all() -> anyhow::Result<Vec<String>> {
    let directories = files::entries(&sources())?.into_iter().filter(|path| path.join("peer.toml").is_file());
    Ok(directories.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
}

impl Peer {
    /// Copies a peer below the build directory, and installs its packages unless they are there.
    pub(crate) fn prepare(name: &str, signals: &Signals) -> anyhow::Result<Self> {
        let source = sources().join(name);
        let text = fs::read_to_string(source.join("peer.toml")).with_context(|| {
            format!("no peer {name} in xtask/peers: there are {}", all().unwrap_or_default().join(", "))
        })?;
        let description = describe(&text).with_context(|| format!("xtask/peers/{name}/peer.toml"))?;
        let directory = workspace::target().join("peers").join(name);
        copy(&source, &directory)?;
        let stamp = stamp(&source, &description.install)?;
        let is_installed = fs::read_to_string(directory.join(STAMP)).is_ok_and(|found| found == stamp);
        if !is_installed {
            step(&format!("packages of {name} {}", description.version), || {
                let (program, arguments) = description.install.split_first().context("nothing to install")?;
                run_command(Command::new(program).args(arguments).current_dir(&directory), signals)
            })?;
            fs::write(directory.join(STAMP), stamp).context("cannot note what is installed")?;
        }
        let runtime = description.runtime.shown(&directory)?;
        Ok(Self { name: name.to_owned(), description, runtime, directory })
    }

    /// As a table names it.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.name, self.description.version)
    }

    /// What it runs on, with its version.
    pub(super) fn runtime(&self) -> &str {
        &self.runtime
    }

    pub(crate) fn does(&self, work: Work) -> bool {
        self.description.works.iter().any(|name| name == work.name())
    }

    pub(super) fn stores(&self) -> &[PeerStore] {
        &self.description.stores
    }

    pub(crate) fn paths(&self) -> &Paths {
        &self.description.paths
    }

    pub(crate) fn parameters(&self, work: Work) -> Option<&str> {
        self.description.parameters.get(work.name()).map(String::as_str)
    }

    /// Starts it with this many values made, which go to `file`; gives its port, too.
    pub(crate) fn start(&self, start: &Start, signals: &Signals) -> anyhow::Result<(Running, u16)> {
        let port = loopback::free_port()?;
        let mut environment = vec![
            ("PORT", port.to_string()),
            ("STORE", start.store.name().to_owned()),
            ("WORK", start.work.name().to_owned()),
            ("MINT", start.mint.to_string()),
            ("MINT_FILE", start.file.display().to_string()),
        ];
        if let Some(url) = &start.database_url {
            environment.push(("DATABASE_URL", url.clone()));
        }
        let log = self.directory.with_extension("log");
        let words = &self.description.start;
        let mut running =
            Running::start(words, &self.directory, &environment, start.processor, log).with_context(|| self.title())?;
        running.wait_until_ready(START_LIMIT, signals).with_context(|| self.title())?;
        Ok((running, port))
    }
}

/// How a peer is started.
pub(crate) struct Start {
    pub(crate) work: Work,
    pub(crate) store: PeerStore,
    pub(crate) database_url: Option<String>,
    /// How many values to make.
    pub(crate) mint: usize,
    pub(crate) file: PathBuf,
    pub(crate) processor: Option<usize>,
}

/// The values of a file, each given out once.
pub(super) struct Slices {
    file: PathBuf,
    given: usize,
    count: usize,
    /// The most that are given at a time: so many are planned for a run.
    at_most: usize,
    /// Whether the same may be given again.
    again: bool,
}

impl Slices {
    pub(super) fn new(file: PathBuf, count: usize, at_most: usize, again: bool) -> Self {
        Self { file, given: 0, count, at_most, again }
    }
}

impl Supply for Slices {
    fn supply(&mut self, count: usize) -> anyhow::Result<Option<Values>> {
        let count = count.min(self.at_most);
        if self.again {
            return Ok(Some(Values { file: self.file.clone(), skip: 0, count, leave: false }));
        }
        let (skip, left) = (self.given, self.count.saturating_sub(self.given));
        ensure!(left > 0, "no values are left of the {} that were made", self.count);
        let count = count.min(left);
        self.given += count;
        Ok(Some(Values { file: self.file.clone(), skip, count, leave: false }))
    }
}

impl Runtime {
    fn shown(&self, directory: &Path) -> anyhow::Result<String> {
        let (program, arguments) = self.version.split_first().context("nothing prints the runtime's version")?;
        let printed = capture(Command::new(program).args(arguments).current_dir(directory))?;
        Ok(format!("{} {}", self.name, printed.trim().trim_start_matches('v')))
    }
}

fn sources() -> PathBuf {
    workspace::root().join("xtask").join("peers")
}

fn describe(text: &str) -> anyhow::Result<Description> {
    let description: Description = toml::from_str(text)?;
    for name in &description.works {
        if !Work::ALL.iter().any(|work| work.name() == name) {
            bail!("there is no work {name}");
        }
    }
    Ok(description)
}

/// Says what is installed: the command, the lock files, and whatever files of the peer's the command names.
fn stamp(source: &Path, install: &[String]) -> anyhow::Result<String> {
    let mut stamp = install.join(" ");
    for path in files::entries(source)?.into_iter().filter(|path| path.is_file()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.contains("lock") || install.iter().any(|word| word == name) {
            stamp.push_str(&format!("\n{name}\n{}", files::read(&path)?));
        }
    }
    Ok(stamp)
}

/// Copies the files of a folder, and none of the folders in it: what a developer installed there stays there.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for path in files::entries(from)?.into_iter().filter(|path| path.is_file()) {
        let name = path.file_name().unwrap_or_default();
        fs::copy(&path, to.join(name)).with_context(|| format!("cannot copy {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn every_peer_is_described_well() {
        for name in all().unwrap() {
            describe(&files::read(&sources().join(name).join("peer.toml")).unwrap()).unwrap();
        }
    }

    #[test]
    fn a_runtime_is_named_with_its_version() {
        let version = ["echo", "v20.1.2"].map(str::to_owned).to_vec();
        let runtime = Runtime { name: "Node.js".to_owned(), version };
        assert_eq!(runtime.shown(Path::new(".")).unwrap(), "Node.js 20.1.2");
    }

    #[test]
    fn values_are_given_once() {
        let mut slices = Slices::new("file".into(), 5, 3, false);
        let mut next = || slices.supply(10).unwrap().map(|values| (values.skip, values.count));
        assert_eq!((next(), next()), (Some((0, 3)), Some((3, 2))));
        assert!(slices.supply(1).is_err());
        let mut slices = Slices::new("file".into(), 5, 3, true);
        slices.supply(10).unwrap();
        assert_eq!(slices.supply(2).unwrap().unwrap().skip, 0);
    }

    #[test]
    fn another_lock_file_is_installed_anew() {
        let source = tempfile::tempdir().unwrap();
        let install = ["npm".to_owned(), "ci".to_owned()];
        let write = |name: &str, text: &str| fs::write(source.path().join(name), text).unwrap();
        write("package-lock.json", "1");
        write("server.mjs", "1");
        let before = stamp(source.path(), &install).unwrap();
        write("server.mjs", "2");
        assert_eq!(stamp(source.path(), &install).unwrap(), before);
        write("package-lock.json", "2");
        assert_ne!(stamp(source.path(), &install).unwrap(), before);
    }
}
