//! Requests that no client library sends: other media types, sizes and encodings, repeated and empty parameters. None
//! gets more than a refusal, and none a 5xx.

use super::super::support::{DEMO_A, TOKEN_EXCHANGE, page, verdict};
use crate::harness::{Answer, Authorization, Person, Server, send};

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
async fn rfc_6749_appendix_b_only_form_encoding_is_read_whatever_its_charset() {
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
async fn rfc_6749_3_2_a_parameter_comes_once() {
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
async fn rfc_6749_appendix_b_odd_encodings_are_read_strictly() {
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

/// Whatever takes a form takes it by the same rules; those for clients answer in JSON, those for browsers with a page.
#[tokio::test]
async fn every_endpoint_reads_forms_alike() {
    let server = Server::start().await;
    let too_large = format!("x={}", "x".repeat(70_000));
    for (media_type, body, expect) in [
        ("application/json", "{}", MEDIA_TYPE),
        (FORM, "x=%ff", ENCODING),
        (FORM, "x=1&x=1", REPEATED),
        (FORM, too_large.as_str(), "413 invalid_request body-too-large"),
    ] {
        for path in ["/oauth/introspect", "/oauth/revoke", "/oauth/userinfo"] {
            let request = server.http.request("POST", path).header("content-type", media_type).body(body.to_owned());
            assert_eq!(verdict(&send(request).await), expect, "{path}");
        }
        for path in ["/login", "/consent", "/oauth/authorize"] {
            let request = server.http.request("POST", path).header("content-type", media_type).body(body.to_owned());
            let (status_and_code, _) = expect.rsplit_once(' ').unwrap();
            assert_eq!(page(&send(request).await), status_and_code, "{path}");
        }
    }
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

/// The parameters of every endpoint that takes a form.
const PARAMETERS: &str = "grant_type code redirect_uri code_verifier refresh_token scope resource audience username \
    password nonce client_id client_secret client_assertion client_assertion_type subject_token subject_token_type \
    actor_token actor_token_type requested_token_type token token_type_hint access_token";

/// The parameters of an authorization request.
const AUTHORIZATION: [&str; 20] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "response_mode",
    "nonce",
    "prompt",
    "max_age",
    "login_hint",
    "id_token_hint",
    "claims",
    "code_challenge",
    "code_challenge_method",
    "resource",
    "request",
    "request_uri",
    "registration",
    "acr_values",
    "display",
];

fn awkward_values() -> Vec<String> {
    let values =
        ["\0", "\u{7f}\r\n\t", "%", "'\"<>\\;--", "\u{202e}☃\u{10ffff}", "-1", "99999999999999999999", "{}", ".."];
    let mut values: Vec<_> = values.map(str::to_owned).to_vec();
    values.push("x".repeat(20_000));
    values
}

/// Each parameter with each awkward value, alone and all at once, gets no 5xx.
#[tokio::test]
async fn awkward_values_anywhere_are_refused_not_fatal() {
    let server = Server::start().await;
    let grants = ["authorization_code", "refresh_token", "client_credentials", "password", TOKEN_EXCHANGE];
    for value in &awkward_values() {
        for grant in grants {
            let all = PARAMETERS.split(' ').filter(|name| !name.is_empty());
            let all: Vec<_> = all.map(|name| (name, if name == "grant_type" { grant } else { value })).collect();
            never_fatal(&server, "/oauth/token", &all).await;
            // With the client in the header it gets further.
            let others: Vec<_> = all.iter().filter(|(name, _)| !name.starts_with("client_")).copied().collect();
            never_fatal(&server, "/oauth/token", &others).await;
        }
        for path in ["/oauth/token", "/oauth/introspect", "/oauth/revoke", "/oauth/userinfo", "/login", "/consent"] {
            for name in PARAMETERS.split(' ').filter(|name| !name.is_empty()) {
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

/// The same in an authorization request, by someone who is signed in and has agreed to everything.
#[tokio::test]
async fn awkward_authorization_requests_are_refused_not_fatal() {
    let server = Server::start().await;
    let alice = Person::alice(&server);
    alice.authorize(&Authorization::of_spa("openid")).await;
    for value in &awkward_values() {
        for name in AUTHORIZATION {
            let request = Authorization::of_spa("openid").with(name, value);
            let form: Vec<_> = request.0.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = alice.post("/oauth/authorize", &form).await;
            assert!(answer.status < 500, "{name}={value:.30}: {} {}", answer.status, answer.text);
        }
    }
}

/// What no library lets through: sent byte by byte.
#[tokio::test]
async fn broken_http_is_no_trouble() {
    let server = Server::start().await;
    let start = "POST /oauth/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
                 Authorization: Basic ZGVtby1hOmRlbW8tYS1zZWNyZXQ=\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\n";
    let chunk = format!("{:x}\r\n{}\r\n", 40_000, "x".repeat(40_000));
    for (rest, expect) in [
        ("Transfer-Encoding: chunked\r\n\r\n1d\r\ngrant_type=client_credentials\r\n0\r\n\r\n".to_owned(), "200"),
        (format!("Transfer-Encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n"), "413"),
        ("Transfer-Encoding: chunked\r\n\r\nzz\r\n".to_owned(), "400"),
        ("Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef".to_owned(), "400"),
        ("Content-Length: -1\r\n\r\n".to_owned(), "400"),
        ("Content-Length: 99999999999999999999999\r\n\r\n".to_owned(), "400"),
        ("\u{0}: x\r\n\r\n".to_owned(), "400"),
        ("Expect: 100-continue\r\nContent-Length: 29\r\n\r\ngrant_type=client_credentials".to_owned(), "200"),
        ("Content-Encoding: gzip\r\nContent-Length: 29\r\n\r\ngrant_type=client_credentials".to_owned(), "200"),
    ] {
        let port = server.port();
        let bytes = format!("{start}{rest}").into_bytes();
        let answer = tokio::task::spawn_blocking(move || exchange(port, &bytes)).await.unwrap();
        let statuses: Vec<_> =
            answer.split("HTTP/1.1 ").skip(1).map(|part| &part[..3]).filter(|s| *s != "100").collect();
        assert_eq!(statuses, [expect], "{rest:.80}: {answer}");
    }
    assert_eq!(server.http.get("/readyz").await.status, 200);
}

/// Sends bytes and reads until the server closes the connection.
fn exchange(port: u16, bytes: &[u8]) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    // The server may close before it has read everything, which shows as an error after the answer.
    let _closed_early = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
