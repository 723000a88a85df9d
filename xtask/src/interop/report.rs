//! Decides what a program's output is worth: one line of JSON for each check, every check once, nothing else.

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

use super::library::Library;

/// Something that a library may be able to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Check {
    /// Its name in the output of the programs.
    pub(super) name: &'static str,
    /// What it is, on the page.
    pub(super) title: &'static str,
}

/// Every check, in the order of the page. xtask/interop/README.md says what each takes to pass.
pub(super) const CHECKS: [Check; 22] = [
    Check { name: "discovery", title: "Discovery" },
    Check { name: "registration", title: "Registers itself (RFC 7591)" },
    Check { name: "code-confidential", title: "Code and PKCE, confidential client" },
    Check { name: "code-public", title: "Code and PKCE, public client" },
    Check { name: "request-object", title: "Signed request object (RFC 9101)" },
    Check { name: "state", title: "Another `state` refused" },
    Check { name: "issuer-parameter", title: "Another `iss` refused (RFC 9207)" },
    Check { name: "id-token", title: "ID token validated" },
    Check { name: "wrong-nonce", title: "Another `nonce` refused" },
    Check { name: "access-token", title: "Access token validated as a JWT (RFC 9068)" },
    Check { name: "userinfo", title: "UserInfo" },
    Check { name: "refresh", title: "Refresh, with rotation" },
    Check { name: "invalid-grant", title: "A refused grant read as `invalid_grant`" },
    Check { name: "invalid-client", title: "A wrong secret read as `invalid_client`" },
    Check { name: "secret-basic", title: "Client credentials, `client_secret_basic`" },
    Check { name: "secret-post", title: "Client credentials, `client_secret_post`" },
    Check { name: "private-key-jwt", title: "Client credentials, `private_key_jwt`" },
    Check { name: "token-exchange", title: "Token exchange (RFC 8693)" },
    Check { name: "device", title: "Device authorization (RFC 8628)" },
    Check { name: "introspection", title: "Introspection (RFC 7662)" },
    Check { name: "revocation", title: "Revocation (RFC 7009)" },
    Check { name: "logout", title: "Sign-out (RP-Initiated Logout)" },
];

/// What an application needs, whichever library it has: where the library has no call for it, the application's own code
/// does it, and none leaves it out.
const ALWAYS: [&str; 3] = ["userinfo", "refresh", "logout"];

/// What became of a check.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The application did it, as the library has no call for it.
    #[serde(rename = "application")]
    Application,
    #[serde(rename = "fail")]
    Fail,
    /// The library has no such thing.
    #[serde(rename = "not offered")]
    NotOffered,
    #[serde(rename = "pass")]
    Pass,
}

/// One line of a program's output.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    library: String,
    version: String,
    check: String,
    outcome: Outcome,
    detail: String,
}

/// What a library did.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) library: Library,
    pub(super) version: String,
    /// In the order of [`CHECKS`], and as many.
    pub(super) results: Vec<Finding>,
}

/// What became of one check, and by which call, or why not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) outcome: Outcome,
    pub(super) detail: String,
}

impl Report {
    /// Reads what the program of `library` printed.
    ///
    /// # Errors
    ///
    /// If a line is something else, if a check is unknown or there twice, if a line does not say how or why, if one leaves out
    /// what is among [`ALWAYS`], or if one says of something else that the application did it.
    pub(super) fn read(library: Library, printed: &str) -> anyhow::Result<Self> {
        let mut lines = Vec::new();
        for text in printed.lines() {
            let line: Line = serde_json::from_str(text).with_context(|| format!("not the line of a check: {text}"))?;
            ensure!(line.library == library.title(), "a line of {}, not of {}", line.library, library.title());
            ensure!(!line.detail.trim().is_empty(), "the check {} does not say how it went", line.check);
            ensure!(CHECKS.iter().any(|check| check.name == line.check), "no check is called {}", line.check);
            let always = ALWAYS.contains(&line.check.as_str());
            ensure!(!always || line.outcome != Outcome::NotOffered, "the check {} may not be left out", line.check);
            ensure!(always || line.outcome != Outcome::Application, "the check {} is for the library", line.check);
            lines.push(line);
        }
        let version = lines.first().map(|line| line.version.clone()).context("nothing was checked")?;
        ensure!(lines.iter().all(|line| line.version == version), "lines of several versions");
        let results = CHECKS.iter().map(|check| only(check, &lines)).collect::<anyhow::Result<_>>()?;
        Ok(Self { library, version, results })
    }

    /// Each failed check, as a message.
    pub(super) fn failures(&self) -> Vec<String> {
        let failed = self.with_checks().filter(|(_, result)| result.outcome == Outcome::Fail);
        failed.map(|(check, result)| format!("{}: {}: {}", self.library.title(), check.name, result.detail)).collect()
    }

    /// One line for the terminal.
    pub(super) fn summary(&self) -> String {
        let count = |outcome| self.results.iter().filter(|result| result.outcome == outcome).count();
        let (passed, failed, missing) = (count(Outcome::Pass), count(Outcome::Fail), count(Outcome::NotOffered));
        let own = count(Outcome::Application);
        let (title, version) = (self.library.title(), &self.version);
        format!("{title} {version}: {passed} passed, {own} by the application, {failed} failed, {missing} not offered")
    }

    /// Each check with what became of it.
    pub(super) fn with_checks(&self) -> impl Iterator<Item = (&'static Check, &Finding)> {
        CHECKS.iter().zip(&self.results)
    }
}

/// What the one line of a check says. A check without a line failed: the program gave up before it.
fn only(check: &Check, lines: &[Line]) -> anyhow::Result<Finding> {
    let mut of_check = lines.iter().filter(|line| line.check == check.name);
    match (of_check.next(), of_check.next()) {
        (Some(line), None) => Ok(Finding { outcome: line.outcome, detail: line.detail.clone() }),
        (None, _) => Ok(Finding { outcome: Outcome::Fail, detail: "missing in the output of the program".to_owned() }),
        (Some(_), Some(_)) => bail!("the check {} is there twice", check.name),
    }
}

#[cfg(test)]
pub(super) mod testing {
    //! Output that exists only for a test.

    use super::{CHECKS, Library};

    /// A complete output in which each check has the outcome that `outcome` gives it.
    pub(in crate::interop) fn output(library: Library, outcome: impl Fn(&str) -> &'static str) -> String {
        let line = |name: &str| {
            serde_json::json!({
                "library": library.title(), "version": "1.2.3", "check": name, "outcome": outcome(name), "detail": "`call`",
            })
        };
        CHECKS.iter().map(|check| format!("{}\n", line(check.name))).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::testing::output;
    use super::*;

    const LIBRARY: Library = Library::OpenidClient;

    #[test]
    fn a_complete_output_is_a_report() {
        let report = Report::read(LIBRARY, &output(LIBRARY, |_| "pass")).unwrap();
        assert_eq!((report.version.as_str(), report.results.len()), ("1.2.3", CHECKS.len()));
        assert!(report.failures().is_empty());
        assert_eq!(report.summary(), "openid-client 1.2.3: 22 passed, 0 by the application, 0 failed, 0 not offered");
    }

    #[test]
    fn the_order_of_the_lines_does_not_matter() {
        let printed = output(LIBRARY, |name| if name == "discovery" { "not offered" } else { "pass" });
        let reversed: String = printed.lines().rev().map(|line| format!("{line}\n")).collect();
        let report = Report::read(LIBRARY, &reversed).unwrap();
        let first = report.with_checks().next().unwrap();
        assert_eq!((first.0.name, first.1.outcome), ("discovery", Outcome::NotOffered));
    }

    #[test]
    fn a_failed_check_is_named_with_its_reason() {
        let printed = output(LIBRARY, |name| if name == "refresh" { "fail" } else { "pass" });
        let report = Report::read(LIBRARY, &printed).unwrap();
        assert_eq!(report.failures(), ["openid-client: refresh: `call`"]);
    }

    #[test]
    fn what_every_application_needs_may_be_its_own_work_but_is_not_left_out() {
        for name in ALWAYS {
            let by = |outcome| output(LIBRARY, |check| if check == name { outcome } else { "pass" });
            let report = Report::read(LIBRARY, &by("application")).unwrap();
            assert!(report.failures().is_empty(), "{name}");
            assert_eq!(
                report.summary(),
                "openid-client 1.2.3: 21 passed, 1 by the application, 0 failed, 0 not offered"
            );
            check_refused(&by("not offered"), &format!("the check {name} may not be left out"));
        }
        let printed = output(LIBRARY, |name| if name == "state" { "application" } else { "pass" });
        check_refused(&printed, "the check state is for the library");
    }

    #[test]
    fn a_missing_check_failed() {
        let whole = output(LIBRARY, |_| "pass");
        let without_last = whole.trim_end().rsplit_once('\n').unwrap().0;
        let report = Report::read(LIBRARY, without_last).unwrap();
        assert_eq!(report.failures(), ["openid-client: logout: missing in the output of the program"]);
    }

    #[track_caller]
    fn check_refused(printed: &str, complaint: &str) {
        let error = format!("{:#}", Report::read(LIBRARY, printed).unwrap_err());
        assert!(error.contains(complaint), "{error}");
    }

    #[test]
    fn what_is_no_complete_output_is_refused() {
        let whole = output(LIBRARY, |_| "pass");
        check_refused("", "nothing was checked");
        check_refused(&format!("{whole}{whole}"), "the check discovery is there twice");
        check_refused(&format!("{whole}a word\n"), "not the line of a check: a word");
        check_refused(&whole.replace("\"refresh\"", "\"other\""), "no check is called other");
        check_refused(&whole.replace("`call`", " "), "does not say how it went");
        check_refused(&whole.replace("\"pass\"", "\"maybe\""), "not the line of a check");
        check_refused(&whole.replacen("1.2.3", "1.2.4", 1), "lines of several versions");
        check_refused(&output(Library::Go, |_| "pass"), "not of openid-client");
    }
}
