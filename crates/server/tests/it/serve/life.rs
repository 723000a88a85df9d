//! A server from its start to its end.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{CONTENTS, MACHINE, options, token};
use crate::harness::{Database, ENCRYPTION_SECRET, Server, ServerOptions, scratch_dir};

async fn serves(options: ServerOptions) {
    let server = Server::start_with(options).await;
    assert_eq!(token(&server).await, "401 invalid_client", "nobody is there until somebody says so");
    server.apply(CONTENTS);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(token(&server).await, "200");
    assert!(!server.log().contains("demo"), "{}", server.log());
}

#[tokio::test]
async fn it_serves_on_sqlite() {
    serves(options("")).await;
}

#[tokio::test]
async fn it_serves_on_postgres() {
    serves(ServerOptions { database: Some(Arc::new(Database::create())), ..options("") }).await;
}

/// The schema by a command, the secrets by the environment, and not a file of secrets anywhere.
#[tokio::test]
async fn it_starts_on_a_schema_that_was_brought_up_to_date() {
    let secret = ("KEYS__ENCRYPTION_SECRET", ENCRYPTION_SECRET.to_owned());
    let data_dir = Arc::new(scratch_dir());
    let options = ServerOptions {
        data_dir: Some(Arc::clone(&data_dir)),
        settings: vec![secret, ("KEYS__ENCRYPTION_SECRET_FILE", "/nowhere/secrets".to_owned())],
        ..options("")
    };
    let mut refused = Server::spawn(options.clone());
    assert_eq!(refused.wait_until_ended().await.code(), Some(1));
    assert!(refused.log().contains("grantor migrate run"), "{}", refused.log());
    let migrated = refused.run(&["migrate", "run", "--json"]);
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    assert!(String::from_utf8(migrated.stdout).unwrap().contains("\"applied\""));
    let server = Server::start_with(options).await;
    server.apply(CONTENTS);
    assert_eq!(token(&server).await, "200");
}

#[tokio::test]
async fn endpoints_are_where_the_configuration_says() {
    let config = "[http]\ntoken_paths = [\"/v1/token\"]\njwks_path = \"/keys\"\nuserinfo_path = \"/me\"\n\
                  [scopes]\nadvertised = [\"read\", \"openid\"]\n";
    let server = Server::start_with(options(config)).await;
    server.apply(CONTENTS);
    let form = [("grant_type", "client_credentials")];
    assert_eq!(server.http.post_as("/v1/token/", MACHINE, &form).await.outcome(), "200");
    assert_eq!(server.http.post_as("/oauth/token", MACHINE, &form).await.status, 404);
    assert_eq!(server.http.get("/keys").await.status, 200);
    assert_eq!(server.http.get("/me").await.status, 401);
    let discovery = server.http.get("/.well-known/openid-configuration").await.json();
    assert_eq!(discovery["token_endpoint"], format!("{}/v1/token", server.issuer));
    assert_eq!(discovery["jwks_uri"], format!("{}/keys", server.issuer));
    let scopes = &discovery["scopes_supported"];
    assert_eq!(scopes.as_array().unwrap().iter().filter(|scope| **scope == "openid").count(), 1);
    assert!(scopes.as_array().unwrap().contains(&"read".into()), "{scopes}");
}

/// What was begun is answered, also over connections that were kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_stop_it_answers_what_it_has_begun() {
    let mut server = Server::start_with(options("[passwords]\nthreads = 1\n")).await;
    server.apply(CONTENTS);
    let mut requests = JoinSet::new();
    for _request in 0..20 {
        let http = server.http.clone();
        let form = [("grant_type", "password"), ("username", "bob"), ("password", "a-password-of-bob")];
        requests.spawn(async move { http.token_as(MACHINE, &form).await.outcome() });
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let status = server.stop().await;
    assert!(status.success(), "{status}\n{}", server.log());
    assert!(requests.join_all().await.iter().all(|outcome| outcome == "200"));
}
