//! Decides which Postgres server is used: the one in PATH, else the newest where Debian keeps them, else where `pg_config`
//! points, else one that is installed now.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, anyhow, bail};

use crate::search::{find_program, is_program, path_directories};
use crate::signals::Signals;
use crate::{debian, process};

/// Debian keeps each major version's binaries in a directory of its own under this one, outside PATH.
const VERSIONED: &str = "/usr/lib/postgresql";

/// What Debian's package consults before it makes and starts a cluster that nobody asked for.
const CREATE_CLUSTER_DIRECTORY: &str = "/etc/postgresql-common/createcluster.d";

/// A directory that holds `postgres` and `initdb` of one version.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ServerBinaries {
    directory: PathBuf,
}

impl ServerBinaries {
    /// Finds the binaries on this machine, or installs Debian's package where xtask may.
    ///
    /// # Errors
    ///
    /// If there are none and xtask may not install any: the message names the command that would.
    pub(crate) fn find_or_install(signals: &Signals) -> anyhow::Result<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        if !debian::can_install() {
            bail!(
                "no Postgres server binaries (postgres, initdb) in PATH, in {VERSIONED} or by pg_config; install them with \
                 `sudo apt-get install postgresql` (Debian, Ubuntu), `sudo dnf install postgresql-server` (Fedora) or \
                 `brew install postgresql` (macOS), then run this again"
            );
        }
        install(signals)?;
        Self::find().ok_or_else(|| anyhow!("the package `postgresql` is installed, but brought no server binaries"))
    }

    /// The directory, for tests that start servers of their own.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// One program of it.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn find() -> Option<Self> {
        Self::find_in(&path_directories(), Path::new(VERSIONED)).or_else(|| {
            let directory = process::capture(Command::new("pg_config").arg("--bindir")).ok()?;
            Self::at(Path::new(directory.trim()))
        })
    }

    fn find_in(path: &[PathBuf], versioned: &Path) -> Option<Self> {
        Self::in_path(path).or_else(|| Self::newest_below(versioned))
    }

    /// A `postgres` in PATH is often a link to the real directory, where its tools and its share files are found.
    fn in_path(path: &[PathBuf]) -> Option<Self> {
        let real = find_program(&["postgres"], path)?.canonicalize().ok()?;
        Self::at(real.parent()?)
    }

    fn newest_below(versioned: &Path) -> Option<Self> {
        let entries = fs::read_dir(versioned).ok()?.filter_map(Result::ok);
        let mut versions: Vec<(u32, PathBuf)> = entries
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
            .collect();
        versions.sort();
        versions.iter().rev().find_map(|(_, directory)| Self::at(directory))
    }

    fn at(directory: &Path) -> Option<Self> {
        let complete = ["postgres", "initdb"].iter().all(|name| is_program(&directory.join(name)));
        complete.then(|| Self { directory: directory.to_owned() })
    }
}

/// Installs Debian's server while its package is told to make no cluster: a database of the machine is none of ours to start.
fn install(signals: &Signals) -> anyhow::Result<()> {
    let setting = Path::new(CREATE_CLUSTER_DIRECTORY).join("grantor-xtask.conf");
    fs::create_dir_all(CREATE_CLUSTER_DIRECTORY).with_context(|| format!("cannot make {CREATE_CLUSTER_DIRECTORY}"))?;
    fs::write(&setting, "create_main_cluster = false\n")
        .with_context(|| format!("cannot write {}", setting.display()))?;
    let installed = debian::install(&["postgresql"], signals);
    fs::remove_file(&setting).with_context(|| format!("cannot remove {}", setting.display()))?;
    installed
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use std::os::unix::fs::symlink;

    use super::*;
    use crate::search::testing::programs;

    const SERVER: [&str; 2] = ["postgres", "initdb"];

    /// Finds in `scratch/path` and below `scratch/versions`, and names the directory found relative to `scratch`.
    fn found(scratch: &Path) -> Option<PathBuf> {
        let binaries = ServerBinaries::find_in(&[scratch.join("path")], &scratch.join("versions"))?;
        Some(binaries.directory.strip_prefix(scratch).unwrap().to_owned())
    }

    fn scratch() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let real = directory.path().canonicalize().unwrap();
        (directory, real)
    }

    #[test]
    fn path_comes_first() {
        let (_guard, scratch) = scratch();
        programs(&scratch.join("path"), &SERVER);
        programs(&scratch.join("versions/17/bin"), &SERVER);
        assert_eq!(found(&scratch), Some("path".into()));
    }

    #[test]
    fn a_link_in_path_leads_to_the_real_directory() {
        let (_guard, scratch) = scratch();
        programs(&scratch.join("versions/15/bin"), &SERVER);
        fs::create_dir(scratch.join("path")).unwrap();
        symlink(scratch.join("versions/15/bin/postgres"), scratch.join("path/postgres")).unwrap();
        assert_eq!(found(&scratch), Some("versions/15/bin".into()));
    }

    #[test]
    fn the_newest_version_is_newest_by_number() {
        let (_guard, scratch) = scratch();
        programs(&scratch.join("versions/9/bin"), &SERVER);
        programs(&scratch.join("versions/15/bin"), &SERVER);
        assert_eq!(found(&scratch), Some("versions/15/bin".into()));
    }

    #[test]
    fn a_version_without_its_server_is_passed_over() {
        let (_guard, scratch) = scratch();
        programs(&scratch.join("versions/17/bin"), &["psql"]);
        programs(&scratch.join("versions/15/bin"), &SERVER);
        assert_eq!(found(&scratch), Some("versions/15/bin".into()));
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        let (_guard, scratch) = scratch();
        programs(&scratch.join("path"), &["psql"]);
        assert_eq!(found(&scratch), None);
    }
}
