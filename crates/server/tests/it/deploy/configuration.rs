//! The sample configuration, and the units of systemd that hand it to the program: both are read by the program itself.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use super::read;
use crate::harness::{ENCRYPTION_SECRET, binary, install, scratch_dir};

const UNITS: [&str; 2] = ["grantor.service", "grantor-migrate.service"];

fn success(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_server_would_start_with_the_sample() {
    let directory = scratch_dir();
    install(directory.path(), &read("deploy/grantor.toml"));
    let mut check = binary();
    check.args(["config", "check", "--json", "--config"]).arg(directory.path().join("grantor.toml"));
    let found: serde_json::Value = serde_json::from_str(&success(check.output().unwrap())).unwrap();
    assert_eq!(found["issuer"], "https://id.example.com");
    assert!(found["warnings"].as_array().unwrap().is_empty(), "{found}");
}

/// Each alternative of the sample, with the line that it stands for taken out.
#[test]
fn what_the_sample_leaves_commented_out_can_be_put_in() {
    let sample = read("deploy/grantor.toml");
    let check = |instead_of: &str, put: &[&str]| {
        let directory = scratch_dir();
        let lines = sample.lines().filter(|line| instead_of.is_empty() || !line.starts_with(instead_of));
        let put_in = |line: &str| put.iter().any(|start| line.starts_with(&format!("# {start}")));
        let text: Vec<_> = lines.map(|line| if put_in(line) { &line[2..] } else { line }).collect();
        // Stand-ins for what is there on a machine that serves.
        let here = directory.path().display().to_string();
        let text = text.join("\n").replace("/var/lib/grantor", &here).replace("/etc/ssl/certs", &here);
        std::fs::write(directory.path().join("ca-certificates.crt"), "").unwrap();
        install(directory.path(), &text);
        let mut check = binary();
        check.args(["config", "check", "--config"]).arg(directory.path().join("grantor.toml"));
        success(check.output().unwrap()).replace(&here, "[here]")
    };
    check("", &["token_paths = "]);
    let elsewhere = check("url = ", &["url = \"postgres://grantor:PASSWORD@db", "tls = ", "tls_root_file = "]);
    assert!(elsewhere.contains("on postgres://grantor@db.example.com/grantor"), "{elsewhere}");
    assert!(check("url = ", &["url = \"sqlite:"]).contains("on sqlite:[here]/grantor.db"));
}

/// The values of a key in a unit, in their order.
fn values<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    unit.lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(name, _)| *name == key)
        .map(|(_, value)| value)
        .collect()
}

fn only<'a>(unit: &'a str, key: &str) -> &'a str {
    let values = values(unit, key);
    assert_eq!(values.len(), 1, "{key}");
    values[0]
}

/// Puts what systemd would load into a directory of credentials: of the files in /etc/grantor, just those that are
/// named.
fn load_credentials(unit: &str, directory: &Path) {
    for credential in values(unit, "LoadCredential") {
        let (name, source) = credential.split_once(':').unwrap();
        let content = match source {
            "/etc/grantor/grantor.toml" => read("deploy/grantor.toml"),
            "/etc/grantor/encryption-secrets" => ENCRYPTION_SECRET.to_owned(),
            other => panic!("{other} is no file of ours"),
        };
        std::fs::write(directory.join(name), content).unwrap();
    }
}

/// Runs what a unit starts, on a database of SQLite's.
fn run(unit: &str, database: &Path, words: impl Fn(&str) -> String) -> Output {
    let credentials = scratch_dir();
    load_credentials(unit, credentials.path());
    let put_in = |text: &str| text.replace("%d", &credentials.path().display().to_string());
    let mut command = binary();
    for variable in values(unit, "Environment") {
        let (name, value) = variable.split_once('=').unwrap();
        command.env(name, put_in(value));
    }
    command.env("GRANTOR__DATABASE__URL", format!("sqlite:{}", database.display()));
    let start = put_in(only(unit, "ExecStart"));
    let start = words(start.strip_prefix("/usr/local/bin/grantor ").unwrap());
    command.args(start.split(' ')).output().unwrap()
}

/// The one brings the schema up to date, and after that the other finds all that it needs among its credentials.
#[test]
fn the_units_start_the_program_with_what_it_needs() {
    let directory = scratch_dir();
    let database = directory.path().join("grantor.db");
    let [service, migrate] = UNITS.map(|unit| read(&format!("deploy/systemd/{unit}")));
    let applied = success(run(&migrate, &database, str::to_owned));
    assert!(applied.contains("applied"), "{applied}");
    let words = |start: &str| start.replacen("serve", "config check", 1);
    let found = success(run(&service, &database, words));
    assert!(found.contains("https://id.example.com") && !found.contains("warning"), "{found}");
    let help = success(run(&service, &database, |start| format!("{start} --help")));
    assert!(help.contains("Start the server"), "{help}");
}

#[test]
fn the_units_share_their_limits() {
    let limits = |unit: &str| {
        let unit = read(&format!("deploy/systemd/{unit}"));
        let (_, limits) = unit.split_once("DynamicUser=").unwrap();
        let limits = limits.split("[Install]").next().unwrap_or_default();
        limits
            .lines()
            .filter(|line| line.contains('=') && !line.starts_with('#'))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(limits(UNITS[0]), limits(UNITS[1]));
}

/// Whoever stops a server waits longer than the server does for its requests.
#[test]
fn requests_that_have_begun_are_waited_for() {
    let unit = read("deploy/systemd/grantor.service");
    assert!(seconds(only(&unit, "TimeoutStopSec")) > shutdown_time());
}

/// How long a server that is told to stop may take.
pub(crate) fn shutdown_time() -> Duration {
    let directory = scratch_dir();
    let mut print = binary();
    print.args(["config", "print", "--json", "--data-dir"]).arg(directory.path());
    let keys: serde_json::Value = serde_json::from_str(&success(print.output().unwrap())).unwrap();
    let default = |key: &str| {
        let row = keys.as_array().unwrap().iter().find(|row| row["key"] == key).unwrap();
        seconds(row["default"].as_str().unwrap())
    };
    default("http.shutdown_delay") + default("http.shutdown_timeout")
}

/// A duration such as `30s`.
pub(crate) fn seconds(text: &str) -> Duration {
    Duration::from_secs(text.strip_suffix('s').unwrap().parse().unwrap())
}
