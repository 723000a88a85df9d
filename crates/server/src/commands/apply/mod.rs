//! `grantor apply`: scopes, resources, exchange policies, clients and users as a file says. What differs goes to standard
//! output, how far it is to standard error.

mod database;
mod report;

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use grantor_application::admin::{Applied, AppliedObject, ApplyFile, ApplyOptions, Change, Progress, Stage};
use grantor_ports::ObjectKind;

use self::database::Database;
use self::report::Report;
use crate::apply_file::{KeyFiles, Written};
use crate::cli::{ApplyArgs, Storage};
use crate::{actor, output, running};

/// Applies the file and prints what became of each object.
pub(super) fn run(storage: &Storage, args: &ApplyArgs) -> anyhow::Result<()> {
    let settings = super::settings(storage)?;
    let place = storage.place();
    let written = Written::read(&args.file)?;
    let options = ApplyOptions { dry_run: args.dry_run, prune: args.prune };
    let (file, applied) = running::runtime()?.block_on(async {
        let database = if options.dry_run {
            Database::to_compare_with(&settings).await?
        } else {
            Database::to_change(&settings, place.directory()).await?
        };
        let file = written.parse(KeyFiles { data_dir: place.directory(), make: !options.dry_run })?;
        let service = database.service().await?.acting_for(actor::of_shell());
        let latest = Mutex::new(None);
        let note = |progress| *latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
        let applied = tokio::select! {
            applied = service.apply(&file, options, &note) => applied,
            never = tell(&latest) => match never {},
        };
        anyhow::Ok((file, applied?.with_context(|| written.name.clone())?))
    })?;
    for note in notes(&file, &applied) {
        eprintln!("{note}");
    }
    output::print(args.output, &Report::new(applied, args.dry_run))
}

/// What lasts although the file does not own it: policies that become part of clients which are not in the file.
fn notes(file: &ApplyFile, applied: &Applied) -> Vec<String> {
    let written = applied.objects.iter().filter(|object| matches!(object.change, Change::Updated(_)));
    let apart = written.filter(|object| {
        object.kind == ObjectKind::Client && file.policies.keys().any(|id| id.as_str() == object.name)
    });
    let note = |object: &AppliedObject| {
        format!(
            "note: client {:?} is not in the file: its exchange policy stays in force, whatever becomes of the file, until \
             the client is updated or removed",
            object.name
        )
    };
    apart.map(note).collect()
}

/// How long it may take without a word.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often it is told how far it is.
const INTERVAL: Duration = Duration::from_secs(2);

/// Tells for ever how far it is.
async fn tell(latest: &Mutex<Option<Progress>>) -> Infallible {
    tokio::time::sleep(PATIENCE).await;
    loop {
        let progress = *latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(progress) = progress {
            eprintln!("{}", line(progress));
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

fn line(Progress { stage, done, of }: Progress) -> String {
    match stage {
        Stage::ComparingPasswords => format!("comparing passwords: {done} of {of}"),
        Stage::HashingPasswords => format!("hashing passwords: {done} of {of}"),
        Stage::Reading => format!("reading what storage has of {of} objects"),
        Stage::Writing => format!("writing {of} objects in one transaction"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_a_line() {
        let stages = [Stage::ComparingPasswords, Stage::HashingPasswords, Stage::Reading, Stage::Writing];
        let lines: Vec<_> = stages.map(|stage| line(Progress { stage, done: 7, of: 3000 })).into();
        insta::assert_snapshot!(lines.join("\n"), @"
        comparing passwords: 7 of 3000
        hashing passwords: 7 of 3000
        reading what storage has of 3000 objects
        writing 3000 objects in one transaction
        ");
    }
}
