//! Decides what docs/interop.md says: what each library did, and by which call, or why it has none. The same results give
//! the same page, so nothing in it tells when or how fast.

use std::fmt::Write;

use super::Store;
use super::library::Library;
use super::report::{CHECKS, Finding, Outcome, Report};

const INTRODUCTION: &str = "\
# Client libraries

Written by `cargo xtask interop`, which drives the running binary with each library, over HTTP and through the real pages.
[What each check asks](../xtask/interop/README.md) and the programs are in `xtask/interop`.

✓ the library did it, ○ the application did it, as the library has no call for it, and – it is not offered. UserInfo, refresh
and sign-out are what every application needs, so there ○ takes the place of –: the program does what the library's
documentation tells an application to do, or what the protocol asks, and the check is the same. A check that fails stops the
run, so none stands here. Each mark is for SQLite and for Postgres, unless it names one of them.
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
        let reports = self.stores.first().map_or(&[][..], |(_, reports)| reports);
        for table in reports.chunk_by(|one, next| heading(one) == heading(next)) {
            let title = table.first().map_or("", heading);
            let _ = write!(text, "\n## {title}\n\n{}", self.overview(table));
        }
        // How a library does something does not depend on what the server stores in.
        text.push_str("\n## How, and why not\n");
        for report in reports {
            text.push_str(&self.details(report));
        }
        text
    }

    /// Checks by libraries.
    fn overview(&self, reports: &[Report]) -> String {
        let heads = reports.iter().map(|report| format!("{} {}", report.library.title(), report.version));
        let mut text = row(std::iter::once("Check".to_owned()).chain(heads));
        text.push_str(&row(std::iter::once("---".to_owned()).chain(reports.iter().map(|_| ":-:".to_owned()))));
        for (index, check) in CHECKS.iter().enumerate() {
            let marks = reports.iter().map(|report| self.mark(report.library, index));
            text.push_str(&row(std::iter::once(check.title.to_owned()).chain(marks)));
        }
        text
    }

    /// One library: each check, and by which call, or why not.
    fn details(&self, report: &Report) -> String {
        let source = report.library.kind().source();
        let mut text = format!("\n### {} {} ({source})\n\n", report.library.title(), report.version);
        text.push_str(&row(["Check", "", "How"].map(str::to_owned)));
        text.push_str(&row(["---", ":-:", "---"].map(str::to_owned)));
        for (index, (check, result)) in report.with_checks().enumerate() {
            text.push_str(&row([check.title.to_owned(), self.mark(report.library, index), result.detail.clone()]));
        }
        text
    }

    /// What became of the check at `index` of [`CHECKS`]: one mark where the stores agree, else one for each.
    fn mark(&self, library: Library, index: usize) -> String {
        let on_store = |(store, reports): &(Store, Vec<Report>)| {
            let report = reports.iter().find(|report| report.library == library)?;
            Some((*store, mark(report.results.get(index)?)))
        };
        let marks: Vec<_> = self.stores.iter().filter_map(on_store).collect();
        match marks.as_slice() {
            [(_, first), others @ ..] if others.iter().all(|(_, mark)| mark == first) => (*first).to_owned(),
            _ => marks.iter().map(|(store, mark)| format!("{mark} {}", store.name())).collect::<Vec<_>>().join(", "),
        }
    }
}

/// The table that a library is in.
fn heading(report: &Report) -> &'static str {
    report.library.kind().heading()
}

fn mark(result: &Finding) -> &'static str {
    match result.outcome {
        Outcome::Application => "○",
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

    /// Token exchange is offered by the library in Python on SQLite alone, and by no library in Go, where the application signs
    /// out by itself.
    fn page() -> String {
        let mut page = Page::default();
        for store in Store::ALL {
            let reports = [Library::OpenidClient, Library::Authlib, Library::Idpyoidc, Library::Go].map(|library| {
                let printed = output(library, |name| match (library, name, store) {
                    (Library::Go, "token-exchange", _) | (Library::Authlib, "token-exchange", Store::Postgres) => {
                        "not offered"
                    }
                    (Library::Go, "logout", _) => "application",
                    _ => "pass",
                });
                Report::read(library, &printed).unwrap()
            });
            page.add(store, reports.into());
        }
        page.render()
    }

    #[test]
    fn each_language_has_its_table_of_checks_by_libraries() {
        let page = page();
        let tables = [
            "\n## JavaScript\n\n| Check | openid-client 1.2.3 |\n| --- | :-: |\n| Discovery | ✓ |\n",
            "\n## Python\n\n| Check | Authlib 1.2.3 | idpyoidc 1.2.3 |\n| --- | :-: | :-: |\n| Discovery | ✓ | ✓ |\n",
            "\n## Go\n\n| Check | golang.org/x/oauth2 + go-oidc 1.2.3 |\n",
            "\n## How, and why not\n",
        ];
        let places = tables.map(|table| page.find(table).unwrap());
        assert!(places.is_sorted());
        assert_eq!(page.matches("| Token exchange (RFC 8693) | – |\n").count(), 1);
        assert_eq!(page.matches("| Sign-out (RP-Initiated Logout) | ○ |\n").count(), 1);
    }

    #[test]
    fn a_store_is_named_where_it_makes_a_difference() {
        let page = page();
        assert!(page.contains("| Token exchange (RFC 8693) | ✓ SQLite, – Postgres | ✓ |\n"));
        assert!(page.contains("| Token exchange (RFC 8693) | ✓ SQLite, – Postgres | `call` |\n"));
        assert_eq!(page.matches("✓ SQLite").count(), 2);
    }

    #[test]
    fn each_library_says_how_once() {
        let page = page();
        assert_eq!(page.matches("\n### openid-client 1.2.3 (npm)\n").count(), 1);
        assert_eq!(page.matches("| Discovery | ✓ | `call` |\n").count(), 4, "once for each library");
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
