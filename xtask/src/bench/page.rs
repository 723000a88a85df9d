//! Decides what docs/performance.md looks like: an introduction, and sections that are each replaced when they are measured
//! again, with what was said of the machine then.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;

use crate::workspace;

/// The page, from the workspace's root.
pub(super) const PAGE: &str = "docs/performance.md";

/// What stands before the sections.
const INTRODUCTION: &str = include_str!("page.md");

/// The sections in their order; one that is not here follows them.
const ORDER: [&str; 12] = [
    "bars",
    "matrix",
    "matrix-unpinned",
    "ceiling",
    "peers",
    "peers-unpinned",
    "half",
    "passwords",
    "start",
    "growth",
    "clients",
    "replicas",
];

/// The sections of the page that is there.
pub(super) struct Page {
    file: PathBuf,
    /// Names and texts.
    sections: Vec<(String, String)>,
}

impl Page {
    /// Reads the page; one that is not there has no sections.
    pub(super) fn read() -> Self {
        let file = workspace::root().join(PAGE);
        let text = fs::read_to_string(&file).unwrap_or_default();
        Self { file, sections: sections(&text) }
    }

    /// Puts a section in the place of the one with the same name.
    pub(super) fn put(&mut self, name: &str, title: &str, words: &[&str]) {
        let text = format!("## {title}\n\n{}\n", words.iter().map(|text| text.trim()).collect::<Vec<_>>().join("\n\n"));
        self.sections.retain(|(known, _)| known != name);
        self.sections.push((name.to_owned(), text));
    }

    pub(super) fn write(&self) -> anyhow::Result<()> {
        fs::write(&self.file, self.render()).with_context(|| format!("cannot write {PAGE}"))
    }

    fn render(&self) -> String {
        let mut sections: Vec<_> = self.sections.iter().collect();
        sections.sort_by_key(|(name, _)| ORDER.iter().position(|known| known == name).unwrap_or(ORDER.len()));
        let mut page = INTRODUCTION.to_owned();
        for (name, text) in sections {
            page.push_str(&format!("\n<!-- section: {name} -->\n{}\n", text.trim_end()));
        }
        page
    }
}

/// The sections of a page, by their marks.
fn sections(text: &str) -> Vec<(String, String)> {
    let parts = text.split("\n<!-- section: ").skip(1);
    let split = parts.filter_map(|part| part.split_once(" -->\n"));
    split.map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_and_the_others_stay() {
        let mut page = Page { file: PathBuf::new(), sections: Vec::new() };
        page.put("start", "Start", &["one"]);
        page.put("unknown", "Unknown", &["two"]);
        page.put("matrix", "Matrix", &["three\n", "four"]);
        let text = page.render();
        let mut again = Page { file: PathBuf::new(), sections: sections(&text) };
        assert_eq!(again.render(), text);
        again.put("start", "Start", &["five"]);
        let names: Vec<_> = sections(&again.render()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["matrix", "start", "unknown"]);
        assert!(again.render().contains("five") && !again.render().contains("one\n"));
    }
}
