//! The audit trail of a server and of its commands: what stands in it of each thing that an operator watches.

use std::process::Output;

use grantor_application::{AuditField, AuditKind};
use grantor_testkit::{Site, http_answer};
use serde_json::{Map, Value, json};

use crate::factors::set_up;
use crate::harness::{Authorization, Person, Server, ServerOptions, audit_trail, send};
use crate::routes::support::{
    DEMO_A, DEMO_B, client_token, jwt, password_tokens, patience, redeem_spa, spa_code, spa_tokens, verdict,
};

const NEW_CLIENT: &str = "[[clients]]\nclient_id = \"new\"\nclient_secret = \"a-secret-of-the-new-client\"\n\
                          grant_types = [\"client_credentials\"]\nscope = \"read\"\n";

/// Fields that differ from one line to the next: addresses, and what is made anew each time.
const MADE: [&str; 5] = ["address", "grant", "reference", "session", "token_id"];

/// The one event that a command wrote.
#[track_caller]
fn written_by(output: &Output) -> Value {
    let log = String::from_utf8_lossy(&output.stderr);
    let trail: Vec<_> = audit_trail(&log).into_iter().filter(|line| line["event"] == "administration").collect();
    assert_eq!(trail.len(), 1, "{log}");
    trail[0].clone()
}

/// An event without what every line has.
fn facts(mut event: Value) -> Value {
    for name in ["timestamp", "level", "target", "message", "event", "actor"] {
        event.as_object_mut().unwrap().remove(name);
    }
    event
}

#[tokio::test]
async fn every_token_that_is_issued_is_recorded_by_its_names() {
    let server = Server::start().await;
    let tokens = spa_tokens(&server, "openid offline_access").await;
    client_token(&server.http, DEMO_A).await;
    let [by_code, for_itself] = &server.audit("token.issued")[..] else { panic!("{}", server.log()) };
    let claims = jwt::claims(&tokens.member("access_token"));
    let expect = json!({
        "grant_type": "authorization_code", "client_id": "demo-spa", "subject": "alice", "scope": "openid offline_access",
        "grant": claims["grants"][0], "token_id": claims["jti"], "expires_in": 3600,
        "with_id_token": true, "with_refresh_token": true, "address": "127.0.0.1",
    });
    assert_eq!(facts(by_code.clone()), expect);
    let found = ["grant_type", "client_id", "subject"].map(|name| for_itself[name].as_str().unwrap());
    assert_eq!(found, ["client_credentials", "demo-a", "demo-a"]);
    assert!(for_itself.get("scope").is_none(), "it asked for none, and has none by default: {for_itself}");
    assert!(for_itself.get("grant").is_none() && for_itself["with_refresh_token"] == false, "{for_itself}");
}

#[tokio::test]
async fn a_refusal_is_one_event_with_the_reference_that_the_client_has() {
    let server = Server::start().await;
    let token = server.http.token_as(("demo-a", "wrong"), &[("grant_type", "client_credentials")]).await;
    let introspected = server.http.introspect(("demo-a", "wrong"), "x").await;
    for (answer, event, endpoint) in
        [(token, "token.refused", "token"), (introspected, "request.refused", "introspection")]
    {
        verdict(&answer);
        let [event] = &server.audit(event)[..] else { panic!("{}", server.log()) };
        let expect = json!({
            "endpoint": endpoint, "error": "invalid_client", "reason": "client-authentication-failed",
            "client_id": "demo-a", "address": "127.0.0.1", "reference": answer.member("reference"),
            "cause": "the secret is wrong",
        });
        assert_eq!(facts(event.clone()), expect);
    }
}

#[tokio::test]
async fn the_password_grant_is_a_sign_in_too() {
    let server = Server::start().await;
    password_tokens(&server.http, DEMO_B, "contacts.read").await;
    let form = [("grant_type", "password"), ("username", "alice"), ("password", "not-hers")];
    let refused = server.http.token_as(DEMO_B, &form).await;
    assert_eq!(
        facts(server.audit("sign_in.succeeded").remove(0)),
        json!({ "subject": "alice", "address": "127.0.0.1" })
    );
    let failed = facts(server.audit("sign_in.failed").remove(0));
    let reference = refused.member("reference");
    let expect =
        json!({ "reason": "wrong_password", "subject": "alice", "address": "127.0.0.1", "reference": reference });
    assert_eq!(failed, expect);
    assert_eq!(server.audit("token.refused")[0]["reference"], reference);
    assert_eq!(server.audit("session.opened").len(), 0, "it has none");
}

#[tokio::test]
async fn administration_is_recorded_by_the_command_that_does_it() {
    let server = Server::start().await;
    let check = |output: &Output, expect: Value| {
        let event = written_by(output);
        assert!(event["actor"].as_str().is_some_and(|actor| !actor.is_empty() && actor != "server"), "{event}");
        assert_eq!(facts(event), expect);
    };
    let user = |action: &str| json!({ "action": action, "object_kind": "user", "object": "alice", "outcome": "done" });
    check(&server.run(&["user", "disable", "alice"]), user("user.disable"));
    check(&server.run(&["user", "enable", "alice"]), user("user.enable"));
    let set = server.run_with_input(&["user", "set-password", "alice"], "a-new-password-of-hers\n");
    check(&set, user("user.set_password"));
    assert!(!String::from_utf8_lossy(&set.stderr).contains("a-new-password"));
    check(
        &server.run(&["grants", "revoke", "--client", "demo-a"]),
        json!({ "action": "grants.revoke", "object_kind": "client", "object": "demo-a", "outcome": "done", "count": 0 }),
    );
    check(
        &server.run(&["keys", "rotate", "seal"]),
        json!({ "action": "keys.rotate", "object_kind": "keys", "object": "seal", "outcome": "done", "count": 1 }),
    );
    let client = |action: &str, outcome: &str| json!({ "action": action, "object_kind": "client", "object": "shop", "outcome": outcome });
    let create = ["client", "create", "--id", "shop", "--grant", "client_credentials"];
    check(&server.run(&create), client("client.create", "done"));
    check(&server.run(&create), client("client.create", "refused"));
    check(&server.run(&["client", "update", "shop", "--name", "Shop"]), client("client.update", "done"));
    check(&server.run(&["client", "rotate-secret", "shop"]), client("client.rotate_secret", "done"));
    let ended =
        json!({ "action": "client.delete", "object_kind": "client", "object": "shop", "outcome": "done", "count": 0 });
    check(&server.run(&["client", "delete", "shop"]), ended);
    let carol = json!({ "action": "user.create", "object_kind": "user", "object": "carol", "outcome": "done" });
    check(&server.run(&["user", "create", "--username", "carol", "--subject", "carol"]), carol);
    let unlocked =
        json!({ "action": "user.unlock", "object_kind": "user", "object": "alice", "outcome": "done", "count": 0 });
    check(&server.run(&["user", "unlock", "alice"]), unlocked);
    let kept = json!({ "action": "keys.retire", "object_kind": "key", "object": "1", "outcome": "refused" });
    check(&server.run(&["keys", "retire", "1", "--now"]), kept);
    check(
        &server.run(&["keys", "rewrap"]),
        json!({ "action": "keys.rewrap", "object_kind": "keys", "outcome": "done" }),
    );
    for looked in [&["client", "list"][..], &["user", "show", "alice"], &["keys", "list"], &["grants", "list"]] {
        let output = server.run(looked);
        assert!(audit_trail(&String::from_utf8_lossy(&output.stderr)).is_empty(), "{looked:?} changes nothing");
    }
}

/// Each object that a file changed, then the file as a whole; nothing for one that changed nothing.
#[tokio::test]
async fn an_applied_file_is_recorded_object_by_object() {
    let server = Server::start().await;
    let applied = server.apply_output(NEW_CLIENT);
    let trail: Vec<_> = audit_trail(&String::from_utf8_lossy(&applied.stderr)).into_iter().map(facts).collect();
    let object = |kind: &str, name: &str, outcome: &str| json!({ "action": "apply", "object_kind": kind, "object": name, "outcome": outcome });
    let mut whole = object("declarations", "apply", "done");
    whole["count"] = 1.into();
    assert_eq!(trail, [object("client", "new", "created"), whole]);
    let again = server.apply_output(NEW_CLIENT);
    assert!(audit_trail(&String::from_utf8_lossy(&again.stderr)).is_empty(), "nothing was changed");
}

#[tokio::test]
async fn an_administrator_ends_a_grant_by_the_name_that_the_trail_gives_it() {
    let server = Server::start().await;
    spa_tokens(&server, "openid").await;
    let grant = server.audit("token.issued")[0]["grant"].as_str().unwrap().to_owned();
    let ended = server.run(&["grants", "revoke", "--grant", &grant]);
    assert_eq!(written_by(&ended)["count"], 1);
    let trail = audit_trail(&String::from_utf8_lossy(&ended.stderr));
    let revoked = trail.iter().find(|line| line["event"] == "grant.revoked").unwrap();
    assert_eq!(facts(revoked.clone()), json!({ "by": "administrator", "grant": grant }));
}

#[tokio::test]
async fn the_trail_stays_on_unless_it_is_named() {
    for (filter, expect) in [("warn", 1), ("off", 1), ("info,grantor::audit=off", 0)] {
        let settings = vec![("LOG__FILTER", filter.to_owned())];
        let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
        client_token(&server.http, DEMO_A).await;
        assert_eq!(server.audit("token.issued").len(), expect, "{filter}");
    }
}

/// What is shown of each event is what a line of it has: the same fields, and the same values but for what is [`MADE`].
#[tokio::test]
async fn every_example_of_the_documentation_could_be_a_line() {
    let settings =
        vec![("OUTBOUND__PRIVATE_NETWORKS", "127.0.0.1".to_owned()), ("REGISTRATION__MODE", "open".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let http = &server.http;
    let metadata = json!({ "redirect_uris": ["https://app.example/cb"] });
    assert_eq!(send(http.request("POST", "/oauth/register").json(&metadata)).await.status, 201);
    sign_out(&server).await;
    deny(&server).await;
    let code = spa_code(&server, "openid profile offline_access").await;
    let tokens = redeem_spa(http, &code).await;
    let revoke = [("client_id", "demo-spa"), ("token", &tokens.member("access_token"))];
    assert_eq!(http.post("/oauth/revoke", &revoke).await.status, 200);
    assert_eq!(redeem_spa(http, &code).await.outcome(), "400 invalid_grant");
    http.token_as(("demo-a", "wrong"), &[("grant_type", "client_credentials")]).await;
    http.introspect(("demo-api", "wrong"), "x").await;
    http.token_as(DEMO_B, &[("grant_type", "password"), ("username", "alice"), ("password", "not-hers")]).await;
    set_up(&server).await;
    let disabled = server.run(&["user", "disable", "alice"]);

    let mut trail = audit_trail(&server.log());
    trail.push(written_by(&disabled));
    // A day must pass before a client is given up, which takes the clock of the use cases' own tests.
    for kind in AuditKind::ALL.iter().filter(|kind| **kind != AuditKind::LogoutUndelivered) {
        let mut shown: Map<String, Value> = kind.example().into_iter().map(as_member).collect();
        // Who runs the tests.
        shown.remove("actor");
        let could_be = |line: &&Value| {
            let written = facts((*line).clone());
            let written = written.as_object().unwrap();
            let is_shown = |name: &String, value| {
                let is_made =
                    MADE.contains(&name.as_str()) || (*kind == AuditKind::ClientRegistration && name == "client_id");
                shown.get(name).is_some_and(|shown| is_made || shown == value)
            };
            written.len() == shown.len() && written.iter().all(|(name, value)| is_shown(name, value))
        };
        let lines: Vec<_> = trail.iter().filter(|line| line["event"] == kind.as_str()).collect();
        assert!(lines.iter().any(could_be), "{shown:?} is none of {lines:?}");
    }
}

fn as_member((field, value): (AuditField, &str)) -> (String, Value) {
    (field.as_str().to_owned(), serde_json::from_str(value).unwrap())
}

/// Alice signs out of `demo-spa`, which is told of it.
async fn sign_out(server: &Server) {
    let site = Site::start(|_| http_answer(200, ""));
    let told = format!("backchannel_logout_uri={}", site.url("/"));
    assert!(server.run(&["client", "update", "demo-spa", "--set", &told]).status.success());
    let id_token = async |person: &Person| {
        let code = person.authorize(&Authorization::of_spa("openid")).await.parameter("code").to_owned();
        redeem_spa(&server.http, &code).await.member("id_token")
    };
    // Until the server has followed.
    patience::until("the client is told", async || {
        let person = Person::alice(server);
        let hint = id_token(&person).await;
        assert_eq!(person.open(&format!("/oauth/logout?id_token_hint={hint}")).await.status, 200);
        server.log().contains("logout.delivered")
    })
    .await;
}

/// Alice says no to `demo-spa`.
async fn deny(server: &Server) {
    let person = Person::alice(server);
    let login = person.open(&Authorization::of_spa("openid profile offline_access").path()).await;
    let login = person.open(login.header("location")).await;
    let signed_in = person.submit(&login, &[("username", &person.username), ("password", &person.password)]).await;
    let consent = person.open(signed_in.header("location")).await;
    assert_eq!(person.submit(&consent, &[("decision", "deny")]).await.status, 303);
}
