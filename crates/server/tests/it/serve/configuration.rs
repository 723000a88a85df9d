//! `grantor config`: what is checked without starting, and what is shown.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::harness::{binary, install, scratch_dir};

fn config(directory: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = binary();
    command.arg("config").args(arguments).arg("--config").arg(directory.join("grantor.toml"));
    command.envs(environment.iter().copied()).output().unwrap()
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_good_configuration_is_said_to_be_good() {
    let directory = scratch_dir();
    install(directory.path(), "issuer = \"https://id.example\"\n[database]\nurl = \"postgres://u:hush@localhost/d\"\n");
    insta::assert_snapshot!(printed(&config(directory.path(), &["check"], &[])), @"
    the configuration is good: https://id.example on postgres://u@localhost/d
    warning: http.trusted_proxies is empty: every request seems to come from the proxy in front, and the log and the record of failed sign-ins cannot tell people apart
    ");
    let proxies = [("GRANTOR__HTTP__TRUSTED_PROXIES", "127.0.0.1")];
    insta::assert_snapshot!(printed(&config(directory.path(), &["check", "--json"], &proxies)), @r#"
    {
      "issuer": "https://id.example",
      "database": "postgres://u@localhost/d",
      "warnings": []
    }
    "#);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2, "nothing is made");
}

#[test]
fn a_bad_one_is_refused_as_serve_would() {
    let directory = scratch_dir();
    install(directory.path(), "issuer = \"http://id.example\"\n");
    let output = config(directory.path(), &["check"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("issuer"));
}

/// Flags over environment over file over defaults; secrets masked.
#[test]
fn every_key_is_shown_with_its_source() {
    let directory = scratch_dir();
    install(
        directory.path(),
        "issuer = \"https://id.example\"\n[cache]\nclients = 5\nmax_stale = \"1m\"\n[jwks]\nmax_age = \"1m\"\n\
         [database]\nurl = \"postgres://u:hush@h/d\"\n[keys]\nencryption_secret = \"hush\"\n",
    );
    let environment = [("GRANTOR__JWKS__MAX_AGE", "2m"), ("GRANTOR__DATABASE__URL", "postgres://u:hush@other/d")];
    let output = config(directory.path(), &["print", "--json"], &environment);
    let shown: Value = serde_json::from_str(&printed(&output)).unwrap();
    let row = |key: &str| shown.as_array().unwrap().iter().find(|row| row["key"] == key).unwrap().clone();
    let file = format!("file: {}", directory.path().join("grantor.toml").display());
    let check = |key: &str, value: Value, source: &str| {
        assert_eq!((&row(key)["value"], row(key)["source"].as_str()), (&value, Some(source)), "{key}");
    };
    check("cache.clients", 5.into(), &file);
    check("cache.max_stale", "1m".into(), &file);
    check("jwks.max_age", "2m".into(), "environment: GRANTOR__JWKS__MAX_AGE");
    check("database.url", "postgres://u@other/d".into(), "environment: GRANTOR__DATABASE__URL");
    check("database.queue", 1024.into(), "default");
    check("database.tls", Value::Null, "default");
    check("keys.encryption_secret", "(hidden)".into(), &file);
    assert_eq!(row("jwks.max_age")["default"], "5m");
    let flag = ["print", "--database-url", "sqlite:x.db"];
    let text = printed(&config(directory.path(), &flag, &environment));
    let line = text.lines().find(|line| line.starts_with("database.url")).unwrap();
    assert!(line.contains("sqlite:x.db") && line.ends_with("flag"), "{line}");
    assert!(!text.contains("hush") && !shown.to_string().contains("hush"));
}

#[test]
fn the_word_of_each_key_in_the_reference_is_one_that_other_tools_rely_on() {
    let directory = scratch_dir();
    install(directory.path(), "");
    let text = printed(&config(directory.path(), &["print"], &[]));
    for key in [
        "issuer",
        "http.listen",
        "http.token_paths",
        "database.url",
        "database.migrate",
        "keys.encryption_secret_file",
        "lifetimes.grant_max",
        "cache.max_stale",
        "metrics.listen",
    ] {
        assert!(text.lines().any(|line| line.split(' ').next() == Some(key)), "{key}");
    }
}
