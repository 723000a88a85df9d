//! `grantor session`.

use insta::assert_snapshot;
use serde_json::Value;

use super::{done, refused};
use crate::harness::{Authorization, Person, Server};

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let server = Server::start().await;
    assert_snapshot!(done(&server, "session list alice", ""), @"no sessions");
    let alice = Person::alice(&server);
    let request = Authorization::of_spa("openid");
    alice.authorize(&request).await;
    let listed: Value = serde_json::from_str(&done(&server, "session list alice --json", "")).unwrap();
    let session = &listed["sessions"][0];
    assert_eq!((&session["address"], listed["sessions"].as_array().unwrap().len()), (&"127.0.0.1".into(), 1));
    let id = session["session"].as_str().unwrap();
    assert!(done(&server, "session list sub:alice", "").contains(id));
    assert_snapshot!(done(&server, &format!("session end alice --session {id}"), ""), @"1 session ended");
    let again = refused(&server, &format!("session end alice --session {id}"), "");
    assert_eq!(again.replace(id, "ID"), "grantor: alice has no session ID; `grantor session list alice` shows all\n");
    let silent = alice.open(&request.clone().with("prompt", "none").path()).await;
    assert!(silent.header("location").contains("error=login_required"), "{}", silent.header("location"));
    for _browser in 0..2 {
        Person::alice(&server).authorize(&request).await;
    }
    assert_snapshot!(done(&server, "session end alice --all --json", ""), @r#"
    {
      "sessions": 2
    }
    "#);
    assert_snapshot!(refused(&server, "session list nobody", ""), @r#"grantor: there is no user whose username or subject is "nobody"; `grantor user list` shows all"#);
}
