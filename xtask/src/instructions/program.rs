//! The counted program: `crates/adapters/http/benches/hot_paths`, and how many instructions one of its requests takes.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde::Deserialize;

use super::valgrind::Valgrind;
use crate::process::run_and_read;
use crate::signals::Signals;
use crate::workspace;

/// Requests of the shorter and of the longer run. What they differ by is the requests alone: everything before the first
/// is the same in both. Enough of them that what happens only now and then, such as a table that grows, is shared out.
const FEW: u64 = 100;
const MANY: u64 = 400;

/// How long a build may take: the libraries in C are compiled the first time.
const BUILD: Duration = Duration::from_secs(3600);

/// The program, built.
pub(super) struct Program(PathBuf);

impl Program {
    /// Builds it, optimised as `xtask/optimised.toml` says.
    ///
    /// # Errors
    ///
    /// If it does not build.
    pub(super) fn build(signals: &Signals) -> anyhow::Result<Self> {
        println!("building what is counted");
        let mut command = workspace::cargo();
        command.args(["build", "--locked", "--config"]).arg(workspace::root().join("xtask").join("optimised.toml"));
        command.args(["-p", "grantor-http", "--bench", "hot_paths"]);
        command.arg("--message-format=json-render-diagnostics").stdin(Stdio::null());
        let messages = run_and_read(&mut command, BUILD, signals)?;
        executable(&messages).map(Self).context("cargo names no program that it built")
    }

    /// How many instructions one request of `path` takes.
    ///
    /// # Errors
    ///
    /// If the program or valgrind fails.
    pub(super) fn instructions_per_request(
        &self,
        path: &str,
        valgrind: &Valgrind,
        signals: &Signals,
    ) -> anyhow::Result<u64> {
        let count = |requests: u64| valgrind.count(&self.0, &[path, &requests.to_string()], signals);
        per_request(count(FEW)?, count(MANY)?).with_context(|| format!("{path} cannot be counted"))
    }
}

/// What one request takes, if [`FEW`] of them and [`MANY`] of them took so much with all that comes before.
fn per_request(few: u64, many: u64) -> anyhow::Result<u64> {
    ensure!(many > few, "{MANY} requests took {many} instructions, {FEW} took {few}");
    Ok((many - few) / (MANY - FEW))
}

/// What is read of cargo's messages, one JSON object a line.
#[derive(Deserialize)]
struct Artifact {
    target: Target,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// The program that cargo says it built.
fn executable(messages: &str) -> Option<PathBuf> {
    // Messages about anything but a target are none of ours.
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Artifact>(line).ok());
    artifacts.filter(|artifact| artifact.target.name == "hot_paths").find_map(|artifact| artifact.executable)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn what_comes_before_the_requests_cancels_out() {
        assert_eq!(per_request(5_000_000 + FEW * 1234, 5_000_000 + MANY * 1234).unwrap(), 1234);
        assert!(per_request(7, 7).is_err());
        assert!(per_request(8, 7).is_err());
    }

    #[test]
    fn the_program_is_the_one_that_cargo_names() {
        let messages = r#"
{"reason":"compiler-artifact","target":{"name":"build-script-build"},"executable":"/t/build"}
{"reason":"compiler-artifact","target":{"name":"grantor_http"},"executable":null}
not json
{"reason":"compiler-artifact","target":{"name":"hot_paths"},"executable":"/t/hot_paths-1"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(executable(messages), Some("/t/hot_paths-1".into()));
        assert_eq!(executable("{\"reason\":\"build-finished\"}"), None);
    }
}
