//! What differs between an object in storage and in a file, field by field. Of secrets, only that they differ.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::failure::Outcome;

/// A field that changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Its name; members of tables as `table.member`.
    pub field: String,
    /// Before and after, null where there is none; none if it is a secret.
    pub values: Option<(Value, Value)>,
}

impl Difference {
    /// Of something that is never shown.
    pub(super) fn secret(field: &str) -> Self {
        Self { field: field.to_owned(), values: None }
    }
}

/// Every field that differs, by name.
pub(super) fn differences(before: &impl Serialize, after: &impl Serialize) -> Outcome<Vec<Difference>> {
    let (mut old, mut new) = (BTreeMap::new(), BTreeMap::new());
    flatten(String::new(), serde_json::to_value(before)?, &mut old);
    flatten(String::new(), serde_json::to_value(after)?, &mut new);
    let mut fields: Vec<&String> = old.keys().chain(new.keys()).collect();
    fields.sort_unstable();
    fields.dedup();
    let value = |of: &BTreeMap<String, Value>, field: &String| of.get(field).cloned().unwrap_or_default();
    let changed = fields.into_iter().map(|field| (field, value(&old, field), value(&new, field)));
    Ok(changed
        .filter(|(_, before, after)| before != after)
        .map(|(field, before, after)| Difference { field: field.clone(), values: Some((before, after)) })
        .collect())
}

fn flatten(name: String, value: Value, fields: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                let name = if name.is_empty() { member } else { format!("{name}.{member}") };
                flatten(name, value, fields);
            }
        }
        value => {
            fields.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn just_what_differs_is_told_by_field() {
        let before = json!({ "same": 1, "gone": [1], "table": { "a": true, "b": "x" } });
        let after = json!({ "same": 1, "new": "n", "table": { "a": false, "b": "x" } });
        let found = differences(&before, &after).unwrap();
        let expect = [
            ("gone", json!([1]), Value::Null),
            ("new", Value::Null, json!("n")),
            ("table.a", json!(true), json!(false)),
        ];
        let expect = expect.map(|(field, old, new)| Difference { field: field.to_owned(), values: Some((old, new)) });
        assert_eq!(found, expect);
        assert_eq!(differences(&before, &before).unwrap(), []);
    }
}
