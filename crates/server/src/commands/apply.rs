//! `grantor apply`: scopes, resources, exchange policies, clients and users as a file says. What differs goes to standard
//! output, how far it is to standard error.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use grantor_application::Service;
use grantor_application::admin::{
    Applied, AppliedObject, ApplyFile, ApplyOptions, Change, Difference, Progress, Stage,
};
use grantor_ports::ObjectKind;
use serde::Serialize;
use serde_json::Value;

use crate::apply_file::{NewKey, Written};
use crate::cli::{ApplyArgs, Storage};
use crate::wiring::Adapters;
use crate::{actor, installation, output, running};

/// Applies the file and prints what became of each object.
pub(super) fn run(storage: &Storage, args: &ApplyArgs) -> anyhow::Result<()> {
    let settings = super::settings(storage)?;
    let place = storage.place();
    let written = Written::read(&args.file)?;
    let options = ApplyOptions { dry_run: args.dry_run, prune: args.prune };
    if !options.dry_run {
        installation::ensure_secrets(&settings, place.directory())?;
    }
    let (file, new_keys) = written.parse(place.directory())?;
    let applied = running::runtime()?.block_on(async {
        let adapters = Adapters::start(&settings)?;
        if !options.dry_run {
            installation::install(&adapters, &settings, ApplyFile::default()).await?;
            adapters.ensure_signing_keys(&settings).await?;
        }
        let service = adapters.service(&settings).await?.acting_for(actor::of_shell());
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

/// What became of each object.
#[derive(Serialize)]
struct Report {
    owner: String,
    dry_run: bool,
    objects: Vec<Object>,
    summary: Summary,
}

#[derive(Serialize)]
struct Object {
    kind: &'static str,
    name: String,
    change: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Field>,
}

#[derive(Serialize)]
struct Field {
    field: String,
    #[serde(flatten)]
    values: Option<Values>,
}

#[derive(Serialize)]
struct Values {
    old: Value,
    new: Value,
}

#[derive(Default, Serialize)]
struct Summary {
    adopted: usize,
    created: usize,
    removed: usize,
    unchanged: usize,
    updated: usize,
}

impl Report {
    fn new(applied: Applied, dry_run: bool) -> Self {
        let mut summary = Summary::default();
        let objects = applied.objects.into_iter().map(|object| Object::new(object, &mut summary)).collect();
        Self { owner: applied.owner.into(), dry_run, objects, summary }
    }
}

impl Object {
    fn new(AppliedObject { kind, name, change }: AppliedObject, summary: &mut Summary) -> Self {
        let (change, count, differences) = match change {
            Change::Adopted => ("adopted", &mut summary.adopted, Vec::new()),
            Change::Created => ("created", &mut summary.created, Vec::new()),
            Change::Removed => ("removed", &mut summary.removed, Vec::new()),
            Change::Unchanged => ("unchanged", &mut summary.unchanged, Vec::new()),
            Change::Updated(differences) => ("updated", &mut summary.updated, differences),
        };
        *count += 1;
        let field =
            |Difference { field, values }| Field { field, values: values.map(|(old, new)| Values { old, new }) };
        Self { kind: kind.as_str(), name, change, fields: differences.into_iter().map(field).collect() }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Object { kind, name, change, fields } in &self.objects {
            match *change {
                "adopted" => writeln!(f, "= {kind} {name}: as it was, belongs to {:?} now", self.owner)?,
                "created" => writeln!(f, "+ {kind} {name}")?,
                "removed" => writeln!(f, "- {kind} {name}")?,
                "updated" => writeln!(f, "~ {kind} {name}")?,
                _ => {}
            }
            for Field { field, values } in fields {
                match values {
                    Some(Values { old, new }) => writeln!(f, "    {field}: {} → {}", Shown(old), Shown(new))?,
                    None => writeln!(f, "    {field}: changed")?,
                }
            }
        }
        let Summary { adopted, created, removed, unchanged, updated } = self.summary;
        write!(f, "{created} created, {updated} updated, {removed} removed, {adopted} adopted, {unchanged} unchanged")?;
        if self.dry_run { f.write_str("; dry run: nothing was changed") } else { Ok(()) }
    }
}

/// A value in one line: control characters of a name must not play tricks with the terminal, so text is as in JSON.
struct Shown<'a>(&'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("(none)"),
            value => write!(f, "{value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn applied() -> Applied {
        let object = |kind, name: &str, change| AppliedObject { kind, name: name.to_owned(), change };
        let difference = |field: &str, values| Difference { field: field.to_owned(), values };
        let changed = vec![
            difference("client_name", Some((Value::Null, json!("Demo \"B\"\u{1b}[2J")))),
            difference("client_secret", None),
            difference("exchange.audiences", Some((json!([]), json!(["urn:a"])))),
        ];
        Applied {
            owner: "team".to_owned().try_into().unwrap(),
            objects: vec![
                object(ObjectKind::Scope, "read", Change::Unchanged),
                object(ObjectKind::Client, "demo-a", Change::Created),
                object(ObjectKind::Client, "demo-b", Change::Updated(changed)),
                object(ObjectKind::User, "alice", Change::Adopted),
                object(ObjectKind::Client, "old", Change::Removed),
            ],
        }
    }

    #[test]
    fn what_differs_is_told_and_what_does_not_only_counted() {
        insta::assert_snapshot!(Report::new(applied(), false), @r#"
        + client demo-a
        ~ client demo-b
            client_name: (none) → "Demo \"B\"\u001b[2J"
            client_secret: changed
            exchange.audiences: [] → ["urn:a"]
        = user alice: as it was, belongs to "team" now
        - client old
        1 created, 1 updated, 1 removed, 1 adopted, 1 unchanged
        "#);
        let dry = Report::new(applied(), true).to_string();
        assert!(dry.ends_with("1 unchanged; dry run: nothing was changed"), "{dry}");
    }

    #[test]
    fn json_has_all_of_it() {
        insta::assert_snapshot!(output::json(&Report::new(applied(), true)).unwrap(), @r#"
        {
          "owner": "team",
          "dry_run": true,
          "objects": [
            {
              "kind": "scope",
              "name": "read",
              "change": "unchanged"
            },
            {
              "kind": "client",
              "name": "demo-a",
              "change": "created"
            },
            {
              "kind": "client",
              "name": "demo-b",
              "change": "updated",
              "fields": [
                {
                  "field": "client_name",
                  "old": null,
                  "new": "Demo \"B\"\u001b[2J"
                },
                {
                  "field": "client_secret"
                },
                {
                  "field": "exchange.audiences",
                  "old": [],
                  "new": [
                    "urn:a"
                  ]
                }
              ]
            },
            {
              "kind": "user",
              "name": "alice",
              "change": "adopted"
            },
            {
              "kind": "client",
              "name": "old",
              "change": "removed"
            }
          ],
          "summary": {
            "adopted": 1,
            "created": 1,
            "removed": 1,
            "unchanged": 1,
            "updated": 1
          }
        }
        "#);
    }

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
