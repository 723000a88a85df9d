//! What administration prints for people and for scripts, and how it refuses; one file per group of commands. Each runs
//! the binary, on the storage of a server that serves meanwhile, or where none runs ([`shell`]).

mod apply;
mod client;
mod grants;
mod keys;
mod session;
mod shell;
mod user;

use crate::harness::{Server, said};

/// Runs a command that must succeed; what it printed.
#[track_caller]
fn done(server: &Server, words: &str, input: &str) -> String {
    let words: Vec<&str> = words.split_whitespace().collect();
    let output = server.run_with_input(&words, input);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said(&output), "", "{words:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a command that must fail, with the status of a failure; what it said.
#[track_caller]
fn refused(server: &Server, words: &str, input: &str) -> String {
    let words: Vec<&str> = words.split_whitespace().collect();
    let output = server.run_with_input(&words, input);
    assert_eq!(output.status.code(), Some(1), "{words:?}");
    said(&output)
}
