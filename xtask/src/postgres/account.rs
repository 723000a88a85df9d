//! Decides which account Postgres runs under: ours, or, because Postgres refuses to be root, an unprivileged one.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, anyhow};

use crate::process;

/// Accounts that root runs Postgres under, the first that exists. The server's package makes the first, every Linux has the
/// second.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// The account of the server's processes and files.
pub(crate) enum Account {
    /// The one xtask runs under.
    Ours,
    /// An unprivileged one, because xtask runs as root.
    Other {
        /// Its user id.
        uid: u32,
        /// Its primary group's id.
        gid: u32,
    },
}

impl Account {
    /// Chooses the account.
    ///
    /// # Errors
    ///
    /// If xtask runs as root and this machine has no unprivileged account it knows.
    pub(crate) fn for_postgres() -> anyhow::Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Ours);
        }
        let known = UNPRIVILEGED.iter().find_map(|name| Some((id("-u", name).ok()?, id("-g", name).ok()?)));
        let (uid, gid) = known.ok_or_else(|| {
            anyhow!("Postgres refuses to run as root, and there is no user `postgres` or `nobody` to run it as")
        })?;
        Ok(Self::Other { uid, gid })
    }

    /// Makes `command` run under this account.
    pub(crate) fn apply(&self, command: &mut Command) {
        if let Self::Other { uid, gid } = *self {
            command.uid(uid).gid(gid);
        }
    }

    /// Gives `directory` to this account.
    pub(crate) fn hand_over(&self, directory: &Path) -> anyhow::Result<()> {
        if let Self::Other { uid, gid } = *self {
            chown(directory, Some(uid), Some(gid))
                .with_context(|| format!("cannot hand over {}", directory.display()))?;
        }
        Ok(())
    }
}

/// What `id FLAG NAME` says, so that accounts of a directory service count too.
fn id(flag: &str, name: &str) -> anyhow::Result<u32> {
    let printed = process::capture(Command::new("id").args([flag, name]))?;
    printed.trim().parse().with_context(|| format!("`id {flag} {name}` printed no number"))
}
