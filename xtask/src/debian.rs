//! Decides whether xtask may install what is missing: only as root, and only where apt-get is the package manager.

use std::process::Command;

use crate::process;
use crate::search::{find_program, path_directories};
use crate::signals::Signals;

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

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet=2");
    command
}
