//! Values of settings and claims as people and scripts read them, and what became of them.

use std::fmt;

use grantor_application::admin::FieldChange;
use serde::Serialize;
use serde_json::Value;

use crate::output::printable;

/// A value in one line: text as it is but for control characters, a list of texts with spaces between, anything else as
/// JSON.
pub(super) fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) if list.iter().all(Value::is_string) => {
            list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    };
    if text.is_empty() { "(none)".to_owned() } else { printable(&text).into_owned() }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_one_line_that_plays_no_tricks_with_the_terminal() {
        let check = |value: Value, expect: &str| assert_eq!(shown(&value), expect);
        check(json!(null), "(none)");
        check(json!("Alice Ünïcode"), "Alice Ünïcode");
        check(json!("Alice\u{1b}[2J\n"), r"Alice\u001b[2J\u000a");
        check(json!(["a", "b\u{9b}"]), r"a b\u009b");
        check(json!({ "street": "1\n\u{7f}" }), r#"{"street":"1\n\u007f"}"#);
    }
}
