//! What stops the start: each message names the key or the command that mends it, and none shows a secret.

use std::path::Path;
use std::process::Stdio;

use crate::harness::{Authority, binary, free_port, install, scratch_dir};

/// A configuration that would do, but for the database, which is new.
const GOOD: &str = "issuer = \"https://id.example\"\n";

struct Refused<'a> {
    config: &'a str,
    environment: &'a [(&'a str, &'a str)],
}

/// Starts a server in a directory, which must fail, and gives what it said.
#[track_caller]
fn start(directory: &Path, refused: &Refused<'_>) -> String {
    install(directory, refused.config);
    start_as_it_is(directory, refused.environment)
}

#[track_caller]
fn start_as_it_is(directory: &Path, environment: &[(&str, &str)]) -> String {
    let mut command = binary();
    command.arg("serve").arg("--config").arg(directory.join("grantor.toml"));
    command.env("GRANTOR__HTTP__LISTEN", format!("127.0.0.1:{}", free_port()));
    command.envs(environment.iter().copied());
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    said
}

#[track_caller]
fn check(config: &str, environment: &[(&str, &str)], words: &[&str]) {
    let directory = scratch_dir();
    let said = start(directory.path(), &Refused { config, environment });
    assert!(words.iter().all(|word| said.contains(word)), "{words:?} in {said}");
    assert!(!said.contains("hush"), "{said}");
    assert!(!directory.path().join("grantor.db").exists(), "nothing is made");
}

#[test]
fn unknown_keys_are_named() {
    check(&format!("{GOOD}isuer = \"x\""), &[], &["isuer"]);
    check(&format!("{GOOD}[lifetimes]\ncode = \"1m\""), &[], &["code", "lifetimes"]);
    check(GOOD, &[("GRANTOR__DATABASE__URI", "postgres://u:hush@h/d")], &["uri", "database"]);
}

#[test]
fn pages_that_cannot_be_shown_are_named() {
    check(&format!("{GOOD}[branding]\naccent_color = \"#777777\""), &[], &["branding.accent_color", "4.48:1", "4.5:1"]);
    check(&format!("{GOOD}[branding]\nlogo_file = \"logo.svg\""), &[], &["branding.logo_file", "cannot be read"]);
    check(&format!("{GOOD}[branding]\nlogo_file = \"grantor.toml\""), &[], &["branding.logo_file", "neither"]);
    check(&format!("{GOOD}[branding]\ndirectory = \"pages\""), &[], &["branding.directory", "cannot read"]);
}

#[test]
fn values_that_cannot_be_are_named() {
    check(&format!("{GOOD}[lifetimes]\naccess_token = 60"), &[], &["lifetimes.access_token", "30s"]);
    check(
        &format!("{GOOD}[http]\ntrusted_proxies = [\"proxy.example\"]"),
        &[],
        &["http.trusted_proxies", "10.0.0.0/8"],
    );
    check(&format!("{GOOD}[log]\nfilter = \"info,=\""), &[], &["log.filter"]);
    check(&format!("{GOOD}[database]\nurl = \"mysql://u:hush@h/d\""), &[], &["database.url", "postgres://"]);
}

#[test]
fn unsafe_combinations_are_named() {
    check("", &[], &["issuer", "GRANTOR__ISSUER"]);
    check("issuer = \"http://id.example\"", &[], &["issuer", "https"]);
    check(
        GOOD,
        &[("GRANTOR__HTTP__LISTEN", "0.0.0.0:1")],
        &["http.listen", "tls.certificate_file", "http.trusted_proxies"],
    );
    check(
        &format!("{GOOD}[database]\nurl = \"postgres://u:hush@db.example/d\""),
        &[],
        &["database.tls", "verify_full"],
    );
    let remote = "url = \"postgres://u:hush@db.example/d\"\ntls = \"verify_full\"\n";
    check(&format!("{GOOD}[database]\n{remote}"), &[], &["database.tls_root_file", "is missing"]);
    check(
        "issuer = \"http://localhost:8080\"\n[tls]\ncertificate_file = \"c.pem\"\nkey_file = \"k.pem\"\n",
        &[],
        &["issuer", "tls.certificate_file"],
    );
    check(&format!("{GOOD}[tls]\nkey_file = \"k.pem\""), &[], &["tls.certificate_file"]);
    check(&format!("{GOOD}[http]\ntrusted_proxies = [\"0.0.0.0/0\"]"), &[], &["http.trusted_proxies"]);
    check(
        "issuer = \"http://localhost:8080\"",
        &[("GRANTOR__HTTP__LISTEN", "0.0.0.0:8080")],
        &["http.listen", "loopback"],
    );
    check(
        &format!("{GOOD}[metrics]\nlisten = \"127.0.0.1:7\""),
        &[("GRANTOR__HTTP__LISTEN", "127.0.0.1:7")],
        &["metrics.listen"],
    );
}

#[test]
fn hashes_that_nobody_could_check_are_refused() {
    let costly = "[passwords]\nmemory_kib = 262144\niterations = 5\n";
    check(&format!("{GOOD}{costly}"), &[], &["passwords.memory_kib", "1 GiB"]);
    let threads = "[passwords]\nparallelism = 1000000\n";
    check(&format!("{GOOD}{threads}"), &[], &["passwords.memory_kib"]);
}

#[test]
fn files_that_are_missing_are_named() {
    let missing = "tls = \"verify_full\"\ntls_root_file = \"root.pem\"\n";
    check(&format!("{GOOD}[database]\n{missing}"), &[], &["database.tls_root_file", "root.pem"]);
    check(&format!("{GOOD}[database]\nurl = \"sqlite:missing/g.db\""), &[], &["database.url", "missing"]);
}

#[test]
fn a_missing_secret_is_named_with_the_command_that_makes_one() {
    let directory = scratch_dir();
    std::fs::write(directory.path().join("grantor.toml"), GOOD).unwrap();
    let said = start_as_it_is(directory.path(), &[]);
    assert!(said.contains("keys.encryption_secret_file") && said.contains("grantor keys generate-secret"), "{said}");
    let said = start_as_it_is(directory.path(), &[("GRANTOR__KEYS__ENCRYPTION_SECRET", "hush")]);
    assert!(said.contains("keys.encryption_secret") && !said.contains("hush"), "{said}");
}

#[test]
fn files_of_tls_are_looked_at_before_anything_is_made() {
    let directory = scratch_dir();
    let tls = format!("{GOOD}[tls]\ncertificate_file = \"c.pem\"\nkey_file = \"k.pem\"\n");
    let refused = Refused { config: &tls, environment: &[] };
    let (certificate, key) = (directory.path().join("c.pem"), directory.path().join("k.pem"));
    assert!(start(directory.path(), &refused).contains("tls.certificate_file"));
    std::fs::write(&certificate, "hush").unwrap();
    let said = start(directory.path(), &refused);
    assert!(said.contains("no certificate in PEM") && !said.contains("hush"), "{said}");
    let authority = Authority::new();
    authority.certify(&certificate, &directory.path().join("other.pem"));
    std::fs::write(&key, "hush").unwrap();
    let said = start(directory.path(), &refused);
    assert!(said.contains("tls.key_file") && !said.contains("hush"), "{said}");
    authority.certify(&directory.path().join("other.pem"), &key);
    assert!(start(directory.path(), &refused).contains("is not the key of"));
}

#[test]
fn an_older_schema_is_the_operators_to_change() {
    let directory = scratch_dir();
    let refused = Refused { config: GOOD, environment: &[] };
    let said = start(directory.path(), &refused);
    assert!(said.contains("grantor migrate run") && said.contains("database.migrate"), "{said}");
}

#[test]
fn a_taken_address_is_named() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    check(GOOD, &[("GRANTOR__HTTP__LISTEN", &address)], &[&address, "http.listen"]);
}
