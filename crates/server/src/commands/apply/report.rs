//! What became of a file, as people and scripts read it.

use std::fmt;

use grantor_application::admin::{Applied, AppliedObject, Change, Difference};
use serde::Serialize;
use serde_json::Value;

use crate::output;

/// What became of each object.
#[derive(Serialize)]
pub(super) struct Report {
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
    pub(super) fn new(applied: Applied, dry_run: bool) -> Self {
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
            value => f.write_str(&output::printable(&value.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use grantor_ports::ObjectKind;

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
}
