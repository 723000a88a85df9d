//! `grantor migrate`: the schema, one step at a time or all of it.

use std::fmt;

use anyhow::bail;
use grantor_application::{Object, record_administration};
use grantor_ports::Unavailable;
use grantor_store::{MigrationStatus, Store};
use serde::Serialize;

use crate::cli::{MigrateAction, Output, Storage};
use crate::settings::{DATABASE_FILE, DatabaseUrl};
use crate::wiring::{open_store, storage_away};
use crate::{actor, data_dir, output, running};

/// Does what `action` says and prints what it came to.
pub(super) fn run(storage: &Storage, action: MigrateAction, lose_data: bool, output: Output) -> anyhow::Result<()> {
    let settings = super::settings(storage)?;
    let loses_data = matches!(action, MigrateAction::Revert | MigrateAction::Redo);
    if loses_data && !lose_data && !settings.is_local() {
        bail!(
            "this drops tables of {} with all that is in them, and its issuer is not on loopback: other people use it. \
             If that is what you want, make a backup and say --lose-data",
            settings.database.url
        );
    }
    let place = storage.place();
    if settings.database.url == DatabaseUrl::sqlite(&place.directory().join(DATABASE_FILE)) {
        data_dir::create(place.directory())?;
    }
    let store = open_store(&settings)?;
    let done = running::runtime()?.block_on(act(&store, action));
    if let Some(word) = word(action) {
        let (database, outcome) = (settings.database.url.to_string(), if done.is_ok() { "done" } else { "failed" });
        record_administration(&actor::of_shell(), word, Object::Schema(&database), outcome);
    }
    output::print(output, &done.map_err(|error| storage_away(&settings, error))?)
}

/// What the audit trail calls it; none for what changes nothing.
const fn word(action: MigrateAction) -> Option<&'static str> {
    match action {
        MigrateAction::Run => Some("migrate.run"),
        MigrateAction::Revert => Some("migrate.revert"),
        MigrateAction::Redo => Some("migrate.redo"),
        MigrateAction::Status => None,
    }
}

async fn act(store: &Store, action: MigrateAction) -> Result<Report, Unavailable> {
    Ok(match action {
        MigrateAction::Run => Report::Applied(store.run_migrations().await?),
        MigrateAction::Revert => Report::Reverted(store.revert_migration().await?),
        MigrateAction::Redo => Report::Redone(store.redo_migration().await?),
        MigrateAction::Status => {
            Report::Migrations(store.migrations().await?.into_iter().map(Migration::from).collect())
        }
    })
}

/// What was done, by version, or what there is.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Report {
    Applied(Vec<String>),
    Migrations(Vec<Migration>),
    Redone(Option<String>),
    Reverted(Option<String>),
}

#[derive(Serialize)]
struct Migration {
    version: String,
    name: String,
    applied: bool,
}

impl From<MigrationStatus> for Migration {
    fn from(MigrationStatus { version, name, applied }: MigrationStatus) -> Self {
        Self { version, name, applied }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied(versions) if versions.is_empty() => f.write_str("nothing to apply: the schema is up to date"),
            Self::Applied(versions) => write!(f, "applied {}", versions.join(", ")),
            Self::Migrations(migrations) => migrations.iter().try_for_each(|Migration { name, applied, .. }| {
                writeln!(f, "{}  {name}", if *applied { "applied" } else { "pending" })
            }),
            Self::Redone(Some(version)) => write!(f, "took back and applied again {version}"),
            Self::Reverted(Some(version)) => write!(f, "took back {version}"),
            Self::Redone(None) | Self::Reverted(None) => f.write_str("nothing to take back: no migration is applied"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_is_told() {
        let version = || "20260101000001".to_owned();
        let migration = |applied| Migration { version: version(), name: "create".to_owned(), applied };
        let all = [
            Report::Applied(Vec::new()),
            Report::Applied(vec![version(), version()]),
            Report::Migrations(vec![migration(true), migration(false)]),
            Report::Redone(Some(version())),
            Report::Reverted(None),
        ];
        let text: Vec<_> = all.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(text.join("\n"), @"
        nothing to apply: the schema is up to date
        applied 20260101000001, 20260101000001
        applied  create
        pending  create

        took back and applied again 20260101000001
        nothing to take back: no migration is applied
        ");
        insta::assert_snapshot!(output::json(&all).unwrap(), @r#"
        [
          {
            "applied": []
          },
          {
            "applied": [
              "20260101000001",
              "20260101000001"
            ]
          },
          {
            "migrations": [
              {
                "version": "20260101000001",
                "name": "create",
                "applied": true
              },
              {
                "version": "20260101000001",
                "name": "create",
                "applied": false
              }
            ]
          },
          {
            "redone": "20260101000001"
          },
          {
            "reverted": null
          }
        ]
        "#);
    }
}
