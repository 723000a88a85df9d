//! Decides what client libraries must be able to do: each one's program in `xtask/interop` drives the running binary, on SQLite
//! and on Postgres, and docs/interop.md says what it did.
//!
//! Nothing is written when a check fails, or when a program does not say what became of every check.

mod library;
mod page;
mod prepare;
mod report;
mod settings;
mod toolchain;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail, ensure};

pub(crate) use self::library::Library;
use self::page::Page;
use self::prepare::Program;
use self::report::Report;
use self::settings::Settings;
use self::toolchain::Toolchain;
use crate::browser::Browser;
use crate::dev_server::DevServer;
use crate::postgres::Postgres;
use crate::process::{run as run_command, run_and_read, step};
use crate::signals::Signals;
use crate::workspace;

/// How long one program may take on one store: the one in a browser takes some ten seconds, most of them one or two.
const PROGRAM_LIMIT: Duration = Duration::from_secs(60);

/// Where the results are kept, from the workspace's root.
const PAGE: &str = "docs/interop.md";

/// What the server is set to besides the defaults: clients may register themselves, all of them from one address.
const SERVER: [(&str, &str); 2] =
    [("GRANTOR__REGISTRATION__MODE", "open"), ("GRANTOR__REGISTRATION__PER_ADDRESS", "1000")];

/// How the server is built: as for the tests, so that nothing is left to build after them. By itself the package has half of what
/// it depends on built with fewer features, once more.
const BUILD: [&str; 5] = ["build", "--locked", "--workspace", "--bins", "--examples"];

/// What the server stores in, in the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Store {
    Sqlite,
    Postgres,
}

impl Store {
    const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "Postgres",
        }
    }
}

/// `cargo xtask interop`: every library, or the named ones; the page is written, or with `check` compared.
pub(crate) fn run(libraries: &[Library], check: bool, signals: &Signals) -> anyhow::Result<()> {
    let chosen: Vec<Library> =
        Library::ALL.into_iter().filter(|library| libraries.is_empty() || libraries.contains(library)).collect();
    let browser = require(&chosen, signals)?;
    step("grantor", || run_command(workspace::cargo().args(BUILD), signals))?;
    let programs = step("programs of the client libraries", || prepare::prepare(&chosen, signals))?;
    let mut page = Page::default();
    for store in Store::ALL {
        let reports =
            step(&format!("client libraries on {}", store.name()), || run_all(&programs, &browser, store, signals))?;
        page.add(store, reports);
    }
    if !libraries.is_empty() {
        return Ok(());
    }
    let file = workspace::root().join(PAGE);
    let text = page.render();
    if check { compare(&file, &text) } else { fs::write(&file, text).with_context(|| format!("cannot write {PAGE}")) }
}

/// The environment by which programs find a browser; empty where none needs one.
type BrowserEnvironment = Vec<(&'static str, String)>;

/// Makes sure that everything is there which runs the programs, before anything is built.
fn require(libraries: &[Library], signals: &Signals) -> anyhow::Result<BrowserEnvironment> {
    let is_needed = |toolchain| libraries.iter().any(|library| library.kind().toolchains().contains(toolchain));
    for toolchain in Toolchain::ALL.iter().filter(|toolchain| is_needed(toolchain)) {
        toolchain.require(signals)?;
    }
    if !libraries.iter().any(|library| library.needs_browser()) {
        return Ok(Vec::new());
    }
    Ok(step("browser", || Browser::find_or_install(signals))?.environment())
}

/// Runs each program against one server on a fresh store.
fn run_all(
    programs: &[Program],
    browser: &BrowserEnvironment,
    store: Store,
    signals: &Signals,
) -> anyhow::Result<Vec<Report>> {
    let postgres = match store {
        Store::Sqlite => None,
        Store::Postgres => Some(Postgres::start(signals)?),
    };
    let grantor = workspace::target().join("debug").join("grantor");
    let server = DevServer::start(&grantor, postgres.as_ref().map(Postgres::url).as_deref(), &SERVER, signals)?;
    let settings = Settings::of_demo_set(server.issuer(), server.data_dir())?.to_json()?;
    let mut reports = Vec::new();
    for program in programs {
        let printed = run_and_read(program.command(&settings).envs(browser.iter().cloned()), PROGRAM_LIMIT, signals)?;
        let report = Report::read(program.library(), &printed)
            .with_context(|| format!("the program of {}", program.library().folder()))?;
        println!("{}", report.summary());
        reports.push(report);
    }
    let failures: Vec<String> = reports.iter().flat_map(Report::failures).collect();
    if !failures.is_empty() {
        bail!("these checks failed:\n  {}\nthe server's log:\n{}", failures.join("\n  "), server.log());
    }
    Ok(reports)
}

/// Fails unless the page on disk is what this run would write.
fn compare(file: &Path, text: &str) -> anyhow::Result<()> {
    let written = fs::read_to_string(file).with_context(|| format!("cannot read {PAGE}"))?;
    ensure!(
        written == text,
        "{PAGE} does not say what this run found: write it by `cargo xtask interop`, and commit it"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn a_page_that_says_otherwise_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("interop.md");
        assert!(compare(&file, "text").is_err());
        fs::write(&file, "text").unwrap();
        compare(&file, "text").unwrap();
        assert!(compare(&file, "other text").unwrap_err().to_string().contains("cargo xtask interop"));
    }
}
