//! `grantor apply`: scopes, resources, exchange policies, clients and users as a file says. What differs goes to standard
//! output, how far it is to standard error.

mod database;
mod report;

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use grantor_application::Service;
use grantor_application::admin::{Applied, AppliedObject, ApplyFile, ApplyOptions, Change, Progress, Stage};
use grantor_ports::ObjectKind;

use self::database::Database;
use self::report::Report;
use crate::apply_file::{NewKey, Written};
use crate::cli::{ApplyArgs, Storage};
use crate::{actor, output, running};

/// Applies the file and prints what became of each object.
pub(super) fn run(storage: &Storage, args: &ApplyArgs) -> anyhow::Result<()> {
    let settings = super::settings(storage)?;
    let place = storage.place();
    let written = Written::read(&args.file)?;
    let options = ApplyOptions { dry_run: args.dry_run, prune: args.prune };
    let (file, new_keys) = written.parse(place.directory())?;
    let applied = running::runtime()?.block_on(async {
        let database = if options.dry_run {
            Database::to_compare_with(&settings).await?
        } else {
            Database::to_change(&settings, place.directory()).await?
        };
        let service = database.service().await?.acting_for(actor::of_shell());
        make_keys(&service, (&file, options), &new_keys).await.with_context(|| written.name.clone())?;
        let latest = Mutex::new(None);
        let note = |progress| *latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
        let applied = tokio::select! {
            applied = service.apply(&file, options, &note) => applied,
            never = tell(&latest) => match never {},
        };
        applied?.with_context(|| written.name.clone())
    })?;
    for note in notes(&file, &applied) {
        eprintln!("{note}");
    }
    output::print(args.output, &Report::new(applied, args.dry_run))
}

/// Makes the key files that are not there, once it is clear that the file is good. Only for new clients: a client that has
/// a key would silently get another.
async fn make_keys(
    service: &Service,
    (file, options): (&ApplyFile, ApplyOptions),
    new_keys: &[NewKey],
) -> anyhow::Result<()> {
    for NewKey { clients, path, .. } in new_keys {
        for id in clients {
            ensure!(
                service.show_client(id).await?.is_none(),
                "client {id}: there is no file {}, but the client is in storage with its keys: bring the file back, or give \
                 the public key of another as jwks instead of jwks_file",
                path.display()
            );
        }
    }
    if options.dry_run || new_keys.is_empty() {
        return Ok(());
    }
    service.apply(file, ApplyOptions { dry_run: true, ..options }, &|_progress| {}).await??;
    for key in new_keys {
        ensure!(key.make()?, "{} was made by somebody else a moment ago; apply the file again", key.path.display());
    }
    Ok(())
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
