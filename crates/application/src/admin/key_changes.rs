//! Changes of single settings or claims, as an operator writes them: `KEY=VALUE`, the value in JSON where that is of the
//! right kind, else as text.

use std::collections::BTreeSet;
use std::fmt;

use grantor_domain::client::ClientSettings;
use grantor_domain::user::StandardClaims;
use serde_json::{Map, Value};

/// Settings of a client that have commands of their own.
const OWN_WAY: [(&str, &str); 2] = [
    ("client_id", "the id of a client never changes; a new client gets one by --id"),
    (
        "client_secret",
        "secrets are read from standard input by --secret-stdin, or made by `grantor client rotate-secret`",
    ),
];

/// What to set and what to unset, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyChanges {
    /// Keys and their new values: JSON if that is of the key's kind, else text.
    pub set: Vec<(String, String)>,
    /// Keys that go back to their default.
    pub unset: Vec<String>,
}

/// A key whose value is another now. JSON null stands for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The key.
    pub key: String,
    /// What it was.
    pub from: Value,
    /// What it is.
    pub to: Value,
}

/// A change that cannot be made; each text says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidChange {
    /// The key is given twice.
    Repeated(String),
    /// There is no such key; the second text says where to find those there are.
    UnknownKey(String, String),
    /// The value is none that the key can have, for a reason of its own.
    Value(String, String),
    /// The key is changed in another way.
    WrongWay(&'static str),
}

impl fmt::Display for InvalidChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated(key) => write!(f, "{key} is given twice: say once what it is to be"),
            Self::UnknownKey(key, known) => write!(f, "there is no {key:?}; {known}"),
            Self::Value(key, problem) => {
                write!(f, "{key}: {problem} (a value is JSON, such as true, 3600 or [\"a\"]; anything else is text)")
            }
            Self::WrongWay(way) => f.write_str(way),
        }
    }
}

impl std::error::Error for InvalidChange {}

impl KeyChanges {
    /// Whether a key is set.
    pub(super) fn sets(&self, key: &str) -> bool {
        self.set.iter().any(|(set, _)| set == key)
    }

    /// The settings, changed. Whether they go together is looked at elsewhere.
    pub(super) fn settings(&self, settings: &ClientSettings) -> Result<ClientSettings, InvalidChange> {
        for (key, way) in OWN_WAY {
            if self.sets(key) || self.unset.iter().any(|unset| unset == key) {
                return Err(InvalidChange::WrongWay(way));
            }
        }
        let read = |object: Map<String, Value>| {
            serde_json::from_value::<ClientSettings>(Value::Object(object)).map_err(|error| error.to_string())
        };
        let before = object_of(settings);
        let knows = |key: &str| {
            // A key of ours refuses null or takes it; any other is kept as it came.
            let mut with_null = before.clone();
            with_null.insert(key.to_owned(), Value::Null);
            before.contains_key(key) || read(with_null).map_or(true, |read| !read.unknown.contains_key(key))
        };
        let known = "`grantor client show ID --json` shows the settings of a client";
        self.change(before.clone(), (&knows, known), read)
    }

    /// The claims, changed.
    pub(super) fn claims(&self, claims: &StandardClaims) -> Result<StandardClaims, InvalidChange> {
        let knows = |key: &str| StandardClaims::scope_of(key).is_some();
        let read = |object| {
            StandardClaims::try_from(object)
                .map_err(|_invalid| "is not of the type that OpenID Connect Core section 5.1 gives it".to_owned())
        };
        let known = format!("the standard claims are {}", StandardClaims::names().collect::<Vec<_>>().join(", "));
        self.change(claims.clone().into(), (&knows, &known), read)
    }

    fn change<T>(
        &self,
        mut object: Map<String, Value>,
        (knows, known): (&dyn Fn(&str) -> bool, &str),
        read: impl Fn(Map<String, Value>) -> Result<T, String>,
    ) -> Result<T, InvalidChange> {
        let keys = self.set.iter().map(|(key, _)| key).chain(&self.unset);
        let mut seen = BTreeSet::new();
        for key in keys {
            if !seen.insert(key) {
                return Err(InvalidChange::Repeated(key.clone()));
            }
            if !knows(key) {
                return Err(InvalidChange::UnknownKey(key.clone(), known.to_owned()));
            }
        }
        for key in &self.unset {
            object.remove(key);
            read(object.clone())
                .map_err(|_missing| InvalidChange::Value(key.clone(), "it has no default".to_owned()))?;
        }
        for (key, text) in &self.set {
            let mut with = |value: Value| {
                object.insert(key.clone(), value);
                read(object.clone()).map(|_read| ())
            };
            let as_json = serde_json::from_str(text).map_err(|error| error.to_string()).and_then(&mut with);
            // Both were tried: what JSON there is says more about what was meant.
            let is_json = serde_json::from_str::<Value>(text).is_ok();
            if let Err(of_json) = as_json
                && let Err(of_text) = with(Value::String(text.clone()))
            {
                return Err(InvalidChange::Value(key.clone(), if is_json { of_json } else { of_text }));
            }
        }
        read(object).map_err(|problem| InvalidChange::Value("the result".to_owned(), problem))
    }
}

/// What differs between two of a kind, by key.
pub(super) fn differences(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<FieldChange> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let value = |object: &Map<String, Value>, key: &str| object.get(key).cloned().unwrap_or_default();
    let change = |key: &String| FieldChange { key: key.clone(), from: value(before, key), to: value(after, key) };
    keys.into_iter().map(change).filter(|change| change.from != change.to).collect()
}

/// The settings as JSON members.
pub(super) fn object_of(settings: &ClientSettings) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(object)) => object,
        // Their types rule it out: every key is text and no number is without a JSON form.
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changes(set: &[&str], unset: &[&str]) -> KeyChanges {
        let pair = |text: &&str| text.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())).unwrap();
        KeyChanges { set: set.iter().map(pair).collect(), unset: unset.iter().map(|key| (*key).to_owned()).collect() }
    }

    fn settings() -> ClientSettings {
        serde_json::from_value(json!({
            "client_id": "a", "client_name": "A", "grant_types": ["client_credentials"], "of_a_newer_version": 1,
        }))
        .unwrap()
    }

    fn changed(set: &[&str], unset: &[&str]) -> Result<Vec<(String, Value)>, String> {
        let after = changes(set, unset).settings(&settings()).map_err(|error| error.to_string())?;
        let differences = differences(&object_of(&settings()), &object_of(&after));
        Ok(differences.into_iter().map(|change| (change.key, change.to)).collect())
    }

    #[test]
    fn a_value_is_json_of_the_right_kind_or_text() {
        let check = |set: &str, expect: Value| {
            let key = set.split_once('=').unwrap().0.to_owned();
            assert_eq!(changed(&[set], &[]), Ok(vec![(key, expect)]), "{set}");
        };
        check("client_name=Demo app", json!("Demo app"));
        check("client_name=42", json!("42"));
        check("client_name=\"quoted\"", json!("quoted"));
        check("client_name=", json!(""));
        check("client_name=null", Value::Null);
        check("require_pkce=false", json!(false));
        check("access_token_lifetime=3600", json!(3600));
        check("access_token_format=opaque", json!("opaque"));
        check("scope=read write", json!("read write"));
        check("resources=[\"https://api.example\"]", json!(["https://api.example"]));
        check(
            "exchange={\"delegation\":true}",
            json!({"audiences": [], "impersonation": false, "delegation": true, "id_tokens": false}),
        );
    }

    #[test]
    fn what_is_unset_has_its_default_again() {
        assert_eq!(changed(&[], &["client_name"]), Ok(vec![("client_name".to_owned(), Value::Null)]));
        assert_eq!(changed(&[], &["require_pkce", "access_token_lifetime"]), Ok(Vec::new()));
        assert_eq!(changed(&[], &["of_a_newer_version"]), Ok(vec![("of_a_newer_version".to_owned(), Value::Null)]));
    }

    #[test]
    fn each_refusal_says_what_to_do() {
        let refused = |set: &[&str], unset: &[&str]| changed(set, unset).unwrap_err();
        let all = [
            refused(&["require_pkce=sometimes"], &[]),
            refused(&["access_token_lifetime=[1]"], &[]),
            refused(&["resources=https://api.example"], &[]),
            refused(&["colour=red"], &[]),
            refused(&[], &["colour"]),
            refused(&[], &["grant_types"]),
            refused(&["client_id=b"], &[]),
            refused(&["client_secret=x"], &[]),
            refused(&["scope=a", "scope=b"], &[]),
            refused(&["scope=a"], &["scope"]),
        ];
        let expect = [
            "require_pkce: invalid type: string \"sometimes\", expected a boolean (a value is JSON, such as true, 3600 or [\"a\"]; anything else is text)",
            "access_token_lifetime: invalid type: sequence, expected u32 (a value is JSON, such as true, 3600 or [\"a\"]; anything else is text)",
            "resources: invalid type: string \"https://api.example\", expected a sequence (a value is JSON, such as true, 3600 or [\"a\"]; anything else is text)",
            "there is no \"colour\"; `grantor client show ID --json` shows the settings of a client",
            "there is no \"colour\"; `grantor client show ID --json` shows the settings of a client",
            "grant_types: it has no default (a value is JSON, such as true, 3600 or [\"a\"]; anything else is text)",
            "the id of a client never changes; a new client gets one by --id",
            "secrets are read from standard input by --secret-stdin, or made by `grantor client rotate-secret`",
            "scope is given twice: say once what it is to be",
            "scope is given twice: say once what it is to be",
        ];
        assert_eq!(all, expect);
    }

    #[test]
    fn claims_are_of_their_standard_type() {
        let claims = serde_json::from_value(json!({ "name": "Alice", "email": "a@example.test" })).unwrap();
        let check = |set: &[&str], unset: &[&str], expect: Result<Value, &str>| {
            let changed = changes(set, unset).claims(&claims).map(|claims| Value::Object(claims.into()));
            assert_eq!(changed.map_err(|error| error.to_string()), expect.map_err(str::to_owned), "{set:?} {unset:?}");
        };
        check(&["name=42"], &["email"], Ok(json!({ "name": "42" })));
        check(
            &["email_verified=true", "address={\"country\":\"Wonderland\"}", "updated_at=1700000000"],
            &["name"],
            Ok(json!({
                "email": "a@example.test", "email_verified": true, "address": { "country": "Wonderland" },
                "updated_at": 1_700_000_000,
            })),
        );
        let wrong = "email_verified: is not of the type that OpenID Connect Core section 5.1 gives it (a value is JSON, such as true, 3600 or [\"a\"]; anything else is text)";
        check(&["email_verified=yes"], &[], Err(wrong));
        let unknown = changes(&["sub=mallory"], &[]).claims(&claims).unwrap_err().to_string();
        assert!(unknown.starts_with("there is no \"sub\"; the standard claims are address, birthdate, "), "{unknown}");
    }
}
