//! `/errors/…`: where `error_uri` leads, and the reference that ties an answer to the log.

use grantor_domain::error::Reason;

use super::support::{DEMO_A, check_description, log_line, page, sorted, verdict};
use crate::harness::{Server, ServerOptions};

#[tokio::test]
async fn rfc_6749_5_2_every_reason_has_a_page_that_says_what_to_do() {
    let server = Server::start().await;
    for reason in Reason::ALL {
        let wire = reason.wire();
        check_description(wire.description);
        let answer = server.http.get(&format!("/errors/{}", reason.anchor())).await;
        assert_eq!(page(&answer), format!("200 {}", wire.code.as_str()), "{reason:?}");
        // The page escapes quotation marks and slashes; the first words tell that it is the right one.
        let advice = wire.advice.split(['/', '\'', '"', '&']).next().unwrap();
        assert!(answer.text.contains(advice), "{reason:?}: {}", answer.text);
    }
}

#[tokio::test]
async fn rfc_6749_5_2_an_error_uri_resolves() {
    let server = Server::start().await;
    let answer = server.http.token_as(DEMO_A, &[("grant_type", "x")]).await;
    let uri = answer.member("error_uri");
    assert_eq!(uri, format!("{}/errors/grant-type-unsupported", server.issuer));
    let about = server.http.get(uri.strip_prefix(&server.issuer).unwrap()).await;
    assert_eq!(page(&about), "200 unsupported_grant_type");
}

#[tokio::test]
async fn rfc_6749_5_2_the_whole_answer_is_what_rfc_6749_asks_and_a_reference() {
    let server = Server::start().await;
    let answer = server.http.token_as(DEMO_A, &[("grant_type", "client_credentials"), ("scope", "x")]).await;
    let body: serde_json::Value = serde_json::from_str(&answer.text.replace(&server.issuer, "https://issuer")).unwrap();
    let _sorted = sorted();
    insta::assert_json_snapshot!(body, { ".reference" => "[reference]" }, @r#"
    {
      "error": "invalid_scope",
      "error_description": "a scope is malformed, unknown or not allowed to the client",
      "error_uri": "https://issuer/errors/scope-invalid",
      "reference": "[reference]"
    }
    "#);
}

#[tokio::test]
async fn each_refusal_leaves_one_line_with_reference_reason_client_and_cause() {
    let settings = vec![("LOG__FORMAT", "json".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let check = async |client, form: &[(&str, &str)], expect: [&str; 4]| {
        let answer = server.http.token_as(client, form).await;
        verdict(&answer);
        let line: serde_json::Value = serde_json::from_str(&log_line(&server, &answer.member("reference"))).unwrap();
        let found =
            ["reason", "error", "client_id", "cause"].map(|name| line[name].as_str().unwrap_or_default().to_owned());
        assert_eq!(found, expect, "{line}");
        assert_eq!((&line["reference"], &line["level"]), (&answer.json()["reference"], &"INFO".into()));
        assert_eq!((&line["endpoint"], &line["message"]), (&"token".into(), &"request refused".into()));
    };
    check(
        ("demo-a", "wrong"),
        &[("grant_type", "client_credentials")],
        ["client-authentication-failed", "invalid_client", "demo-a", "the secret is wrong"],
    )
    .await;
    check(DEMO_A, &[("grant_type", "x")], ["grant-type-unsupported", "unsupported_grant_type", "demo-a", ""]).await;
    check(
        ("no\u{1b}[31mclient\r\nforged line", "x"),
        &[("grant_type", "client_credentials")],
        ["client-authentication-failed", "invalid_client", "", "there is no such client"],
    )
    .await;
    let forged = server.log().lines().any(|line| line.starts_with("forged"));
    assert!(!forged, "nothing that was typed makes a line");
}
