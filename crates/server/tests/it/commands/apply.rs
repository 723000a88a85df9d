//! `grantor apply` as an administrator meets it.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::shell::Shell;

const FILE: &str = r#"
owner = "platform"

[[scopes]]
name = "contacts.read"
description = "Read your contacts"

[[resources]]
identifier = "https://api.example.test"
name = "Contacts"
scopes = ["contacts.read"]

[[clients]]
client_id = "portal"
client_secret = "hush-of-the-portal-hush-of-the-portal"
grant_types = ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"]
scope = "contacts.read"

[[exchange_policies]]
client_id = "portal"
audiences = ["https://api.example.test"]
impersonation = true

[[users]]
subject = "alice"
username = "alice"
password = "hush-of-alice"

[users.claims]
name = "Alice Liddell"
"#;

/// The same with another name, secret, password and claim, and without the resource.
fn changed() -> String {
    let start = FILE.find("[[resources]]").unwrap();
    let end = FILE.find("[[clients]]").unwrap();
    let without = format!("{}{}", &FILE[..start], &FILE[end..]);
    without
        .replace("Read your contacts", "See who you know")
        .replace("hush-of", "hush-hush-of")
        .replace("scope = \"contacts.read\"", "scope = \"contacts.read openid\"\nclient_name = \"Portal\"")
        .replace("Alice Liddell", "Alice")
}

#[test]
fn a_file_is_applied_shown_and_taken_back() {
    let shell = Shell::new();
    let file = shell.write("file.toml", FILE);
    insta::assert_snapshot!(shell.ok(&["apply", "-f", &file]), @"
    + scope contacts.read
    + resource https://api.example.test
    + client portal
    + user alice
    4 created, 0 updated, 0 removed, 0 adopted, 0 unchanged
    ");
    insta::assert_snapshot!(shell.ok(&["apply", "-f", &file]), @"0 created, 0 updated, 0 removed, 0 adopted, 4 unchanged");
    let file = shell.write("changed.toml", &changed());
    let dry = shell.ok(&["apply", "-f", &file, "--dry-run", "--prune"]);
    insta::assert_snapshot!(dry, @r#"
    ~ scope contacts.read
        description: "Read your contacts" → "See who you know"
    ~ client portal
        client_name: (none) → "Portal"
        scope: "contacts.read" → "contacts.read openid"
        client_secret: changed
    ~ user alice
        claims.name: "Alice Liddell" → "Alice"
        password: changed
    - resource https://api.example.test
    0 created, 3 updated, 1 removed, 0 adopted, 0 unchanged; dry run: nothing was changed
    "#);
    let summary = |text: &str| text.lines().last().unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(summary(&shell.ok(&["apply", "-f", &file, "--prune"])), summary(&dry), "the dry run changed nothing");
    let again = shell.ok(&["apply", "-f", &file, "--prune"]);
    assert_eq!(again.trim(), "0 created, 0 updated, 0 removed, 0 adopted, 3 unchanged");
}

#[test]
fn json_is_read_and_written() {
    let shell = Shell::new();
    let file = r#"{
        "scopes": [{ "name": "contacts.read", "description": "Read your contacts" }],
        "users": [{ "subject": "alice", "username": "alice" }]
    }"#;
    let read = shell.run_with_input(&["apply", "-f", "-", "--json"], file);
    assert_eq!((read.code, read.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(read.stdout, @r#"
    {
      "owner": "apply",
      "dry_run": false,
      "objects": [
        {
          "kind": "scope",
          "name": "contacts.read",
          "change": "created"
        },
        {
          "kind": "user",
          "name": "alice",
          "change": "created"
        }
      ],
      "summary": {
        "adopted": 0,
        "created": 2,
        "removed": 0,
        "unchanged": 0,
        "updated": 0
      }
    }
    "#);
    let toml = shell.run_with_input(&["apply", "-f", "-"], "[[users]]\nsubject = \"bob\"\nusername = \"bob\"\n");
    assert_eq!((toml.code, toml.stdout.lines().next()), (0, Some("+ user bob")));
    let again = shell.ok(&["apply", "-f", &shell.write("file.json", file)]);
    assert_eq!(again.trim(), "0 created, 0 updated, 0 removed, 0 adopted, 2 unchanged");
}

#[test]
fn a_refused_file_changes_nothing_and_shows_no_secret() {
    let shell = Shell::new();
    shell.ok(&["apply", "-f", &shell.write("file.toml", FILE)]);
    let foreign = FILE.replace("\"platform\"", "\"another\"");
    insta::assert_snapshot!(shell.refused(&["apply", "-f", &shell.write("foreign.toml", &foreign)]), @r#"grantor: [dir]/foreign.toml: scope "contacts.read" belongs to "platform": change it in that owner's file, or give it up there first (take it out and apply that file with --prune, which removes it)"#);
    let unknown = FILE.replace("name = \"Contacts\"", "nmae = \"hush\"");
    insta::assert_snapshot!(shell.refused(&["apply", "-f", &shell.write("unknown.toml", &unknown)]), @"grantor: [dir]/unknown.toml: line 10: unknown field `nmae`, expected one of `identifier`, `name`, `scopes`");
    let policy = format!("{FILE}\n[[exchange_policies]]\nclient_id = \"nobody\"\n");
    insta::assert_snapshot!(shell.refused(&["apply", "-f", &shell.write("policy.toml", &policy)]), @r#"grantor: [dir]/policy.toml: exchange_policies: client "nobody" is neither in the file nor in storage"#);
    let exchange = FILE.replace(", \"urn:ietf:params:oauth:grant-type:token-exchange\"", "");
    insta::assert_snapshot!(shell.refused(&["apply", "-f", &shell.write("exchange.toml", &exchange)]), @r#"grantor: [dir]/exchange.toml: client "portal": its exchange policy needs urn:ietf:params:oauth:grant-type:token-exchange in grant_types"#);
    let hash = "[[users]]\nsubject = \"bob\"\nusername = \"bob\"\npassword_hash = \"hush\"\n";
    insta::assert_snapshot!(shell.refused(&["apply", "-f", &shell.write("hash.toml", hash)]), @r#"grantor: [dir]/hash.toml: user "bob": the password hash is of no known form: argon2 and PBKDF2 in the PHC string format, bcrypt as $2a$, $2b$ or $2y$, and PBKDF2 as passlib and Django write it are known"#);
    insta::assert_snapshot!(shell.refused(&["apply", "-f", "/nowhere/file.toml"]), @"grantor: there is no file /nowhere/file.toml");
    let same = shell.ok(&["apply", "-f", &shell.write("file.toml", FILE), "--prune"]);
    assert_eq!(same.trim(), "0 created, 0 updated, 0 removed, 0 adopted, 4 unchanged");
}

#[test]
fn a_second_secret_outlives_a_file_that_names_the_first() {
    let shell = Shell::new();
    shell.ok(&["apply", "-f", &shell.write("file.toml", FILE)]);
    shell.ok(&["client", "rotate-secret", "portal"]);
    let renamed = FILE.replace("scope = \"contacts.read\"\n", "scope = \"contacts.read\"\nclient_name = \"Portal\"\n");
    insta::assert_snapshot!(shell.ok(&["apply", "-f", &shell.write("renamed.toml", &renamed)]), @r#"
    ~ client portal
        client_name: (none) → "Portal"
    0 created, 1 updated, 0 removed, 0 adopted, 3 unchanged
    "#);
    let shown: serde_json::Value = serde_json::from_str(&shell.ok(&["client", "show", "portal", "--json"])).unwrap();
    assert_eq!(shown["secrets"].as_array().unwrap().len(), 2, "{shown}");
}

#[test]
fn what_lets_anybody_in_or_nobody_is_refused() {
    let shell = Shell::new();
    let client = |rest: &str| format!("[[clients]]\nclient_id = \"new\"\ngrant_types = []\n{rest}\n");
    let user = |rest: &str| format!("[[users]]\nsubject = \"bob\"\nusername = \"bob\"\n{rest}\n");
    let long = format!("password = \"{}\"", "x".repeat(1025));
    let all = [
        client("client_secret = \"\""),
        client(""),
        client("client_secret = \"hush\"\ntoken_endpoint_auth_methods = [\"none\"]"),
        user("password = \"\""),
        user("password_hash = \"\""),
        user(&long),
    ];
    let said = all.map(|file| shell.refused(&["apply", "-f", &shell.write("file.toml", &file)]));
    insta::assert_snapshot!(said.concat(), @r#"
    grantor: [dir]/file.toml: client "new": client_secret is empty; leave it out to keep the secrets that storage has
    grantor: [dir]/file.toml: client "new": client_secret is missing: the client uses a secret, and storage has none that serves (of most it keeps a hash, which cannot sign)
    grantor: [dir]/file.toml: client "new": client_secret is given, but the client authenticates without one; leave it out, or add a method that uses it to token_endpoint_auth_methods
    grantor: [dir]/file.toml: user "bob": password is empty; leave it out for a user who has none yet
    grantor: [dir]/file.toml: user "bob": the password hash is of no known form: argon2 and PBKDF2 in the PHC string format, bcrypt as $2a$, $2b$ or $2y$, and PBKDF2 as passlib and Django write it are known
    grantor: [dir]/file.toml: user "bob": password is longer than 1024 bytes
    "#);
}

#[test]
fn only_a_file_with_an_owner_prunes() {
    let shell = Shell::new();
    let file = shell.write("file.toml", &FILE.replace("owner = \"platform\"", ""));
    insta::assert_snapshot!(shell.refused(&["apply", "-f", &file, "--prune"]), @r#"grantor: [dir]/file.toml: --prune removes what the file's owner owns, and all files that name none share the owner "apply": name one, such as owner = "platform", at the top of the file"#);
    shell.ok(&["apply", "-f", &file]);
}

#[test]
fn a_policy_that_outlives_its_file_is_noted() {
    let shell = Shell::new();
    shell.ok(&["apply", "-f", &shell.write("file.toml", FILE)]);
    let policy = "owner = \"platform\"\n[[exchange_policies]]\nclient_id = \"portal\"\ndelegation = true\n";
    let ran = shell.run(&["apply", "-f", &shell.write("policy.toml", policy)]);
    assert_eq!(ran.code, 0);
    insta::assert_snapshot!(ran.stderr, @r#"note: client "portal" is not in the file: its exchange policy stays in force, whatever becomes of the file, until the client is updated or removed"#);
    assert_eq!(shell.run(&["apply", "-f", &shell.write("policy.toml", policy)]).stderr, "", "it is written once");
    assert_eq!(shell.run(&["apply", "-f", &shell.write("file.toml", FILE)]).stderr, "", "here it is the file's");
}

#[test]
fn a_key_is_made_for_a_new_client_only() {
    let shell = Shell::new();
    let machine = "[[clients]]\nclient_id = \"machine\"\ntoken_endpoint_auth_methods = [\"private_key_jwt\"]\n\
                   grant_types = [\"client_credentials\"]\njwks_file = \"machine.jwk\"\n";
    let key = shell.path().join("machine.jwk");
    let bad = format!("{machine}[[users]]\nsubject = \"machine\"\nusername = \"bob\"\n");
    shell.refused(&["apply", "-f", &shell.write("bad.toml", &bad)]);
    assert!(!key.exists(), "a refused file leaves no key behind");
    let file = shell.write("file.toml", machine);
    shell.ok(&["apply", "-f", &file, "--dry-run"]);
    assert!(!key.exists());
    shell.ok(&["apply", "-f", &file]);
    assert!(shell.ok(&["apply", "-f", &file]).contains("1 unchanged"), "the key that was made is the client's");
    std::fs::remove_file(&key).unwrap();
    for arguments in [&["apply", "-f", &file, "--dry-run"][..], &["apply", "-f", &file]] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(shell.refused(arguments), @"grantor: [dir]/file.toml: client machine: there is no file [dir]/machine.jwk, but the client is in storage with its keys: bring the file back, or give the public key of another as jwks instead of jwks_file");
        }
    }
    assert!(!key.exists());
}

#[test]
fn a_dry_run_compares_with_nothing_where_there_is_nothing_yet() {
    let shell = Shell::new();
    let all_of_it = |arguments: &[&str]| {
        let ran = shell.run_with_input(&[&["apply", "-f", "-", "--dry-run"], arguments].concat(), FILE);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments:?}");
        ran.stdout
    };
    let expect = "+ scope contacts.read\n+ resource https://api.example.test\n+ client portal\n+ user alice\n\
                  4 created, 0 updated, 0 removed, 0 adopted, 0 unchanged; dry run: nothing was changed\n";
    assert_eq!(all_of_it(&[]), expect);
    let elsewhere = format!("sqlite:{}", shell.path().join("elsewhere.db").display());
    assert_eq!(all_of_it(&["--database-url", &elsewhere]), expect);
    assert_eq!(shell.files(), [""; 0]);
    shell.ok(&["migrate", "run"]);
    let files = shell.files();
    assert_eq!(all_of_it(&[]), expect, "it has a schema, but no keys");
    assert_eq!(shell.files(), files);
}

#[test]
fn secrets_are_made_for_a_new_data_directory_alone() {
    let (here, there) = (Shell::new(), Shell::new());
    let file = here.write("file.toml", FILE);
    here.ok(&["apply", "-f", &file]);
    assert!(here.files().contains(&"encryption-secrets".to_owned()));
    let in_use = format!("sqlite:{}", here.path().join("grantor.db").display());
    let new = format!("sqlite:{}", there.path().join("elsewhere.db").display());
    for url in [&in_use, &new] {
        let said = there.refused(&["apply", "-f", &file, "--database-url", url]);
        assert!(said.contains("there is no [dir]/encryption-secrets") && said.contains("generate-secret"), "{said}");
        assert_eq!(there.files(), [""; 0]);
    }
    std::fs::remove_file(here.path().join("encryption-secrets")).unwrap();
    let said = here.refused(&["apply", "-f", &file]);
    assert!(said.contains("there is no [dir]/encryption-secrets"), "{said}");
    assert!(!here.files().contains(&"encryption-secrets".to_owned()));
}

#[test]
fn an_older_schema_is_changed_only_where_the_operator_says_so() {
    let shell = Shell::new();
    let file = shell.write("file.toml", FILE);
    shell.ok(&["apply", "-f", &file]);
    // The last one, of which an applied file knows nothing.
    shell.ok(&["migrate", "revert", "--lose-data"]);
    let before = shell.ok(&["migrate", "status"]);
    for arguments in [&["apply", "-f", &file][..], &["apply", "-f", &file, "--dry-run"]] {
        let said = shell.refused(arguments);
        assert!(said.contains("older than this version: run `grantor migrate run`"), "{said}");
        assert!(said.contains("database.migrate = true"), "{said}");
    }
    assert_eq!(shell.ok(&["migrate", "status"]), before);
    let shell = shell.with("DATABASE__MIGRATE", "true");
    let applied = shell.ok(&["apply", "-f", &file]);
    assert!(applied.ends_with("0 created, 0 updated, 0 removed, 0 adopted, 4 unchanged\n"), "{applied}");
}

#[test]
fn thousands_of_users_are_a_matter_of_seconds() {
    const USERS: usize = 3_000;
    let shell = Shell::new();
    let mut file = String::from("owner = \"migration\"\n");
    for number in 0..USERS {
        writeln!(
            file,
            "[[users]]\nsubject = \"s-{number}\"\nusername = \"user-{number}\"\n\
             password_hash = \"$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo\"\n\
             claims = {{ name = \"User {number}\" }}"
        )
        .unwrap();
    }
    let path = shell.write("users.toml", &file);
    let begun = Instant::now();
    let first = shell.run(&["apply", "-f", &path]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    let counts = |ran: &super::shell::Ran| ran.stdout.lines().last().unwrap().to_owned();
    assert_eq!(counts(&first), "3000 created, 0 updated, 0 removed, 0 adopted, 0 unchanged");
    let second = shell.run(&["apply", "-f", &path]);
    assert_eq!(counts(&second), "0 created, 0 updated, 0 removed, 0 adopted, 3000 unchanged");
    let gone = shell.write("nobody.toml", "owner = \"migration\"\n");
    assert_eq!(
        counts(&shell.run(&["apply", "-f", &gone, "--prune"])),
        "0 created, 0 updated, 3000 removed, 0 adopted, 0 unchanged"
    );
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[test]
fn what_takes_longer_is_told_on_standard_error() {
    // Four passes over 128 MiB: some of them take a while on any machine.
    let shell = Shell::new().with("PASSWORDS__MEMORY_KIB", "131072").with("PASSWORDS__ITERATIONS", "4");
    let users = (0..20).map(|number| {
        format!("[[users]]\nsubject = \"s-{number}\"\nusername = \"u-{number}\"\npassword = \"hush-white-rabbit-{number}\"\n")
    });
    let path = shell.write("users.toml", &users.collect::<String>());
    let begun = Instant::now();
    let ran = shell.run(&["apply", "-f", &path]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(begun.elapsed() > Duration::from_millis(1200), "there was nothing to tell: {:?}", begun.elapsed());
    assert!(
        ran.stderr.lines().any(|line| line.starts_with("hashing passwords: ") && line.ends_with(" of 20")),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("hush"));
    assert!(ran.stdout.ends_with("20 created, 0 updated, 0 removed, 0 adopted, 0 unchanged\n"), "{}", ran.stdout);
}
