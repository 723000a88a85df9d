//! Decides that code which a page quotes stands in the file it is quoted from, word for word.
//!
//! A quotation is a fenced block below a line `<!-- quoted from PATH -->`, where PATH begins at the workspace's root. It may
//! be indented less than the file is, and nothing else.

use anyhow::bail;

use crate::{files, workspace};

const MARK: &str = "<!-- quoted from ";

/// Checks every page of the book.
///
/// # Errors
///
/// Names each quotation that its file does not hold.
pub(crate) fn check() -> anyhow::Result<()> {
    let (mut quotations, mut wrong) = (0, Vec::new());
    for page in files::below(&workspace::root().join("docs"), "md")? {
        for quotation in read(&files::read(&page)?) {
            quotations += 1;
            let source = files::read(&workspace::root().join(quotation.source)).unwrap_or_default();
            if !holds(&source, &quotation.lines) {
                wrong.push(format!("{}:{}: {}", files::shown(&page), quotation.line, quotation.source));
            }
        }
    }
    if !wrong.is_empty() {
        bail!("these quotations do not stand in the files they are from:\n  {}", wrong.join("\n  "));
    }
    println!("{quotations} quotations stand in the files they are from");
    Ok(())
}

struct Quotation<'a> {
    source: &'a str,
    /// Where its mark is, from 1.
    line: usize,
    lines: Vec<&'a str>,
}

fn read(page: &str) -> Vec<Quotation<'_>> {
    let mut quotations = Vec::new();
    let mut lines = page.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        if let Some(source) = line.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(" -->")) {
            // Without a fence below it the mark quotes nothing, which no file holds.
            let fenced = lines.next().is_some_and(|(line, _)| line.starts_with("```"));
            let block = lines.by_ref().map(|(line, _)| line).take_while(|line| fenced && *line != "```");
            quotations.push(Quotation { source, line: number, lines: block.collect() });
        }
    }
    quotations
}

/// Whether `lines` follow each other in `source`, all indented alike.
fn holds(source: &str, lines: &[&str]) -> bool {
    let source: Vec<&str> = source.lines().collect();
    let same = |window: &[&str]| {
        let indent = window.first().zip(lines.first()).and_then(|(there, here)| there.strip_suffix(here));
        indent.filter(|indent| indent.trim().is_empty()).is_some_and(|indent| {
            window.iter().zip(lines).all(|(there, here)| match here.is_empty() {
                true => there.is_empty(),
                false => there.strip_prefix(indent) == Some(here),
            })
        })
    };
    !lines.is_empty() && source.windows(lines.len()).any(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_is_the_block_below_its_mark() {
        let page = "Text.\n\n<!-- quoted from a/b.rs -->\n```rust\nfn f() {\n\n}\n```\n\n```rust\nnot_quoted();\n```\n";
        let found: Vec<_> = read(page).into_iter().map(|q| (q.source, q.line, q.lines)).collect();
        assert_eq!(found, [("a/b.rs", 3, vec!["fn f() {", "", "}"])]);
    }

    #[test]
    fn a_mark_without_a_block_quotes_nothing() {
        let quoted = read("<!-- quoted from a.rs -->\n\nText.\n");
        assert!(quoted.iter().all(|quotation| !holds("Text.", &quotation.lines)));
        assert_eq!(quoted.len(), 1);
    }

    #[track_caller]
    fn check_holds(lines: &[&str], expect: bool) {
        let source = "mod m {\n    fn f() {\n        g();\n\n        h();\n    }\n}\n";
        assert_eq!(holds(source, lines), expect);
    }

    #[test]
    fn a_quotation_may_be_indented_less_and_nothing_else() {
        check_holds(&["fn f() {", "    g();", "", "    h();", "}"], true);
        check_holds(&["    fn f() {", "        g();"], true);
        check_holds(&["h();"], true);
        check_holds(&["g();", "h();"], false);
        check_holds(&["fn f() {", "g();"], false);
        check_holds(&["(); "], false);
        check_holds(&["();"], false);
        check_holds(&[], false);
    }
}
