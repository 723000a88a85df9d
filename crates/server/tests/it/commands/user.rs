//! `grantor user`.

use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

use super::{done, refused};
use crate::harness::{Server, said};

/// Of the password `U*U`.
const BCRYPT: &str = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn a_user_from_their_first_day_on() {
    let server = Server::start().await;
    let create = "user create --username Carol --subject sub-of-carol --claim name=Carol --claim email_verified=true";
    assert_snapshot!(done(&server, create, ""), @"user carol: created with the subject sub-of-carol; `grantor user set-password` gives them a password");
    assert_snapshot!(refused(&server, "user set-password carol", "red\n"), @"grantor: the password is too short: it needs at least 8 characters");
    assert_snapshot!(refused(&server, "user set-password carol", "carol2024\n"), @"grantor: the password is too easy to guess: it is common, or made of common words, names, dates or rows of keys; a few words that have nothing to do with each other are better");
    assert_snapshot!(done(&server, "user set-password carol", "red-queen-7\n"), @"sub-of-carol has a new password; whatever they authenticated is void");
    assert_snapshot!(done(&server, "user update carol --claim address={\"country\":\"Wonderland\"} --unset-claim name", ""), @r#"
    sub-of-carol: updated
      address: (none) → {"country":"Wonderland"}
      name: Carol → (none)
    "#);
    assert_snapshot!(done(&server, "user update carol --claim email_verified=true --json", ""), @r#"
    {
      "subject": "sub-of-carol",
      "change": "unchanged",
      "fields": []
    }
    "#);
    let shown = json(&done(&server, "user show sub-of-carol --json", ""));
    assert_json_snapshot!(shown, { ".not_before" => "[time]" }, @r#"
    {
      "subject": "sub-of-carol",
      "username": "carol",
      "claims": {
        "email_verified": true,
        "address": {
          "country": "Wonderland"
        }
      },
      "disabled_at": null,
      "not_before": "[time]",
      "password": "argon2id",
      "recent_failed_sign_ins": 0
    }
    "#);
    assert_snapshot!(done(&server, "user unlock carol --json", ""), @r#"
    {
      "subject": "sub-of-carol",
      "forgotten": 0
    }
    "#);
    assert_snapshot!(done(&server, "user list --limit 1", ""), @"
    SUBJECT  USERNAME  NAME           DISABLED SINCE
    alice    alice     Alice Liddell
    there are more: --after alice
    ");
    assert_snapshot!(done(&server, "user list --after alice", ""), @"
    SUBJECT       USERNAME  NAME  DISABLED SINCE
    sub-of-carol  carol
    ");
}

#[tokio::test]
async fn each_refusal_says_what_to_do() {
    let server = Server::start().await;
    let all = [
        ("user create --username alice", ""),
        ("user create --username carol --subject alice", ""),
        ("user create --username carol --subject demo-a", ""),
        ("user create --username carol --claim sub=mallory", ""),
        ("user create --username carol --claim email_verified=yes", ""),
        ("user create --username carol --password-stdin", ""),
        ("user update carol --claim name=Carol", ""),
        ("user update alice --claim name=A --unset-claim name", ""),
        ("user show carol", ""),
        ("user unlock carol", ""),
        ("user import /nowhere/users.jsonl", ""),
    ];
    let said: String = all.iter().map(|(words, input)| refused(&server, words, input)).collect();
    assert_snapshot!(said, @r#"
    grantor: the username "alice" is taken; choose another, or change its user with `grantor user update`
    grantor: the subject "alice" is taken: a user has it, or a client has or had that id; choose another, or leave --subject out to get a new one
    grantor: the subject "demo-a" is taken: a user has it, or a client has or had that id; choose another, or leave --subject out to get a new one
    grantor: there is no "sub"; the standard claims are address, birthdate, email, email_verified, family_name, gender, given_name, locale, middle_name, name, nickname, phone_number, phone_number_verified, picture, preferred_username, profile, updated_at, website, zoneinfo
    grantor: email_verified: is not of the type that OpenID Connect Core section 5.1 gives it (a value is JSON, such as true, 3600 or ["a"]; anything else is text)
    grantor: standard input does not have the new password for carol: write it there as one line
    grantor: there is no user whose username or subject is "carol"; `grantor user list` shows all
    grantor: name is given twice: say once what it is to be
    grantor: there is no user whose username or subject is "carol"; `grantor user list` shows all
    grantor: there is no user whose username or subject is "carol"; `grantor user list` shows all
    grantor: /nowhere/users.jsonl: No such file or directory (os error 2)
    "#);
}

#[tokio::test]
async fn a_name_that_two_users_have_hits_neither() {
    let server = Server::start().await;
    done(&server, "user create --username carol --subject bob", "");
    done(&server, "user create --username bob --subject sub-of-bob", "");
    let all =
        ["user show bob", "user update bob --claim name=B", "user disable bob", "user enable bob", "user unlock bob"];
    let also = ["grants list --user bob", "grants revoke --user bob"];
    let said: Vec<_> = all.iter().chain(&also).map(|words| refused(&server, words, "")).collect();
    assert_snapshot!(said[0], @r#"grantor: "bob" is the username of one user and the subject of another: say sub:sub-of-bob for the one with that username, or sub:bob for the one with that subject"#);
    assert!(said.iter().all(|text| *text == said[0]), "{said:?}");
    assert_eq!(refused(&server, "user set-password bob", "red-queen-7\n"), said[0]);
    assert_snapshot!(done(&server, "user disable sub:bob", ""), @"bob is disabled; whatever they authenticated is void");
    assert_snapshot!(refused(&server, "user show sub:carol", ""), @r#"grantor: there is no user whose subject is "carol"; `grantor user list` shows all"#);
}

#[tokio::test]
async fn a_file_with_a_bad_line_imports_nobody() {
    let server = Server::start().await;
    let good = json!({ "subject": "sub-of-carol", "username": "carol", "password_hash": BCRYPT });
    let twice = json!({ "subject": "sub-of-dave", "username": "Carol" });
    let costly =
        json!({ "subject": "sub-of-erin", "username": "erin", "password_hash": BCRYPT.replace("$05$", "$20$") });
    let damaged = json!({ "subject": "sub-of-fred", "username": "fred", "password_hash": &BCRYPT[..50] });
    let file = format!("{good}\n{twice}\n\n{BCRYPT}\n{costly}\n{damaged}\n");
    let output = server.run_with_input(&["user", "import", "-"], &file);
    assert_eq!(output.status.code(), Some(1));
    assert_snapshot!(String::from_utf8_lossy(&output.stdout), @"
    line 2: its username is that of line 1
    line 4: is no JSON object (column 1)
    line 5: the password hash is too costly to check: the most is bcrypt cost 14
    line 6: the password hash begins like bcrypt but is damaged
    0 imported, 0 there already, 4 refused
    ");
    assert_snapshot!(said(&output), @"grantor: 4 lines were of no use: mend the file and import it again");
    assert!(refused(&server, "user show carol", "").contains("there is no user"));
}

#[tokio::test]
async fn a_file_is_imported_but_for_names_that_are_taken() {
    let server = Server::start().await;
    done(&server, "user create --username zoe", "");
    let path = server.data_dir.path().join("users.jsonl");
    let users = [
        json!({ "subject": "sub-of-carol", "username": "carol", "password_hash": BCRYPT, "claims": { "name": "Carol" } }),
        json!({ "subject": "another", "username": "zoe" }),
        json!({ "subject": "demo-a", "username": "dave" }),
        json!({ "subject": "alice", "username": "alice", "claims": { "name": "Mallory" }, "disabled": true }),
        json!({ "subject": "sub-of-erin", "username": "erin", "disabled": true }),
    ];
    std::fs::write(&path, users.map(|user| user.to_string()).join("\n")).unwrap();
    let import = |flag: &str| {
        let output = server.run(&["user", "import", path.to_str().unwrap(), flag]);
        assert_eq!(output.status.code(), Some(1));
        (String::from_utf8_lossy(&output.stdout).into_owned(), said(&output))
    };
    assert_snapshot!(import("--dry-run").0, @"
    line 2: its subject is that of a client or of a user with another username, or its username is another user's
    line 3: its subject is that of a client or of a user with another username, or its username is another user's
    nothing was written; this would be: 2 imported, 1 there already, 2 refused
    ");
    assert!(refused(&server, "user show carol", "").contains("there is no user"));
    let (told, said) = import("--json");
    assert_snapshot!(told, @r#"
    {
      "dry_run": false,
      "inserted": 2,
      "unchanged": 1,
      "refused_count": 2,
      "refused": [
        {
          "line": 2,
          "reason": "its subject is that of a client or of a user with another username, or its username is another user's"
        },
        {
          "line": 3,
          "reason": "its subject is that of a client or of a user with another username, or its username is another user's"
        }
      ]
    }
    "#);
    assert_snapshot!(said, @"grantor: 2 lines were not imported: mend them and import the file again; it goes on from there");
    assert_eq!(json(&done(&server, "user show carol --json", ""))["password"], "bcrypt");
    assert_eq!(json(&done(&server, "user show alice --json", ""))["disabled_at"], Value::Null);
    assert!(json(&done(&server, "user show erin --json", ""))["disabled_at"].is_string());
}

#[tokio::test]
async fn a_pipe_is_a_file_too() {
    let server = Server::start().await;
    let user = json!({ "subject": "sub-of-carol", "username": "carol" }).to_string();
    assert_eq!(done(&server, "user import /dev/stdin", &user), "1 imported, 0 there already, 0 refused\n");
}

#[tokio::test]
async fn many_users_are_imported_batch_by_batch() {
    let server = Server::start().await;
    let line = |number: u32| json!({ "subject": format!("old|{number:05}"), "username": format!("user-{number}"), "password_hash": BCRYPT });
    let file: Vec<String> = (0..2_345).map(|number| line(number).to_string()).collect();
    let told = done_quietly(&server, &file.join("\n"));
    assert_eq!((&told["inserted"], &told["unchanged"]), (&json!(2_345), &json!(0)));
    let last = json(&done(&server, "user list --after old|02343 --json", ""));
    assert_eq!(last["users"][0]["username"], "user-2344");
    assert_eq!(done_quietly(&server, &file.join("\n"))["unchanged"], 2_345);
}

#[tokio::test]
async fn a_name_plays_no_tricks_with_the_terminal() {
    let server = Server::start().await;
    let mallory =
        json!({ "subject": "sub-of-mallory", "username": "mallory", "claims": { "name": "\u{1b}[2J\u{9b}1AM" } });
    done_quietly(&server, &mallory.to_string());
    for command in ["user show mallory", "user list"] {
        let written = done(&server, command, "");
        assert!(written.contains(r"\u001b[2J\u009b1AM"), "{written}");
        assert!(!written.replace('\n', "").contains(char::is_control), "{written:?}");
    }
}

/// Imports; how far it is may be told on standard error.
fn done_quietly(server: &Server, file: &str) -> Value {
    let output = server.run_with_input(&["user", "import", "-", "--json"], file);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    json(&String::from_utf8(output.stdout).unwrap())
}
