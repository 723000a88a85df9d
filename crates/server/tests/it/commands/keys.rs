//! `grantor keys`: a whole change of the key-encryption secret, and a key that leaked.

use std::collections::BTreeMap;
use std::fs;

use super::shell::Shell;

fn installed() -> Shell {
    let shell = Shell::new();
    let user = "[[users]]\nsubject = \"alice\"\nusername = \"alice\"\n";
    shell.ok(&["apply", "-f", &shell.write("file.toml", user)]);
    shell
}

/// Text with times, thumbprints and identifiers of secrets left out.
fn redacted(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for (index, secret) in secrets.iter().enumerate() {
        text = text.replace(secret, &format!("[secret {index}]"));
    }
    let words = text.split_inclusive(char::is_whitespace).map(|word| {
        let bare = word.trim_end();
        match bare.split_once('Z') {
            Some((time, _)) if time.len() > 16 && time.starts_with("20") => word.replace(&format!("{time}Z"), "[time]"),
            _ if bare.len() == 43 => word.replace(bare, "[kid]"),
            _ => word.to_owned(),
        }
    });
    // A time that ends in zeros is shorter, and so may be its column.
    let mut text: String = words.collect();
    while text.contains("   ") {
        text = text.replace("   ", "  ");
    }
    text
}

/// The identifiers of secrets that the list of keys names.
fn secret_ids(shell: &Shell) -> Vec<String> {
    let keys: serde_json::Value = serde_json::from_str(&shell.ok(&["keys", "list", "--json"])).unwrap();
    let mut ids: Vec<String> =
        keys.as_array().unwrap().iter().map(|key| key["secret_id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids.dedup();
    ids
}

#[test]
fn a_secret_is_changed_by_the_steps_that_the_help_names() {
    let shell = installed();
    let old = secret_ids(&shell).remove(0);
    let path = shell.path().join("encryption-secrets");
    let before = fs::read_to_string(&path).unwrap();
    let new = Shell::new().ok(&["keys", "generate-secret"]);
    assert_eq!(new.lines().filter(|line| !line.starts_with('#')).count(), 1, "{new}");
    fs::write(&path, format!("{new}{before}")).unwrap();

    let report = shell.ok(&["keys", "rewrap", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&report).unwrap();
    let current = json["current_secret"].as_str().unwrap();
    assert_eq!((json["wrapped"].as_array().unwrap().len(), json["made"].as_array().unwrap().len()), (5, 2));
    let told = redacted(&shell.ok(&["keys", "rewrap"]), &[current, &old]);
    insta::assert_snapshot!(told, @"
    nothing to do: every key in use comes from [secret 0] or is wrapped under it
    secret [secret 1] is needed by keys 3, 4 until [time]: leave its line, and rewrap then
    ");
    insta::assert_snapshot!(redacted(&shell.ok(&["keys", "list"]), &[current, &old]), @"
    NUMBER  PURPOSE  STATE  SECRET  IN USE FROM  ACCEPTED UNTIL  KID
    1  client_secret_hash  current  [secret 0]  [time]
    2  client_secret_seal  current  [secret 0]  [time]
    3  refresh_mac  current  [secret 1]  [time]
    4  seal  current  [secret 1]  [time]
    5  sign_es256  current  [secret 0]  [time]  [kid]
    6  sign_rs256  current  [secret 0]  [time]  [kid]
    7  pairwise_salt  current  [secret 0]  [time]
    8  refresh_mac  next  [secret 0]  [time]
    9  seal  next  [secret 0]  [time]
    ");

    fs::write(&path, &new).unwrap();
    let refused = redacted(&shell.refused(&["keys", "list"]), &[current, &old]);
    assert!(refused.contains("[secret 1] is not configured") && refused.contains("put that secret back"), "{refused}");
}

#[test]
fn a_new_secret_needs_no_server() {
    let shell = Shell::new();
    let first = shell.ok(&["keys", "generate-secret"]);
    assert_ne!(first, shell.ok(&["keys", "generate-secret"]));
    let json = shell.ok(&["keys", "generate-secret", "--json"]);
    let json: BTreeMap<String, String> = serde_json::from_str(&json).unwrap();
    let without_secret = |content: &str| content.replace(content.lines().last().unwrap(), "[secret]");
    assert_eq!(without_secret(&json["encryption_secret"]), without_secret(&first));
    insta::assert_snapshot!(without_secret(&first), @"
    # Grantor's key-encryption secrets, one a line, the first current.
    # Whoever has this file and the database can forge every token; without it the database's keys are lost.
    # Keep a copy in a safe place, but never beside a copy of the database.
    [secret]
    ");
    assert_eq!(fs::read_dir(shell.path()).unwrap().count(), 0);
}

#[test]
fn a_leaked_key_is_retired_in_two_steps() {
    let shell = installed();
    let ring: serde_json::Value = serde_json::from_str(&shell.ok(&["keys", "list", "--json"])).unwrap();
    let sign =
        ring.as_array().unwrap().iter().find(|key| key["purpose"] == "sign_es256").unwrap()["number"].to_string();
    insta::assert_snapshot!(shell.refused(&["keys", "retire", &sign]), @"grantor: no other sign_es256 key is in use that could take its place: `grantor keys rotate sign_es256 --now` makes one, then try again");
    insta::assert_snapshot!(shell.refused(&["keys", "retire", "1", "--now"]), @"grantor: a client_secret_hash key cannot be retired: the secrets of clients are bound to it, and none of them would be accepted any more. Give each client a new secret instead");
    insta::assert_snapshot!(shell.refused(&["keys", "retire", "99"]), @"grantor: there is no key 99: `grantor keys list` shows those there are");
    shell.ok(&["keys", "rotate", "sign_es256", "--now"]);
    let before = shell.ok(&["keys", "list"]);
    shell.ok(&["keys", "retire", &sign]);
    assert_eq!(shell.ok(&["keys", "list"]), before, "without --now nothing changes");
    let told = shell.ok(&["keys", "retire", &sign, "--now"]);
    insta::assert_snapshot!(told.replace(&format!("key {sign} "), "key [n] "), @"key [n] (sign_es256) is retired. No longer accepted: every access token and ID token that it signed; whoever checks them alone goes on accepting them until they fetch the JWK set again (jwks.max_age)");
    assert!(shell.ok(&["keys", "list"]).lines().any(|line| line.starts_with(&sign) && line.contains(" retired ")));
}
