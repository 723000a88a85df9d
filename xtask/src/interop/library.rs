//! Decides how each library's program is made ready and run. What it needs is installed below the build directory, at the
//! versions of its lock file, and never in the source tree.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use clap::ValueEnum;

use super::settings;
use super::toolchain::Toolchain;
use crate::process::run as run_command;
use crate::signals::Signals;
use crate::workspace;

/// A client library, or two that belong together, named as its folder in xtask/interop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Library {
    Authlib,
    Go,
    Oauth4webapi,
    OpenidClient,
    Openidconnect,
    RequestsOauthlib,
}

impl Library {
    /// In the order of the page: by language.
    pub(super) const ALL: [Self; 6] =
        [Self::OpenidClient, Self::Oauth4webapi, Self::Authlib, Self::RequestsOauthlib, Self::Openidconnect, Self::Go];

    /// Its folder in xtask/interop.
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Authlib => "authlib",
            Self::Go => "go",
            Self::Oauth4webapi => "oauth4webapi",
            Self::OpenidClient => "openid-client",
            Self::Openidconnect => "openidconnect",
            Self::RequestsOauthlib => "requests-oauthlib",
        }
    }

    /// Its name where it is published.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Authlib => "Authlib",
            Self::Go => "golang.org/x/oauth2 + go-oidc",
            Self::Oauth4webapi => "oauth4webapi",
            Self::OpenidClient => "openid-client",
            Self::Openidconnect => "openidconnect",
            Self::RequestsOauthlib => "requests-oauthlib",
        }
    }

    /// Where it is published.
    pub(super) fn source(self) -> &'static str {
        match self {
            Self::Authlib | Self::RequestsOauthlib => "PyPI",
            Self::Go => "Go modules",
            Self::Oauth4webapi | Self::OpenidClient => "npm",
            Self::Openidconnect => "crates.io",
        }
    }

    /// What must be in PATH for its program.
    pub(super) fn toolchain(self) -> Option<Toolchain> {
        match self {
            Self::Authlib | Self::RequestsOauthlib => Some(Toolchain::Python),
            Self::Go => Some(Toolchain::Go),
            Self::Oauth4webapi | Self::OpenidClient => Some(Toolchain::Node),
            // Our own cargo.
            Self::Openidconnect => None,
        }
    }

    /// Installs or builds what its program needs, with its toolchain.
    ///
    /// # Errors
    ///
    /// If a tool fails: what it said is on the terminal by then.
    pub(super) fn prepare(self, signals: &Signals) -> anyhow::Result<Program> {
        let sources = workspace::root().join("xtask").join("interop");
        let target = workspace::target().join("interop");
        let place =
            Place { sources: &sources, source: sources.join(self.folder()), target: target.join(self.folder()) };
        let (program, arguments) = match self {
            Self::Authlib | Self::RequestsOauthlib => place.prepare_python(signals),
            Self::Go => place.prepare_go(signals),
            Self::Oauth4webapi | Self::OpenidClient => place.prepare_node(&target, signals),
            Self::Openidconnect => place.prepare_rust(signals),
        }?;
        Ok(Program { library: self, program, arguments, modules: sources.join("python") })
    }
}

/// A program that is ready to run.
pub(super) struct Program {
    library: Library,
    program: PathBuf,
    arguments: Vec<PathBuf>,
    /// What the programs in Python import besides their packages.
    modules: PathBuf,
}

impl Program {
    pub(super) fn library(&self) -> Library {
        self.library
    }

    /// The program, told what to work on.
    pub(super) fn command(&self, settings: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env(settings::VARIABLE, settings);
        // Loopback is reached directly, whatever proxy the machine has.
        command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
        command.env("PYTHONPATH", &self.modules).env("PYTHONDONTWRITEBYTECODE", "1");
        // oauthlib refuses plain HTTP unless it is told.
        command.env("OAUTHLIB_INSECURE_TRANSPORT", "1");
        command
    }
}

/// Where a library's program is, and where what it needs goes. Each `prepare` gives the command that runs it.
struct Place<'a> {
    /// xtask/interop.
    sources: &'a Path,
    /// The program's folder there.
    source: PathBuf,
    /// The program's folder below the build directory.
    target: PathBuf,
}

impl Place<'_> {
    fn prepare_go(&self, signals: &Signals) -> anyhow::Result<(PathBuf, Vec<PathBuf>)> {
        let program = self.target.join("interop");
        let mut build = Command::new("go");
        build.args(["build", "-buildvcs=false", "-mod=readonly", "-o"]).arg(&program).arg(".");
        run_command(build.current_dir(&self.source).env("GOWORK", "off"), signals)?;
        Ok((program, Vec::new()))
    }

    /// Node looks for packages beside the program, so the sources are copied to where those are installed.
    fn prepare_node(&self, target: &Path, signals: &Signals) -> anyhow::Result<(PathBuf, Vec<PathBuf>)> {
        copy(&self.sources.join("javascript"), &target.join("javascript"))?;
        copy(&self.source, &self.target)?;
        let mut install = Command::new("npm");
        install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&self.target);
        run_command(&mut install, signals)?;
        Ok(("node".into(), vec![self.target.join("main.mjs")]))
    }

    fn prepare_python(&self, signals: &Signals) -> anyhow::Result<(PathBuf, Vec<PathBuf>)> {
        run_command(Command::new("python3").args(["-m", "venv"]).arg(&self.target), signals)?;
        let python = self.target.join("bin").join("python");
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]);
        run_command(install.arg("--requirement").arg(self.source.join("requirements.txt")), signals)?;
        Ok((python, vec![self.source.join("main.py")]))
    }

    fn prepare_rust(&self, signals: &Signals) -> anyhow::Result<(PathBuf, Vec<PathBuf>)> {
        let mut build = Command::new(workspace::cargo_program());
        build.args(["build", "--quiet", "--locked"]).current_dir(&self.source).env("CARGO_TARGET_DIR", &self.target);
        run_command(&mut build, signals)?;
        Ok((self.target.join("debug").join("grantor-interop-openidconnect"), Vec::new()))
    }
}

/// Copies the files of a folder, and none of the folders in it: what a developer installed there stays there.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let copied = || -> io::Result<()> {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                fs::copy(entry.path(), to.join(entry.file_name()))?;
            }
        }
        Ok(())
    };
    copied().with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}
