//! Runs what the command line asks for. Each command but `serve` and `dev` works on the database of a server that may be running:
//! the replicas follow within seconds.

mod apply;
mod clients;
mod config;
mod fields;
mod grants;
mod input;
mod keys;
mod manual;
mod migrate;
mod sessions;
mod users;

use std::fmt;

use grantor_application::Service;

use crate::cli::{Cli, Command, DocsCommand, Storage};
use crate::settings::{Layers, Settings, SettingsError, reference_page};
use crate::wiring::Adapters;
use crate::{actor, audit_page, dev, logging, metrics_page, output, reasons_page, running, serve, traces};

/// Does what the command line asks for.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub fn run(cli: Cli) -> anyhow::Result<()> {
    let done = dispatch(cli);
    traces::finish();
    done
}

fn dispatch(cli: Cli) -> anyhow::Result<()> {
    let storage = &cli.storage;
    match cli.command {
        Command::Serve => serve::run(storage),
        Command::Dev(args) => dev::run(storage, &args),
        Command::Migrate { action, lose_data, output } => migrate::run(storage, action, lose_data, output),
        Command::Config(command) => config::run(storage, &command),
        Command::Apply(args) => apply::run(storage, &args),
        Command::Client(command) => clients::run(storage, command),
        Command::User(command) => users::run(storage, command),
        Command::Keys(command) => keys::run(storage, command),
        Command::Grants(command) => grants::run(storage, &command),
        Command::Session(command) => sessions::run(storage, command),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { directory } => manual::pages(&directory),
        Command::Docs(DocsCommand::Configuration) => output::print_text(&reference_page()),
        Command::Docs(DocsCommand::Audit) => output::print_text(&audit_page::page()),
        Command::Docs(DocsCommand::Metrics) => output::print_text(&metrics_page::page()),
        Command::Docs(DocsCommand::Errors) => output::print_text(&reasons_page::page()),
    }
}

/// The settings of a command that administers: checked, and logging started.
fn settings(storage: &Storage) -> anyhow::Result<Settings> {
    let settings = layers(storage)?.merge()?;
    settings.check()?;
    logging::start_command(&settings.log)?;
    Ok(settings)
}

/// The layers of configuration that the command line names.
pub(crate) fn layers(storage: &Storage) -> Result<Layers, SettingsError> {
    let mut layers = Layers::read(&storage.place())?;
    if let Some(url) = &storage.database_url {
        layers.set("database.url", url);
    }
    Ok(layers)
}

/// Does `work` with the service of the configured database.
fn administer<T>(storage: &Storage, work: impl AsyncFnOnce(&Service) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let settings = settings(storage)?;
    running::runtime()?.block_on(async {
        let service = Adapters::start(&settings)?.service(&settings).await?.acting_for(actor::of_shell());
        work(&service).await
    })
}

/// An error and its causes in one line, each cause once: some texts hold that of their cause already.
pub struct Described<'a>(pub &'a anyhow::Error);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = String::new();
        for cause in self.0.chain() {
            let text = cause.to_string();
            if said.is_empty() {
                f.write_str(&text)?;
            } else if !said.ends_with(&text) {
                write!(f, ": {text}")?;
            }
            said = text;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use grantor_ports::Unavailable;

    use super::*;

    #[test]
    fn each_cause_is_told_once() {
        let check = |error: anyhow::Error, expect: &str| assert_eq!(Described(&error).to_string(), expect);
        check(anyhow::Error::from(Unavailable::because("storage is away", "refused")), "storage is away: refused");
        check(
            anyhow::anyhow!("refused").context("cannot read a").context("the demo set"),
            "the demo set: cannot read a: refused",
        );
    }
}
