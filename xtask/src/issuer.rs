//! Decides whether the demo set may be loaded: its passwords are public, so only where the issuer is on loopback.

use std::fs;
use std::path::Path;

use anyhow::{Context, anyhow, ensure};
use url::{Host, Url};

/// Overrides the configuration file's `issuer`, as it does for `grantor`.
const VARIABLE: &str = "GRANTOR__ISSUER";

/// Where `grantor` keeps its configuration when no `--data-dir` says otherwise.
const DEFAULT_DATA_DIR: &str = ".grantor";

/// Fails unless the issuer that `grantor` would serve is on loopback.
///
/// # Errors
///
/// If no issuer is configured, if it is no URL, or if its host is not loopback: each message says what to do.
pub(crate) fn require_loopback(data_dir: Option<&Path>) -> anyhow::Result<()> {
    let issuer = match std::env::var(VARIABLE) {
        Ok(issuer) => issuer,
        Err(std::env::VarError::NotPresent) => configured(data_dir.unwrap_or(Path::new(DEFAULT_DATA_DIR)))?,
        Err(unreadable) => return Err(unreadable).context(VARIABLE),
    };
    ensure!(
        is_loopback(&issuer)?,
        "the demo set has public passwords and secrets, and the issuer {issuer} is not on loopback. Seed a development server: one \
         whose issuer is http://127.0.0.1, http://[::1] or http://localhost (`cargo run -- dev` makes one; --data-dir and {VARIABLE} \
         choose it). For a real server write a file of your own clients and users, and use `grantor apply -f FILE`"
    );
    Ok(())
}

/// The `issuer` of `grantor.toml` in `data_dir`.
fn configured(data_dir: &Path) -> anyhow::Result<String> {
    let file = data_dir.join("grantor.toml");
    let shown = file.display();
    let text = fs::read_to_string(&file).with_context(|| {
        format!("cannot read {shown}: start `cargo run -- dev` once, which writes it, or name the issuer by {VARIABLE}")
    })?;
    // The parser's message quotes the line it stumbles over, which may be the one with a secret.
    let configuration: toml::Table =
        text.parse().map_err(|error: toml::de::Error| anyhow!("{shown} is not TOML: {}", error.message()))?;
    let issuer = configuration.get("issuer").and_then(toml::Value::as_str);
    issuer.map(str::to_owned).with_context(|| format!("{shown} has no `issuer`: add one, or name it by {VARIABLE}"))
}

/// Whether `issuer`'s host is in 127.0.0.0/8, is `[::1]` or is `localhost`. Names are not resolved: what a name points to today
/// says nothing of tomorrow.
fn is_loopback(issuer: &str) -> anyhow::Result<bool> {
    let url = Url::parse(issuer).with_context(|| format!("the issuer {issuer:?} is not a URL"))?;
    Ok(match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[track_caller]
    fn check(issuer: &str, expect: bool) {
        assert_eq!(is_loopback(issuer).unwrap(), expect, "{issuer}");
    }

    #[test]
    fn loopback_is_by_address_or_the_one_name() {
        check("http://127.0.0.1:8080", true);
        check("http://127.8.9.10/tenant", true);
        check("https://[::1]:8443", true);
        check("http://localhost:8080", true);
        check("http://LOCALHOST", true);
    }

    #[test]
    fn whatever_merely_looks_like_loopback_is_refused() {
        check("https://issuer.example", false);
        check("http://localhost.example", false);
        check("http://127.0.0.1.example", false);
        check("http://localhost@issuer.example", false);
        check("http://issuer.example#localhost", false);
        check("http://0.0.0.0:8080", false);
        check("http://[::]:8080", false);
        check("http://[::ffff:192.0.2.1]", false);
        check("http://192.168.0.1", false);
        check("urn:localhost", false);
    }

    #[test]
    fn something_else_than_a_url_is_an_error() {
        assert!(is_loopback("localhost").is_err());
    }

    fn configured_as(text: &str) -> anyhow::Result<String> {
        let data_dir = tempfile::tempdir().unwrap();
        fs::write(data_dir.path().join("grantor.toml"), text).unwrap();
        configured(data_dir.path())
    }

    #[test]
    fn the_issuer_is_read_from_the_configuration() {
        assert_eq!(
            configured_as("issuer = \"http://127.0.0.1:8080\"\n[lifetimes]\n").unwrap(),
            "http://127.0.0.1:8080"
        );
    }

    #[test]
    fn a_missing_issuer_says_what_to_do() {
        let no_file = configured(Path::new("no such directory")).unwrap_err();
        assert!(no_file.to_string().contains("cargo run -- dev"), "{no_file}");
        let no_issuer = configured_as("[lifetimes]\nissuer = \"http://127.0.0.1\"\n").unwrap_err();
        assert!(no_issuer.to_string().contains(VARIABLE), "{no_issuer}");
    }

    #[test]
    fn a_broken_file_does_not_spill_its_secrets() {
        let broken = configured_as("secret = \"hush\" \"hush\"\n").unwrap_err();
        assert!(!format!("{broken:#}").contains("hush"), "{broken:#}");
    }
}
