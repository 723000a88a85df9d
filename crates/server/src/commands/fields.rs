//! Values of settings and claims as people and scripts read them, and what became of them.

use std::fmt;

use grantor_application::admin::FieldChange;
use serde::Serialize;
use serde_json::Value;

/// A value in one line: text as it is, a list of texts with spaces between, anything else as JSON.
pub(super) fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) if list.iter().all(Value::is_string) => {
            list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    };
    if text.is_empty() { "(none)".to_owned() } else { text }
}

/// What one value was and is.
#[derive(Serialize)]
pub(super) struct Field {
    key: String,
    from: Value,
    to: Value,
}

impl From<FieldChange> for Field {
    fn from(FieldChange { key, from, to }: FieldChange) -> Self {
        Self { key, from, to }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} → {}", self.key, shown(&self.from), shown(&self.to))
    }
}
