//! Decides in which order the files of the workspace are looked at: by path, so that every run says the same.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// What a directory holds, in order.
pub(crate) fn entries(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let unreadable = || format!("cannot list {}", directory.display());
    let entries = fs::read_dir(directory).with_context(unreadable)?;
    let mut entries =
        entries.map(|entry| Ok(entry.with_context(unreadable)?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

/// Every file with this extension at any depth below a directory, in order.
pub(crate) fn below(directory: &Path, extension: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in entries(directory)? {
        if path.is_dir() {
            found.extend(below(&path, extension)?);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    Ok(found)
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The path as one would type it in the workspace's root.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(crate::workspace::root()).unwrap_or(path).display().to_string()
}
