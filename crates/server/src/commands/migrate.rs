//! `grantor migrate`: the schema, one step at a time or all of it.

use std::fmt::Write as _;

use anyhow::bail;
use grantor_ports::Unavailable;
use grantor_store::{MigrationStatus, Store};

use crate::cli::{MigrateAction, Storage};
use crate::settings::{DATABASE_FILE, DatabaseUrl};
use crate::wiring::{open_store, storage_away};
use crate::{data_dir, output};

/// Does what `action` says and prints what it came to.
pub(super) fn run(storage: &Storage, action: MigrateAction, lose_data: bool) -> anyhow::Result<()> {
    let settings = super::settings(storage)?;
    let loses_data = matches!(action, MigrateAction::Revert | MigrateAction::Redo);
    if loses_data && !lose_data && !settings.is_local() {
        bail!(
            "this drops tables of {} with all that is in them, and its issuer is not on loopback: other people use it. \
             If that is what you want, make a backup and say --lose-data",
            settings.database.url
        );
    }
    if settings.database.url == DatabaseUrl::sqlite(&storage.data_dir.join(DATABASE_FILE)) {
        data_dir::create(&storage.data_dir)?;
    }
    let store = open_store(&settings)?;
    let done = super::runtime()?.block_on(act(&store, action));
    output::print_text(&done.map_err(|error| storage_away(&settings, error))?)
}

async fn act(store: &Store, action: MigrateAction) -> Result<String, Unavailable> {
    Ok(match action {
        MigrateAction::Run => match store.run_migrations().await?.as_slice() {
            [] => "nothing to apply: the schema is up to date".to_owned(),
            versions => format!("applied {}", versions.join(", ")),
        },
        MigrateAction::Revert => one("took back", store.revert_migration().await?),
        MigrateAction::Redo => one("took back and applied again", store.redo_migration().await?),
        MigrateAction::Status => status(&store.migrations().await?),
    })
}

fn one(done: &str, version: Option<String>) -> String {
    match version {
        Some(version) => format!("{done} {version}"),
        None => "nothing to take back: no migration is applied".to_owned(),
    }
}

fn status(migrations: &[MigrationStatus]) -> String {
    let mut text = String::new();
    for MigrationStatus { name, applied, .. } in migrations {
        let state = if *applied { "applied" } else { "pending" };
        // Writing to a String cannot fail.
        let _infallible = writeln!(text, "{state}  {name}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_a_line_for_each_migration() {
        let migration =
            |version: &str, applied| MigrationStatus { version: version.into(), name: "create".into(), applied };
        insta::assert_snapshot!(status(&[migration("20260101000001", true), migration("20260201000001", false)]), @"
        applied  create
        pending  create
        ");
    }
}
