//! Client authentication at the token endpoint by secret or not at all (RFC 6749 §2.3): every method, every mix.
//! Assertions are in `client_assertion`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::support::{log_line, verdict};
use crate::harness::{Answer, Server, send};

const FAILED: &str = "401 invalid_client client-authentication-failed";
const REPEATED: &str = "400 invalid_request client-authentication-repeated";
const MISMATCH: &str = "400 invalid_request client-id-mismatch";

/// A client whose id and secret need every escape, and one for each single method.
const CLIENTS: &str = r#"
[[clients]]
client_id = "odd: id%2B+/=&?"
client_secret = "s:ecret %25+ &=é☃"
grant_types = ["client_credentials"]

[[clients]]
client_id = "basic-only"
client_secret = "a-secret-that-nobody-guesses"
grant_types = ["client_credentials"]
token_endpoint_auth_methods = ["client_secret_basic"]

[[clients]]
client_id = "post-only"
client_secret = "a-secret-that-nobody-guesses"
grant_types = ["client_credentials"]
token_endpoint_auth_methods = ["client_secret_post"]

[[clients]]
client_id = "jwt-only"
client_secret = "a-secret-that-is-long-enough-to-sign-with"
grant_types = ["client_credentials"]
token_endpoint_auth_methods = ["client_secret_jwt"]
"#;

/// Client credentials with this Authorization header, if any, and these parameters.
async fn ask(server: &Server, authorization: Option<&str>, parameters: &[(&str, &str)]) -> Answer {
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend_from_slice(parameters);
    let mut request = server.http.request("POST", "/oauth/token").form(&form);
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    send(request).await
}

fn basic(pair: &str) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

/// Id and secret as RFC 6749 §2.3.1 wants them in the header: each form-encoded first.
fn encoded(id: &str, secret: &str) -> String {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    basic(&format!("{}:{}", encode(id), encode(secret)))
}

#[tokio::test]
async fn rfc_6749_2_3_1_basic_reads_form_encoded_id_and_secret() {
    let server = Server::start().await;
    server.apply(CLIENTS);
    let (id, secret) = ("odd: id%2B+/=&?", "s:ecret %25+ &=é☃");
    let check = async |authorization: &str, expect: &str| {
        assert_eq!(verdict(&ask(&server, Some(authorization), &[]).await), expect, "{authorization}");
    };
    check(&encoded(id, secret), "200").await;
    check(&encoded(id, secret).replace("Basic", "basic"), "200").await;
    check(&encoded(id, secret).replace("Basic ", "BASIC  "), "200").await;
    check(&basic(&format!("{id}:{secret}")), FAILED).await;
    check(&basic("demo-a:demo-a-secret"), "200").await;
    check(&basic("demo-a:demo%2Da%2dsecret"), "200").await;
    for pair in ["demo-a", "", ":", "demo-a:", ":demo-a-secret", "demo-a:wrong", "demo-a:demo-a-secret:", "demo-a:%ff"]
    {
        check(&basic(pair), FAILED).await;
    }
    for header in ["Basic", "Basic ", "Basic !!!", "Basic ZGVtby1h", "Basic demo-a:demo-a-secret"] {
        check(header, FAILED).await;
    }
    // Another scheme is no client authentication, and nothing else names the client.
    check("Bearer abc", FAILED).await;
    check("Digest username=\"demo-a\"", FAILED).await;
}

#[tokio::test]
async fn rfc_6749_2_3_1_post_takes_id_and_secret_from_the_body() {
    let server = Server::start().await;
    server.apply(CLIENTS);
    let check = async |id: &str, secret: &str, expect: &str| {
        let answer = ask(&server, None, &[("client_id", id), ("client_secret", secret)]).await;
        assert_eq!(verdict(&answer), expect, "{id} {secret}");
    };
    check("odd: id%2B+/=&?", "s:ecret %25+ &=é☃", "200").await;
    check("demo-a", "demo-a-secret", "200").await;
    check("demo-a", "demo-a-secret ", FAILED).await;
    check("Demo-A", "demo-a-secret", FAILED).await;
    check("demo-a", "", FAILED).await;
    check("", "demo-a-secret", FAILED).await;
    check("", "", FAILED).await;
    check("demo-a\0", "demo-a-secret", FAILED).await;
    check("\u{e9}", "demo-a-secret", FAILED).await;
    check(&"x".repeat(256), "x", FAILED).await;
    check(&"x".repeat(30_000), &"x".repeat(30_000), FAILED).await;
}

#[tokio::test]
async fn rfc_6749_5_2_a_method_that_the_client_is_not_registered_for_fails() {
    let server = Server::start().await;
    server.apply(CLIENTS);
    let check = async |id: &str, secret: &str, by_header: &str, by_body: &str, by_nothing: &str| {
        assert_eq!(verdict(&ask(&server, Some(&encoded(id, secret)), &[]).await), by_header, "{id} header");
        let body = [("client_id", id), ("client_secret", secret)];
        assert_eq!(verdict(&ask(&server, None, &body).await), by_body, "{id} body");
        assert_eq!(verdict(&ask(&server, None, &body[..1]).await), by_nothing, "{id} nothing");
    };
    let secret = "a-secret-that-nobody-guesses";
    check("basic-only", secret, "200", FAILED, FAILED).await;
    check("post-only", secret, FAILED, "200", FAILED).await;
    check("jwt-only", "a-secret-that-is-long-enough-to-sign-with", FAILED, FAILED, FAILED).await;
    check("demo-machine", secret, FAILED, FAILED, FAILED).await;
    check("demo-spa", secret, FAILED, FAILED, "400 unauthorized_client grant-type-not-allowed").await;
}

#[tokio::test]
async fn rfc_6749_2_3_more_than_one_method_is_refused_even_if_each_is_right() {
    let server = Server::start().await;
    let header = basic("demo-a:demo-a-secret");
    let (id, secret) = (("client_id", "demo-a"), ("client_secret", "demo-a-secret"));
    let assertion = [
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", "a.b.c"),
    ];
    let check = async |authorization: Option<&str>, parameters: &[(&str, &str)], expect: &str| {
        assert_eq!(verdict(&ask(&server, authorization, parameters).await), expect, "{parameters:?}");
    };
    check(Some(&header), &[id, secret], REPEATED).await;
    check(Some(&header), &[secret], REPEATED).await;
    check(Some(&header), &assertion, REPEATED).await;
    check(None, &[id, secret, assertion[0], assertion[1]], REPEATED).await;
    check(Some("Basic !!!"), &[id, secret], REPEATED).await;
    check(Some(&header), &[("client_secret", "")], "200").await;
    let twice = server.http.request("POST", "/oauth/token").form(&[("grant_type", "client_credentials")]);
    let twice = send(twice.header("authorization", &header).header("authorization", &header)).await;
    assert_eq!(verdict(&twice), FAILED);
}

#[tokio::test]
async fn rfc_6749_2_3_client_id_beside_another_method_must_match() {
    let server = Server::start().await;
    let header = basic("demo-a:demo-a-secret");
    for (id, expect) in [("demo-a", "200"), ("", "200"), ("demo-b", MISMATCH), ("x", MISMATCH)] {
        assert_eq!(verdict(&ask(&server, Some(&header), &[("client_id", id)]).await), expect, "{id}");
    }
}

#[tokio::test]
async fn rfc_6749_5_2_an_unknown_client_and_a_wrong_secret_cannot_be_told_apart() {
    let server = Server::start().await;
    let mut bodies = Vec::new();
    for (id, cause) in [("demo-a", "the secret is wrong"), ("demo-x", "there is no such client")] {
        let by_header = ask(&server, Some(&basic(&format!("{id}:wrong"))), &[]).await;
        let by_body = ask(&server, None, &[("client_id", id), ("client_secret", "wrong")]).await;
        let by_nothing = ask(&server, None, &[("client_id", id)]).await;
        for answer in [by_header, by_body, by_nothing] {
            assert_eq!(verdict(&answer), FAILED);
            assert!(answer.header("www-authenticate").starts_with("Basic realm="));
            let reference = answer.member("reference");
            assert!(log_line(&server, &reference).contains(id));
            bodies.push(answer.text.replace(&reference, ""));
        }
        assert!(server.log().contains(cause));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
}

#[tokio::test]
async fn rfc_6749_2_3_1_nothing_is_read_from_the_query_string() {
    let server = Server::start().await;
    let path = "/oauth/token?client_id=demo-a&client_secret=demo-a-secret&grant_type=client_credentials";
    let answer = server.http.post(path, &[("grant_type", "client_credentials")]).await;
    assert_eq!(verdict(&answer), FAILED);
    let path = "/oauth/token?grant_type=client_credentials&scope=openid";
    let in_query =
        send(server.http.request("POST", path).basic_auth("demo-a", Some("demo-a-secret")).form(&[("a", "b")])).await;
    assert_eq!(verdict(&in_query), "400 invalid_request parameter-missing");
    let path = "/oauth/token?scope=unknown&grant_type=x";
    let body = [("grant_type", "client_credentials")];
    assert_eq!(verdict(&server.http.post_as(path, ("demo-a", "demo-a-secret"), &body).await), "200");
}
