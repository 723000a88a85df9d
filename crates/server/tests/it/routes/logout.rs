//! `/oauth/logout` (OpenID Connect RP-Initiated Logout): who is asked, who is signed out, and where they go then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use grantor_testkit::{Site, http_answer};
use serde_json::json;

use super::support::{
    jwt, log_line, page, page_reference, patience, redeem_spa, refresh, refresh_spa, told, userinfo, verdict,
};
use crate::harness::{Answer, Authorization, Person, Server, ServerOptions, redirected};

const CALLBACK: &str = "https://rp.example/callback";
const BYE: &str = "https://rp.example/bye?from=op";

const RP: &str = r#"
[[clients]]
client_id = "rp"
client_secret = "a-secret-of-more-than-thirty-two-octets"
grant_types = ["authorization_code", "refresh_token"]
redirect_uris = ["https://rp.example/callback"]
post_logout_redirect_uris = ["https://rp.example/bye?from=op", "https://rp.example/bye"]
scope = "openid offline_access"

[[clients]]
client_id = "shared"
client_name = "Shared"
client_secret = "a-secret-of-more-than-thirty-two-octets"
grant_types = ["authorization_code"]
redirect_uris = ["https://rp.example/callback"]
post_logout_redirect_uris = ["https://rp.example/bye"]
scope = "openid"
id_token_signed_response_alg = "HS256"

[[clients]]
client_id = "keeps"
client_secret = "a-secret-of-more-than-thirty-two-octets"
grant_types = ["authorization_code", "refresh_token"]
redirect_uris = ["https://rp.example/callback"]
scope = "openid"
grants_end_with_session = false
"#;

const SECRET: &str = "a-secret-of-more-than-thirty-two-octets";

/// A server, and Alice signed in at it.
async fn world() -> (Server, Person) {
    let server = Server::start().await;
    server.apply(RP);
    let alice = Person::alice(&server);
    (server, alice)
}

/// What a client gets for Alice.
async fn tokens(server: &Server, person: &Person, client: &str, scope: &str) -> Answer {
    let code = person.authorize(&Authorization::of(client, CALLBACK, scope)).await.parameter("code").to_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", crate::harness::VERIFIER),
    ];
    let answer = server.http.token_as((client, SECRET), &form).await;
    assert_eq!(verdict(&answer), "200");
    answer
}

fn logout(parameters: &[(&str, &str)]) -> String {
    let url = reqwest::Url::parse_with_params("http://x/oauth/logout", parameters).unwrap();
    format!("/oauth/logout?{}", url.query().unwrap_or_default())
}

async fn is_signed_in(server: &Server, person: &Person) -> bool {
    let request = Authorization::of_spa("openid").with("prompt", "none");
    let answer = person.open(&request.path()).await;
    told(server, &redirected(answer.header("location"))) != "login_required login-required"
}

fn asks(answer: &Answer) -> bool {
    answer.status == 200 && answer.text.contains("id=\"logout\"")
}

fn says_goodbye(answer: &Answer) -> bool {
    answer.status == 200 && answer.text.contains("You are signed out")
}

#[tokio::test]
async fn rp_logout_2_an_id_token_of_this_session_signs_out_without_a_question() {
    let (server, alice) = world().await;
    let id_token = tokens(&server, &alice, "rp", "openid").await.member("id_token");
    assert!(is_signed_in(&server, &alice).await);
    let address = logout(&[("id_token_hint", &id_token), ("post_logout_redirect_uri", BYE), ("state", "a b&c")]);
    let answer = alice.open(&address).await;
    assert_eq!((answer.status, answer.header("location")), (303, "https://rp.example/bye?from=op&state=a+b%26c"));
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("grantor-session=;") && cookie.contains("Max-Age=0"), "{cookie}");
    assert!(!is_signed_in(&server, &alice).await);
    let again = alice.open(&address).await;
    assert_eq!(again.header("location"), answer.header("location"), "nobody is signed in: go on");
    let hint_alone = alice.open(&logout(&[("id_token_hint", &id_token)])).await;
    assert!(says_goodbye(&hint_alone), "{}", hint_alone.text);
}

#[tokio::test]
async fn rp_logout_4_an_id_token_that_expired_is_a_hint_all_the_same() {
    let settings = vec![("LIFETIMES__ID_TOKEN", "1s".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    server.apply(RP);
    let alice = Person::alice(&server);
    let id_token = tokens(&server, &alice, "rp", "openid").await.member("id_token");
    patience::outlive(Duration::from_secs(1)).await;
    let silent = Authorization::of_spa("openid").with("prompt", "none").with("id_token_hint", &id_token);
    let answer = alice.open(&silent.path()).await;
    assert_ne!(told(&server, &redirected(answer.header("location"))), "login_required login-required");
    assert!(says_goodbye(&alice.open(&logout(&[("id_token_hint", &id_token)])).await));
}

#[tokio::test]
async fn rp_logout_2_an_id_token_signed_with_the_clients_secret_is_a_hint_too() {
    let (server, alice) = world().await;
    let id_token = tokens(&server, &alice, "shared", "openid").await.member("id_token");
    let forged = jwt::sign(&jwt::claims(&id_token), &*jwt::hs256_signer("another-secret-of-thirty-two-octets"));
    assert!(asks(&alice.open(&logout(&[("id_token_hint", &forged)])).await));
    let answer = alice.open(&logout(&[("id_token_hint", &id_token)])).await;
    assert!(says_goodbye(&answer) && !is_signed_in(&server, &alice).await);
}

#[tokio::test]
async fn rp_logout_2_whoever_cannot_show_the_session_has_the_person_asked() {
    let (server, alice) = world().await;
    let tokens = tokens(&server, &alice, "rp", "openid").await;
    let (id_token, access_token) = (tokens.member("id_token"), tokens.member("access_token"));
    let mut other_session = jwt::claims(&id_token);
    other_session["sid"] = json!("0199a3c0-4d02-7e6f-9b1c-52a4c1f0aa10");
    let forged = jwt::sign(&other_session, &*jwt::stranger_signer());
    for hint in ["x", access_token.as_str(), forged.as_str()] {
        let asked = alice
            .open(&logout(&[("id_token_hint", hint), ("post_logout_redirect_uri", BYE), ("client_id", "rp")]))
            .await;
        assert!(asks(&asked), "{}", asked.text);
        assert!(is_signed_in(&server, &alice).await, "a question changes nothing");
    }
    let asked = alice.open(&logout(&[])).await;
    assert!(asks(&asked) && !asked.text.contains("asks to sign you out"), "{}", asked.text);
    let named =
        alice.open(&logout(&[("client_id", "shared"), ("post_logout_redirect_uri", "https://rp.example/bye")])).await;
    assert!(named.text.contains("Shared</bdi> asks to sign you out") && named.text.contains("Alice Liddell"));
    let answer = alice.submit(&named, &[]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "https://rp.example/bye"));
    assert!(!is_signed_in(&server, &alice).await);
}

#[tokio::test]
async fn rp_logout_4_a_bad_hint_or_address_leads_nowhere() {
    let (server, alice) = world().await;
    let id_token = tokens(&server, &alice, "rp", "openid").await.member("id_token");
    let check = async |parameters: &[(&str, &str)], expect: &str| {
        let answer = alice.open(&logout(parameters)).await;
        assert_eq!((page(&answer).as_str(), answer.header("location")), ("400 invalid_request", ""), "{parameters:?}");
        assert!(log_line(&server, &page_reference(&answer)).contains(expect), "{parameters:?}");
        assert!(is_signed_in(&server, &alice).await);
    };
    let hint = ("id_token_hint", id_token.as_str());
    for uri in ["https://rp.example/bye/", "https://rp.example/bye?from=op&x", "https://evil.example/", "x"] {
        check(&[hint, ("post_logout_redirect_uri", uri)], "post-logout-redirect-uri-mismatch").await;
    }
    check(&[("post_logout_redirect_uri", BYE)], "post-logout-redirect-uri-mismatch").await;
    check(&[hint, ("client_id", "shared")], "logout-client-mismatch").await;
    check(&[("client_id", "nobody")], "client-unknown").await;
    check(&[("client_id", "rp"), ("client_id", "rp")], "parameter-repeated").await;
    // A bad hint: the person is asked, and goes nowhere then.
    let asked =
        alice.open(&logout(&[("id_token_hint", "x"), ("client_id", "rp"), ("post_logout_redirect_uri", BYE)])).await;
    let answer = alice.submit(&asked, &[]).await;
    assert!(says_goodbye(&answer) && !is_signed_in(&server, &alice).await);
    let nobody =
        alice.open(&logout(&[("id_token_hint", "x"), ("client_id", "rp"), ("post_logout_redirect_uri", BYE)])).await;
    assert!(says_goodbye(&nobody), "{}", nobody.text);
}

#[tokio::test]
async fn nobody_signs_somebody_else_out() {
    let (server, alice) = world().await;
    alice.authorize(&Authorization::of_spa("openid")).await;
    let asked = alice.open(&logout(&[])).await;
    let stranger = Person::alice(&server);
    stranger.authorize(&Authorization::of_spa("openid")).await;
    let answer = stranger.submit(&asked, &[]).await;
    assert_eq!(page(&answer), "400 invalid_request", "asked in another browser");
    assert!(is_signed_in(&server, &stranger).await && is_signed_in(&server, &alice).await);
    let garbled = alice.post("/oauth/logout", &[("request", "gal_AAAA")]).await;
    assert_eq!(page(&garbled), "400 invalid_request");
    server.apply("[[users]]\nsubject = \"b-1\"\nusername = \"bob\"\npassword = \"a-password-of-bob\"\n");
    let bob = alice.used_by("bob", "a-password-of-bob");
    bob.authorize(&Authorization::of_spa("openid").with("prompt", "login")).await;
    let answer = bob.submit(&asked, &[]).await;
    assert_eq!(page(&answer), "400 invalid_request", "alice was asked, and bob is here");
    assert!(is_signed_in(&server, &bob).await);
}

#[tokio::test]
async fn core_11_the_grants_of_the_session_end_with_it_but_for_offline_access() {
    let (server, alice) = world().await;
    let code = alice.authorize(&Authorization::of_spa("openid")).await.parameter("code").to_owned();
    let online = redeem_spa(&server.http, &code).await;
    let unredeemed = alice.authorize(&Authorization::of_spa("openid")).await.parameter("code").to_owned();
    let offline = tokens(&server, &alice, "rp", "openid offline_access").await;
    let kept = tokens(&server, &alice, "keeps", "openid").await;
    let hint = offline.member("id_token");
    assert!(says_goodbye(&alice.open(&logout(&[("id_token_hint", &hint)])).await));
    assert_eq!(userinfo(&server.http, &online.member("access_token")).await.status, 401);
    assert_eq!(refresh_spa(&server.http, &online.member("refresh_token")).await.status, 400);
    assert_eq!(redeem_spa(&server.http, &unredeemed).await.status, 400);
    for (client, tokens) in [("rp", &offline), ("keeps", &kept)] {
        let refreshed = refresh(&server.http, (client, SECRET), &tokens.member("refresh_token")).await;
        assert_eq!(verdict(&refreshed), "200", "{client}");
    }
}

/// A client that is told by the back channel, at this address, and by the front channel.
fn told_client(site: &Site) -> String {
    format!(
        "[[clients]]\nclient_id = \"told\"\nclient_secret = \"{SECRET}\"\ngrant_types = [\"authorization_code\"]\n\
         redirect_uris = [\"{CALLBACK}\"]\npost_logout_redirect_uris = [\"{BYE}\"]\nscope = \"openid\"\n\
         backchannel_logout_uri = \"{}\"\nfrontchannel_logout_uri = \"https://rp.example/out\"\n",
        site.url("/backchannel")
    )
}

#[tokio::test]
async fn backchannel_2_5_clients_of_the_session_are_told_by_both_channels() {
    let settings = vec![("OUTBOUND__PRIVATE_NETWORKS", "127.0.0.1".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let site = Site::start(|_| http_answer(200, ""));
    server.apply(&told_client(&site));
    let alice = Person::alice(&server);
    let id_token = tokens(&server, &alice, "told", "openid").await.member("id_token");
    let answer = alice.open(&logout(&[("id_token_hint", &id_token), ("post_logout_redirect_uri", BYE)])).await;
    assert!(says_goodbye(&answer), "{}", answer.text);
    let sid = jwt::claims(&id_token)["sid"].as_str().unwrap().to_owned();
    for part in [
        format!("content=\"2; url={}\"", BYE.replace('&', "&amp;")),
        format!(
            "<iframe src=\"https://rp.example/out?iss={}&amp;sid={sid}\"",
            server.issuer.replace(':', "%3A").replace('/', "%2F")
        ),
    ] {
        assert!(answer.text.contains(&part), "{part}: {}", answer.text);
    }
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("frame-src https://rp.example;"), "{policy}");
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    patience::until("the client is told", async || !site.requests().is_empty()).await;
    let request = site.requests().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /backchannel HTTP/1.1"), "{head}");
    let claims = jwt::verified(&server.http, body.strip_prefix("logout_token=").unwrap()).await;
    assert_eq!(
        (claims["sid"].as_str(), claims["aud"].as_str(), claims["sub"].as_str()),
        (Some(sid.as_str()), Some("told"), Some("alice"))
    );
    patience::until("the audit trail has it", async || server.log().contains("logout.delivered")).await;
}

#[tokio::test]
async fn backchannel_2_5_a_client_that_was_away_is_told_later_also_by_a_server_that_started_since() {
    let settings = vec![("OUTBOUND__PRIVATE_NETWORKS", "127.0.0.1".to_owned())];
    let mut server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let is_there = Arc::new(AtomicBool::new(false));
    let there = Arc::clone(&is_there);
    let site = Site::start(move |_| http_answer(if there.load(Ordering::SeqCst) { 204 } else { 503 }, ""));
    server.apply(&told_client(&site));
    let alice = Person::alice(&server);
    let id_token = tokens(&server, &alice, "told", "openid").await.member("id_token");
    assert!(says_goodbye(&alice.open(&logout(&[("id_token_hint", &id_token)])).await));
    patience::until("it was tried", async || server.log().contains("it answered with status 503")).await;
    assert!(server.stop().await.success() && !server.log().contains("logout.delivered"));
    is_there.store(true, Ordering::SeqCst);
    let server = Server::start_with(server.options()).await;
    patience::until("the client is told", async || server.log().contains("logout.delivered")).await;
    let told = site.requests();
    let (first, last) = (told.first().unwrap(), told.last().unwrap());
    let token = |request: &str| jwt::claims(request.split_once("logout_token=").unwrap().1);
    assert!(told.len() >= 2 && token(first)["jti"] == token(last)["jti"], "one notice, however often it is tried");
}

#[tokio::test]
async fn nobody_private_is_told_unless_the_operator_says_so() {
    let server = Server::start().await;
    let site = Site::start(|_| http_answer(200, ""));
    server.apply(&told_client(&site));
    let alice = Person::alice(&server);
    let id_token = tokens(&server, &alice, "told", "openid").await.member("id_token");
    alice.open(&logout(&[("id_token_hint", &id_token)])).await;
    patience::until("it was tried", async || server.log().contains("was not told of a logout")).await;
    assert!(server.log().contains("may not be asked") && site.requests().is_empty());
}

#[tokio::test]
async fn rp_logout_2_a_form_of_another_site_finds_the_session() {
    let (server, alice) = world().await;
    let id_token = tokens(&server, &alice, "rp", "openid").await.member("id_token");
    let form = [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", BYE)];
    let stranger = Person::alice(&server);
    let answer = stranger.post("/oauth/logout", &form).await;
    assert_eq!(answer.status, 303);
    assert!(answer.header("location").starts_with("/oauth/logout?id_token_hint="), "{}", answer.header("location"));
    let followed = alice.open(answer.header("location")).await;
    assert_eq!((followed.header("location"), is_signed_in(&server, &alice).await), (BYE, false));
    let long = "s".repeat(8000);
    let form = [("id_token_hint", id_token.as_str()), ("state", long.as_str())];
    let page = stranger.post("/oauth/logout", &form).await;
    assert!(page.status == 200 && page.text.contains("name=\"sent_on\"") && page.header("set-cookie").is_empty());
    assert!(page.text.contains("action=\"/oauth/logout\"") && page.text.contains(&long), "posted on from here");
    let sent_on = [form[0], form[1], ("sent_on", "1")];
    let answer = stranger.post("/oauth/logout", &sent_on).await;
    assert!(says_goodbye(&answer) && answer.header("set-cookie").is_empty(), "who sent no session keeps theirs");
    let form = [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", BYE)];
    let direct = alice.post("/oauth/logout", &form).await;
    assert_eq!(direct.header("location"), BYE, "with cookies it is answered as it is");
    let put = crate::harness::send(server.http.request("PUT", "/oauth/logout")).await;
    assert_eq!((put.status, put.header("allow")), (405, "GET, POST"));
}
