//! Decides how far Grantor is from our own limit: `xtask/ceiling`, which does nothing but parse the form, sign and answer, is
//! measured in turn with Grantor.

use anyhow::Context;

use super::child::Running;
use super::matrix::{contender, on_grantor};
use super::options::Store;
use super::pair::{Contender, Pair, in_turn, ratio};
use super::report::{GRANTOR, Row, number, optional, or_dash, table};
use super::setup::Setup;
use super::target::{Nothing, Paths, Target};
use super::work::Work;
use crate::process::{run as run_command, step};
use crate::{loopback, workspace};

/// The name of the bare server in a row.
pub(super) const CEILING: &str = "ceiling";

const CONNECTIONS: usize = 32;

/// What both do.
pub(super) const WORK: Work = Work::ClientCredentialsEs256;

/// The work needs no storage, so it does not matter.
const STORE: Store = Store::Sqlite;

/// What the bare server stores in.
pub(super) const NO_STORE: &str = "none";

/// Sizes of the answers may differ by this share: a port has more or fewer digits.
const LIKENESS: f64 = 0.05;

/// Measures Grantor and the ceiling.
pub(super) fn run(setup: &Setup) -> anyhow::Result<Pair> {
    on_ceiling(setup, |ceiling| {
        on_grantor(setup, WORK, STORE, |grantor, mint| {
            compare_sizes(setup, grantor.check(None)?, ceiling.check(None)?);
            let mut nothing = Nothing;
            let course = setup.procedure().course(CEILING, ceiling, &mut nothing, CONNECTIONS)?;
            let theirs = Contender { server: CEILING.to_owned(), store: NO_STORE, course };
            in_turn(setup, contender(setup, GRANTOR, STORE, grantor, mint, CONNECTIONS)?, theirs)
        })
    })
}

/// Does something with the bare server.
pub(super) fn on_ceiling<T>(setup: &Setup, measure: impl FnOnce(&Target) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let program = build(setup)?;
    let port = loopback::free_port()?;
    let environment = [("PORT", port.to_string())];
    let log = setup.generator.scratch().join("ceiling.log");
    let directory = workspace::root();
    let mut running = Running::start(&[program], directory, &environment, setup.server_processor(), log)?;
    let ceiling = Target { tree: Some(running.tree()), ..Target::new(port, WORK, &Paths::of_grantor(), None) };
    running.wait_until_answers(|| ceiling.check(None).is_ok(), setup.signals).context("the ceiling")?;
    measure(&ceiling)
}

fn compare_sizes(setup: &Setup, grantor: usize, ceiling: usize) {
    println!("an answer of Grantor's has {grantor} bytes, one of the ceiling's {ceiling}");
    #[allow(clippy::cast_precision_loss, reason = "both are short")]
    let difference = (grantor as f64 / ceiling as f64 - 1.0).abs();
    if difference > LIKENESS {
        setup.note(format!("the ceiling answers {ceiling} bytes and Grantor {grantor}: change xtask/ceiling"));
    }
}

fn build(setup: &Setup) -> anyhow::Result<String> {
    let source = workspace::root().join("xtask").join("ceiling");
    let target = workspace::target().join("ceiling");
    step("build of the ceiling", || {
        let mut build = std::process::Command::new(workspace::cargo_program());
        build.args(["build", "--release", "--locked"]).current_dir(source).env("CARGO_TARGET_DIR", &target);
        run_command(&mut build, setup.signals)
    })?;
    let program = target.join("release").join("grantor-ceiling");
    program.to_str().map(str::to_owned).with_context(|| format!("{} is no text", program.display()))
}

/// The table of this section.
pub(super) fn page(pair: &Pair) -> String {
    let Pair { ours, theirs } = pair;
    let cells = |row: &Row, times: String| {
        let figures = &row.median;
        let cost = optional(figures.server_us, 1);
        let rate = number(figures.requests_per_second, 0);
        vec![row.server.clone(), rate, number(figures.p99_ms, 2), cost, times, number(figures.others_busy, 2)]
    };
    let times = or_dash(ratio(&ours.runs, &theirs.runs, |figures| figures.server_us));
    let columns = ["server", "requests/s", "p99 ms", "server µs", "of the ceiling's", "others"];
    let table = table(&columns, &[cells(ours, times), cells(theirs, "1.00 ×".to_owned())]);
    format!(
        "The same HTTP server with nothing but the form, an ES256 signature by aws-lc-rs and an answer of the same size \
         (`xtask/ceiling`), at {} with {CONNECTIONS} connections, run by run in turn with Grantor. *of the ceiling's* is \
         what Grantor cost as a multiple of the ceiling: the median of the pairs of runs, the least and the most.\n\n{table}",
        WORK.name()
    )
}
