//! `grant_type=client_credentials` (RFC 6749 §4.4).

use serde_json::json;

use super::super::support::{Credentials, DEMO_A, DEMO_B, is_active, jwt, sorted, userinfo, verdict};
use crate::harness::Server;

const CLIENTS: &str = r#"
[[clients]]
client_id = "defaults"
client_secret = "a-secret-that-nobody-guesses"
grant_types = ["client_credentials"]
scope = "read write openid offline_access"
default_scope = "read openid"
default_audience = "https://default.example"
resources = ["https://one.example/api", "https://two.example/api"]

[[clients]]
client_id = "opaque"
client_secret = "a-secret-that-nobody-guesses"
grant_types = ["client_credentials"]
access_token_format = "opaque"
access_token_lifetime = 77
"#;
const DEFAULTS: Credentials = ("defaults", "a-secret-that-nobody-guesses");
const OPAQUE: Credentials = ("opaque", "a-secret-that-nobody-guesses");

#[tokio::test]
async fn rfc_9068_2_2_an_access_token_says_what_rfc_9068_asks() {
    let server = Server::start().await;
    let answer = server.http.token_as(DEMO_A, &[("grant_type", "client_credentials"), ("scope", "view-user")]).await;
    assert_eq!(answer.members(), ["access_token", "expires_in", "scope", "token_type"]);
    assert_eq!((answer.member("token_type").as_str(), answer.member("scope").as_str()), ("Bearer", "view-user"));
    assert_eq!(answer.json()["expires_in"], 86400);
    let token = answer.member("access_token");
    let header = jwt::header(&token);
    assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("ES256")));
    let claims = jwt::verified(&server.http, &token).await;
    let (iat, exp) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
    assert!(exp - iat == 86400 && (jwt::now() - iat).abs() < 10, "{claims}");
    let _sorted = sorted();
    insta::assert_json_snapshot!(claims, {
        ".iss" => "[issuer]", ".aud" => "[issuer]", ".iat" => "[time]", ".exp" => "[time]", ".jti" => "[id]",
    }, @r#"
    {
      "aud": "[issuer]",
      "client_id": "demo-a",
      "exp": "[time]",
      "iat": "[time]",
      "iss": "[issuer]",
      "jti": "[id]",
      "scope": "view-user",
      "sub": "demo-a"
    }
    "#);
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(server.issuer), &json!(server.issuer)));
    assert!(is_active(&server.http, &token).await);
    assert_eq!(verdict(&userinfo(&server.http, &token).await), "403 insufficient_scope insufficient-scope");
}

#[tokio::test]
async fn rfc_6749_3_3_scope_is_what_is_asked_or_the_default_or_left_out() {
    let server = Server::start().await;
    server.apply(CLIENTS);
    let check = async |client, scope: &str, expect: &str| {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        let answer = server.http.token_as(client, &form).await;
        let scope_told = answer.json().get("scope").map_or("none", |scope| scope.as_str().unwrap()).to_owned();
        let found = if answer.status == 200 { scope_told } else { verdict(&answer) };
        assert_eq!(found, expect, "{client:?} {scope}");
    };
    check(DEFAULTS, "read write", "read write").await;
    check(DEFAULTS, "write  write", "write").await;
    check(DEFAULTS, "", "read").await;
    check(DEFAULTS, " ", "read").await;
    check(DEMO_B, "", "none").await;
    check(DEMO_B, "contacts.read", "contacts.read").await;
    let refused = "400 invalid_scope scope-invalid";
    for scope in
        ["openid", "offline_access", "read openid", "unknown", "read unknown", "READ", "re\"ad", "\u{e9}", "a\tb"]
    {
        check(DEFAULTS, scope, refused).await;
    }
    check(DEMO_B, "openid", refused).await;
}

#[tokio::test]
async fn rfc_9068_3_audience_is_the_resource_asked_or_the_default() {
    let server = Server::start().await;
    server.apply(CLIENTS);
    let check = async |resources: &[&str], expect: serde_json::Value| {
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(resources.iter().map(|resource| ("resource", *resource)));
        let answer = server.http.token_as(DEFAULTS, &form).await;
        let found = match answer.status {
            200 => jwt::verified(&server.http, &answer.member("access_token")).await["aud"].clone(),
            _ => json!(verdict(&answer)),
        };
        assert_eq!(found, expect, "{resources:?}");
    };
    check(&[], json!("https://default.example")).await;
    check(&["https://one.example/api"], json!("https://one.example/api")).await;
    check(
        &["https://one.example/api", "https://two.example/api", "https://one.example/api"],
        json!(["https://one.example/api", "https://two.example/api"]),
    )
    .await;
    check(&[&server.issuer], json!(server.issuer)).await;
    check(&["https://three.example"], json!("400 invalid_target resource-not-allowed")).await;
    check(&["https://one.example/api#x"], json!("400 invalid_target resource-invalid")).await;
    check(&["one"], json!("400 invalid_target resource-invalid")).await;
}

#[tokio::test]
async fn an_opaque_token_has_a_prefix_and_is_read_by_introspection_alone() {
    let server = Server::start().await;
    server.apply(CLIENTS);
    let answer = server.http.token_as(OPAQUE, &[("grant_type", "client_credentials")]).await;
    assert_eq!(answer.members(), ["access_token", "expires_in", "token_type"]);
    assert_eq!(answer.json()["expires_in"], 77);
    let token = answer.member("access_token");
    assert!(token.starts_with("gat_") && !token.contains('.'), "{token}");
    let told = server.http.introspect(OPAQUE, &token).await.json();
    assert_eq!((&told["active"], &told["sub"], &told["client_id"]), (&json!(true), &json!("opaque"), &json!("opaque")));
    // One character less, more or other is another text.
    let other = if token.ends_with('A') { "B" } else { "A" };
    for damaged in [&token[..token.len() - 1], &format!("{token}A"), &format!("{}{other}", &token[..token.len() - 1])] {
        assert!(!is_active(&server.http, damaged).await);
    }
}
