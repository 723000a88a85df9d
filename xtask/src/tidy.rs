//! Decides what a source file must look like beyond what the compiler and clippy ask: it opens by saying what it decides.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::{files, workspace};

/// Checks every source file of the workspace.
///
/// # Errors
///
/// Names each file that does not open with a `//!` line.
pub(crate) fn check() -> anyhow::Result<()> {
    let sources = source_files(workspace::root())?;
    let mut silent = Vec::new();
    for source in &sources {
        if !opens_with_docs(&files::read(source)?) {
            silent.push(files::shown(source));
        }
    }
    if !silent.is_empty() {
        bail!("these files must open with a `//!` paragraph that says what they decide:\n  {}", silent.join("\n  "));
    }
    println!("{} files open with their documentation", sources.len());
    Ok(())
}

/// The first line is documentation of the module, and says something.
fn opens_with_docs(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("//!").is_some_and(|words| !words.trim().is_empty())
}

/// Every `.rs` file in a `src` directory of a package, in order of its path.
fn source_files(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = files::below(&root.join("crates"), "rs")?;
    found.extend(files::below(&root.join("xtask"), "rs")?);
    found.retain(|path| path.strip_prefix(root).is_ok_and(|path| path.iter().any(|directory| directory == "src")));
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use std::fs;

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
