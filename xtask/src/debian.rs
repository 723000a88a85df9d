//! Decides whether xtask may install what is missing: only as root, and only where apt-get is the package manager. A
//! program of a package whose installation would start a service of the machine is unpacked instead.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, anyhow};

use crate::search::{find_program, path_directories};
use crate::signals::Signals;
use crate::{process, workspace};

/// Where Debian keeps programs that a user's PATH may leave out.
const SYSTEM_DIRECTORY: &str = "/usr/sbin";

/// Whether [`install`] can work here. Nobody but root is asked for a password, and no other package manager is guessed at.
pub(crate) fn can_install() -> bool {
    rustix::process::geteuid().is_root() && find_program(&["apt-get"], &path_directories()).is_some()
}

/// Installs `packages` without what they merely recommend.
///
/// # Errors
///
/// If apt-get fails; what it said is on the terminal by then.
pub(crate) fn install(packages: &[&str], signals: &Signals) -> anyhow::Result<()> {
    println!("installing {} with apt-get", packages.join(" "));
    process::run(apt_get().arg("update"), signals)?;
    process::run(apt_get().args(["install", "--yes", "--no-install-recommends"]).args(packages), signals)
}

/// A program of a Debian package that starts no service: in PATH, or installed with the libraries that it needs. Where xtask
/// may not install it, the error names the package.
///
/// # Errors
///
/// If it is nowhere and cannot be installed.
pub(crate) fn find_or_install(program: &str, package: &str, signals: &Signals) -> anyhow::Result<PathBuf> {
    let find = || find_program(&[program], &path_directories());
    if let Some(found) = find() {
        return Ok(found);
    }
    if !can_install() {
        return Err(missing(program, package));
    }
    install(&[package], signals)?;
    find().ok_or_else(|| brought_nothing(program, package))
}

/// A program of a Debian package that would start a service: in PATH, where the package would put it, or unpacked into the build directory, so
/// that nothing of the machine changes. Where xtask may not fetch the package, the error names the one to install.
///
/// # Errors
///
/// If it is nowhere and cannot be fetched.
pub(crate) fn find_or_unpack(program: &str, package: &str, signals: &Signals) -> anyhow::Result<PathBuf> {
    let tools = workspace::tools().join("debian");
    let mut directories = path_directories();
    directories.extend([PathBuf::from(SYSTEM_DIRECTORY), tools.clone()]);
    if let Some(found) = find_program(&[program], &directories) {
        return Ok(found);
    }
    if !can_install() {
        return Err(missing(program, package));
    }
    unpack(program, package, &tools, signals)?;
    find_program(&[program], &[tools]).ok_or_else(|| brought_nothing(program, package))
}

fn missing(program: &str, package: &str) -> anyhow::Error {
    anyhow!(
        "no {program} in PATH; install it with `sudo apt-get install {package}` (Debian, Ubuntu) or from its project, then \
         run this again"
    )
}

fn brought_nothing(program: &str, package: &str) -> anyhow::Error {
    anyhow!("Debian's package `{package}` brought no {program}")
}

/// Fetches `package` and takes `program` out of it, into `directory`.
fn unpack(program: &str, package: &str, directory: &Path, signals: &Signals) -> anyhow::Result<()> {
    println!("unpacking {program} of Debian's package {package} into {}", directory.display());
    let scratch = tempfile::tempdir().context("no temporary directory")?;
    process::run(apt_get().arg("update"), signals)?;
    // As root, apt-get otherwise complains that its own account cannot write here.
    let mut download = apt_get();
    download.args(["--option", "APT::Sandbox::User=root", "download", package]).current_dir(scratch.path());
    process::run(&mut download, signals)?;
    let archive = only_file(scratch.path())?;
    let content = scratch.path().join("content");
    process::run(Command::new("dpkg-deb").arg("--extract").arg(archive).arg(&content), signals)?;
    let places = ["usr/bin", "usr/sbin"].map(|place| content.join(place));
    let found = find_program(&[program], &places).with_context(|| format!("`{package}` has no {program}"))?;
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let target = directory.join(program);
    fs::copy(&found, &target).with_context(|| format!("cannot write {}", target.display()))?;
    Ok(())
}

/// The one file of a directory.
fn only_file(directory: &Path) -> anyhow::Result<PathBuf> {
    let unreadable = || format!("cannot list {}", directory.display());
    let entry = fs::read_dir(directory).with_context(unreadable)?.next();
    Ok(entry.with_context(|| format!("nothing in {}", directory.display()))?.with_context(unreadable)?.path())
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet=2");
    command
}
