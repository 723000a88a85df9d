//! docs/operating.md, carried out: an installation, a restored backup, keys and a key-encryption secret changed, by the
//! very commands that stand there.

use std::time::Duration;

use serde_json::Value;

use super::documented::{Page, Site, Storage};
use super::{CONTENTS, MACHINE, token};
use crate::harness::{Answer, Database, Postgres, SUPERUSER, Server};

/// A second person, so that one can be disabled.
const CAROL: &str = "[[users]]\nsubject = \"carol\"\nusername = \"carol\"\npassword = \"a-password-of-carol\"\n";

async fn sign_in(server: &Server, username: &str) -> Answer {
    let password = format!("a-password-of-{username}");
    server.http.token_as(MACHINE, &[("grant_type", "password"), ("username", username), ("password", &password)]).await
}

async fn refresh(server: &Server, tokens: &Answer) -> Answer {
    let refresh_token = tokens.member("refresh_token");
    server.http.token_as(MACHINE, &[("grant_type", "refresh_token"), ("refresh_token", &refresh_token)]).await
}

#[track_caller]
fn ok(answer: Answer) -> Answer {
    assert_eq!(answer.outcome(), "200", "{}", answer.text);
    answer
}

/// How long the oldest grants live (`lifetimes.grant_max`, 400 days), with what is added to be sure.
const LONGEST_GRANT: Duration = Duration::from_secs(402 * 24 * 3600);

/// A running server with two people.
async fn site(storage: Storage) -> (Site, Server) {
    let site = Site::install(storage);
    let server = site.start().await;
    site.write("clients.toml", &format!("{CONTENTS}{CAROL}"));
    site.run("apply");
    (site, server)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_restored() {
    let cluster = tokio::task::block_in_place(Postgres::start);
    let (site, mut server) = site(Storage::OwnPostgres(cluster)).await;
    let (bob, carol) = (ok(sign_in(&server, "bob").await), ok(sign_in(&server, "carol").await));
    site.run("back up");

    let bob = ok(refresh(&server, &bob).await);
    assert!(server.run(&["user", "disable", "carol"]).status.success());
    assert_eq!(refresh(&server, &carol).await.outcome(), "400 invalid_grant");
    assert!(server.stop().await.success());
    site.run_as(SUPERUSER, "empty the database");
    site.run("restore");

    let mut server = site.start().await;
    let bob = ok(refresh(&server, &bob).await);
    ok(refresh(&server, &carol).await);
    assert!(server.stop().await.success());
    site.run("sign everybody out");

    let server = site.start().await;
    assert_eq!(refresh(&server, &bob).await.outcome(), "400 invalid_grant");
    ok(sign_in(&server, "bob").await);
}

/// What the server wrote before it was killed lies beside the restored file, and must not come back with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_sqlite_is_restored() {
    let (site, mut server) = site(Storage::Sqlite).await;
    let bob = ok(sign_in(&server, "bob").await);
    assert!(server.stop().await.success());
    // Leaves one file alone, so that nothing of the backup takes the place of what lies there when it is restored.
    assert!(server.run(&["migrate", "run"]).status.success());
    let log = site.path("/var/lib/grantor/grantor.db-wal");
    let log = std::path::Path::new(&log);
    assert!(!log.exists());
    site.run("back up SQLite");

    let mut server = site.start().await;
    assert!(server.run(&["user", "disable", "bob"]).status.success());
    assert_eq!(refresh(&server, &bob).await.outcome(), "400 invalid_grant");
    server.kill();
    assert!(log.exists());
    site.run("restore SQLite");

    let server = site.start().await;
    ok(refresh(&server, &bob).await);
    ok(sign_in(&server, "bob").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_rotated() {
    let (site, server) = site(Storage::Postgres(Database::create())).await;
    let tokens = ok(sign_in(&server, "bob").await);
    site.run("rotate keys");
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(server.http.introspect(MACHINE, &tokens.member("access_token")).await.json()["active"], true);
    ok(refresh(&server, &tokens).await);
}

/// Who holds tokens that were made under the old secret notices nothing, before, between and after; and when the longest
/// grant has ended, nothing needs that secret.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_encryption_secret_is_changed() {
    let (site, mut server) = site(Storage::Postgres(Database::create())).await;
    let before = ok(sign_in(&server, "bob").await);
    let old = secret_ids(&server);
    assert_eq!(old.len(), 1, "{old:?}");

    site.run("new secret");
    assert!(server.stop().await.success());
    let mut server = site.start().await;
    let between = ok(sign_in(&server, "bob").await);
    let said = site.run("rewrap");
    assert!(said.contains(&old[0]), "what still needs the old secret: {said}");
    assert!(secret_ids(&server).iter().any(|id| *id != old[0]), "keys are under the new one");

    for _start in 0..2 {
        for tokens in [&before, &between] {
            let access_token = tokens.member("access_token");
            assert_eq!(server.http.introspect(MACHINE, &access_token).await.json()["active"], true);
        }
        assert_eq!(token(&server).await, "200");
        assert!(server.stop().await.success());
        server = site.start().await;
    }
    for tokens in [&before, &between] {
        ok(refresh(&server, tokens).await);
    }

    assert!(server.stop().await.success());
    site.age_keys(LONGEST_GRANT);
    let said = site.run("rewrap");
    let done = format!("secret {} is not needed any more: its line can be removed", old[0]);
    assert!(said.contains(&done), "{said}");
    site.run("remove the old secret");
    assert!(!site.run("rewrap").contains(&old[0]), "it is not in the file any more");
    let server = site.start().await;
    let now = secret_ids(&server);
    assert!(now.len() == 1 && now != old, "{now:?}");
    assert_eq!(refresh(&server, &before).await.outcome(), "400 invalid_grant", "its key is gone, and it is told so");
    let tokens = ok(sign_in(&server, "bob").await);
    ok(refresh(&server, &tokens).await);
    assert_eq!(token(&server).await, "200");
}

/// The secrets that keys are under, each once, as `keys list` shows them.
fn secret_ids(server: &Server) -> Vec<String> {
    let output = server.run(&["keys", "list", "--json"]);
    let keys: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut ids: Vec<_> =
        keys.as_array().unwrap().iter().map(|key| key["secret_id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids.dedup();
    ids
}

#[test]
fn every_alert_is_explained() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/prometheus/alerts.yaml");
    let alerts = std::fs::read_to_string(path).unwrap();
    let page = Page::read("operating.md");
    let names: Vec<_> = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(names.len() > 3, "{names:?}");
    for name in names {
        assert!(page.has_heading(name), "{name}");
    }
}
