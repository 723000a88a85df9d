//! Decides how far Grantor is from our own limit: `xtask/ceiling`, which does nothing but parse the form, sign and answer, is
//! measured run by run in turn with Grantor, so that both see the same machine.

use anyhow::Context;

use super::child::Running;
use super::figures::Figures;
use super::matrix::on_grantor;
use super::measure::{Measured, Procedure};
use super::options::Store;
use super::report::{GRANTOR, Row, number, table};
use super::setup::Setup;
use super::target::{Nothing, Paths, Supply, Target};
use super::work::Work;
use crate::process::{run as run_command, step};
use crate::{loopback, workspace};

/// The name of the bare server in a row.
pub(super) const CEILING: &str = "ceiling";

const CONNECTIONS: usize = 32;

/// What both do.
pub(super) const WORK: Work = Work::ClientCredentialsEs256;

/// Sizes of the answers may differ by this share: a port has more or fewer digits.
const LIKENESS: f64 = 0.05;

/// Measures Grantor and the ceiling, in this order.
pub(super) fn run(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let program = build(setup)?;
    let port = loopback::free_port()?;
    let environment = [("PORT", port.to_string())];
    let log = setup.generator.scratch().join("ceiling.log");
    let directory = workspace::root();
    let mut running = Running::start(&[program], directory, &environment, setup.server_processor(), log)?;
    let ceiling = Target { tree: Some(running.tree()), ..Target::new(port, WORK, &Paths::of_grantor(), None) };
    running.wait_until_answers(|| ceiling.check(None).is_ok(), setup.signals).context("the ceiling")?;
    // Its work needs no storage, so the store does not matter.
    on_grantor(setup, WORK, Store::Sqlite, |grantor, mint| {
        compare_sizes(setup, grantor.check(None)?, ceiling.check(None)?);
        let (ours, theirs) = alternate(setup, grantor, mint, &ceiling)?;
        let row = |name, runs: Vec<Figures>| {
            Row::new(name, WORK, "none", CONNECTIONS, Measured { median: Figures::median(&runs), runs })
        };
        Ok(vec![row(GRANTOR, ours), row(CEILING, theirs)])
    })
}

/// The runs of both, in turn.
fn alternate(
    setup: &Setup,
    grantor: &Target,
    mint: &mut dyn Supply,
    ceiling: &Target,
) -> anyhow::Result<(Vec<Figures>, Vec<Figures>)> {
    let procedure = setup.procedure();
    let turn = |name: &str, target: &Target, supply: &mut dyn Supply| {
        let measured = Procedure { runs: 1, ..procedure }.measure(name, target, supply, CONNECTIONS);
        setup.noted(name, measured).map(|measured| measured.map(|measured| measured.median))
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _run in 0..procedure.runs {
        ours.extend(turn(GRANTOR, grantor, mint)?);
        theirs.extend(turn(CEILING, ceiling, &mut Nothing)?);
    }
    Ok((ours, theirs))
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
pub(super) fn page(rows: &[Row]) -> String {
    let bare = rows.iter().find(|row| row.server == CEILING).and_then(|row| row.median.server_us);
    let cells = |row: &Row| {
        let figures = &row.median;
        let cost = figures.server_us.map_or("–".to_owned(), |cost| number(cost, 1));
        let times =
            figures.server_us.zip(bare).map_or("–".to_owned(), |(cost, bare)| format!("{:.2} ×", cost / bare));
        let rate = number(figures.requests_per_second, 0);
        vec![row.server.clone(), rate, number(figures.p99_ms, 2), cost, times, number(figures.others_busy, 2)]
    };
    let columns = ["server", "requests/s", "p99 ms", "server µs", "of the ceiling's", "others"];
    let table = table(&columns, &rows.iter().map(cells).collect::<Vec<_>>());
    format!(
        "The same HTTP server with nothing but the form, an ES256 signature by aws-lc-rs and an answer of the same size \
         (`xtask/ceiling`), at {} with {CONNECTIONS} connections, in turn with Grantor.\n\n{table}",
        WORK.name()
    )
}
