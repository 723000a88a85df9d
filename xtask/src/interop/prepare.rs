//! Decides how each library's program is made ready and run. What it needs is installed below the build directory, at the
//! versions of its lock file, and never in the source tree.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::Context;

use super::library::{Kind, Library};
use super::settings;
use super::toolchain::Toolchain;
use crate::process::run as run_command;
use crate::side_by_side::side_by_side;
use crate::signals::Signals;
use crate::workspace;

/// The folder of what the programs in Python share.
const PYTHON: &str = "python";

/// A program that is ready to run.
#[derive(Debug)]
pub(super) struct Program {
    library: Library,
    program: PathBuf,
    arguments: Vec<OsString>,
    /// What the programs in Python import besides their packages.
    modules: PathBuf,
}

/// What runs a program, and its arguments.
type Start = (PathBuf, Vec<OsString>);

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

/// Something to make ready, beside others.
#[derive(Clone, Copy)]
enum Job<'a> {
    /// What all the programs in Python import.
    Python,
    /// Programs of one kind, one after the other: they share what their package manager keeps, and Maven does not lock that.
    Programs(&'a [Library]),
}

/// Installs or builds what the programs of `libraries` need, and gives them in the same order.
///
/// # Errors
///
/// If a tool fails, once what runs beside it has ended: what it said is on the terminal by then.
pub(super) fn prepare(libraries: &[Library], signals: &Signals) -> anyhow::Result<Vec<Program>> {
    let needs_python = libraries.iter().any(|library| library.kind().toolchains().contains(&Toolchain::Python));
    let groups = libraries.chunk_by(|one, next| one.kind() == next.kind()).map(Job::Programs);
    let mut jobs: Vec<Job<'_>> = needs_python.then_some(Job::Python).into_iter().chain(groups).collect();
    // Nothing takes longer to build than the proxy, and the package managers wait for the network meanwhile.
    jobs.sort_by_key(|job| !matches!(job, Job::Programs([library, ..]) if library.kind() == Kind::GoProxy));
    let programs = side_by_side(&jobs, |job| match job {
        Job::Python => prepare_one(PYTHON, signals, |place| place.install_python_packages()).map(|()| Vec::new()),
        Job::Programs(libraries) => libraries.iter().map(|library| prepare_program(*library, signals)).collect(),
    })?;
    let mut programs: Vec<Program> = programs.into_iter().flatten().collect();
    programs.sort_by_key(|program| libraries.iter().position(|library| *library == program.library));
    Ok(programs)
}

fn prepare_program(library: Library, signals: &Signals) -> anyhow::Result<Program> {
    prepare_one(library.folder(), signals, |place| {
        let (program, arguments) = place.prepare(library.kind())?;
        Ok(Program { library, program, arguments, modules: place.sources.join(PYTHON) })
    })
}

/// Makes one thing ready, called as its folder is. What its tools say is printed at the end and in one piece, as others run
/// beside them.
fn prepare_one<T>(
    title: &str,
    signals: &Signals,
    work: impl FnOnce(&Place<'_>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    println!("=== {title}");
    let start = Instant::now();
    let mut log = tempfile::tempfile().context("no temporary file")?;
    let sources = workspace::root().join("xtask").join("interop");
    let installed = workspace::target().join("interop");
    let place =
        Place { source: sources.join(title), target: installed.join(title), sources, installed, log: &log, signals };
    let outcome = work(&place);
    let said = read_from_start(&mut log).context("cannot read what was said")?;
    let verdict = if outcome.is_ok() { "done" } else { "FAILED" };
    println!("{said}=== {title}: {verdict} in {:.1} s", start.elapsed().as_secs_f64());
    outcome.with_context(|| format!("{title} failed"))
}

fn read_from_start(file: &mut File) -> io::Result<String> {
    let mut content = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut content)?;
    Ok(String::from_utf8_lossy(&content).into_owned())
}

/// Where a library's program is, and where what it needs goes. Each `prepare` gives the command that runs it.
struct Place<'a> {
    /// xtask/interop.
    sources: PathBuf,
    /// The program's folder there.
    source: PathBuf,
    /// Below the build directory.
    installed: PathBuf,
    /// The program's folder there.
    target: PathBuf,
    /// What takes the output of the tools.
    log: &'a File,
    signals: &'a Signals,
}

impl Place<'_> {
    fn prepare(&self, kind: Kind) -> anyhow::Result<Start> {
        match kind {
            Kind::JavaScript => self.prepare_node(),
            Kind::Python | Kind::ApacheModule => Ok(self.start_in_python()),
            Kind::Rust => self.prepare_rust(),
            Kind::Go => self.prepare_go(),
            Kind::Java => self.prepare_java(),
            Kind::GoProxy => self.prepare_go_proxy(),
        }
    }

    /// Node looks for packages beside the program, so the sources are copied to where those are installed.
    fn prepare_node(&self) -> anyhow::Result<Start> {
        copy(&self.sources.join("javascript"), &self.installed.join("javascript"))?;
        copy(&self.source, &self.target)?;
        let mut install = Command::new("npm");
        install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&self.target);
        self.run(&mut install)?;
        Ok(("node".into(), vec![self.target.join("main.mjs").into()]))
    }

    /// One environment for all the programs: to make one takes longer than to install what one of them needs.
    fn install_python_packages(&self) -> anyhow::Result<()> {
        self.run(Command::new("python3").args(["-m", "venv"]).arg(&self.target))?;
        let mut install = Command::new(self.python());
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]);
        self.run(install.arg("--requirement").arg(self.source.join("requirements.txt")))
    }

    fn python(&self) -> PathBuf {
        self.installed.join(PYTHON).join("bin").join("python")
    }

    fn start_in_python(&self) -> Start {
        (self.python(), vec![self.source.join("main.py").into()])
    }

    fn prepare_rust(&self) -> anyhow::Result<Start> {
        let mut build = Command::new(workspace::cargo_program());
        build.args(["build", "--quiet", "--locked"]).current_dir(&self.source).env("CARGO_TARGET_DIR", &self.target);
        self.run(&mut build)?;
        Ok((self.target.join("debug").join("grantor-interop-openidconnect"), Vec::new()))
    }

    fn prepare_go(&self) -> anyhow::Result<Start> {
        let program = self.target.join("interop");
        self.build_go(".", &program)?;
        Ok((program, Vec::new()))
    }

    /// The program in Python is told where the proxy is.
    fn prepare_go_proxy(&self) -> anyhow::Result<Start> {
        let proxy = self.target.join("oauth2-proxy");
        self.build_go("tool", &proxy)?;
        let (python, mut arguments) = self.start_in_python();
        arguments.push(proxy.into());
        Ok((python, arguments))
    }

    /// Built without optimisation, and without what a debugger reads: it runs for seconds, in which the third of the work that
    /// this saves does not pay.
    fn build_go(&self, package: &str, to: &Path) -> anyhow::Result<()> {
        let mut build = Command::new("go");
        build.args([
            "build",
            "-buildvcs=false",
            "-mod=readonly",
            "-gcflags=all=-N -l -dwarf=false",
            "-ldflags=-w",
            "-o",
        ]);
        self.run(build.arg(to).arg(package).current_dir(&self.source).env("GOWORK", "off"))
    }

    /// The program finds its libraries in the repository that Maven has filled.
    fn prepare_java(&self) -> anyhow::Result<Start> {
        let mut build = Command::new("mvn");
        build.args(["--batch-mode", "--no-transfer-progress", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]);
        build.arg("--file").arg(self.source.join("pom.xml"));
        build.arg(property("maven.repo.local", &self.installed.join("maven")));
        build.arg(property("interop.target", &self.target)).arg("package");
        self.run(&mut build)?;
        let jar = self.target.join("interop.jar");
        // It runs for seconds, in which the better compiler does not pay.
        Ok(("java".into(), vec!["-XX:TieredStopAtLevel=1".into(), "-jar".into(), jar.into()]))
    }

    /// Runs a tool; what it says goes to the log.
    fn run(&self, tool: &mut Command) -> anyhow::Result<()> {
        let log = || self.log.try_clone().context("no second handle of a temporary file");
        run_command(tool.stdout(log()?).stderr(log()?), self.signals)
    }
}

/// A property as Maven takes it.
fn property(name: &str, path: &Path) -> OsString {
    let mut property = OsString::from(format!("-D{name}="));
    property.push(path);
    property
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn what_tools_say_is_kept_in_order() {
        let (mut log, signals) = (tempfile::tempfile().unwrap(), Signals::catch().unwrap());
        let place = Place {
            sources: PathBuf::new(),
            source: PathBuf::new(),
            installed: PathBuf::new(),
            target: PathBuf::new(),
            log: &log,
            signals: &signals,
        };
        place.run(Command::new("sh").args(["-c", "echo one; echo two >&2"])).unwrap();
        place.run(Command::new("sh").args(["-c", "echo three; exit 3"])).unwrap_err();
        assert_eq!(read_from_start(&mut log).unwrap(), "one\ntwo\nthree\n");
    }
}
