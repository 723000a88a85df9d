//! Decides whether the four hot paths got dearer: counts the instructions of a request on each and compares them with the
//! baseline in `xtask/instructions.toml`, whatever else the machine is doing. docs/instructions.md says what is counted.

mod baseline;
mod program;
mod valgrind;
mod verdict;

use anyhow::bail;

use crate::side_by_side::side_by_side;
use crate::signals::Signals;
use crate::workspace;
use baseline::Baseline;
use program::Program;
use valgrind::Valgrind;
use verdict::Row;

/// The hot paths, as the counted program names them.
const PATHS: [&str; 4] = ["client_credentials", "code_exchange", "introspection", "refresh"];

/// Counts each path, prints the table, and fails if one grew by more than may go unsaid; with `bless` what was counted
/// becomes the baseline instead.
///
/// # Errors
///
/// If a path grew or has no baseline, the program cannot be built or run, or valgrind is missing and cannot be installed.
pub(crate) fn run(bless: bool, signals: &Signals) -> anyhow::Result<()> {
    let file = workspace::root().join("xtask").join("instructions.toml");
    let mut baseline = Baseline::read(&file)?;
    let valgrind = Valgrind::find_or_install(signals)?;
    let program = Program::build(signals)?;
    // Side by side: what is counted is no duration.
    let rows = side_by_side(&PATHS, |path| {
        let counted = program.instructions_per_request(path, &valgrind, signals)?;
        Ok(Row { path, counted, baseline: baseline.of(path) })
    })?;
    print!("{}", verdict::table(&rows));
    if bless {
        baseline.set(rows.iter().map(|row| (row.path, row.counted)));
        baseline.write(&file)?;
        println!("\nthis is the baseline now; commit {} with the change", baseline::SHOWN);
        return Ok(());
    }
    let verdict = verdict::of(&rows);
    for remark in &verdict.remarks {
        println!("\n{remark}");
    }
    if !verdict.complaints.is_empty() {
        bail!(
            "{}\nWhere that is meant, `cargo xtask instructions --bless` and commit {} with the change",
            verdict.complaints.join("\n"),
            baseline::SHOWN
        );
    }
    Ok(())
}
