//! What helps at the terminal and is made of the command line itself: completions and the manual.

use std::io;
use std::path::Path;

use anyhow::Context;
use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::output;

/// Prints the completion script of a shell.
pub(super) fn completions(shell: Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "grantor", &mut script);
    output::print_text(&String::from_utf8(script).context("the script")?)
}

/// Writes a manual page for every command.
pub(super) fn pages(directory: &Path) -> anyhow::Result<()> {
    let cannot = || format!("the manual cannot be written to {}", directory.display());
    std::fs::create_dir_all(directory).and_then(|()| write(directory)).with_context(cannot)?;
    output::print_text(&format!("the manual is in {0}; read it by: man -l {0}/grantor.1", directory.display()))
}

fn write(directory: &Path) -> io::Result<()> {
    clap_mangen::generate_to(Cli::command(), directory)
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
            assert!(text.contains(".TH"), "{page}");
        }
    }

    #[test]
    fn every_shell_has_a_script() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "grantor", &mut script);
            let script = String::from_utf8(script).unwrap();
            assert!(["serve", "rotate", "database-url"].iter().all(|word| script.contains(word)), "{shell}");
        }
    }
}
