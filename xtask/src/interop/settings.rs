//! Decides what the programs are told: the server's address, and the clients and the user of the demo set that they act as.

use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;
use toml::{Table, Value};

use crate::workspace;

/// The variable that holds the settings, as JSON.
pub(super) const VARIABLE: &str = "GRANTOR_INTEROP";

/// What xtask/interop/README.md says a program reads.
#[derive(Debug, Serialize)]
pub(super) struct Settings {
    issuer: String,
    user: User,
    confidential: Confidential,
    public: Public,
    machine: Machine,
    exchange: Exchange,
    resource_server: ResourceServer,
}

#[derive(Debug, Serialize)]
struct User {
    username: String,
    password: String,
    subject: String,
    email: String,
}

#[derive(Debug, Serialize)]
struct Confidential {
    client_id: &'static str,
    client_secret: String,
    redirect_uri: String,
    post_logout_redirect_uri: String,
    scope: &'static str,
    /// What it asks in its own name.
    machine_scope: &'static str,
}

#[derive(Debug, Serialize)]
struct Public {
    client_id: &'static str,
    redirect_uri: String,
    post_logout_redirect_uri: String,
    scope: &'static str,
}

#[derive(Debug, Serialize)]
struct Machine {
    client_id: &'static str,
    key_file: String,
}

#[derive(Debug, Serialize)]
struct Exchange {
    client_id: &'static str,
    client_secret: String,
    redirect_uri: String,
    scope: &'static str,
    audience: String,
}

#[derive(Debug, Serialize)]
struct ResourceServer {
    client_id: &'static str,
    client_secret: String,
}

impl Settings {
    /// The demo set, at a server with this issuer and data directory.
    ///
    /// # Errors
    ///
    /// If the demo set lacks what the programs need: the message names it.
    pub(super) fn of_demo_set(issuer: &str, data_dir: &Path) -> anyhow::Result<Self> {
        let file = workspace::root().join("deploy").join("demo.toml");
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let demo: Table = text.parse().with_context(|| format!("{} is not TOML", file.display()))?;
        Self::new(&demo, issuer, data_dir).context("deploy/demo.toml")
    }

    fn new(demo: &Table, issuer: &str, data_dir: &Path) -> anyhow::Result<Self> {
        let client = |id| entry(demo, "clients", "client_id", id);
        let alice = entry(demo, "users", "username", "alice")?;
        let (a, b, spa, machine, api) =
            (client("demo-a")?, client("demo-b")?, client("demo-spa")?, client("demo-machine")?, client("demo-api")?);
        Ok(Self {
            issuer: issuer.to_owned(),
            user: User {
                username: text(alice, &["username"])?,
                password: text(alice, &["password"])?,
                subject: text(alice, &["subject"])?,
                email: text(alice, &["claims", "email"])?,
            },
            confidential: Confidential {
                client_id: "demo-a",
                client_secret: text(a, &["client_secret"])?,
                redirect_uri: text(a, &["redirect_uris"])?,
                post_logout_redirect_uri: text(a, &["post_logout_redirect_uris"])?,
                scope: "openid profile email offline_access",
                machine_scope: "server-operations",
            },
            public: Public {
                client_id: "demo-spa",
                redirect_uri: text(spa, &["redirect_uris"])?,
                post_logout_redirect_uri: text(spa, &["post_logout_redirect_uris"])?,
                scope: "openid profile",
            },
            machine: Machine {
                client_id: "demo-machine",
                key_file: data_dir.join(text(machine, &["jwks_file"])?).display().to_string(),
            },
            exchange: Exchange {
                client_id: "demo-b",
                client_secret: text(b, &["client_secret"])?,
                redirect_uri: text(b, &["redirect_uris"])?,
                scope: "openid contacts.read",
                audience: text(b, &["exchange", "audiences"])?,
            },
            resource_server: ResourceServer { client_id: "demo-api", client_secret: text(api, &["client_secret"])? },
        })
    }

    pub(super) fn to_json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string(self)?)
    }
}

/// The entry of an array of tables whose `key` is `value`.
fn entry<'a>(demo: &'a Table, array: &str, key: &str, value: &str) -> anyhow::Result<&'a Value> {
    let entries = demo.get(array).and_then(Value::as_array).into_iter().flatten();
    let mut named = entries.filter(|entry| entry.get(key).and_then(Value::as_str) == Some(value));
    named.next().with_context(|| format!("no {key} {value} in {array}"))
}

/// The text at a path of keys, or the first of a list of texts.
fn text(entry: &Value, path: &[&str]) -> anyhow::Result<String> {
    let found = path.iter().try_fold(entry, |value, key| value.get(key));
    let found = found.and_then(|value| value.as_str().or_else(|| value.get(0).and_then(Value::as_str)));
    found.map(str::to_owned).with_context(|| format!("no {}", path.join(".")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn the_demo_set_has_what_the_programs_need() {
        let settings = Settings::of_demo_set("http://127.0.0.1:9", Path::new("there")).unwrap().to_json().unwrap();
        let settings: serde_json::Value = serde_json::from_str(&settings).unwrap();
        let at = |pointer: &str| settings.pointer(pointer).and_then(serde_json::Value::as_str).unwrap().to_owned();
        assert_eq!(at("/issuer"), "http://127.0.0.1:9");
        assert_eq!(at("/user/email"), "alice@example.test");
        assert_eq!(at("/public/redirect_uri"), "http://127.0.0.1:5173/callback");
        assert_eq!(at("/public/post_logout_redirect_uri"), "http://127.0.0.1:5173/");
        assert_eq!(at("/machine/key_file"), "there/demo-machine.jwk");
        assert_eq!(at("/exchange/audience"), "https://api.example.test");
    }

    #[test]
    fn what_is_missing_is_named() {
        let check = |demo: &str, complaint: &str| {
            let error = Settings::new(&demo.parse().unwrap(), "http://127.0.0.1:9", Path::new("")).unwrap_err();
            assert_eq!(error.to_string(), complaint);
        };
        check("", "no username alice in users");
        check("[[users]]\nusername = 'alice'\n", "no client_id demo-a in clients");
    }
}
