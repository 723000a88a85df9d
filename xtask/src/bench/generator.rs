//! Decides how load is made: by `wrk`, one thread on a processor of its own, with our script, which sends one request a
//! connection at a time and says what became of them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use anyhow::Context;
use serde::Deserialize;
use tempfile::TempDir;

use super::work::Use;
use crate::signals::Signals;
use crate::{debian, process};

/// What wrk is told to do.
const SCRIPT: &str = include_str!("request.lua");

/// What begins the names of the variables that tell the script.
const VARIABLE: &str = "BENCH_";

/// How long an answer may take; one that takes longer is a socket error.
const TIMEOUT: &str = "10s";

/// How long wrk may take to read its values and to end, beside its run.
const MARGIN: Duration = Duration::from_secs(60);

/// The generator, ready to run.
pub(super) struct Generator {
    wrk: PathBuf,
    scratch: TempDir,
}

/// A request as it is sent again and again; [`super::work::VALUE`] in headers or form stands for the value.
#[derive(Clone, Debug, Default)]
pub(super) struct Template {
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    /// Without one it is a GET.
    pub(super) form: Option<String>,
    pub(super) usage: Option<Use>,
    pub(super) pattern: Option<&'static str>,
}

/// Values for one run: a part of a file with one a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Values {
    pub(super) file: PathBuf,
    pub(super) skip: usize,
    pub(super) count: usize,
    /// Whether the file gets what is left in the queue at the end, those values first that were not used: so that the next
    /// run goes on with them.
    pub(super) leave: bool,
}

/// What to keep of the answers, and how many; then wrk stops.
pub(super) struct Take<'a> {
    /// `code`, `access_token` or `refresh_token`.
    pub(super) what: &'static str,
    pub(super) wanted: usize,
    pub(super) file: &'a Path,
}

/// One run of wrk.
#[derive(Clone, Copy)]
pub(super) struct Load<'a> {
    pub(super) template: &'a Template,
    pub(super) values: Option<&'a Values>,
    pub(super) take: Option<&'a Take<'a>>,
    pub(super) connections: usize,
    /// How long each connection waits between an answer and its next request, on average; not at all unless it is said.
    pub(super) pause_ms: Option<f64>,
    pub(super) seconds: u64,
    pub(super) processor: Option<usize>,
}

/// What wrk measured; times in milliseconds.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Outcome {
    pub(super) requests: u64,
    pub(super) seconds: f64,
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) p999: f64,
    pub(super) max: f64,
    /// Answers with a status of 400 or more.
    pub(super) failed: u64,
    pub(super) socket_errors: u64,
    /// Answers that did not say what they should.
    pub(super) unexpected: u64,
    /// Requests for which there was no value left.
    pub(super) exhausted: u64,
}

impl Generator {
    /// Finds wrk, or installs Debian's.
    pub(super) fn find(signals: &Signals) -> anyhow::Result<Self> {
        let wrk = debian::find_or_install("wrk", "wrk", signals)?;
        let scratch =
            tempfile::Builder::new().prefix("grantor-bench-").tempdir().context("cannot make a temporary directory")?;
        fs::write(scratch.path().join("request.lua"), SCRIPT).context("cannot write the script of wrk")?;
        Ok(Self { wrk, scratch })
    }

    /// A directory for what goes from one run to another.
    pub(super) fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// As the page names it.
    pub(super) fn version(&self) -> String {
        // It prints its usage besides, and ends as if that were an error.
        let printed = Command::new(&self.wrk).arg("--version").output().map(|output| output.stdout);
        let printed = String::from_utf8_lossy(&printed.unwrap_or_default()).into_owned();
        let words = printed.lines().next().unwrap_or_default().split(" [").next().unwrap_or_default();
        words.to_owned()
    }

    pub(super) fn run(&self, port: u16, load: Load, signals: &Signals) -> anyhow::Result<Outcome> {
        // Two may run at the same time.
        let result = tempfile::NamedTempFile::new_in(self.scratch.path()).context("no file for the result")?;
        let mut command = pinned(&self.wrk, load.processor);
        command.args(["--threads", "1", "--timeout", TIMEOUT]);
        command.arg("--connections").arg(load.connections.to_string());
        command.arg("--duration").arg(format!("{}s", load.seconds));
        command.arg("--script").arg(self.scratch.path().join("request.lua"));
        command.arg(format!("http://127.0.0.1:{port}"));
        for (name, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(VARIABLE.as_bytes())) {
            command.env_remove(name);
        }
        command.envs(environment(port, load)).env("BENCH_RESULT", result.path());
        process::run_and_read(&mut command, Duration::from_secs(load.seconds) + MARGIN, signals)?;
        let text = fs::read_to_string(result.path()).context("wrk left no result")?;
        serde_json::from_str(&text).with_context(|| format!("the result of wrk: {text:?}"))
    }
}

/// `program` on this processor alone, or on any.
pub(super) fn pinned(program: &Path, processor: Option<usize>) -> Command {
    let Some(processor) = processor else { return Command::new(program) };
    let mut command = Command::new("taskset");
    command.arg("--cpu-list").arg(processor.to_string()).arg(program);
    command
}

fn environment(port: u16, load: Load) -> Vec<(&'static str, String)> {
    let template = load.template;
    let usage = match (load.values, template.usage) {
        (None, _) | (_, None | Some(Use::Never)) => "never",
        (Some(_), Some(Use::Once)) => "once",
        (Some(_), Some(Use::Cycle)) => "cycle",
        (Some(_), Some(Use::Rotate)) => "rotate",
    };
    let mut headers = vec![format!("Host: 127.0.0.1:{port}")];
    headers.extend(template.headers.iter().map(|(name, value)| format!("{name}: {value}")));
    if template.form.is_some() {
        headers.push("Content-Type: application/x-www-form-urlencoded".to_owned());
    }
    let mut environment = vec![
        ("BENCH_METHOD", if template.form.is_some() { "POST" } else { "GET" }.to_owned()),
        ("BENCH_PATH", template.path.clone()),
        ("BENCH_HEADERS", headers.join("\n")),
        ("BENCH_BODY", template.form.clone().unwrap_or_default()),
        ("BENCH_USE", usage.to_owned()),
        ("BENCH_PATTERN", template.pattern.unwrap_or_default().to_owned()),
    ];
    if let Some(pause) = load.pause_ms {
        environment.push(("BENCH_PAUSE", pause.to_string()));
    }
    if let Some(values) = load.values {
        environment.push(("BENCH_VALUES", values.file.display().to_string()));
        environment.push(("BENCH_SKIP", values.skip.to_string()));
        environment.push(("BENCH_COUNT", values.count.to_string()));
        if values.leave {
            environment.push(("BENCH_LEFT", values.file.display().to_string()));
        }
    }
    if let Some(take) = load.take {
        environment.push(("BENCH_TAKE", take.what.to_owned()));
        environment.push(("BENCH_TAKEN", take.file.display().to_string()));
        environment.push(("BENCH_WANTED", take.wanted.to_string()));
    }
    environment
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn the_script_is_told_everything() {
        let template = Template {
            path: "/token".to_owned(),
            headers: vec![("Authorization", "Basic eA==".to_owned())],
            form: Some("token=@".to_owned()),
            usage: Some(Use::Once),
            pattern: None,
        };
        let values = Values { file: "file".into(), skip: 3, count: 5, leave: true };
        let load = Load {
            template: &template,
            values: Some(&values),
            take: None,
            connections: 1,
            pause_ms: Some(1.5),
            seconds: 1,
            processor: None,
        };
        let environment = environment(9, load);
        let told = |name| environment.iter().find(|(found, _)| *found == name).unwrap().1.as_str();
        assert_eq!(
            told("BENCH_HEADERS"),
            "Host: 127.0.0.1:9\nAuthorization: Basic eA==\nContent-Type: application/x-www-form-urlencoded"
        );
        assert_eq!((told("BENCH_METHOD"), told("BENCH_USE")), ("POST", "once"));
        assert_eq!((told("BENCH_SKIP"), told("BENCH_COUNT")), ("3", "5"));
        for (name, _) in environment {
            assert!(SCRIPT.contains(&format!("told(\"{}\")", name.strip_prefix(VARIABLE).unwrap())), "{name}");
        }
    }

    #[test]
    fn only_a_pinned_program_goes_through_taskset() {
        assert_eq!(pinned(Path::new("wrk"), None).get_program(), "wrk");
        let command = pinned(Path::new("wrk"), Some(1));
        assert_eq!(command.get_args().collect::<Vec<_>>(), ["--cpu-list", "1", "wrk"]);
    }
}
