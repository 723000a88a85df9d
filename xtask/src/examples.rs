//! Decides which examples run before a change is taken: every one there is. Each checks itself and fails at a surprise.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::process::run as run_command;
use crate::signals::Signals;
use crate::{files, workspace};

/// An example and the package it belongs to.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Example {
    package: String,
    name: String,
}

/// Runs every example of the workspace to its end; the first that fails ends the run. They are built together, with the features
/// of the tests: `cargo run` for each package would build half of what they depend on once more.
pub(crate) fn run(signals: &Signals) -> anyhow::Result<()> {
    let examples = find(&workspace::root().join("crates"))?;
    if examples.is_empty() {
        bail!("there is no example below crates/, though docs/reuse.md walks through some");
    }
    let mut build = workspace::cargo();
    run_command(build.args(["build", "--quiet", "--locked", "--workspace", "--examples"]), signals)?;
    for Example { package, name } in &examples {
        println!("\n{package}, example {name}:");
        let program = workspace::target().join("debug").join("examples").join(name);
        run_command(Command::new(program).current_dir(workspace::root()), signals)?;
    }
    Ok(())
}

/// Every example of a package below `directory`, in order: `examples/name.rs` or `examples/name/main.rs`, as cargo finds them.
fn find(directory: &Path) -> anyhow::Result<Vec<Example>> {
    let mut found = Vec::new();
    for package in packages(directory)? {
        let directory = package.join("examples");
        if !directory.is_dir() {
            continue;
        }
        let name = name_of(&package)?;
        for path in files::entries(&directory)? {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if path.extension().is_some_and(|extension| extension == "rs") || path.join("main.rs").is_file() {
                found.push(Example { package: name.clone(), name: stem });
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The directories with a manifest, at any depth; a package has none inside.
fn packages(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in files::entries(directory)?.into_iter().filter(|path| path.is_dir()) {
        if path.join("Cargo.toml").is_file() {
            found.push(path);
        } else {
            found.extend(packages(&path)?);
        }
    }
    Ok(found)
}

fn name_of(package: &Path) -> anyhow::Result<String> {
    let path = package.join("Cargo.toml");
    let manifest: toml::Table = files::read(&path)?.parse().with_context(|| path.display().to_string())?;
    let name = manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    name.map(str::to_owned).with_context(|| format!("{} names no package", path.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use std::fs;

    use super::*;

    #[test]
    fn every_example_of_every_package_is_found() {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("a/Cargo.toml", "[package]\nname = \"pack-a\"\n"),
            ("a/examples/two.rs", ""),
            ("a/examples/one.rs", ""),
            ("a/examples/data/input.txt", ""),
            ("a/examples/notes.md", ""),
            ("deep/b/Cargo.toml", "[package]\nname = \"pack-b\"\n"),
            ("deep/b/examples/three/main.rs", ""),
            ("deep/b/examples/three/part.rs", ""),
            ("deep/c/Cargo.toml", "[package]\nname = \"pack-c\"\n"),
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let found: Vec<_> = find(root.path()).unwrap().into_iter().map(|e| (e.package, e.name)).collect();
        let expected = [("pack-a", "one"), ("pack-a", "two"), ("pack-b", "three")];
        assert_eq!(found, expected.map(|(package, name)| (package.to_owned(), name.to_owned())));
    }
}
