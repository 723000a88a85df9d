//! Decides that the domain says where its rules come from: every file and every public item outside of an `impl` names a
//! section of a specification, or says that it is Grantor's own.
//!
//! That it is the right section is for people to check. Fields and methods stand under their type's section.

use anyhow::bail;

use crate::{files, workspace};

/// What counts as naming a source.
const SOURCES: [&str; 5] = ["§", "RFC ", "FIPS ", "appendix ", "Grantor's own"];

/// What begins a public item at the left edge.
const ITEMS: [&str; 6] = ["pub const ", "pub const fn ", "pub enum ", "pub fn ", "pub struct ", "pub type "];

/// Checks every file of the domain.
///
/// # Errors
///
/// Names each file and item without a source.
pub(crate) fn check() -> anyhow::Result<()> {
    let (mut items, mut silent) = (0, Vec::new());
    for path in files::below(&workspace::root().join("crates/domain/src"), "rs")? {
        for (line, names_source) in read(&files::read(&path)?) {
            items += 1;
            if !names_source {
                silent.push(format!("{}:{line}", files::shown(&path)));
            }
        }
    }
    if !silent.is_empty() {
        bail!(
            "these must name the section that they come from, or say that they are Grantor's own:\n  {}",
            silent.join("\n  ")
        );
    }
    println!("{items} files and public items of the domain say where they come from");
    Ok(())
}

/// The file itself and each public item at the left edge: its line, from 1, and whether its documentation names a source.
fn read(text: &str) -> Vec<(usize, bool)> {
    let file: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//!")).collect();
    let mut found = vec![(1, names_source(&file))];
    let mut documentation = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if let Some(words) = line.strip_prefix("///") {
            documentation.push(words);
        } else if ITEMS.iter().any(|beginning| line.starts_with(beginning)) {
            found.push((number, names_source(&documentation)));
        }
        if !line.starts_with("///") && !line.starts_with("#[") {
            documentation.clear();
        }
    }
    found
}

/// Whether these lines name a source, one that is broken over two of them included.
fn names_source(documentation: &[&str]) -> bool {
    let documentation = documentation.concat();
    SOURCES.iter().any(|source| documentation.contains(source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_each_public_item_are_looked_at() {
        let text = "//! Scope (RFC 6749 §3.3).\n\n/// A set.\n#[derive(Debug)]\npub struct Set;\n\n/// It is Grantor's\n/// own.\npub fn f() {}\n\
                    \n/// RFC 1 §1.\nfn private() {}\npub type T = u8;\n";
        assert_eq!(read(text), [(1, true), (5, false), (9, true), (13, false)]);
    }

    #[test]
    fn what_stands_before_another_item_does_not_count() {
        let text = "//! Words.\n\n/// Grantor's own.\nstruct Private {\n    /// RFC 1 §1.\n    field: u8,\n}\n\npub const N: u8 = 1;\n";
        assert_eq!(read(text), [(1, false), (9, false)]);
    }
}
