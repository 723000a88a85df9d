//! `/login`: the sign-in page, what is sent from it, and the session it starts.

use super::support::{
    DEMO_B, SPA_SCOPE, jwt, log_line, page, page_reference, password_tokens, patience, redeem_spa, refresh, told,
    verdict,
};
use crate::harness::{Answer, Authorization, Person, Server, ServerOptions, redirected, send};

/// Opens a request and follows it to the sign-in page.
async fn login_page(person: &Person, request: &Authorization) -> Answer {
    let answer = person.open(&request.path()).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let shown = person.open(answer.header("location")).await;
    assert_eq!(page(&shown), "login");
    shown
}

async fn sign_in(person: &Person, shown: &Answer, username: &str, password: &str) -> Answer {
    person.submit(shown, &[("username", username), ("password", password)]).await
}

/// `NAME=VALUE` and the attributes of the cookies that an answer sets.
fn cookies(answer: &Answer) -> Vec<(String, Vec<String>)> {
    let all = answer.headers.get_all("set-cookie").into_iter().map(|value| value.to_str().unwrap());
    all.map(|cookie| {
        let mut parts = cookie.split("; ").map(str::to_owned);
        let pair = parts.next().unwrap();
        let mut attributes: Vec<_> = parts.collect();
        attributes.sort();
        (pair, attributes)
    })
    .collect()
}

#[tokio::test]
async fn registration_2_the_page_shows_what_the_client_says_of_itself_and_loads_its_logo_alone() {
    let server = Server::start().await;
    server.apply(
        r#"
        [[clients]]
        client_id = "shown"
        client_secret = "a-secret-that-nobody-guesses"
        grant_types = ["authorization_code"]
        redirect_uris = ["https://rp.example/callback"]
        scope = "openid"
        client_uri = "https://rp.example/"
        logo_uri = "https://cdn.example:8443/logo.png"
        policy_uri = "https://rp.example/privacy"
        tos_uri = "https://rp.example/terms"
        "#,
    );
    let person = Person::alice(&server);
    let login = login_page(&person, &Authorization::of("shown", "https://rp.example/callback", "openid")).await;
    let consent = sign_in(&person, &login, "alice", "wonderland-42").await;
    let consent = person.open(consent.header("location")).await;
    for shown in [login, consent] {
        for part in
            ["src=\"https://cdn.example:8443/logo.png\"", "https://rp.example/privacy", "https://rp.example/terms"]
        {
            assert!(shown.text.contains(part), "{part}: {}", shown.text);
        }
        let policy = shown.header("content-security-policy");
        assert!(policy.contains("img-src 'self' data: https://cdn.example:8443;"), "{policy}");
    }
}

/// The value of the session cookie that an answer sets.
fn session(answer: &Answer) -> String {
    let found =
        cookies(answer).into_iter().find_map(|(pair, _)| pair.strip_prefix("grantor-session=").map(str::to_owned));
    found.unwrap_or_else(|| panic!("no session: {:?}", answer.headers))
}

#[tokio::test]
async fn core_3_1_2_1_the_page_has_its_fields_and_the_hinted_name() {
    let server = Server::start().await;
    let request = Authorization::of_spa("openid").with("login_hint", "al<i>ce\"");
    let shown = login_page(&Person::alice(&server), &request).await;
    for part in [
        "name=\"username\"",
        "name=\"password\" type=\"password\"",
        "Demo single-page application",
        "value=\"al&lt;i&gt;ce&quot;\"",
        "action=\"/login\"",
    ] {
        let text = shown.text.replace("&#34;", "&quot;").replace("&#x2f;", "/");
        assert!(text.contains(part), "{part}: {text}");
    }
    let first_button = shown.text.split("<button").nth(1).unwrap();
    assert!(first_button.split('>').next().unwrap().contains("type=\"submit\""), "{first_button}");
}

#[tokio::test]
async fn a_wrong_password_shows_the_page_again_with_name_and_reference() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    let mut shown = login_page(&person, &Authorization::of_spa("openid")).await;
    for (username, password, cause) in [
        ("alice", "wonderland-43", "the password is wrong"),
        ("alice", "", "the password is wrong"),
        ("white-rabbit", "wonderland-42", "there is no such user"),
        ("ali\u{7}ce", "wonderland-42", "there is no such user"),
    ] {
        let again = sign_in(&person, &shown, username, password).await;
        assert_eq!(page(&again), "login");
        assert!(again.text.contains("The username or the password is not right"), "{}", again.text);
        assert!(again.text.contains(&format!("value=\"{username}\"")), "{}", again.text);
        assert!(cookies(&again).is_empty());
        let line = log_line(&server, &page_reference(&again));
        assert!(line.contains(cause), "{line}");
        shown = again;
    }
    let failed = server.audit("sign_in.failed");
    let found: Vec<_> =
        failed.iter().map(|event| (event["reason"].as_str().unwrap(), event["subject"].as_str())).collect();
    let (wrong, unknown) = (("wrong_password", Some("alice")), ("unknown_user", None));
    assert_eq!(found, [wrong, wrong, unknown, unknown]);
    assert_eq!(failed[3]["reference"], page_reference(&shown));
    assert!(failed[2]["name_key"].is_string() && failed[2]["name_key"] != failed[3]["name_key"]);
    let signed_in = sign_in(&person, &shown, "ALICE", "wonderland-42").await;
    assert_eq!(signed_in.status, 303);
    assert_eq!(told(&server, &person.walk(signed_in).await), "code");
    assert_eq!(server.audit("sign_in.succeeded")[0]["subject"], "alice");
    assert_eq!(server.audit("session.opened").len(), 1);
}

#[tokio::test]
async fn whoever_guesses_waits_but_not_where_the_owner_of_the_name_was_before() {
    let server = Server::start().await;
    let (person, guesser) = (Person::alice(&server), Person::alice(&server));
    let request = Authorization::of_spa("openid").with("prompt", "login");
    let shown = login_page(&person, &request).await;
    let signed_in = sign_in(&person, &shown, "alice", "wonderland-42").await;
    let set = cookies(&signed_in);
    let (_, attributes) = set.iter().find(|(pair, _)| pair.starts_with("grantor-known=gak_")).unwrap();
    assert_eq!(attributes, &["HttpOnly", "Max-Age=15552000", "Path=/", "SameSite=Lax"]);
    let mut shown = login_page(&guesser, &request).await;
    for _time in 0..5 {
        shown = sign_in(&guesser, &shown, "alice", "wonderland-43").await;
        assert_eq!((shown.status, page(&shown)), (200, "login".to_owned()));
    }
    let stopped = sign_in(&guesser, &shown, "alice", "wonderland-42").await;
    assert_eq!((stopped.status, stopped.header("retry-after")), (429, "1"));
    assert!(stopped.text.contains("name=\"password\""), "the form stays: {}", stopped.text);
    assert!(stopped.text.contains("Too many sign-ins failed. Please try again in a second."), "{}", stopped.text);
    assert!(log_line(&server, &page_reference(&stopped)).contains("sign-in-throttled"));
    let shown = login_page(&person, &request).await;
    let signed_in = sign_in(&person, &shown, "alice", "wonderland-42").await;
    assert_eq!((signed_in.status, told(&server, &person.walk(signed_in).await)), (303, "code".to_owned()));
}

#[tokio::test]
async fn a_disabled_user_cannot_sign_in_and_is_signed_out() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    let request = Authorization::of_spa("openid");
    person.authorize(&request).await;
    assert!(server.run(&["user", "disable", "alice"]).status.success());
    let shown = login_page(&person, &request).await;
    let refused = sign_in(&person, &shown, "alice", "wonderland-42").await;
    assert_eq!(page(&refused), "login");
    assert!(log_line(&server, &page_reference(&refused)).contains("the user is disabled"));
    assert!(server.run(&["user", "enable", "alice"]).status.success());
    login_page(&person, &request).await;
    assert_eq!(told(&server, &person.authorize(&request).await), "code");
}

#[tokio::test]
async fn cookies_are_http_only_lax_and_change_with_every_sign_in() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    let first = person.open(&Authorization::of_spa("openid").path()).await;
    let plain = ["HttpOnly", "Path=/", "SameSite=Lax"].map(str::to_owned).to_vec();
    let set = cookies(&first);
    assert_eq!(set.len(), 1, "{set:?}");
    assert!(set[0].0.starts_with("grantor-browser=") && set[0].1 == plain, "{set:?}");
    let shown = person.open(first.header("location")).await;
    assert!(cookies(&shown).is_empty(), "one is enough");
    let signed_in = sign_in(&person, &shown, "alice", "wonderland-42").await;
    let set = cookies(&signed_in);
    assert!(set.len() == 2 && set[0].0.starts_with("grantor-session=") && set[0].1 == plain, "{set:?}");
    let before = session(&signed_in);
    let shown = login_page(&person, &Authorization::of_spa("openid").with("prompt", "login")).await;
    let after = session(&sign_in(&person, &shown, "alice", "wonderland-42").await);
    assert_ne!(before, after);
    assert_eq!(before.split_once('.').unwrap().0, after.split_once('.').unwrap().0, "the session goes on");
    let with_old = with_session(&server, &before).await;
    assert!(with_old.header("location").starts_with("/login?"), "the old cookie is worth nothing");
    let with_new = with_session(&server, &after).await;
    assert!(with_new.header("location").starts_with("/consent?"), "{}", with_new.header("location"));
}

/// Opens a request with this session cookie alone.
async fn with_session(server: &Server, session: &str) -> Answer {
    let path = Authorization::of_spa("openid").path();
    send(server.http.request("GET", &path).header("cookie", format!("grantor-session={session}"))).await
}

#[tokio::test]
async fn what_is_no_session_cookie_is_nobody() {
    let server = Server::start().await;
    for value in ["", "x", ".", "0190b6a8-5b7c-7000-8000-000000000000.00", "a.b.c", &"x".repeat(5000)] {
        let answer = with_session(&server, value).await;
        assert!(answer.header("location").starts_with("/login?"), "{value}: {}", answer.status);
    }
}

#[tokio::test]
async fn over_https_cookies_are_bound_to_the_host() {
    let issuer = Some("https://id.example.test".to_owned());
    let server = Server::start_with(ServerOptions { issuer, ..ServerOptions::default() }).await;
    let answer = server.http.get(&Authorization::of_spa("openid").path()).await;
    let set = cookies(&answer);
    assert!(set[0].0.starts_with("__Host-grantor-browser="), "{set:?}");
    assert_eq!(set[0].1, ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]);
}

#[tokio::test]
async fn rfc_6749_10_12_a_form_of_another_browser_is_refused() {
    let server = Server::start().await;
    let (alice, mallory) = (Person::alice(&server), Person::alice(&server));
    let request = Authorization::of_spa("openid");
    let shown = login_page(&mallory, &request).await;
    let expired = "400 invalid_request";
    let without_cookie = sign_in(&alice, &shown, "alice", "wonderland-42").await;
    assert_eq!(page(&without_cookie), expired);
    assert!(log_line(&server, &page_reference(&without_cookie)).contains("the browser sent no cookie"));
    login_page(&alice, &request).await;
    let foreign = sign_in(&alice, &shown, "alice", "wonderland-42").await;
    assert_eq!(page(&foreign), expired);
    assert!(cookies(&foreign).is_empty());
    assert!(log_line(&server, &page_reference(&foreign)).contains("started in another browser"));
    let own = sign_in(&mallory, &shown, "alice", "wonderland-42").await;
    assert_eq!(own.status, 303, "nothing was spent");
}

#[tokio::test]
async fn a_missing_garbled_or_expired_request_gets_a_page() {
    let settings = vec![("LIFETIMES__INTERACTION", "2s".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let person = Person::alice(&server);
    let shown = login_page(&person, &Authorization::of_spa("openid")).await;
    for path in [
        "/login",
        "/login?request=",
        "/login?request=x",
        "/login?request=gai_AAAA",
        "/login?request=a&request=b",
        "/login?request=%ff",
    ] {
        assert_eq!(page(&person.open(path).await), "400 invalid_request", "{path}");
    }
    for form in [&[][..], &[("request", "x"), ("username", "alice"), ("password", "wonderland-42")]] {
        assert_eq!(page(&person.post("/login", form).await), "400 invalid_request", "{form:?}");
    }
    patience::outlive(std::time::Duration::from_secs(2)).await;
    let late = sign_in(&person, &shown, "alice", "wonderland-42").await;
    assert_eq!(page(&late), "400 invalid_request");
    assert!(late.text.contains("This sign-in has expired"), "{}", late.text);
}

#[tokio::test]
async fn a_second_tab_goes_on_without_signing_in_again() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    let request = Authorization::of_spa("openid");
    let (first, second) = (login_page(&person, &request).await, person.open(&request.path()).await);
    let address = second.header("location").to_owned();
    sign_in(&person, &first, "alice", "wonderland-42").await;
    let reloaded = person.open(&address).await;
    assert!(reloaded.header("location").starts_with("/consent?"), "{}", reloaded.text);
    assert_eq!(told(&server, &person.walk(reloaded).await), "code");
}

#[tokio::test]
async fn frontchannel_3_another_person_gets_another_session() {
    let server = Server::start().await;
    server.apply("[[users]]\nsubject = \"b-1\"\nusername = \"bob\"\npassword = \"a-password-of-bob\"\n");
    let person = Person::alice(&server);
    let of_alice = tokens(&server, &person, Authorization::of_spa(SPA_SCOPE)).await;
    let bob = person.used_by("bob", "a-password-of-bob");
    let of_bob = tokens(&server, &bob, Authorization::of_spa(SPA_SCOPE).with("prompt", "login")).await;
    let (alice, bob) = (jwt::claims(&of_alice), jwt::claims(&of_bob));
    assert_eq!((&alice["sub"], &bob["sub"]), (&"alice".into(), &"b-1".into()));
    assert_ne!(alice["sid"], bob["sid"]);
}

async fn tokens(server: &Server, person: &Person, request: Authorization) -> String {
    let answer = redeem_spa(&server.http, person.authorize(&request).await.parameter("code")).await;
    assert_eq!(verdict(&answer), "200");
    answer.member("id_token")
}

#[tokio::test]
async fn a_session_and_what_is_pending_survive_a_restart() {
    let mut first = Server::start().await;
    let person = Person::alice(&first);
    let request = Authorization::of_spa("openid");
    person.authorize(&request).await;
    let refresh_token = password_tokens(&first.http, DEMO_B, "openid").await.member("refresh_token");
    first.kill();
    let again = ServerOptions {
        data_dir: Some(first.data_dir.clone()),
        issuer: Some(first.issuer.clone()),
        ..ServerOptions::default()
    };
    let second = Server::start_with(again).await;
    let moved = person.at_server(&second);
    let answer = moved.open(&request.path()).await;
    let redirected = redirected(answer.header("location"));
    assert_eq!(told(&second, &redirected), "code", "cookies do not tell ports apart");
    assert_eq!(verdict(&refresh(&second.http, DEMO_B, &refresh_token).await), "200");
}
