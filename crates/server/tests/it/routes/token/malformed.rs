//! Requests that no client library sends: other media types, sizes and encodings, repeated and empty parameters. None
//! gets more than a refusal, and none a 5xx.

use super::super::support::{DEMO_A, TOKEN_EXCHANGE, verdict};
use crate::harness::{Answer, Server, send};

const FORM: &str = "application/x-www-form-urlencoded";
const MEDIA_TYPE: &str = "400 invalid_request media-type-unsupported";
const REPEATED: &str = "400 invalid_request parameter-repeated";
const ENCODING: &str = "400 invalid_request parameter-encoding-invalid";

/// Posts these bytes as `demo-a`.
async fn post(server: &Server, media_type: Option<&str>, body: impl Into<Vec<u8>>) -> Answer {
    let request = server.http.request("POST", "/oauth/token").basic_auth(DEMO_A.0, Some(DEMO_A.1)).body(body.into());
    send(media_type.into_iter().fold(request, |request, media_type| request.header("content-type", media_type))).await
}

#[tokio::test]
async fn only_form_encoding_is_read_whatever_its_charset() {
    let server = Server::start().await;
    let body = "grant_type=client_credentials";
    let check = async |media_type: Option<&str>, expect: &str| {
        assert_eq!(verdict(&post(&server, media_type, body).await), expect, "{media_type:?}");
    };
    for accepted in [
        FORM,
        "application/x-www-form-urlencoded; charset=utf-8",
        "application/x-www-form-urlencoded;charset=UTF-8",
        "application/x-www-form-urlencoded ; charset=\"utf-8\"",
        "Application/X-WWW-Form-URLEncoded",
    ] {
        check(Some(accepted), "200").await;
    }
    for refused in [
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded-x",
        "x-www-form-urlencoded",
        "",
        ";",
        "*/*",
    ] {
        check(Some(refused), MEDIA_TYPE).await;
    }
    check(None, MEDIA_TYPE).await;
    let json = post(&server, Some("application/json"), r#"{"grant_type":"client_credentials"}"#).await;
    assert_eq!(verdict(&json), MEDIA_TYPE);
}

#[tokio::test]
async fn a_body_of_more_than_64_kib_is_too_large() {
    let server = Server::start().await;
    let body_of = |size: usize| {
        let start = "grant_type=client_credentials&padding=";
        format!("{start}{}", "x".repeat(size - start.len()))
    };
    assert_eq!(verdict(&post(&server, Some(FORM), body_of(65_536)).await), "200");
    for size in [65_537, 70_000, 300_000] {
        let answer = post(&server, Some(FORM), body_of(size)).await;
        assert_eq!(verdict(&answer), "413 invalid_request body-too-large", "{size}");
    }
}

#[tokio::test]
async fn a_parameter_comes_once() {
    let server = Server::start().await;
    for body in [
        "grant_type=client_credentials&grant_type=client_credentials",
        "grant_type=client_credentials&grant_type=password",
        "grant_type=client_credentials&scope=view-user&scope=view-user",
        "grant_type=client_credentials&scope=view-user&%73cope=view-user",
        "grant_type=client_credentials&unknown=1&unknown=1",
        "grant_type=client_credentials&client_id=demo-a&client_id=demo-a",
        "grant_type=client_credentials&=1&=1",
    ] {
        assert_eq!(verdict(&post(&server, Some(FORM), body).await), REPEATED, "{body}");
    }
    for body in [
        "grant_type=client_credentials&scope=&scope=view-user",
        "grant_type=client_credentials&scope=view-user&scope=",
        "grant_type=&grant_type=client_credentials",
        "grant_type=client_credentials&audience=a&audience=a",
    ] {
        assert_eq!(verdict(&post(&server, Some(FORM), body).await), "200", "an empty value counts as omitted: {body}");
    }
    let resources = format!("grant_type=client_credentials&resource={0}&resource={0}", server.issuer);
    assert_eq!(verdict(&post(&server, Some(FORM), resources).await), "200");
}

#[tokio::test]
async fn odd_encodings_are_read_strictly() {
    let server = Server::start().await;
    let check = async |body: &[u8], expect: &str| {
        assert_eq!(verdict(&post(&server, Some(FORM), body).await), expect, "{}", String::from_utf8_lossy(body));
    };
    check(b"&&grant_type=client_credentials&&&x&=&", "200").await;
    check(b"grant%5Ftype=client%5fcredentials", "200").await;
    check(b"grant_type=client_credentials&x=%", "200").await;
    check(b"grant_type=client_credentials&x=%zz%1", "200").await;
    check(b"grant_type=client_credentials&x=%00", "200").await;
    check(b"grant_type=client_credentials&x=\xff", ENCODING).await;
    check(b"grant_type=client_credentials&x=%ff", ENCODING).await;
    check(b"grant_type=client_credentials&%c3%28=x", ENCODING).await;
    check(b"grant_type=client_credentials&x=%ed%a0%80", ENCODING).await;
    check(b"grant_type=client_credentials%00", "400 unsupported_grant_type grant-type-unsupported").await;
    check(b"grant_type%00=client_credentials", "400 invalid_request parameter-missing").await;
    check(b"grant_type=client_credentials;scope=x", "400 unsupported_grant_type grant-type-unsupported").await;
    check(b"grant_type[]=client_credentials", "400 invalid_request parameter-missing").await;
    check(b"\xef\xbb\xbfgrant_type=client_credentials", "400 invalid_request parameter-missing").await;
    check(b"", "400 invalid_request parameter-missing").await;
    check(b"grant_type=client_credentials&scope=view-user%00", "400 invalid_scope scope-invalid").await;
    check(b"grant_type=client_credentials&scope=%E2%98%83", "400 invalid_scope scope-invalid").await;
}

#[tokio::test]
async fn thousands_of_parameters_are_no_trouble() {
    let server = Server::start().await;
    let many: String = (0..6_000).map(|number| format!("&p{number}=1")).collect();
    assert_eq!(verdict(&post(&server, Some(FORM), format!("grant_type=client_credentials{many}")).await), "200");
    let ampersands = format!("grant_type=client_credentials{}", "&".repeat(60_000));
    assert_eq!(verdict(&post(&server, Some(FORM), ampersands).await), "200");
    let resources: String = (0..1_500).map(|number| format!("&resource=https://r{number}.example")).collect();
    let refused = post(&server, Some(FORM), format!("grant_type=client_credentials{resources}")).await;
    assert_eq!(verdict(&refused), "400 invalid_target resource-not-allowed");
}

/// Every parameter of every endpoint, each with every awkward value, never gets a 5xx.
#[tokio::test]
async fn awkward_values_anywhere_are_refused_not_fatal() {
    let server = Server::start().await;
    let long = "x".repeat(20_000);
    let values = ["\0", "\u{7f}\r\n\t", "%", "'\"<>\\;--", "\u{202e}☃\u{10ffff}", "-1", "99999999999999999999", "{}", "..", &long];
    let grants = ["authorization_code", "refresh_token", "client_credentials", "password", TOKEN_EXCHANGE];
    let names = [
        "grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "resource", "audience",
        "username", "password", "nonce", "client_id", "client_secret", "client_assertion", "client_assertion_type",
        "subject_token", "subject_token_type", "actor_token", "actor_token_type", "requested_token_type", "token",
        "token_type_hint", "access_token",
    ];
    for value in values {
        for grant in grants {
            // All at once: whatever is judged first must already cope; then one grant after the other reaches deeper.
            let form: Vec<_> =
                names.iter().map(|name| (*name, if *name == "grant_type" { grant } else { value })).collect();
            never_fatal(&server, "/oauth/token", &form).await;
            let without_client: Vec<_> =
                form.iter().filter(|(name, _)| !name.starts_with("client_")).copied().collect();
            never_fatal(&server, "/oauth/token", &without_client).await;
        }
        for path in ["/oauth/token", "/oauth/introspect", "/oauth/revoke", "/oauth/userinfo", "/login", "/consent"] {
            for name in names {
                never_fatal(&server, path, &[(name, value)]).await;
            }
        }
    }
}

async fn never_fatal(server: &Server, path: &str, form: &[(&str, &str)]) {
    let names: Vec<_> = form.iter().map(|(name, _)| *name).collect();
    for client in [("demo-b", "demo-b-secret"), ("x", "x")] {
        let answer = server.http.post_as(path, client, form).await;
        assert!(answer.status < 500, "{path} {names:?}: {} {}", answer.status, answer.text);
    }
}
