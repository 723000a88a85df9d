//! Decides what a source file must look like beyond what the compiler and clippy ask: it opens by saying what it decides.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::workspace;

/// Checks every source file of the workspace.
///
/// # Errors
///
/// Names each file that does not open with a `//!` line.
pub(crate) fn check() -> anyhow::Result<()> {
    let files = source_files(workspace::root())?;
    let mut silent = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        if !opens_with_docs(&text) {
            silent.push(file.strip_prefix(workspace::root()).unwrap_or(file).display().to_string());
        }
    }
    if !silent.is_empty() {
        bail!("these files must open with a `//!` paragraph that says what they decide:\n  {}", silent.join("\n  "));
    }
    println!("{} files open with their documentation", files.len());
    Ok(())
}

/// The first line is documentation of the module, and says something.
fn opens_with_docs(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("//!").is_some_and(|words| !words.trim().is_empty())
}

/// Every `.rs` file in a `src` directory of a package, in order of its path.
fn source_files(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    collect(&root.join("crates"), false, &mut files)?;
    collect(&root.join("xtask"), false, &mut files)?;
    files.sort();
    Ok(files)
}

fn collect(directory: &Path, in_src: bool, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let unreadable = || format!("cannot list {}", directory.display());
    for entry in fs::read_dir(directory).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        let path = entry.path();
        if entry.file_type().with_context(unreadable)?.is_dir() {
            collect(&path, in_src || entry.file_name() == "src", files)?;
        } else if in_src && path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn the_first_line_must_be_documentation_that_says_something() {
        assert!(opens_with_docs("//! Decides.\n\nuse std::fs;\n"));
        assert!(!opens_with_docs(""));
        assert!(!opens_with_docs("//!\n//! Decides.\n"));
        assert!(!opens_with_docs("// Decides.\n"));
        assert!(!opens_with_docs("use std::fs;\n//! Decides.\n"));
    }

    #[test]
    fn only_rust_files_below_a_src_directory_count() {
        let root = tempfile::tempdir().unwrap();
        for file in [
            "crates/a/src/lib.rs",
            "crates/b/c/src/d/e.rs",
            "crates/a/src/page.html",
            "crates/a/tests/t.rs",
            "xtask/src/main.rs",
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = source_files(root.path()).unwrap();
        let expected =
            ["crates/a/src/lib.rs", "crates/b/c/src/d/e.rs", "xtask/src/main.rs"].map(|file| root.path().join(file));
        assert_eq!(found, expected);
    }
}
