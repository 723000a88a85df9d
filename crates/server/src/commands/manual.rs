//! What helps at the terminal and is made of the command line itself: completions and the manual.

use std::io;
use std::path::Path;

use anyhow::Context;
use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli::Cli;
use crate::output;

const PROGRAM: &str = "grantor";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Prints the completion script of a shell.
pub(super) fn completions(shell: Shell) -> anyhow::Result<()> {
    output::print_text(&script(shell)?)
}

fn script(shell: Shell) -> anyhow::Result<String> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut without_hidden(&Cli::command()), PROGRAM, &mut script);
    String::from_utf8(script).context("the script")
}

/// The same words but those that are hidden: a script would offer them.
fn without_hidden(command: &clap::Command) -> clap::Command {
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
    clap::Command::new(PROGRAM).version(VERSION).args(command.get_arguments()).subcommands(shown.cloned())
}

/// Writes a manual page for every command.
pub(super) fn pages(directory: &Path) -> anyhow::Result<()> {
    let cannot = || format!("the manual cannot be written to {}", directory.display());
    std::fs::create_dir_all(directory).and_then(|()| write(directory)).with_context(cannot)?;
    output::print_text(&format!("the manual is in {0}; read it by: man -l {0}/grantor.1", directory.display()))
}

fn write(directory: &Path) -> io::Result<()> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    write_page(&command, directory)
}

/// Each page names the program and its version at its foot, which clap_mangen does on the first alone.
fn write_page(command: &clap::Command, directory: &Path) -> io::Result<()> {
    command.get_subcommands().filter(|command| !command.is_hide_set()).try_for_each(|of| write_page(of, directory))?;
    let source = format!("{PROGRAM} {VERSION}");
    Man::new(command.clone()).source(source).generate_to(directory).map(|_path| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path()).unwrap();
        for page in ["grantor.1", "grantor-serve.1", "grantor-config-check.1", "grantor-client-list.1"] {
            let text = std::fs::read_to_string(directory.path().join(page)).unwrap();
            let foot = format!("\"grantor {VERSION}\"");
            assert!(text.lines().any(|line| line.starts_with(".TH ") && line.contains(&foot)), "{page}: {text}");
        }
    }

    #[test]
    fn every_shell_has_a_script() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = script(shell).unwrap();
            assert!(["serve", "rotate", "database-url"].iter().all(|word| script.contains(word)), "{shell}");
            assert!(!script.contains("docs"), "{shell} offers what is hidden");
        }
    }
}
