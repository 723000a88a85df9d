//! What the program reads and what it prints (see `xtask/interop/README.md`).

use anyhow::Context;
use serde::Deserialize;
use serde_json::json;

const LIBRARY: &str = "openidconnect";

/// The lock file, which names the version that was built.
const LOCK: &str = include_str!("../Cargo.lock");

/// The server, its clients and its user.
#[derive(Deserialize)]
pub(crate) struct Settings {
    pub(crate) issuer: String,
    pub(crate) user: User,
    pub(crate) confidential: Client,
    pub(crate) public: Client,
    pub(crate) exchange: Client,
    pub(crate) resource_server: Client,
}

#[derive(Deserialize)]
pub(crate) struct User {
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) subject: String,
    pub(crate) email: String,
}

#[derive(Default, Deserialize)]
pub(crate) struct Client {
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<String>,
    #[serde(default)]
    pub(crate) redirect_uri: String,
    #[serde(default)]
    pub(crate) post_logout_redirect_uri: String,
    #[serde(default)]
    pub(crate) scope: String,
    #[serde(default)]
    pub(crate) machine_scope: String,
}

impl Settings {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let text = std::env::var("GRANTOR_INTEROP").context("GRANTOR_INTEROP")?;
        serde_json::from_str(&text).context("GRANTOR_INTEROP")
    }
}

/// Passes with what `work` gives as its detail, and fails with its error; gives what the work found for later checks.
pub(crate) fn check<T>(check: &str, work: impl FnOnce() -> anyhow::Result<(T, &'static str)>) -> Option<T> {
    match work() {
        Ok((found, detail)) => {
            line(check, "pass", detail);
            Some(found)
        }
        Err(error) => {
            line(check, "fail", &format!("{error:#}"));
            None
        }
    }
}

/// Says that the library has no such thing.
pub(crate) fn not_offered(check: &str, why: &str) {
    line(check, "not offered", why);
}

fn line(check: &str, outcome: &str, detail: &str) {
    let line = json!({
        "library": LIBRARY, "version": version(), "check": check, "outcome": outcome, "detail": detail,
    });
    println!("{line}");
}

fn version() -> &'static str {
    let entry = LOCK.split("[[package]]").find(|entry| entry.contains(&format!("name = \"{LIBRARY}\"\n")));
    let version = entry.and_then(|entry| entry.split_once("version = \"")).and_then(|(_, rest)| rest.split_once('"'));
    version.map_or("unknown", |(version, _)| version)
}
