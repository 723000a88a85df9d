//! Decides how xtask runs the binary `grantor`: built from this workspace, in the caller's directory, with the caller's flags.

use std::process::Command;

use crate::cli::{MigrateAction, Storage};
use crate::signals::Signals;
use crate::{issuer, process, workspace};

/// `cargo xtask migrate`: `grantor migrate` with the same words.
pub(crate) fn migrate(action: MigrateAction, storage: &Storage, signals: &Signals) -> anyhow::Result<()> {
    process::run(grantor().args(["migrate", action.word()]).args(storage.flags()), signals)
}

/// `cargo xtask seed`: `grantor apply` of the demo set, once the issuer is known to be on loopback.
pub(crate) fn seed(storage: &Storage, signals: &Signals) -> anyhow::Result<()> {
    issuer::require_loopback(storage.data_dir.as_deref())?;
    let demo = workspace::root().join("deploy").join("demo.toml");
    process::run(grantor().arg("apply").arg("-f").arg(demo).args(storage.flags()), signals)
}

/// Not in the workspace's root: a relative `--data-dir` means the caller's.
fn grantor() -> Command {
    let mut command = Command::new(workspace::cargo_program());
    command.args(["run", "--quiet", "--manifest-path"]).arg(workspace::root().join("Cargo.toml"));
    command.args(["--package", "grantor", "--"]);
    command
}
