//! A server from its start to its end.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::{CONTENTS, MACHINE, options, token};
use crate::harness::{
    Database, ENCRYPTION_SECRET, Http, Server, ServerOptions, binary, free_port, install, scratch_dir, try_send,
};

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

/// One request over a connection that stays open; the head of the answer.
fn ask(connection: &mut TcpStream, path: &str) -> String {
    connection.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).unwrap();
    let mut answer = [0; 4096];
    let length = connection.read(&mut answer).unwrap();
    String::from_utf8_lossy(&answer[..length]).to_lowercase()
}

/// Whoever keeps a connection open is told to take another one, and whoever asks is told that it is about to end, before
/// it does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_drains_before_it_ends() {
    let mut options = options("");
    options.settings.push(("HTTP__SHUTDOWN_DELAY", "3s".to_owned()));
    let mut server = Server::start_with(options).await;
    let mut kept = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    assert!(!ask(&mut kept, "/livez").contains("connection: close"));
    server.signal("TERM");
    let deadline = Instant::now() + Duration::from_secs(2);
    while server.http.get("/readyz").await.status == 200 {
        assert!(Instant::now() < deadline, "{}", server.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let told = ask(&mut kept, "/livez");
    assert!(told.starts_with("http/1.1 200") && told.contains("connection: close"), "{told}");
    assert!(server.wait_until_ended().await.success(), "{}", server.log());
    assert!(server.http.try_get("/livez").await.is_none());
}

/// Whoever reads the log may stall: requests are answered, the process ends when it is told to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_the_reader_of_the_log() {
    let (directory, port) = (scratch_dir(), free_port());
    install(directory.path(), &format!("issuer = \"http://127.0.0.1:{port}\"\n"));
    let mut command = binary();
    command.arg("serve").arg("--config").arg(directory.path().join("grantor.toml"));
    command.env("GRANTOR__HTTP__LISTEN", format!("127.0.0.1:{port}")).env("GRANTOR__DATABASE__MIGRATE", "true");
    let mut server = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let http = Http::new(format!("http://127.0.0.1:{port}"));
    let deadline = Instant::now() + Duration::from_secs(30);
    while http.try_get("/readyz").await.is_none_or(|answer| answer.status != 200) {
        assert!(Instant::now() < deadline, "the server is not ready");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // More than a pipe holds, several times over; each refusal is a line.
    for _request in 0..1_500 {
        let refused = try_send(http.request("POST", "/oauth/token").form(&[("grant_type", "client_credentials")]));
        assert_eq!(refused.await.unwrap().status, 401);
    }
    let told = std::process::Command::new("kill").args(["-s", "TERM", &server.id().to_string()]).status().unwrap();
    assert!(told.success());
    let deadline = Instant::now() + Duration::from_secs(20);
    while server.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "it waits for the reader of its log");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
