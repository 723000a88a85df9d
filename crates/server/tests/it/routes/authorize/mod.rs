//! `/oauth/authorize` (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2): what is answered to whom, and what is
//! refused where.

mod prompt;
mod request_object;
mod response_mode;

use super::support::{
    CALLBACK_A, CALLBACK_SPA, SPA_SCOPE, log_line, of_a, of_b, of_c, page, page_reference, told, without_pkce,
};
use crate::harness::{Authorization, CHALLENGE, Person, Server, ServerOptions, redirected, send};

/// What a request is answered with: a page of ours, or what the client is told.
pub(super) async fn answer_to(server: &Server, person: &Person, request: &Authorization) -> String {
    let answer = person.open(&request.path()).await;
    let location = answer.header("location");
    if answer.status != 303 {
        page(&answer)
    } else if location.starts_with("/login?") {
        "login".to_owned()
    } else if location.starts_with("/login/account?") {
        "account".to_owned()
    } else if location.starts_with("/consent?") {
        "consent".to_owned()
    } else {
        told(server, &redirected(location))
    }
}

#[tokio::test]
async fn rfc_6749_4_1_2_success_tells_the_client_code_state_and_issuer() {
    let server = Server::start().await;
    let redirected = Person::alice(&server).authorize(&Authorization::of_spa(SPA_SCOPE)).await;
    assert_eq!((told(&server, &redirected).as_str(), redirected.uri.as_str()), ("code", CALLBACK_SPA));
    let odd = "a b+c%&=?#/\u{e9}\u{2603}\"<>\\";
    let redirected = Person::alice(&server).authorize(&Authorization::of_spa("openid").with("state", odd)).await;
    assert_eq!(redirected.parameter("state"), odd);
    let stateless = Person::alice(&server).authorize(&Authorization::of_spa("openid").without("state")).await;
    assert!(!stateless.parameters.contains_key("state"), "{stateless:?}");
}

#[tokio::test]
async fn long_values_travel_whole_or_are_refused() {
    let server = Server::start().await;
    let check = async |name: &'static str, length: usize, expect: &str| {
        let request = Authorization::of_spa("openid").with(name, &"x".repeat(length));
        let redirected = Person::alice(&server).authorize(&request).await;
        let told = if redirected.parameter("code").is_empty() { redirected.parameter("error") } else { "code" };
        assert_eq!(told, expect, "{name} {length}");
        assert_eq!(redirected.parameter("state"), request.0["state"], "{name} {length}");
    };
    check("state", 4000, "code").await;
    check("state", 5000, "invalid_request").await;
    check("nonce", 1000, "code").await;
    check("nonce", 3000, "invalid_request").await;
    check("login_hint", 4000, "code").await;
}

#[tokio::test]
async fn core_3_1_2_1_a_request_may_be_posted() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    let request = Authorization::of_spa("openid");
    let form: Vec<_> = request.0.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let first = person.post("/oauth/authorize", &form).await;
    assert_eq!((first.status, first.header("location")), (303, request.path().as_str()), "never 307");
    assert_eq!(told(&server, &person.walk(first).await), "code");
    let second = person.post("/oauth/authorize", &form).await;
    assert_eq!(told(&server, &redirected(second.header("location"))), "code", "this browser is known");
    let json = server.http.request("POST", "/oauth/authorize").header("content-type", "application/json").body("{}");
    assert_eq!(page(&send(json).await), "400 invalid_request");
    // What would not survive in an address is posted on by a page, and then answered as it came.
    let long = format!("extra={}", "x".repeat(8000));
    for odd in ["state=a#b", "state=a b", "state=\u{2603}", &long] {
        let body = format!("{}&{odd}", query(&request.clone().without("state")));
        let post = async |body: String| {
            send(server.http.request("POST", "/oauth/authorize").header("content-type", FORM).body(body)).await
        };
        let page = post(body.clone()).await;
        assert!(page.status == 200 && page.header("set-cookie").is_empty(), "{odd}");
        assert!(page.text.contains("action=\"/oauth/authorize\"") && page.text.contains("name=\"sent_on\""), "{odd}");
        let answer = post(format!("{body}&sent_on=1")).await;
        assert!(answer.header("location").starts_with("/login?"), "{odd}: {}", answer.header("location"));
    }
    let put = send(server.http.request("PUT", "/oauth/authorize")).await;
    assert_eq!((put.status, put.header("allow")), (405, "GET, POST"));
}

#[tokio::test]
async fn rfc_6749_4_1_2_1_without_a_known_client_and_redirect_uri_nobody_is_sent_anywhere() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    let check = async |request: Authorization, reason: &str| {
        let answer = person.open(&request.path()).await;
        assert_eq!(page(&answer), "400 invalid_request", "{request:?}");
        assert_eq!(answer.header("location"), "");
        assert!(answer.text.contains(&format!("/errors/{reason}")), "{reason}: {}", answer.text);
        assert!(log_line(&server, &page_reference(&answer)).contains(reason));
    };
    let good = || Authorization::of_spa("openid");
    check(good().without("client_id"), "parameter-missing").await;
    check(good().with("client_id", ""), "parameter-missing").await;
    for client in ["nobody", "Demo-Spa", "demo-spa ", "demo-spa\0"] {
        check(good().with("client_id", client), "client-unknown").await;
    }
    check(good().without("redirect_uri"), "parameter-missing").await;
    for uri in [
        "http://127.0.0.1:5173/callback/",
        "http://127.0.0.1:5173/Callback",
        "http://127.0.0.1:5173/callback?x=1",
        "http://127.0.0.1:5173/callback#x",
        "http://127.0.0.1:5173/callback%2f",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:5173@evil.example/callback",
        "http://127.0.0.1.evil.example:5173/callback",
        "http://localhost:5173/callback",
        "http://[::1]:5173/callback",
        "https://127.0.0.1:5173/callback",
        "//127.0.0.1:5173/callback",
        "javascript:alert(1)",
        "x",
    ] {
        check(good().with("redirect_uri", uri), "redirect-uri-mismatch").await;
    }
    // Not a loopback address: its port is as registered.
    check(of_b("openid").with("redirect_uri", "http://localhost:3001/callback"), "redirect-uri-mismatch").await;
    check(of_c("openid").with("redirect_uri", "https://somedomain.example/oauth-return"), "redirect-uri-mismatch")
        .await;
}

#[tokio::test]
async fn rfc_8252_7_3_a_loopback_redirect_may_have_any_port_and_the_only_one_may_be_left_out() {
    let server = Server::start().await;
    for uri in ["http://127.0.0.1:1/callback", "http://127.0.0.1/callback", "http://127.0.0.1:65535/callback"] {
        let request = Authorization::of_spa("openid").with("redirect_uri", uri);
        let redirected = Person::alice(&server).authorize(&request).await;
        assert_eq!((told(&server, &redirected).as_str(), redirected.uri.as_str()), ("code", uri));
    }
    let omitted = Person::alice(&server).authorize(&of_a("view-user").without("redirect_uri")).await;
    assert_eq!((told(&server, &omitted).as_str(), omitted.uri.as_str()), ("code", CALLBACK_A));
    let openid = Person::alice(&server).open(&of_a("openid").without("redirect_uri").path()).await;
    assert_eq!(page(&openid), "400 invalid_request", "OpenID Connect Core requires it");
}

#[tokio::test]
async fn rfc_6749_4_1_2_1_every_other_error_goes_to_the_client() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    let check = async |request: Authorization, expect: &str| {
        assert_eq!(answer_to(&server, &person, &request).await, expect, "{request:?}");
    };
    let good = || Authorization::of_spa("openid");
    let code_only = "unsupported_response_type response-type-unsupported";
    check(good().without("response_type"), "invalid_request parameter-missing").await;
    for kind in ["token", "id_token", "code token", "code id_token", "CODE", "none"] {
        check(good().with("response_type", kind), code_only).await;
    }
    for mode in ["query.jwt", "jwt", "Fragment", "x"] {
        check(good().with("response_mode", mode), "invalid_request response-mode-unsupported").await;
    }
    check(good().with("response_mode", "query"), "login").await;
    for scope in ["openid unknown", "view-user", "openid \"", "OPENID", "openid\tprofile"] {
        check(good().with("scope", scope), "invalid_scope scope-invalid").await;
    }
    let acr = r#"{"id_token":{"acr":{"essential":true,"values":["urn:x"]}}}"#;
    check(good().with("claims", acr), "unmet_authentication_requirements acr-unmet").await;
    check(good().with("request_uri", "https://x.example"), "request_uri_not_supported request-uri-unsupported").await;
    check(good().with("registration", "{}"), "registration_not_supported registration-unsupported").await;
    check(good().with("resource", "https://api.example.test"), "invalid_target resource-not-allowed").await;
    check(good().with("resource", "x"), "invalid_target resource-invalid").await;
    check(good().with("prompt", "none login"), "invalid_request parameter-invalid").await;
    for max_age in ["-1", "x", "1.5", "99999999999999999999"] {
        check(good().with("max_age", max_age), "invalid_request parameter-invalid").await;
    }
    server.apply(NO_CODE);
    let no_code = Authorization::of("no-code", CALLBACK_SPA, "openid");
    check(no_code, "unauthorized_client grant-type-not-allowed").await;
}

const NO_CODE: &str = r#"
[[clients]]
client_id = "no-code"
client_secret = "a-secret-that-nobody-guesses"
grant_types = ["client_credentials"]
redirect_uris = ["http://127.0.0.1:5173/callback"]
scope = "openid"
"#;

#[tokio::test]
async fn rfc_7636_4_4_1_pkce_is_as_the_client_is_registered_for() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    let check = async |request: Authorization, expect: &str| {
        assert_eq!(answer_to(&server, &person, &request).await, expect, "{request:?}");
    };
    let spa = || Authorization::of_spa("openid");
    let unsupported = "invalid_request code-challenge-method-unsupported";
    check(without_pkce(spa()), "invalid_request code-challenge-required").await;
    check(spa().without("code_challenge"), "invalid_request code-challenge-required").await;
    check(spa().without("code_challenge_method"), unsupported).await;
    for method in ["plain", "s256", "S512", "x"] {
        check(spa().with("code_challenge_method", method), unsupported).await;
    }
    for challenge in ["short", &"a".repeat(129), &format!("{CHALLENGE}="), &format!("{}+", &CHALLENGE[1..])] {
        check(spa().with("code_challenge", challenge), "invalid_request parameter-invalid").await;
    }
    check(of_a("openid"), "login").await;
    check(of_a("openid").with("code_challenge", CHALLENGE), unsupported).await;
    check(of_a("openid").with("code_challenge_method", "S256"), "invalid_request parameter-missing").await;
    let plain = |method: &str| of_c("openid").with("code_challenge", CHALLENGE).with("code_challenge_method", method);
    check(plain("S256"), "login").await;
    check(plain("plain"), "login").await;
    check(of_c("openid").with("code_challenge", CHALLENGE), "login").await;
}

#[tokio::test]
async fn rfc_6749_3_1_2_a_registered_query_is_kept() {
    let server = Server::start().await;
    server.apply(QUERY);
    for uri in ["https://rp.example/callback?tenant=7", "https://rp.example/callback?"] {
        let request = without_pkce(Authorization::of("query", uri, "openid"));
        let redirected = Person::alice(&server).authorize(&request).await;
        assert!(redirected.parameters.contains_key("code"), "{redirected:?}");
        assert_eq!(redirected.parameter("tenant"), if uri.ends_with('7') { "7" } else { "" });
        assert_eq!(redirected.parameter("iss"), server.issuer);
    }
}

const QUERY: &str = r#"
[[clients]]
client_id = "query"
client_secret = "a-secret-that-nobody-guesses"
grant_types = ["authorization_code"]
redirect_uris = ["https://rp.example/callback?tenant=7", "https://rp.example/callback?"]
scope = "openid"
require_pkce = false
"#;

#[tokio::test]
async fn rfc_6749_3_1_harmless_parameters_do_no_harm() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    person.authorize(&Authorization::of_spa("openid email")).await;
    for (name, value) in [
        ("display", "popup"),
        ("ui_locales", "de-DE x"),
        ("claims_locales", "fr"),
        ("acr_values", "urn:x"),
        ("prompt", "create"),
        ("login_hint", "somebody-else"),
        ("id_token_hint", "x"),
        ("claims", "{"),
        ("claims", "{\"userinfo\":{\"email\":{\"essential\":true}}}"),
        ("nonce", "\u{2603} \"\\"),
        ("audience", "x"),
        ("unknown", "y"),
        ("grant_type", "authorization_code"),
    ] {
        let request = Authorization::of_spa("openid").with(name, value);
        assert_eq!(answer_to(&server, &person, &request).await, "code", "{name}={value}");
    }
}

#[tokio::test]
async fn rfc_6749_4_1_2_1_malformed_requests_get_a_page() {
    let server = Server::start().await;
    let good = Authorization::of_spa("openid").path();
    for query in ["%ff=1", "x=%ff", "client_id=a&client_id=b"] {
        let answer = server.http.get(&format!("/oauth/authorize?{query}")).await;
        assert_eq!(page(&answer), "400 invalid_request", "{query}");
    }
    assert_eq!(page(&server.http.get("/oauth/authorize").await), "400 invalid_request");
    for repeated in ["client_id=demo-spa", "redirect_uri=http%3A%2F%2F127.0.0.1%3A5173%2Fcallback"] {
        let answer = server.http.get(&format!("{good}&{repeated}")).await;
        assert_eq!(page(&answer), "400 invalid_request", "{repeated}");
    }
}

#[tokio::test]
async fn rfc_6749_4_1_2_1_the_client_is_told_of_any_other_repeated_parameter() {
    let server = Server::start().await;
    let good = Authorization::of_spa("openid");
    for repeated in
        ["scope=openid", "response_type=code", "prompt=none&prompt=login", "unknown=1&unknown=1", "%73cope=x"]
    {
        let answer = server.http.get(&format!("{}&{repeated}", good.path())).await;
        let found = told(&server, &redirected(answer.header("location")));
        assert_eq!(found, "invalid_request parameter-repeated", "{repeated}");
    }
    let stateless = server.http.get(&format!("{}&state=x", good.path())).await;
    let stateless = redirected(stateless.header("location"));
    assert_eq!((stateless.parameter("error"), stateless.parameters.get("state")), ("invalid_request", None));
    let form = server.http.request("POST", "/oauth/authorize").header("content-type", FORM);
    let form = form.header("cookie", "grantor-browser=known");
    let posted = send(form.body(format!("{}&scope=x", query(&good)))).await;
    assert_eq!(posted.status, 303);
    assert_eq!(told(&server, &redirected(posted.header("location"))), "invalid_request parameter-repeated");
}

const FORM: &str = "application/x-www-form-urlencoded";

/// A request as a form.
fn query(request: &Authorization) -> String {
    request.path().split_once('?').unwrap().1.to_owned()
}

#[tokio::test]
async fn what_is_told_by_redirect_leaves_its_line_in_the_log_too() {
    let settings = vec![("LOG__FORMAT", "json".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    server.http.get(&Authorization::of_spa("openid unknown").path()).await;
    let log = server.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("\"request refused\"")).collect();
    assert_eq!(lines.len(), 1, "{log}");
    let line: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
    let found = ["endpoint", "error", "reason", "client_id"].map(|name| line[name].as_str().unwrap());
    assert_eq!(found, ["authorization", "invalid_scope", "scope-invalid", "demo-spa"]);
    assert!(!line["reference"].as_str().unwrap().is_empty());
}
