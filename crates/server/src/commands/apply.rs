//! `grantor apply`: clients and users as a file says.

use std::fmt;
use std::path::Path;

use anyhow::Context;
use grantor_application::admin::{Applied, ApplyFile, Change, Kind};
use serde::Serialize;

use crate::cli::{Output, Storage};
use crate::wiring::Adapters;
use crate::{actor, apply_file, data_dir, installation, output};

/// Applies the file and prints what became of each entry.
pub(super) fn run(storage: &Storage, file: &Path, output: Output) -> anyhow::Result<()> {
    let settings = super::settings(storage)?;
    let shown = file.display();
    let text = data_dir::read(file)?.with_context(|| format!("there is no file {shown}"))?;
    installation::ensure_secrets(&settings, &storage.data_dir)?;
    let file = apply_file::parse(&text, &storage.data_dir).with_context(|| shown.to_string())?;
    let applied = super::runtime()?.block_on(async {
        let adapters = Adapters::start(&settings)?;
        installation::install(&adapters, &settings, ApplyFile::default()).await?;
        adapters.ensure_signing_keys(&settings).await?;
        let service = adapters.service(&settings).await?.acting_for(actor::of_shell());
        anyhow::Ok(service.apply(&file).await??)
    });
    output::print(output, &Report::from(applied.with_context(|| shown.to_string())?))
}

/// What became of each entry.
#[derive(Serialize)]
struct Report {
    applied: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    kind: &'static str,
    name: String,
    change: &'static str,
}

impl From<Vec<Applied>> for Report {
    fn from(applied: Vec<Applied>) -> Self {
        let entry = |Applied { kind, name, change }| Entry {
            kind: match kind {
                Kind::Client => "client",
                Kind::User => "user",
            },
            name,
            change: match change {
                Change::Created => "created",
                Change::Unchanged => "unchanged",
                Change::Updated => "updated",
            },
        };
        Self { applied: applied.into_iter().map(entry).collect() }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.applied.is_empty() {
            return f.write_str("the file has no clients and no users");
        }
        self.applied.iter().try_for_each(|Entry { kind, name, change }| writeln!(f, "{kind} {name}: {change}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_entry_is_reported() {
        let applied = |kind, name: &str, change| Applied { kind, name: name.to_owned(), change };
        let report = Report::from(vec![
            applied(Kind::Client, "demo-a", Change::Created),
            applied(Kind::User, "alice", Change::Unchanged),
        ]);
        insta::assert_snapshot!(report, @"
        client demo-a: created
        user alice: unchanged
        ");
        insta::assert_snapshot!(output::json(&report).unwrap(), @r#"
        {
          "applied": [
            {
              "kind": "client",
              "name": "demo-a",
              "change": "created"
            },
            {
              "kind": "user",
              "name": "alice",
              "change": "unchanged"
            }
          ]
        }
        "#);
    }
}
