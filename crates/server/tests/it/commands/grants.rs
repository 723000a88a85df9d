//! `grantor grants` on a server that people use.

use serde_json::Value;

use super::{done, refused};
use crate::harness::Server;

/// A grant of alice to `demo-b`, by her password: its reference, as the token names it.
async fn granted(server: &Server) -> String {
    let form =
        [("grant_type", "password"), ("username", "alice"), ("password", "wonderland-42"), ("scope", "contacts.read")];
    let answer = server.http.token_as(("demo-b", "demo-b-secret"), &form).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let listed = list(server, &["--limit", "1"]);
    listed["grants"][0]["grant"].as_str().unwrap().to_owned()
}

fn text(server: &Server, arguments: &[&str]) -> String {
    let ran = server.run(&[&["grants", "list"], arguments].concat());
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

fn list(server: &Server, arguments: &[&str]) -> Value {
    serde_json::from_str(&text(server, &[&["--json"], arguments].concat())).unwrap()
}

fn references(page: &Value) -> Vec<&str> {
    page["grants"].as_array().unwrap().iter().map(|grant| grant["grant"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn grants_are_listed_newest_first_page_by_page() {
    let server = Server::start().await;
    assert_eq!(text(&server, &[]).trim(), "no grants");
    let mut grants = Vec::new();
    for _grant in 0..3 {
        grants.insert(0, granted(&server).await);
    }
    assert_eq!(references(&list(&server, &[])), grants);
    let first = list(&server, &["--limit", "2"]);
    assert_eq!((references(&first), first["next"].as_str()), (vec![grants[0].as_str(), &grants[1]], Some(&*grants[1])));
    let second = list(&server, &["--limit", "2", "--after", &grants[1]]);
    assert_eq!((references(&second), second["next"].as_str()), (vec![grants[2].as_str()], None));
    for filter in [["--client", "demo-b"], ["--user", "alice"]] {
        assert_eq!(references(&list(&server, &filter)).len(), 3, "{filter:?}");
    }
    assert_eq!(references(&list(&server, &["--client", "demo-a"])), [""; 0]);
}

#[tokio::test]
async fn what_has_ended_is_listed_if_asked() {
    let server = Server::start().await;
    let (revoked, live) = (granted(&server).await, granted(&server).await);
    assert!(server.run(&["grants", "revoke", "--grant", &revoked]).status.success());
    assert_eq!(references(&list(&server, &[])), [live.as_str()]);
    let all = list(&server, &["--all"]);
    assert_eq!(references(&all), [live.as_str(), &revoked]);
    assert_eq!((&all["grants"][0]["state"], &all["grants"][1]["state"]), (&"live".into(), &"revoked".into()));
    let table = text(&server, &["--all"]).replace(&revoked, "[revoked]").replace(&live, "[live]");
    let without_times = table.lines().map(|line| {
        let cells = line.split_whitespace().filter(|cell| !(cell.len() > 16 && cell.starts_with("20")));
        cells.collect::<Vec<_>>().join(" ")
    });
    insta::assert_snapshot!(without_times.collect::<Vec<_>>().join("\n"), @"
    GRANT STATE CLIENT SUBJECT SCOPE OPENED REFRESHED EXPIRES
    [live] live demo-b alice contacts.read
    [revoked] revoked demo-b alice contacts.read
    ");
    assert!(server.run(&["user", "disable", "alice"]).status.success());
    assert_eq!(references(&list(&server, &[])), [""; 0]);
    assert_eq!(list(&server, &["--all"])["grants"][0]["state"], "ended");
}

/// Whoever ends grants by a wrong name must not believe that they are ended.
#[tokio::test]
async fn a_name_that_nothing_has_is_told() {
    let server = Server::start().await;
    let revoke = |words: &str| format!("grants revoke {words}");
    let grant = granted(&server).await;
    for (words, expect) in [
        ("--client nobody", "grantor: there is no client \"nobody\"; `grantor client list` shows all\n"),
        (
            "--grant l.0190f6d2-0000-7000-8000-000000000000",
            "grantor: there is no grant l.0190f6d2-0000-7000-8000-000000000000; `grantor grants list --all` shows all \
             that are stored\n",
        ),
        (
            "--before 2999-01-01T00:00:00Z",
            "grantor: the time lies in the future: nobody could sign in until then, and that cannot be taken back; give \
             one that has passed\n",
        ),
    ] {
        assert_eq!(refused(&server, &revoke(words), ""), expect);
    }
    let session = "--session 0190f6d2-0000-7000-8000-000000000000";
    assert_eq!(done(&server, &revoke(session), "").trim(), "no grant of that session is live");
    assert_eq!(done(&server, &revoke(&format!("--grant {grant}")), "").trim(), "1 grant ended");
    let again = done(&server, &revoke(&format!("--grant {grant}")), "");
    assert_eq!(again.trim(), format!("the grant {grant} had ended already"));
}
