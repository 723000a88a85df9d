//! Decides what is said of the machine and the versions, so that a figure can be judged: none is worth more than what it was
//! measured on.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::Context;
use serde::Serialize;

use super::figures::median;
use super::proc::status_field;
use super::setup::Setup;
use crate::{process, workspace};

/// How often the disk is asked to keep something.
const SYNCS: usize = 200;

/// Where and on what was measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Machine {
    date: String,
    commit: String,
    command: String,
    processor: String,
    processors: usize,
    memory_gib: f64,
    kernel: String,
    /// Of 4 KiB, the median.
    sync_ms: f64,
    rustc: String,
    wrk: String,
    postgres: Option<String>,
    /// What peers run on, with versions.
    runtimes: Vec<String>,
}

impl Machine {
    pub(super) fn look(setup: &Setup) -> anyhow::Result<Self> {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").context("cannot read /proc/cpuinfo")?;
        let meminfo = fs::read_to_string("/proc/meminfo").context("cannot read /proc/meminfo")?;
        let memory_kib = status_field(&meminfo, "MemTotal").context("no MemTotal in /proc/meminfo")?;
        Ok(Self {
            date: printed(Command::new("date").args(["-u", "+%Y-%m-%d"]))?,
            commit: commit()?,
            command: command(std::env::args().skip(1)),
            processor: model(&cpuinfo).unwrap_or("unknown processor").to_owned(),
            processors: std::thread::available_parallelism().context("cannot count the processors")?.get(),
            memory_gib: super::figures::to_f64(memory_kib) / 1024.0 / 1024.0,
            kernel: printed(Command::new("uname").args(["-sr"]))?,
            sync_ms: sync_ms(setup.generator.scratch())?,
            rustc: printed(Command::new("rustc").arg("--version"))?,
            wrk: setup.generator.version(),
            postgres: setup.postgres_version()?,
            runtimes: setup.runtimes(),
        })
    }

    /// Two lines of the page.
    pub(super) fn page(&self) -> String {
        let postgres = self.postgres.iter().map(|version| format!("PostgreSQL {version}"));
        let rustc = self.rustc.split(" (").next().unwrap_or_default().to_owned();
        let programs = postgres.chain(self.runtimes.iter().cloned()).chain([self.wrk.clone(), rustc]);
        format!(
            "`{}` on {}, commit {}.\nThe machine: {} × {}, {:.0} GiB, {}; to make 4 KiB durable takes {:.2} ms. {}.\n",
            self.command,
            self.date,
            self.commit,
            self.processors,
            self.processor,
            self.memory_gib,
            self.kernel,
            self.sync_ms,
            programs.collect::<Vec<_>>().join(", "),
        )
    }
}

fn printed(command: &mut Command) -> anyhow::Result<String> {
    Ok(process::capture(command.current_dir(workspace::root()))?.trim().to_owned())
}

/// The commit that is checked out, and whether something differs from it.
fn commit() -> anyhow::Result<String> {
    let git = |words: &[&str]| printed(Command::new("git").args(words));
    let commit = git(&["rev-parse", "--short=10", "HEAD"])?;
    let changes = git(&["status", "--porcelain", "--untracked-files=no"])?;
    Ok(if changes.is_empty() { commit } else { format!("{commit} with changes") })
}

/// The command as one would type it: paths are this machine's, and no matter of the page's.
fn command(words: impl Iterator<Item = String>) -> String {
    let shown = words.map(|word| if word.contains('/') && !word.contains("://") { "…".to_owned() } else { word });
    format!("cargo xtask {}", shown.collect::<Vec<_>>().join(" "))
}

fn model(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}

/// How long the disk takes to keep what is appended to a file.
fn sync_ms(directory: &Path) -> anyhow::Result<f64> {
    let times = || -> std::io::Result<Vec<f64>> {
        let mut file = File::create(directory.join("sync"))?;
        let mut times = Vec::new();
        for _sync in 0..SYNCS {
            let begin = Instant::now();
            file.write_all(&[1; 4096])?;
            file.sync_data()?;
            times.push(begin.elapsed().as_secs_f64() * 1000.0);
        }
        Ok(times)
    };
    median(times().context("cannot write to the disk")?.into_iter()).context("nothing was written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_left_out_of_the_command() {
        let words = ["bench", "--grantor", "/tmp/x/grantor", "--url", "http://127.0.0.1:1"].map(str::to_owned);
        assert_eq!(command(words.into_iter()), "cargo xtask bench --grantor … --url http://127.0.0.1:1");
    }

    #[test]
    fn the_model_is_the_first_processors() {
        assert_eq!(model("processor\t: 0\nmodel name\t: A (R) B\nmodel name\t: C\n"), Some("A (R) B"));
        assert_eq!(model(""), None);
    }
}
