//! Decides which tools run the programs: those in PATH if they are new enough, else Debian's packages where xtask may install
//! them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use crate::search::{find_program, path_directories};
use crate::signals::Signals;
use crate::{debian, process};

/// Where Debian puts Apache; a user's PATH may leave that directory out.
const APACHE: &str = "/usr/sbin/apache2";

/// Where Debian puts the module that makes Apache a client.
const APACHE_MODULE: &str = "/usr/lib/apache2/modules/mod_auth_openidc.so";

/// What runs a program that our own cargo does not build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Toolchain {
    /// With mod_auth_openidc.
    Apache,
    Go,
    Java,
    Node,
    Python,
}

/// Why a toolchain will not do.
#[derive(Debug, PartialEq, Eq)]
enum Lack {
    /// One of its parts is not there.
    Missing(&'static str),
    /// It is there, and says that it is this version.
    TooOld(String),
}

impl fmt::Display for Lack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(part) => write!(formatter, "there is no {part}"),
            Self::TooOld(version) => write!(formatter, "what is in PATH is {version}"),
        }
    }
}

impl Toolchain {
    pub(super) const ALL: [Self; 5] = [Self::Apache, Self::Go, Self::Java, Self::Node, Self::Python];

    /// Makes sure that its programs are there: installs Debian's packages where they are missing and xtask may.
    ///
    /// # Errors
    ///
    /// If one is missing and xtask may not install it, or is too old: the message names the commands that would help.
    pub(super) fn require(self, signals: &Signals) -> anyhow::Result<()> {
        if matches!(self.lack(), Some(Lack::Missing(_))) && debian::can_install() {
            debian::install(self.packages(), signals)?;
        }
        match self.lack() {
            None => Ok(()),
            Some(lack) => bail!("{}", self.advice(&lack)),
        }
    }

    fn lack(self) -> Option<Lack> {
        if let Some(lack) = self.missing_in(&path_directories()) {
            return Some(lack);
        }
        // Debian keeps a part of venv in a package of its own.
        if self == Self::Python && printed("python3", &["-c", "import ensurepip, venv"]).is_none() {
            return Some(Lack::Missing("module venv of `python3`"));
        }
        if self == Self::Apache && !Path::new(APACHE_MODULE).is_file() {
            return Some(Lack::Missing("module mod_auth_openidc of `apache2`"));
        }
        let printed = match self {
            Self::Apache => printed(APACHE, &["-v"]),
            Self::Go => printed("go", &["version"]),
            Self::Java => printed("java", &["--version"]),
            Self::Node => printed("node", &["--version"]),
            Self::Python => printed("python3", &["--version"]),
        };
        self.too_old(printed.unwrap_or_default().trim())
    }

    fn missing_in(self, path: &[PathBuf]) -> Option<Lack> {
        let missing = self.programs().iter().find(|name| find_program(&[**name], path).is_none());
        missing.map(|name| Lack::Missing(name))
    }

    fn too_old(self, printed: &str) -> Option<Lack> {
        let is_enough = version(printed).is_some_and(|version| version >= self.oldest());
        (!is_enough).then(|| Lack::TooOld(format!("`{printed}`")))
    }

    /// The programs that must be there, by their names in PATH or their paths.
    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Apache => &[APACHE],
            Self::Go => &["go"],
            Self::Java => &["java", "javac", "mvn"],
            Self::Node => &["node", "npm"],
            Self::Python => &["python3"],
        }
    }

    /// The oldest version that will do. From Go 1.21 on, `go` fetches the version that a module asks for.
    fn oldest(self) -> (u32, u32) {
        match self {
            Self::Apache => (2, 4),
            Self::Go => (1, 21),
            Self::Java => (17, 0),
            Self::Node => (20, 0),
            Self::Python => (3, 10),
        }
    }

    /// Debian's packages that bring them.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Apache => &["libapache2-mod-auth-openidc"],
            Self::Go => &["golang"],
            Self::Java => &["default-jdk-headless", "maven"],
            Self::Node => &["nodejs", "npm"],
            Self::Python => &["python3", "python3-venv"],
        }
    }

    fn advice(self, lack: &Lack) -> String {
        let (name, elsewhere) = match self {
            // Its program in xtask/interop knows the files of that package alone.
            Self::Apache => ("Debian's Apache with mod_auth_openidc", None),
            Self::Go => ("Go in PATH", Some(("golang", "go"))),
            Self::Java => ("a JDK with Maven in PATH", Some(("java-latest-openjdk-devel maven", "openjdk maven"))),
            Self::Node => ("Node.js with npm in PATH", Some(("nodejs npm", "node"))),
            Self::Python => ("Python with its module venv in PATH", Some(("python3", "python"))),
        };
        let (major, minor) = self.oldest();
        let debian = self.packages().join(" ");
        let elsewhere = elsewhere.map_or_else(String::new, |(fedora, macos)| {
            format!(", `sudo dnf install {fedora}` (Fedora) or `brew install {macos}` (macOS)")
        });
        format!(
            "the client libraries need {name}, {major}.{minor} or newer, and {lack}; install it with `sudo apt-get install \
             --no-install-recommends {debian}` (Debian, where new enough){elsewhere}, or choose other libraries by --library, \
             then run this again"
        )
    }
}

/// What a program in PATH prints, unless it fails.
fn printed(program: &str, arguments: &[&str]) -> Option<String> {
    process::capture(Command::new(program).args(arguments)).ok()
}

/// The first version in what a program prints of itself, such as `go version go1.26.8 linux/amd64`.
fn version(printed: &str) -> Option<(u32, u32)> {
    let start = printed.find(|character: char| character.is_ascii_digit())?;
    let mut numbers = printed.get(start..)?.split(|character: char| !character.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;
    use crate::search::testing::programs;

    #[test]
    fn every_program_must_be_there() {
        let scratch = tempfile::tempdir().unwrap();
        let path = [programs(scratch.path(), &["node", "go", "java", "mvn"])];
        assert_eq!(Toolchain::Node.missing_in(&path), Some(Lack::Missing("npm")));
        assert_eq!(Toolchain::Java.missing_in(&path), Some(Lack::Missing("javac")));
        assert_eq!(Toolchain::Go.missing_in(&path), None);
    }

    #[track_caller]
    fn check(toolchain: Toolchain, printed: &str, is_enough: bool) {
        assert_eq!(toolchain.too_old(printed).is_none(), is_enough, "{printed}");
    }

    #[test]
    fn a_version_is_compared_by_its_numbers() {
        check(Toolchain::Go, "go version go1.26.8 linux/amd64", true);
        check(Toolchain::Go, "go version go1.21 linux/amd64", true);
        check(Toolchain::Go, "go version go1.19.8 linux/amd64", false);
        check(Toolchain::Java, "openjdk 17.0.15 2025-04-15\nOpenJDK Runtime Environment", true);
        check(Toolchain::Java, "openjdk 25 2025-09-16", true);
        check(Toolchain::Java, "openjdk 11.0.2 2019-01-15", false);
        check(Toolchain::Apache, "Server version: Apache/2.4.71 (Debian)", true);
        check(Toolchain::Node, "v20.20.2", true);
        check(Toolchain::Node, "v9.11.0", false);
        check(Toolchain::Python, "Python 3.9.2", false);
        check(Toolchain::Python, "Python 3.11.7", true);
        check(Toolchain::Python, "", false);
    }

    #[test]
    fn the_advice_says_what_is_wrong_and_what_to_install() {
        for toolchain in Toolchain::ALL {
            let advice = toolchain.advice(&Lack::TooOld("`1.0`".to_owned()));
            assert!(advice.contains("what is in PATH is `1.0`"), "{advice}");
            assert!(toolchain.packages().iter().all(|package| advice.contains(package)), "{advice}");
        }
    }
}
