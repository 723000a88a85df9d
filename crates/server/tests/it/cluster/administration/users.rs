//! Users made, imported and unlocked by command while several processes serve.

use serde_json::{Value, json};

use super::super::alone;
use super::super::support::Replicas;
use crate::harness::Http;

/// Hashes of the password `U*U`, as other systems make them.
const FOREIGN: [(&str, &str, &str); 3] = [
    ("ben", "bcrypt", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ("dan", "pbkdf2-sha256", "pbkdf2_sha256$10$saltsalt$mbfIlkXBcmSFHZcwO1YB5O0qPn3QhojELzIbK6+ZlNg="),
    (
        "pat",
        "pbkdf2-sha512",
        "$pbkdf2-sha512$10$c2FsdHNhbHQ$NevQH/z2xw/ZWlxqzkQKsyM3rWV/QJvlTfeiU.WGbW7E2vtZ8CTUY53bMyGPjrL7g9gPvWjxk3VUgPhjMn4C6w",
    ),
];

/// Argon2id with parameters that are not ours, also of `U*U`.
const ARGON2: (&str, &str) =
    ("ann", "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$A76f3AgCNljxTgcCOXlFK7X4UZN9l1C6PAivq3RxOTk");

async fn sign_in(http: &Http, username: &str, password: &str) -> String {
    let form = [
        ("grant_type", "password"),
        ("client_id", "1000000042"),
        ("username", username),
        ("password", password),
        ("scope", "identify"),
    ];
    http.token(&form).await.outcome()
}

fn show(replicas: &Replicas, name: &str) -> Value {
    serde_json::from_str(&replicas.administer(&["user", "show", name, "--json"])).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imported_users_sign_in_at_every_replica_and_are_rehashed() {
    let _turn = alone().await;
    let replicas = Replicas::start(2, &[]).await;
    let hashes = FOREIGN.map(|(name, _, hash)| (name, hash)).into_iter().chain([ARGON2]);
    let lines =
        hashes.map(|(name, hash)| json!({ "subject": format!("old|{name}"), "username": name, "password_hash": hash }));
    let file: Vec<String> = lines.map(|line| line.to_string()).collect();
    let import = |flags: &[&str]| -> Value {
        let command = [&["user", "import", "-", "--json"], flags].concat();
        serde_json::from_str(&replicas.administer_with_input(&command, &file.join("\n"))).unwrap()
    };
    let counted = |dry_run: bool, inserted: u64, unchanged: u64| json!({ "dry_run": dry_run, "inserted": inserted, "unchanged": unchanged, "refused_count": 0, "refused": [] });
    assert_eq!(import(&["--dry-run"]), counted(true, 4, 0));
    assert_eq!(import(&[]), counted(false, 4, 0));
    let (first, second) = (&replicas.servers[0].http, &replicas.servers[1].http);
    for (name, scheme, _) in FOREIGN {
        assert_eq!(show(&replicas, name)["password"], scheme);
        assert_eq!(sign_in(first, name, "U*V").await, "400 invalid_grant", "{name}");
        assert_eq!(show(&replicas, name)["password"], scheme, "a wrong password changes nothing");
    }
    for name in FOREIGN.map(|(name, ..)| name).into_iter().chain([ARGON2.0]) {
        assert_eq!(sign_in(second, name, "U*U").await, "200", "{name}");
        let shown = show(&replicas, name);
        assert_eq!((&shown["password"], &shown["subject"]), (&json!("argon2id"), &json!(format!("old|{name}"))));
        assert_eq!(sign_in(first, name, "U*U").await, "200", "{name}");
    }
    assert_eq!(import(&[]), counted(false, 0, 4));
    assert_eq!(show(&replicas, "ben")["password"], "argon2id", "importing again brings no old hash back");
    replicas.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_created_user_signs_in_at_once_and_failures_are_forgotten() {
    let _turn = alone().await;
    let replicas = Replicas::start(2, &[]).await;
    let command = ["user", "create", "--username", "carol", "--claim", "name=Carol", "--password-stdin"];
    replicas.administer_with_input(&command, "red-queen-7\n");
    for (name, password, expect) in [("carol", "red-queen-7", "200"), ("Carol", "wrong", "400 invalid_grant")] {
        for server in &replicas.servers {
            assert_eq!(sign_in(&server.http, name, password).await, expect);
        }
    }
    assert_eq!(show(&replicas, "carol")["recent_failed_sign_ins"], 2);
    let subject = show(&replicas, "carol")["subject"].as_str().unwrap().to_owned();
    let unlocked = replicas.administer(&["user", "unlock", &subject]);
    assert_eq!(unlocked, format!("{subject}: 2 failed sign-ins are forgotten\n"));
    assert_eq!(show(&replicas, "carol")["recent_failed_sign_ins"], 0);
}
