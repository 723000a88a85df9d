//! What `grantor dev` prints: the credentials, and lines that work when they are pasted. And what a second start keeps.

use std::process::Command;

use super::support::{DEMO_A, DEMO_B, client_token, is_active, verdict};
use crate::harness::{Server, ServerOptions};

/// The lines to paste, but for those that need a browser.
fn lines(server: &Server) -> Vec<String> {
    let output = server.output();
    let (_, lines) = output.split_once("Paste any of these lines").unwrap();
    let (lines, browser) = lines.split_once("# authorization code").unwrap();
    assert!(browser.contains("/oauth/authorize?response_type=code&client_id=demo-spa&"), "{output}");
    lines.lines().skip(1).filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

#[tokio::test]
async fn issuer_and_demo_credentials_are_printed() {
    let server = Server::start().await;
    let output = server.output();
    for text in [
        &server.issuer,
        "alice",
        "wonderland-42",
        "demo-a",
        "demo-a-secret",
        "demo-b",
        "demo-b-secret",
        "1000000042",
        "demo-c-secret-of-more-than-thirty-two-octets",
        "demo-spa",
        "demo-machine",
        "demo-machine.jwk",
        "demo-api",
        "demo-api-secret",
    ] {
        assert!(output.contains(text), "{text}: {output}");
    }
}

#[tokio::test]
async fn every_line_works_when_pasted_by_itself() {
    let server = Server::start().await;
    let mut members = Vec::new();
    for line in lines(&server) {
        let pasted = line.clone();
        let output = tokio::task::spawn_blocking(move || Command::new("sh").args(["-c", &pasted]).output().unwrap());
        let output = output.await.unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        let answer = String::from_utf8(output.stdout).unwrap();
        if line.contains("/oauth/revoke") {
            assert!(answer.starts_with("HTTP/1.1 200 OK"), "{line}: {answer}");
            continue;
        }
        let json: serde_json::Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{line}: {answer}"));
        assert_eq!(json.get("error"), None, "{line}: {answer}");
        members.extend(json.as_object().unwrap().keys().cloned());
    }
    for member in ["access_token", "refresh_token", "id_token", "issued_token_type", "active", "sub"] {
        assert!(members.iter().any(|known| known == member), "{member}: {members:?}");
    }
}

#[tokio::test]
async fn a_second_start_keeps_what_an_administrator_changed() {
    let first = Server::start().await;
    let token = client_token(&first.http, DEMO_A).await;
    let key = std::fs::read(first.machine_key()).unwrap();
    assert!(first.run(&["user", "disable", "alice"]).status.success());
    first.apply(
        "[[clients]]\nclient_id = \"demo-b\"\nclient_secret = \"another-secret-of-demo-b\"\n\
         grant_types = [\"client_credentials\"]\n",
    );
    let options = ServerOptions {
        data_dir: Some(first.data_dir.clone()),
        issuer: Some(first.issuer.clone()),
        ..ServerOptions::default()
    };
    drop(first);
    let second = Server::start_with(options).await;
    let form = [("grant_type", "client_credentials")];
    let old_secret = second.http.token_as(DEMO_B, &form).await;
    assert_eq!(verdict(&old_secret), "401 invalid_client client-authentication-failed");
    assert_eq!(verdict(&second.http.token_as(("demo-b", "another-secret-of-demo-b"), &form).await), "200");
    let disabled =
        [("grant_type", "password"), ("client_id", "1000000042"), ("username", "alice"), ("password", "wonderland-42")];
    assert_eq!(verdict(&second.http.token(&disabled).await), "400 invalid_grant credentials-invalid");
    assert!(is_active(&second.http, &token).await, "keys are kept too");
    assert_eq!(std::fs::read(second.machine_key()).unwrap(), key);
}

/// Other people use such a server.
#[tokio::test]
async fn a_server_that_others_reach_keeps_its_data() {
    let options = ServerOptions { issuer: Some("https://id.example".to_owned()), ..ServerOptions::default() };
    let server = Server::start_with(options).await;
    for action in ["revert", "redo"] {
        let refused = server.run(&["migrate", action]);
        assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("--lose-data"));
    }
    assert!(server.run(&["migrate", "revert", "--lose-data"]).status.success());
}
