//! Decides what is there before anything is measured: the release build, the generator, a Postgres where one is needed, and the
//! processors that server and generator are pinned to.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread::available_parallelism;

use anyhow::{Context, ensure};

use super::database::{Cluster, Database};
use super::generator::Generator;
use super::measure::{Measured, Procedure};
use super::options::{Options, Store};
use super::server::Binary;
use crate::process::{run as run_command, step};
use crate::signals::Signals;
use crate::workspace;

/// The server's processor; the generator has the other one, and Postgres both.
const SERVER_PROCESSOR: usize = 0;
const GENERATOR_PROCESSOR: usize = 1;

/// Of load before the runs, at most as long as a run: compiled code needs no more.
const WARM_UP_SECONDS: u64 = 2;

/// Everything that measuring needs. Clones share all but what is pinned.
#[derive(Clone)]
pub(super) struct Setup<'a> {
    pub(super) options: &'a Options,
    pub(super) signals: &'a Signals,
    pub(super) generator: Rc<Generator>,
    program: PathBuf,
    is_pinned: bool,
    cluster: Rc<OnceCell<Cluster>>,
    problems: Rc<RefCell<Vec<String>>>,
    runtimes: Rc<RefCell<BTreeSet<String>>>,
}

impl<'a> Setup<'a> {
    pub(super) fn new(options: &'a Options, signals: &'a Signals) -> anyhow::Result<Self> {
        let processors = available_parallelism().context("cannot count the processors")?.get();
        ensure!(
            options.unpinned || processors > GENERATOR_PROCESSOR,
            "server and generator need a processor each, and there is one; --unpinned measures them on it together"
        );
        let generator = Rc::new(Generator::find(signals)?);
        let program = match &options.grantor {
            Some(program) => absolute(program)?,
            None => build(signals)?,
        };
        Ok(Self {
            options,
            signals,
            generator,
            program,
            is_pinned: !options.unpinned,
            cluster: Rc::default(),
            problems: Rc::default(),
            runtimes: Rc::default(),
        })
    }

    /// The same, with server and generator on every processor.
    pub(super) fn unpinned(&self) -> Self {
        Self { is_pinned: false, ..self.clone() }
    }

    /// The same, with another build of Grantor.
    pub(super) fn with_program(&self, program: &Path) -> anyhow::Result<Self> {
        Ok(Self { program: absolute(program)?, ..self.clone() })
    }

    /// How Grantor is run.
    pub(super) fn binary(&self) -> Binary {
        Binary { program: self.program.clone(), processor: self.server_processor() }
    }

    pub(super) fn server_processor(&self) -> Option<usize> {
        self.is_pinned.then_some(SERVER_PROCESSOR)
    }

    pub(super) fn generator_processor(&self) -> Option<usize> {
        self.is_pinned.then_some(GENERATOR_PROCESSOR)
    }

    pub(super) fn procedure(&self) -> Procedure<'_> {
        Procedure {
            generator: &self.generator,
            signals: self.signals,
            warm_up_seconds: self.options.seconds.min(WARM_UP_SECONDS),
            seconds: self.options.seconds,
            runs: self.options.runs(),
            processor: self.generator_processor(),
            pause_ms: None,
            patience: self.options.patience(),
        }
    }

    /// The one Postgres of this command, started when it is first needed.
    pub(super) fn cluster(&self) -> anyhow::Result<&Cluster> {
        if let Some(cluster) = self.cluster.get() {
            return Ok(cluster);
        }
        let cluster = Cluster::start(self.signals)?;
        Ok(self.cluster.get_or_init(|| cluster))
    }

    /// A fresh database, where the store is one of the cluster's.
    pub(super) fn database(&self, store: Store) -> anyhow::Result<Option<Database<'_>>> {
        match store {
            Store::Sqlite => Ok(None),
            Store::Postgres => self.cluster()?.database().map(Some),
        }
    }

    /// The version of Postgres, if one was started.
    pub(super) fn postgres_version(&self) -> anyhow::Result<Option<String>> {
        self.cluster.get().map(Cluster::version).transpose()
    }

    /// Notes what a peer runs on.
    pub(super) fn note_runtime(&self, runtime: &str) {
        self.runtimes.borrow_mut().insert(runtime.to_owned());
    }

    /// What peers run on, each with its version.
    pub(super) fn runtimes(&self) -> Vec<String> {
        self.runtimes.borrow().iter().cloned().collect()
    }

    /// Notes what makes the command fail at its end; the rest is measured all the same.
    pub(super) fn note(&self, problem: String) {
        eprintln!("problem: {problem}");
        self.problems.borrow_mut().push(problem);
    }

    /// What was done, unless it failed: that is noted. Whoever wanted us to stop wants nothing more, and that is an error.
    pub(super) fn tried<T>(&self, title: &str, done: anyhow::Result<T>) -> anyhow::Result<Option<T>> {
        match done {
            Ok(done) => Ok(Some(done)),
            Err(error) => {
                self.signals.check()?;
                self.note(format!("{title}: {error:#}"));
                Ok(None)
            }
        }
    }

    /// [`Setup::tried`] of what was measured; runs that say nothing are noted as well.
    pub(super) fn noted(&self, title: &str, measured: anyhow::Result<Measured>) -> anyhow::Result<Option<Measured>> {
        let measured = self.tried(title, measured)?;
        if let Some(problem) = measured.as_ref().and_then(|measured| measured.median.problem()) {
            self.note(format!("{title}: {problem}"));
        }
        Ok(measured)
    }

    /// What was noted.
    pub(super) fn problems(&self) -> Vec<String> {
        self.problems.borrow().clone()
    }
}

fn absolute(program: &Path) -> anyhow::Result<PathBuf> {
    ensure!(program.is_file(), "there is no program {}", program.display());
    std::path::absolute(program).with_context(|| format!("cannot find {}", program.display()))
}

fn build(signals: &Signals) -> anyhow::Result<PathBuf> {
    step("release build", || {
        run_command(workspace::cargo().args(["build", "--release", "--locked", "--package", "grantor"]), signals)
    })?;
    Ok(workspace::target().join("release").join("grantor"))
}
