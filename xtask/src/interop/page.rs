//! Decides what docs/interop.md says: for each store, what each library did, and by which call, or why it has none. The same
//! results give the same page, so nothing in it tells when or how fast.

use std::fmt::Write;

use super::Store;
use super::report::{CHECKS, Finding, Outcome, Report};

const INTRODUCTION: &str = "\
# Client libraries

Written by `cargo xtask interop`, which drives the running binary with each library, over HTTP and through the real pages.
[What each check asks](../xtask/interop/README.md) and the programs are in `xtask/interop`.

✓ the library did it, and – it does not offer it. A check that fails stops the run, so none stands here.
";

/// The page, as it grows store by store.
#[derive(Default)]
pub(super) struct Page {
    stores: Vec<(Store, Vec<Report>)>,
}

impl Page {
    /// Adds what the libraries did on one store.
    pub(super) fn add(&mut self, store: Store, reports: Vec<Report>) {
        self.stores.push((store, reports));
    }

    /// The page as Markdown.
    pub(super) fn render(&self) -> String {
        let mut text = INTRODUCTION.to_owned();
        for (store, reports) in &self.stores {
            let _ = write!(text, "\n## On {}\n\n{}", store.name(), overview(reports));
        }
        // How a library does something does not depend on what the server stores in.
        if let Some((_, reports)) = self.stores.first() {
            text.push_str("\n## How, and why not\n");
            for report in reports {
                text.push_str(&details(report));
            }
        }
        text
    }
}

/// Checks by libraries.
fn overview(reports: &[Report]) -> String {
    let heads = reports.iter().map(|report| format!("{} {}", report.library.title(), report.version));
    let mut text = row(std::iter::once("Check".to_owned()).chain(heads));
    text.push_str(&row(std::iter::once("---".to_owned()).chain(reports.iter().map(|_| ":-:".to_owned()))));
    for (index, check) in CHECKS.iter().enumerate() {
        let marks = reports.iter().map(|report| report.results.get(index).map_or("", mark).to_owned());
        text.push_str(&row(std::iter::once(check.title.to_owned()).chain(marks)));
    }
    text
}

/// One library: each check, and by which call, or why not.
fn details(report: &Report) -> String {
    let source = report.library.source();
    let mut text = format!("\n### {} {} ({source})\n\n", report.library.title(), report.version);
    text.push_str(&row(["Check", "", "How"].map(str::to_owned)));
    text.push_str(&row(["---", ":-:", "---"].map(str::to_owned)));
    for (check, result) in report.with_checks() {
        let cells = [check.title, mark(result), &result.detail];
        text.push_str(&row(cells.map(str::to_owned)));
    }
    text
}

fn mark(result: &Finding) -> &'static str {
    match result.outcome {
        Outcome::Fail => "✗",
        Outcome::NotOffered => "–",
        Outcome::Pass => "✓",
    }
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::super::Library;
    use super::super::report::testing::output;
    use super::*;

    fn page() -> String {
        let mut page = Page::default();
        for store in Store::ALL {
            let reports = [Library::Go, Library::OpenidClient].map(|library| {
                let printed = output(library, |name| match (library, name) {
                    (Library::Go, "token-exchange") => "not offered",
                    _ => "pass",
                });
                Report::read(library, &printed).unwrap()
            });
            page.add(store, reports.into());
        }
        page.render()
    }

    #[test]
    fn each_store_has_its_table_of_checks_by_libraries() {
        let page = page();
        let sqlite =
            page.find("\n## On SQLite\n\n| Check | golang.org/x/oauth2 + go-oidc 1.2.3 | openid-client 1.2.3 |\n");
        let postgres = page.find("\n## On Postgres\n\n| Check | golang.org/x/oauth2 + go-oidc 1.2.3 |");
        assert!(sqlite.unwrap() < postgres.unwrap());
        assert_eq!(page.matches("| Discovery | ✓ | ✓ |\n").count(), 2);
        assert_eq!(page.matches("| Token exchange (RFC 8693) | – | ✓ |\n").count(), 2);
    }

    #[test]
    fn each_library_says_how_once() {
        let page = page();
        assert_eq!(page.matches("\n### openid-client 1.2.3 (npm)\n").count(), 1);
        assert_eq!(page.matches("| Discovery | ✓ | `call` |\n").count(), 2, "once for each library");
        assert_eq!(page.matches("| Token exchange (RFC 8693) | – | `call` |\n").count(), 1);
    }

    #[test]
    fn a_bar_in_a_cell_is_no_border() {
        assert_eq!(row(["a|b".to_owned(), "c".to_owned()]), "| a\\|b | c |\n");
    }

    #[test]
    fn the_same_results_give_the_same_page() {
        assert_eq!(page(), page());
    }
}
